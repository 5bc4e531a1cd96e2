// Numbers to pixels: labels, differences and regions written into canvases by the smallest rectangle that changed.
// Nothing here decides which pixel has which label: every number comes from Python.

import { stroked } from "./patterns.js";

/** @typedef {{row: number, column: number, rows: number, columns: number}} Box */
/** @typedef {{putImageData: (image: ImageData, column: number, row: number) => void}} Ground a canvas's context, or a TiledLayer */

/**
 * One RGBA pixel as the word that a Uint32Array over ImageData wants (little-endian, as everywhere that browsers run).
 * @param {number} red @param {number} green @param {number} blue @param {number} alpha
 */
export function word(red, green, blue, alpha) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * Write one patch of labels. Costs what the patch covers.
 * @param {Ground} context @param {Box} box @param {Uint8Array|Int32Array} labels row by row, as large as the box
 * @param {Uint32Array} table one word for each label; for classes, from colourLookup() in ui/legend.js
 * @param {import("./class_appearance.js").Hatch|null} [hatch] patterns over the classes
 */
export function drawLabels(context, box, labels, table, hatch = null) {
  if (!box.rows || !box.columns) return;
  const image = new ImageData(box.columns, box.rows);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = table[labels[i]];
  if (hatch) drawHatch(words, box, labels, hatch);
  context.putImageData(image, box.column, box.row);
}

/** @param {Uint32Array} words @param {Box} box @param {Uint8Array|Int32Array} labels @param {import("./class_appearance.js").Hatch} hatch */
function drawHatch(words, box, labels, { inks, unit }) {
  for (let row = 0, i = 0; row < box.rows; row++) {
    for (let column = 0; column < box.columns; column++, i++) {
      if (words[i] && stroked(labels[i], box.row + row, box.column + column, unit)) words[i] = inks[labels[i]];
    }
  }
}

const EDGE = word(255, 255, 255, 235);

/**
 * A light line along the inner edge of every area that the table shows: dark class colours would else drown in a dark photo.
 * @param {CanvasRenderingContext2D} context @param {{rows: number, columns: number}} size @param {Uint8Array} labels @param {Uint32Array} table
 */
export function drawEdges(context, { rows, columns }, labels, table) {
  const image = new ImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  const width = Math.max(1, Math.round(Math.max(rows, columns) / 640));
  for (let row = 0, i = 0; row < rows; row++) {
    const up = row < width ? 0 : -width * columns, down = row >= rows - width ? 0 : width * columns;
    for (let column = 0; column < columns; column++, i++) {
      const label = labels[i];
      if (!table[label]) continue;
      const left = column < width ? 0 : -width, right = column >= columns - width ? 0 : width;
      if (labels[i + up] !== label || labels[i + down] !== label || labels[i + left] !== label || labels[i + right] !== label) words[i] = EDGE;
    }
  }
  context.putImageData(image, 0, 0);
}

/** Where mask and truth differ: broad dark and light stripes, so that the error is seen without its colour. */
const WRONG = [word(214, 20, 90, 235), word(255, 255, 255, 235)];
const VOID = [word(110, 110, 110, 150), 0];

/**
 * Stripes wide enough to be seen when the whole picture is fitted on a screen.
 * @param {number} rows @param {number} columns
 */
export function stripeWidth(rows, columns) {
  return Math.max(3, Math.round(Math.max(rows, columns) / 200));
}

/**
 * Write one patch of differences: 0 equal (clear), 1 differs (stripes), 2 void (grey, stripes the other way).
 * @param {Ground} context @param {Box} box @param {Uint8Array} values @param {number} stripe in image pixels
 */
export function drawDifference(context, box, values, stripe) {
  if (!box.rows || !box.columns) return;
  const image = new ImageData(box.columns, box.rows);
  const words = new Uint32Array(image.data.buffer);
  for (let row = 0, i = 0; row < box.rows; row++) {
    for (let column = 0; column < box.columns; column++, i++) {
      if (!values[i]) continue;
      const r = box.row + row, c = box.column + column;
      words[i] = values[i] === 1 ? WRONG[Math.floor((r + c) / stripe) & 1] : VOID[Math.floor((r - c + 65536 * stripe) / stripe) & 1];
    }
  }
  context.putImageData(image, box.column, box.row);
}

/**
 * Copy a patch into a mirror of the whole picture.
 * @param {Uint8Array} whole @param {number} columns of the whole @param {Box} box @param {Uint8Array} patch
 */
export function writePatch(whole, columns, box, patch) {
  for (let row = 0; row < box.rows; row++) {
    const from = row * box.columns;
    whole.set(patch.subarray(from, from + box.columns), (box.row + row) * columns + box.column);
  }
}

/**
 * The smallest box around flat pixel indices.
 * @param {Int32Array} indices @param {number} columns of the picture @param {number} [start] @param {number} [end]
 * @returns {Box}
 */
export function boxOf(indices, columns, start = 0, end = indices.length) {
  let top = Infinity, left = Infinity, bottom = -1, right = -1;
  for (let i = start; i < end; i++) {
    const row = Math.floor(indices[i] / columns), column = indices[i] - row * columns;
    if (row < top) top = row;
    if (row > bottom) bottom = row;
    if (column < left) left = column;
    if (column > right) right = column;
  }
  return bottom < 0 ? { row: 0, column: 0, rows: 0, columns: 0 }
    : { row: top, column: left, rows: bottom - top + 1, columns: right - left + 1 };
}
