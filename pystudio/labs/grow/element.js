// <studio-grow>: click a seed and watch a region of like colour grow from it. This file joins the picture, the wave and the controls; which
// pixels belong to the region is decided in Python, by the source that is shown below the picture.
import { button, h, integer, percent, prefersStill, announce, seconds, segmented, slider, toggle } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { listing } from "./listing.js";
import { VectorOverlay } from "studio/viewer/vector_overlay.js";
import { isRecord } from "studio/state/records.js";
import { saveMenu } from "studio/ui/save.js";
import { Lab } from "studio/ui/lab.js";
import { isSwitch, oneOf, within } from "studio/util/validators.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";
import { View } from "studio/viewer/view.js";
import { RegionPainter, WavePlayer } from "./wave.js";

/** @typedef {import("studio/types/protocol").Grown} Grown */
/** @typedef {{row: number, column: number, tolerance: number, reference: "seed"|"mean", neighbours: 4|8, watch: boolean, speak: boolean,
 *   restart: boolean, quiet: boolean}} RunRequest */

const MAX_TOLERANCE = 200;

/** @extends {Lab<import("./options").Options>} */
export default class StudioGrow extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    /** The engine has the photo that is shown. */
    this.opened = false;
    /** @type {{row: number, column: number}|null} */
    this.seed = null;
    /** @type {Grown|null} */
    this.grown = null;
    /** What grow.run was asked for this region. @type {any} */
    this.params = null;
    /** Key of the first photo shown. @type {string|undefined} */
    this.firstPhoto = undefined;
    this.view = new View({ label: "Photo: choose the seed of a region", interactive: true, touch: "tap" });
    this.photo = this.view.layer("photo");
    this.painter = new RegionPainter(this.view.layer("region"));
    this.overlay = new VectorOverlay(this.view);
    this.player = new WavePlayer((layers, playing) => this.drawWave(layers, playing));
    this.requests = new Latest((/** @type {RunRequest} */ request) => this.grow(request));
    this.view.on("down", (event) => event.inside && this.setSeed(event.pixel));
    this.view.overlay.append(this.bootPanel());
    const body = h("div", { class: "ps-desk" },
      this.growthRow(),
      h("div", { class: "ps-columns" }, h("div", { class: "ps-picture" }, this.view.element, this.waveRow()), h("div", { class: "ps-side" }, this.facts())),
      this.source());
    this.player.load(0, false);
    this.drawFacts();
    store.on("prediction", () => this.compare());
    store.on("reopened", () => this.reopened());
    engine.on("restart", () => (this.opened = false));
    return body;
  }

  growthRow() {
    const { options } = this;
    this.tolerance = slider({ label: "Tolerance", min: 0, max: MAX_TOLERANCE, value: options.tolerance,
      onInput: () => this.again({ watch: false }), onChange: () => this.again({ watch: false, speak: true, restart: true }) });
    this.reference = segmented({ label: "Compare with", showLabel: true, value: options.reference, onChange: () => this.again({ speak: true }),
      options: [{ value: "seed", label: "Seed", hint: "Each pixel is compared with the colour of the seed" },
        { value: "mean", label: "Running mean", hint: "Each pixel is compared with the mean colour of the region so far" }] });
    this.neighbours = segmented({ label: "Neighbours", showLabel: true, value: String(options.neighbours), onChange: () => this.again({ speak: true }),
      options: [{ value: "4", label: "4", hint: "Up, down, left, right" }, { value: "8", label: "8", hint: "Diagonals too" }] });
    return h("div", { class: "ps-toolbar", role: "group", "aria-label": "How the region grows" },
      this.tolerance.element, this.reference.element, this.neighbours.element);
  }

  waveRow() {
    const watch = this.setting("watch", this.options.watch && !prefersStill(), isSwitch);
    this.watch = toggle({ label: "Watch it grow", checked: watch, onChange: (checked) => this.watchChanged(checked) });
    this.play = button({ label: "Play", icon: "play", iconOnly: true, onClick: () => this.player.play() });
    this.pause = button({ label: "Pause", icon: "pause", iconOnly: true, onClick: () => this.player.pause() });
    this.layer = slider({ label: "Layer", min: 0, max: 1, value: 0, format: (value) => `${integer(value)} of ${integer(this.player?.waves ?? 0)}`,
      onInput: (value) => (this.player.pause(), this.player.seek(value)) });
    this.save = saveMenu({ what: ["mask", "cutout"], args: () => ({ from: "region", label: 1 }), work: (task) => this.work(task) });
    return h("div", { class: "ps-toolbar ps-wave", role: "group", "aria-label": "The wave of growth" },
      this.play, this.pause, this.layer.element, this.watch.element, this.save.element);
  }

  facts() {
    this.hint = h("p", { class: "ps-hint" }, "Click a pixel of the photo, or move the cursor with the arrow keys and press Enter.");
    this.list = h("dl", { class: "ps-facts" });
    this.askButton = button({ label: "Ask the network", icon: "wand", hint: "Compare the region with the network’s class at the seed", onClick: () => this.askNetwork() });
    return h("section", { class: "ps-factbox", role: "group", "aria-label": "The region" }, this.hint, this.list, h("div", null, this.askButton));
  }

  source() {
    const place = h("div", null, h("p", { class: "ps-hint" }, "The source arrives with Python…"));
    const details = h("details", { class: "ps-source" }, h("summary", null, "The whole algorithm, as it is tested"), place);
    details.addEventListener("toggle", async () => {
      if (!details.open || this.listed) return;
      this.listed = true;
      const reply = await this.work(store.call("grow.listing"));
      if (reply) place.replaceChildren(h("p", { class: "ps-hint" }, "This is the source that the tests hold the fast version to, pixel for pixel."), listing(reply.source));
      else this.listed = false;
    });
    return details;
  }

  // ------------------------------------------------------------------ the photo and the engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.requests.drop();
    this.player.load(0, false);
    this.painter.forget();
    for (const context of this.view.layers.values()) context.clearRect(0, 0, this.view.columns, this.view.rows);
    this.view.open(photo, this.photo);
    this.seed = null;
    this.grown = null;
    this.overlay.seed(null);
    this.drawFacts();
    store.opened.then(() => photo === store.photo && this.ready(photo), () => undefined);
  }

  /** The engine has the photo: grow the seed of the last visit, else that of the lesson, if it lies in this photo. @param {import("studio/state/store.js").Photo} photo */
  ready(photo) {
    this.opened = true;
    const last = this.setting("last", null, isRecord, (stored) => isGrowth(stored, photo));
    const { seed } = this.options;
    if (last?.key === photo.key) this.restore(last);
    else if (seed && this.isOurs(photo) && seed[0] < photo.rows && seed[1] < photo.columns) this.setSeed({ row: seed[0], column: seed[1] }, false);
  }

  /** The photo that the lesson's seed is meant for: the one it names, else the first that is shown. @param {import("studio/state/store.js").Photo} photo */
  isOurs(photo) {
    this.firstPhoto ??= photo.key;
    return photo.key === (this.options.photo ? `name:${this.options.photo}` : this.firstPhoto);
  }

  /** @param {any} last what remember() wrote */
  restore({ row, column, tolerance, reference, neighbours }) {
    this.tolerance.value = tolerance;
    this.reference.value = reference;
    this.neighbours.value = String(neighbours);
    this.setSeed({ row, column }, false, false);
  }

  reopened() {
    this.opened = true;
    this.clearError();
    this.again({ watch: false });
  }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {{row: number, column: number}} pixel */
  setSeed(pixel, speak = true, watch = this.watch.checked) {
    if (!this.opened) return;
    this.seed = pixel;
    this.overlay.seed(pixel);
    this.again({ watch, speak });
  }

  /**
   * Grow from the same seed with what the controls say now.
   * @param {{watch?: boolean, speak?: boolean, restart?: boolean, quiet?: boolean}} [how] restart: layers counted from the seed, not added to
   *   those of a smaller tolerance as while the slider moves; quiet: the region that is shown stays as it is, with its wave
   */
  again({ watch = this.watch.checked, speak = false, restart = false, quiet = false } = {}) {
    if (!this.seed || !this.opened) return;
    if (!quiet) this.clearError();
    this.requests.ask({ ...this.seed, tolerance: this.tolerance.value, reference: /** @type {any} */ (this.reference.value), neighbours: this.neighbours.value === "8" ? 8 : 4, watch, speak, restart, quiet });
  }

  /** @param {boolean} checked */
  watchChanged(checked) {
    this.remember("watch", checked);
    if (checked && this.grown) this.player.play();
    else this.player.seek((this.player.pause(), this.player.waves));
  }

  askNetwork() { return this.work(store.predict(this.options.network)); }

  /** A network has labelled the photo: its word on the region is wanted. A request that waits brings it; else nothing is shown anew. */
  compare() {
    if (!this.requests.next) this.again({ watch: false, quiet: true });
  }

  // ------------------------------------------------------------------ what Python answers
  /** @param {RunRequest} request */
  async grow({ watch, speak, restart, quiet, ...args }) {
    const { photo } = store;
    const { neighbours: connectivity, ...where } = args;
    const grown = await this.work(store.call("grow.run", { ...where, connectivity, restart }));
    if (!grown || !photo || photo !== store.photo) return;
    if (quiet && this.grown && String(Object.values(args)) === String(Object.values(this.params))) {
      this.grown = { ...this.grown, truth: grown.truth };
      return this.drawFacts();
    }
    this.grown = grown;
    this.params = args;
    this.painter.load(grown, photo.rows, photo.columns);
    this.layer.input.max = String(grown.waves);
    this.player.load(grown.waves, watch);
    this.drawFacts();
    this.remember("last", { key: photo.key, ...args });
    if (speak) announce(`Region of ${integer(grown.size)} pixels, ${percent(grown.share)} of the photo, in ${integer(grown.waves)} layers.`);
  }

  /** @param {number} layers @param {boolean} playing */
  drawWave(layers, playing) {
    this.painter.seek(layers);
    this.layer.value = layers;
    this.layer.input.disabled = !this.player.waves;
    this.play.disabled = !this.player.waves;
    this.play.hidden = playing;
    this.pause.hidden = !playing;
  }

  drawFacts() {
    const { grown } = this;
    this.hint.hidden = Boolean(grown);
    this.list.hidden = !grown;
    this.askButton.hidden = !grown || grown.truth !== null;
    this.save.disabled = !grown;
    if (grown && this.params) this.list.replaceChildren(...factRows(grown, this.params));
  }
}

