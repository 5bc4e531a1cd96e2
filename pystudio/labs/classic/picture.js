// Regions over the photo: their colours, their boundaries, and the one under the pointer. Which pixel belongs to which region is said by Python.
import { h, integer, percent, announce } from "studio/dom/dom.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { drawLabels, word } from "studio/viewer/raster.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").Classified} Classified */
/** @typedef {"mean"|"own"|"best"} Colouring */

/** Between neighbours in a row of hues: the golden angle, so that near numbers get far colours. */
const GOLDEN = 137.508;
const DARK = word(12, 20, 26, 235);
const LIGHT = word(255, 255, 255, 245);
/** Longest side (pixels) up to which a boundary of one pixel is seen when the picture is fitted. */
const FINE = 1100;
const POINT = "Point at the picture, touch it, or use the arrow keys on it: the region there is described here.";

export class RegionPicture {
  constructor() {
    this.view = new View({ label: "The photo and its regions" });
    this.photo = this.view.layer("photo");
    this.regions = this.view.layer("regions");
    this.edges = this.view.layer("boundaries");
    this.region = h("p", { class: "ps-region" });
    this.view.on("hover", (event) => this.#point(event));
    this.view.on("tap", (event) => this.#point(event));
    /** @type {Classified|null} */
    this.found = null;
    /** Pixels of each region; counted when first asked for. @type {Uint32Array|null} */
    this.sizes = null;
    this.clear();
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  open(photo) {
    this.view.open(photo, this.photo);
    this.clear();
  }

  /** Only the photo. */
  clear() {
    this.found = null;
    this.sizes = null;
    this.region.textContent = POINT;
    for (const context of [this.regions, this.edges]) context.clearRect(0, 0, this.view.columns, this.view.rows);
  }

  /** @param {Classified} found @param {Uint32Array} table a pixel for each region, from colours() */
  show(found, table) {
    this.found = found;
    this.sizes = null;
    this.colour(table);
    drawBoundaries(this.edges, found, this.view);
    if (this.pointed) this.#tell(this.pointed);
  }

  /** @param {Uint32Array} table */
  colour(table) {
    if (this.found) drawLabels(this.regions, { row: 0, column: 0, rows: this.view.rows, columns: this.view.columns }, this.found.label_map, table);
  }

  /** @param {number} opacity */
  set opacity(opacity) { this.regions.canvas.style.opacity = String(opacity); }

  /** @param {boolean} shown */
  set boundaries(shown) { this.edges.canvas.hidden = !shown; }

  /** @param {import("studio/viewer/view.js").ViewEvent} event */
  #point({ pixel, inside, keyboard }) {
    this.pointed = inside ? pixel : null;
    if (this.found && this.pointed) this.#tell(pixel);
    else this.region.textContent = POINT;
    if (keyboard) announce(this.region.textContent);
  }

  /** @param {{row: number, column: number}} pixel */
  #tell({ row, column }) {
    const { label_map, n_regions } = this.found;
    this.sizes ??= sizesOf(label_map, n_regions);
    const region = label_map[row * this.view.columns + column];
    const size = this.sizes[region];
    this.region.textContent = `${region ? `Region ${integer(region)} of ${integer(n_regions)}` : "No region"} · ${integer(size)} pixels · ${percent(size / label_map.length)} of the photo`;
  }
}

/**
 * A pixel for each region of a reply, 0 (clear) where there is none.
 * @param {Classified} found @param {Colouring} colouring
 * @param {{named: number[][]|null, best: {colour: number[], regions: number[]}|null}} how
 *   named: colours of the classes, where the keys are classes that were painted; best: the regions of the best union, in the colour of the class
 */
export function colours({ n_regions, colours: means, keys }, colouring, { named, best }) {
  const table = new Uint32Array(n_regions + 1);
  if (colouring === "best") {
    for (const region of best?.regions ?? []) table[region] = paint(classAppearance.shown(best.colour));
    return table;
  }
  for (let region = 1; region <= n_regions; region++) {
    const key = keys[region - 1], name = named?.[key];
    table[region] = paint(colouring === "mean" ? means.subarray(3 * region, 3 * region + 3) : name ? classAppearance.shown(name) : ownColour(key));
  }
  return table;
}

/** @param {ArrayLike<number>} rgb */
function paint(rgb) { return word(rgb[0], rgb[1], rgb[2], 255); }

/** The colour of a key, unlike those of the keys next to it. @param {number} key */
export function ownColour(key) {
  const hue = (key * GOLDEN) % 360, light = [0.56, 0.42, 0.7][key % 3], strength = 0.62 * Math.min(light, 1 - light);
  return [0, 8, 4].map((turn) => {
    const at = (turn + hue / 30) % 12;
    return Math.round(255 * (light - strength * Math.max(-1, Math.min(at - 3, 9 - at, 1))));
  });
}

/** @param {Int32Array} labels @param {number} count */
function sizesOf(labels, count) {
  const sizes = new Uint32Array(count + 1);
  for (const label of labels) sizes[label] += 1;
  return sizes;
}

/**
 * A dark line with a light one beside it, seen on every photo: dark where the region differs from the one above or left of it.
 * @param {CanvasRenderingContext2D} context @param {Classified} found @param {{rows: number, columns: number}} size
 */
function drawBoundaries(context, { boundaries, label_map }, { rows, columns }) {
  const image = new ImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) {
    if (!boundaries[i]) continue;
    const before = (i % columns && label_map[i] !== label_map[i - 1]) || (i >= columns && label_map[i] !== label_map[i - columns]);
    words[i] = before ? DARK : LIGHT;
  }
  context.putImageData(image, 0, 0);
  const extra = Math.ceil(Math.max(rows, columns) / FINE) - 1;
  for (let step = 1; step <= extra; step++) { // broader lines on photos that are shown much smaller
    context.drawImage(context.canvas, 1, 0);
    context.drawImage(context.canvas, 0, 1);
  }
}
