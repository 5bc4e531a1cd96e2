// Keeps browsers that translate pages from translating code: the build marks what it writes (pystudio/builder/lessons/untranslated.py), this what
// scripts add, the theme's search results among it.
const CODE = "pre, code, kbd, samp, var, math, textarea[spellcheck=false]";

/** Call once, on every page. */
export function keepCodeUntranslated() {
  mark(document.body);
  const added = new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element) mark(node);
  });
  added.observe(document.body, { childList: true, subtree: true });
}

/** @param {Element} root */
function mark(root) {
  if (root.matches(CODE)) root.setAttribute("translate", "no");
  for (const element of root.querySelectorAll(`:is(${CODE}):not([translate])`)) element.setAttribute("translate", "no");
}
