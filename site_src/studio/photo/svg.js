// An SVG text made ready to be drawn at a definite size. It is only ever shown through <img>, where scripts and
// outside files do not run or load.

/** The longest side where the drawing does not say its size. */
const STANDARD = 1024;
/** Parts of a drawing, copies counted, and copies within copies: more would hold up the page. */
const MAX_PARTS = 200_000;
const DEEPEST = 1000;
const UNITS = { "": 1, px: 1, pt: 96 / 72, pc: 16, in: 96, cm: 96 / 2.54, mm: 96 / 25.4 };

/**
 * @param {string} text
 * @returns {{text: string, rows: number, columns: number}|null} null: not well-formed; no text: too many parts
 */
export function svgSource(text) {
  const tree = new DOMParser().parseFromString(text, "image/svg+xml");
  const root = tree.documentElement;
  if (root.localName !== "svg" || tree.querySelector("parsererror")) return null;
  // HTML inside a drawing makes all its pixels unreadable to the page; without it a <switch> shows the drawing's own words.
  for (const html of tree.querySelectorAll("foreignObject")) html.remove();
  const { rows, columns } = sizeOf(root);
  root.setAttribute("width", String(columns));
  root.setAttribute("height", String(rows));
  return { text: partsOf(root, tree) > MAX_PARTS ? "" : new XMLSerializer().serializeToString(tree), rows, columns };
}

/**
 * How many parts are drawn when every <use> is a copy of what it names: copies of copies grow beyond all bounds.
 * @param {Element} part @param {Document} tree @param {number} [depth] @param {Map<Element, number>} [known]
 */
function partsOf(part, tree, depth = 0, known = new Map()) {
  if (depth > DEEPEST) return Infinity;
  if (known.has(part)) return known.get(part);
  known.set(part, 0); // a <use> inside what it names draws nothing
  const name = part.localName === "use" && (part.getAttribute("href") ?? part.getAttributeNS("http://www.w3.org/1999/xlink", "href"));
  const copied = name && tree.getElementById(name.slice(1));
  let count = 1 + (copied ? partsOf(copied, tree, depth + 1, known) : 0);
  for (const child of part.children) count += partsOf(child, tree, depth + 1, known);
  known.set(part, count);
  return count;
}

/** @param {Element} root */
function sizeOf(root) {
  const width = length(root.getAttribute("width"));
  const height = length(root.getAttribute("height"));
  const [, , boxWidth, boxHeight] = (root.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  const aspect = boxWidth > 0 && boxHeight > 0 ? boxWidth / boxHeight : width && height ? width / height : 1;
  if (width && height) return { rows: whole(height), columns: whole(width) };
  if (width) return { rows: whole(width / aspect), columns: whole(width) };
  if (height) return { rows: whole(height), columns: whole(height * aspect) };
  return { rows: whole(aspect >= 1 ? STANDARD / aspect : STANDARD), columns: whole(aspect >= 1 ? STANDARD : STANDARD * aspect) };
}

/** "12cm" -> pixels; percentages and nonsense -> null. @param {string|null} text */
function length(text) {
  const parts = /^\s*([\d.]+(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(text ?? "");
  const unit = parts && UNITS[parts[2].toLowerCase()];
  return unit ? Number(parts[1]) * unit || null : null;
}

function whole(value) {
  return Math.max(1, Math.round(value));
}
