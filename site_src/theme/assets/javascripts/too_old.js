// Loaded after the studio's script, and in old words of JavaScript on purpose: where a browser could not read that script, it says which ones can.
// Where the script did not arrive from a host, load_guard.js has better words; from a folder nobody knows which of the two it was.
(function () {
  var first = document.querySelector(".ps[data-state]");
  var folder = location.protocol === "file:";
  if (window.pystudio || !first || (window.pystudioDamaged || []).length && !folder) return;
  window.pystudioTold = true;
  var told = document.createElement("div");
  told.className = "ps-alert";
  told.setAttribute("role", "alert");
  told.appendChild(document.createElement("p")).appendChild(document.createTextNode(
    "The studio's script does not run here. " + (folder ? "Either this browser is too old: " : "This browser may be too old: ") +
    "Chrome, Edge and Firefox from July 2023 or later can run it, and Safari from version 17." +
    (folder ? " Or a file did not arrive: reload the page, or copy the whole folder again." : "")));
  first.parentNode.insertBefore(told, first);
})();
