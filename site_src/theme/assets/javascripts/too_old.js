// Loaded after the studio's script, and in old words of JavaScript on purpose: where a browser could not read that script, it says which ones can.
(function () {
  var first = document.querySelector(".ps[data-state]");
  if (window.pystudio || !first) return;
  var told = document.createElement("div");
  told.className = "ps-alert";
  told.setAttribute("role", "alert");
  told.appendChild(document.createElement("p")).appendChild(document.createTextNode(
    "The studio's script does not run here. Either this browser is too old: Chrome, Edge and Firefox from July 2023 or later can run it, and Safari " +
    "from version 17. Or a file did not arrive: reload the page, or copy the whole folder again."));
  first.parentNode.insertBefore(told, first);
})();
