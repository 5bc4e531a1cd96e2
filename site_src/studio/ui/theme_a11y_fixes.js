// What the theme leaves out for people who listen or use the keyboard: names, and focus for what scrolls. Works on the theme's own parts only.

/** Call once, on every page. */
export function fixThemeAccessibility() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const corner of document.querySelectorAll(".md-typeset th:empty")) { // nothing heads this column or row
    const cell = document.createElement("td");
    corner.replaceWith(cell);
  }
  const article = document.querySelector("article");
  if (!article) return;
  fixArticle(article);
  new MutationObserver(() => fixArticle(article)).observe(article, { childList: true, subtree: true });
}

/** Tables already cared for: the theme wraps them late, and those in folded boxes later still. @type {WeakSet<Element>} */
const known = new WeakSet();
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => target instanceof HTMLElement && reachable(target)));

/** @param {Element} article */
function fixArticle(article) {
  nameCode(article);
  for (const wrap of article.querySelectorAll(".md-typeset__scrollwrap, .ps-formula")) {
    if (known.has(wrap)) continue;
    known.add(wrap);
    sizes.observe(wrap);
  }
}

/** What is wider than the page is scrolled with the keyboard too. @param {HTMLElement} box */
function reachable(box) {
  const scrolls = box.scrollWidth > box.clientWidth;
  if (scrolls) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.matches(".ps-formula") ? "Formula" : "Table");
  } else for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
}

/** The theme makes a landmark of every code block's button: there is nothing to navigate. @param {Element} article */
function nameCode(article) {
  for (const nav of article.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "none");
}