/** @param {Grown} grown @param {{row: number, column: number, reference: string}} asked */
function factRows(grown, { row, column, reference }) {
  const { truth } = grown;
  return [
    fact("Size", `${integer(grown.size)} pixels`, `${percent(grown.share)} of the photo`),
    fact("Layers", integer(grown.waves), `in ${seconds(grown.seconds)}`),
    fact("Seed", colour(grown.seed_colour), `row ${integer(row)}, column ${integer(column)}`),
    fact("Compared with", colour(grown.reference_colour), reference === "mean" ? "mean colour of the region" : "colour of the seed"),
    truth === null ? null : fact("IoU with the network", percent(truth.iou), `its class at the seed: ${truth.name}`, truth.iou),
  ].filter((each) => each !== null);
}

/** @param {string} name @param {string|Node} value @param {string} [note] @param {number} [share] drawn as a bar */
function fact(name, value, note = "", share) {
  const bar = share === undefined ? null : h("span", { class: "ps-share", "aria-hidden": "true", style: { "--value": share } }, h("span", { class: "ps-share-fill" }));
  return h("div", null, h("dt", null, name), h("dd", null, h("span", { class: "ps-fact" }, value), note && h("span", { class: "ps-fact-note" }, note), bar));
}

/** @param {readonly number[]} rgb */
function colour(rgb) {
  const [red, green, blue] = rgb.map((value) => Math.round(value));
  return h("span", { class: "ps-class-name" }, h("span", { class: "ps-swatch", style: { "--ps-class": `rgb(${red} ${green} ${blue})` } }), `RGB ${red}, ${green}, ${blue}`);
}

/** What remember() wrote of a growth, for this photo. @param {any} stored @param {import("studio/state/store.js").Photo} photo */
function isGrowth(stored, photo) {
  const place = (/** @type {unknown} */ value, /** @type {number} */ end) => Number.isInteger(value) && within(0, end - 1)(value);
  return stored !== null && typeof stored === "object" && place(stored.row, photo.rows) && place(stored.column, photo.columns)
    && within(0, MAX_TOLERANCE)(stored.tolerance) && oneOf(["seed", "mean"])(stored.reference) && oneOf([4, 8])(stored.neighbours);
}
