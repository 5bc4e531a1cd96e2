// What the painter sees: photo, the network's mask beneath, the painted mask, and where it differs from the truth. Each is a layer that is
// changed by patches; nothing here knows of tools or scores.
import { colourLookup } from "studio/ui/legend.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { VectorOverlay } from "studio/viewer/vector_overlay.js";
import { drawDifference, drawLabels, stripeWidth, writePatch } from "studio/viewer/raster.js";
import { TiledLayer } from "./tiles.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/state/store.js").Painted} Painted */
/** @typedef {import("studio/state/store.js").Prediction} Prediction */

/** @typedef {import("studio/viewer/raster.js").Box} Box */

/** Background is not drawn: the photo shows through it. */
const BACKGROUND = new Set([0]);

export class PaintLayers {
  constructor() {
    this.view = new View({ label: "Photo and the mask you paint on it", interactive: true });
    this.photo = this.view.layer("photo");
    this.network = new TiledLayer(this.view, "network");
    this.mask = new TiledLayer(this.view, "mask");
    this.errors = new TiledLayer(this.view, "difference");
    this.overlay = new VectorOverlay(this.view);
    this.table = new Uint32Array(256);
    /** @type {import("studio/viewer/class_appearance.js").Hatch|null} */
    this.hatch = null;
    /** Mirror of mask against truth; null without truth. @type {Uint8Array|null} */
    this.difference = null;
    this.differenceShown = false;
    this.networkShown = false;
    /** @type {Prediction|null} */
    this.prediction = null;
  }

  get whole() { return { row: 0, column: 0, rows: this.view.rows, columns: this.view.columns }; }

  /** @param {import("studio/state/store.js").Photo} photo */
  open(photo) {
    this.view.open(photo, this.photo);
    for (const layer of [this.network, this.mask, this.errors]) layer.setSize(photo.rows, photo.columns);
    this.stripe = stripeWidth(photo.rows, photo.columns);
    this.difference = null;
    this.prediction = null;
    this.overlay.ring(null);
    this.overlay.path([]);
  }

  /** @param {number[][]} colours one for each label @param {Uint8Array|null} mask drawn with them now; null: nothing is painted */
  setColours(colours, mask) {
    this.table = colourLookup(colours.map((colour, id) => ({ id, colour })), BACKGROUND);
    this.hatch = classAppearance.hatch(this.table, this.view);
    if (mask?.length === this.view.rows * this.view.columns) drawLabels(this.mask, this.whole, mask, this.table, this.hatch);
    this.drawNetwork();
  }

  /** Draw what a call of paint changed. @param {Painted} painted */
  patch({ patches, differences }) {
    for (const patch of patches) drawLabels(this.mask, patch, patch.labels, this.table, this.hatch);
    if (!differences || !this.difference) return;
    for (const patch of differences) {
      writePatch(this.difference, this.view.columns, patch, patch.values);
      if (this.differenceShown) drawDifference(this.errors, patch, patch.values, this.stripe);
    }
  }

  /** @param {number} opacity of the painted mask */
  setOpacity(opacity) { this.mask.element.style.opacity = String(opacity); }

  /** @param {Uint8Array|null} difference of the whole picture */
  setDifference(difference) {
    this.difference = difference;
    this.drawDifference();
  }

  /** @param {boolean} shown */
  showDifference(shown) {
    this.differenceShown = shown;
    this.drawDifference();
  }

  drawDifference() {
    const visible = this.differenceShown && this.difference !== null;
    this.errors.element.hidden = !visible;
    if (this.difference && visible) drawDifference(this.errors, this.whole, this.difference, this.stripe);
  }

  /** @param {Prediction|null} prediction */
  setPrediction(prediction) {
    this.prediction = prediction;
    this.drawNetwork();
  }

  /** @param {boolean} shown */
  showNetwork(shown) {
    this.networkShown = shown;
    this.drawNetwork();
  }

  drawNetwork() {
    const visible = this.networkShown && this.prediction !== null;
    this.network.element.hidden = !visible;
    if (this.prediction && visible) drawLabels(this.network, this.whole, this.prediction.label_map, this.table, this.hatch);
  }
}
