// One network of the loss lab as it learns: what it says of every pixel, over the photo, with the outline of what it should learn.
// Which pixel is in the mask is said by Python.
import { h, integer, percent } from "studio/dom/dom.js";
import { drawEdges, drawLabels, word } from "studio/viewer/raster.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").LossOpened} LossOpened */
/** @typedef {import("studio/types/protocol").LossTrained} LossTrained */
/** @typedef {import("studio/types/protocol").LossMask} LossMask */

/** A probability (0 to 255) from here on is "yes". */
const YES = 128;

export class LossPicture {
  /** @param {string} letter */
  constructor(letter) {
    this.letter = letter;
    this.view = new View({ label: `The photo with the mask of network ${letter}`, controls: false });
    this.photo = this.view.layer("photo");
    this.learned = this.view.layer("learned");
    this.outline = this.view.layer("outline");
    this.title = h("p", { class: "ps-loss-title" });
    this.state = h("p", { class: "ps-loss-state" });
    this.soft = false;
    this.element = h("figure", { class: "ps-loss-picture", dataset: { run: letter.toLowerCase() } }, this.title, this.view.element, this.state);
    /** @type {LossOpened|null} */
    this.opened = null;
    /** @type {Uint8Array|null} */
    this.probabilities = null;
    /** The mask at the size of the photo, once training rests. @type {LossMask|null} */
    this.final = null;
    this.small = document.createElement("canvas");
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  open(photo) {
    this.view.open(photo, this.photo);
    this.clear();
  }

  /** Only the photo. */
  clear() {
    this.opened = this.probabilities = this.final = null;
    this.state.textContent = "";
    for (const context of [this.learned, this.outline]) context.clearRect(0, 0, this.view.columns, this.view.rows);
  }

  /** A new network: it has learned nothing yet. @param {LossOpened} opened @param {string} title */
  begin(opened, title) {
    this.opened = opened;
    this.title.textContent = `${this.letter} · ${title}`;
    this.#drawOutline();
    this.show({ step: 0, iou: opened.iou, found: null, probabilities: opened.probabilities });
  }

  /** @param {{step: number, iou: number, found: number|null, probabilities: Uint8Array}} now */
  show({ step, iou, found, probabilities }) {
    const { pixels, rows, columns } = this.opened;
    this.probabilities = probabilities;
    this.final = null;
    delete this.element.dataset.final;
    this.draw();
    this.element.dataset.step = String(step);
    this.stateText = found === null ? `Not trained yet. To be learned: ${integer(pixels)} of ${integer(rows * columns)} pixels.`
      : `Step ${integer(step)} · IoU ${percent(iou)} · ${found ? `${integer(found)} pixels in the mask` : "the mask is empty"} (truth: ${integer(pixels)}).`;
    this.state.textContent = this.stateText;
  }

  /** The mask at the size of the photo. @param {LossMask} final */
  finish(final) {
    this.final = final;
    this.draw();
    const { iou, pixels } = final;
    this.state.textContent = `${this.stateText} At the size of the photo: IoU ${percent(iou)}, ${integer(pixels)} pixels.`;
    this.element.dataset.final = String(pixels);
  }

  draw() {
    if (!this.opened || !this.probabilities) return;
    if (this.final && !this.soft) return this.#drawFinal(this.final);
    const words = this.#smallWords();
    const { probabilities, soft } = this, yes = this.#colour(190);
    for (let i = 0; i < words.length; i++) words[i] = soft ? this.#colour(Math.round(0.85 * probabilities[i])) : probabilities[i] >= YES ? yes : 0;
    this.#enlarge(this.learned);
  }

  /** @param {LossMask} final */
  #drawFinal({ rows, columns, mask }) {
    drawLabels(this.learned, { row: 0, column: 0, rows, columns }, mask, new Uint32Array([0, this.#colour(190)]));
  }

  #drawOutline() {
    this.small.width = this.opened.columns;
    this.small.height = this.opened.rows;
    drawEdges(/** @type {CanvasRenderingContext2D} */ (this.small.getContext("2d")), this.opened, this.opened.truth, new Uint32Array([0, 1]));
    this.outline.clearRect(0, 0, this.view.columns, this.view.rows);
    this.outline.imageSmoothingEnabled = false;
    this.outline.drawImage(this.small, 0, 0, this.view.columns, this.view.rows);
  }

  #smallWords() {
    this.image = new ImageData(this.opened.columns, this.opened.rows);
    return new Uint32Array(this.image.data.buffer);
  }

  /** @param {CanvasRenderingContext2D} context */
  #enlarge(context) {
    this.small.width = this.opened.columns;
    this.small.height = this.opened.rows;
    this.small.getContext("2d").putImageData(this.image, 0, 0);
    context.clearRect(0, 0, this.view.columns, this.view.rows);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, 0, 0, this.view.columns, this.view.rows);
  }

  /** A strong colour for each network, near that of its curve. @param {number} alpha */
  #colour(alpha) {
    return this.letter === "A" ? word(0, 190, 170, alpha) : word(235, 80, 30, alpha);
  }
}
