// Stands as text in the head of every page, before all that the page loads, in old words of JavaScript: says that a script or style sheet did
// not arrive, or that something else came in its place, and fetches it again. It needs nothing that could be lost itself.
(function () {
  var page = /** @type {any} */ (window);
  var damaged = page.pystudioDamaged = []; // too_old.js speaks of the browser only where this is empty
  var own = "body>script[src],[rel=stylesheet]"; // scripts put what they add into the head, and speak for it themselves
  var folder = location.protocol === "file:";

  addEventListener("error", function (event) {
    var element = /** @type {any} */ (event.target);
    if (!element.matches || !element.matches(own)) return;
    damaged.push(element);
    if (document.readyState !== "loading") look();
  }, true);
  addEventListener("DOMContentLoaded", look); // the scripts have run, and they waited for the styles

  function look() {
    var style = getComputedStyle(document.documentElement);
    var complete = page.pystudio && page.document$ && style.getPropertyValue("--lesson-complete") && style.getPropertyValue("--studio-complete");
    if (page.pystudioTold || complete && !damaged.length) return;
    page.pystudioTold = 1;
    document.body.insertAdjacentHTML("afterbegin", '<div role=alert style="all:initial;display:block;position:sticky;top:0;z-index:9;padding:1em;font:1rem sans-serif;color-scheme:light dark;color:CanvasText;background:Canvas">' +
      (folder ? "A file of this page is missing or damaged. Copy the whole folder again." : "A file of this page did not arrive as it should: perhaps a login page or a filter came in its place.") +
      " <button style='all:revert;font:inherit'>Try again</button></div>");
    /** @type {HTMLElement} */ (document.querySelector("[role=alert] button")).onclick = retry;
  }

  function retry() {
    var wanted = folder ? [] : damaged.length ? damaged : [].slice.call(document.querySelectorAll(own));
    Promise.all(wanted.concat(location).map(function (file) { // past what the browser has of it
      return fetch(file.src || file.href, { cache: "reload" }).catch(String);
    })).then(function () { location.reload(); });
  }
})();
