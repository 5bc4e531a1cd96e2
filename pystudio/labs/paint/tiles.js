// A layer of a View that is painted in small patches: many little canvases in place of one as large as the picture, so that the browser
// composes again only what changed. Tiles are made when something is first drawn in them.
import { h } from "studio/dom/dom.js";

/** Side of a tile in image pixels, and how far it reaches over its neighbours: the seam is covered at every zoom. */
const TILE = 512;
const OVERLAP = 16;

export class TiledLayer {
  /** @param {import("studio/viewer/view.js").View} view @param {string} name */
  constructor(view, name) {
    this.element = h("div", { class: "ps-view-layer", dataset: { layer: name }, "aria-hidden": "true" });
    /** @type {Map<string, {row: number, column: number, context: CanvasRenderingContext2D}>} */
    this.tiles = new Map();
    this.setSize(view.rows, view.columns);
    view.stage.append(this.element);
  }

  /** Start empty, for a picture of this size. @param {number} rows @param {number} columns */
  setSize(rows, columns) {
    this.rows = rows;
    this.columns = columns;
    this.tiles.clear();
    this.element.replaceChildren();
  }

  /**
   * As the method of a canvas: write these pixels with their top left corner at (column, row).
   * @param {ImageData} image @param {number} column @param {number} row
   */
  putImageData(image, column, row) {
    const words = new Uint32Array(image.data.buffer);
    for (const i of span(row, image.height)) {
      for (const j of span(column, image.width)) {
        const part = overlapOf(image, column, row, j, i);
        if (!part) continue;
        const tile = this.tiles.get(`${i} ${j}`) ?? (anything(words, image.width, part) ? this.addTile(i, j) : null);
        tile?.context.putImageData(image, column - tile.column, row - tile.row, part.x, part.y, part.width, part.height);
      }
    }
  }

  /** @param {number} i @param {number} j place of the tile, down and across */
  addTile(i, j) {
    const row = Math.max(0, i * TILE - OVERLAP), column = Math.max(0, j * TILE - OVERLAP);
    const height = Math.min(this.rows, (i + 1) * TILE + OVERLAP) - row, width = Math.min(this.columns, (j + 1) * TILE + OVERLAP) - column;
    const percent = (/** @type {number} */ part, /** @type {number} */ whole) => `${(100 * part) / whole}%`;
    const canvas = h("canvas", { width, height, style: { position: "absolute", left: percent(column, this.columns), top: percent(row, this.rows),
      width: percent(width, this.columns), height: percent(height, this.rows) } });
    const tile = { row, column, context: /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")) };
    this.tiles.set(`${i} ${j}`, tile);
    this.element.append(canvas);
    return tile;
  }
}

/** The tiles, along one axis, that a length reaches. @param {number} start @param {number} length */
function* span(start, length) {
  const last = Math.floor((start + length - 1 + OVERLAP) / TILE);
  for (let i = Math.max(0, Math.floor((start - OVERLAP) / TILE)); i <= last; i++) yield i;
}

/**
 * The part of an image that falls on a tile, in the image's own frame.
 * @param {ImageData} image @param {number} column @param {number} row where the image lies @param {number} j @param {number} i the tile
 */
function overlapOf(image, column, row, j, i) {
  const x = Math.max(0, j * TILE - OVERLAP - column), y = Math.max(0, i * TILE - OVERLAP - row);
  const width = Math.min(image.width, (j + 1) * TILE + OVERLAP - column) - x, height = Math.min(image.height, (i + 1) * TILE + OVERLAP - row) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** @param {Uint32Array} words @param {number} across @param {{x: number, y: number, width: number, height: number}} part */
function anything(words, across, { x, y, width, height }) {
  for (let line = y; line < y + height; line++) {
    const start = line * across + x;
    if (words.subarray(start, start + width).some((value) => value !== 0)) return true;
  }
  return false;
}
