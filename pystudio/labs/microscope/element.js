// <studio-microscope>: what lies behind a label map. This file joins controls, picture, small maps and bars; every number comes from Python.
import { h, integer, percent, announce, segmented, select, slider } from "studio/dom/dom.js";
import { COLOURMAP, ColourBar, paintShades } from "./colormap.js";
import { colourLookup, swatch } from "studio/ui/legend.js";
import { MANIFEST } from "studio/files/loader.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { ScoreBars, ScoreMapGrid, signed, StageStrip } from "./parts.js";
import { drawDifference, drawLabels, stripeWidth } from "studio/viewer/raster.js";
import { Lab } from "studio/ui/lab.js";
import { oneOf, within } from "studio/util/validators.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").ScoreMaps} ScoreMaps */
/** @typedef {{row: number, column: number, speak: boolean}} Place */

const SVG = "http://www.w3.org/2000/svg";
const MODES = [{ value: "scores", label: "Scores" }, { value: "doubt", label: "Doubt" }, { value: "inside", label: "Look inside" }];
const SOFTMAX = [{ value: "before", label: "Before softmax" }, { value: "after", label: "After softmax" }];
const UNCERTAINTIES = [{ value: "confidence", label: "Confidence" }, { value: "entropy", label: "Entropy" }, { value: "margin", label: "Margin" },
  { value: "second", label: "Second best" }, { value: "narrow", label: "Narrow wins" }];
const CHANNELS = [{ value: "mean", label: "Mean" }, { value: "strongest", label: "Strongest" }, { value: "channel", label: "One channel" }];
const MAX_MARGIN = 15;
const values = (/** @type {{value: string}[]} */ options) => options.map(({ value }) => value);

/** @extends {Lab<import("./options").Options>} */
export default class StudioMicroscope extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    this.networks = Object.keys(MANIFEST.networks).filter((name) => MANIFEST.networks[name].recipe.stages);
    const wanted = this.networks.includes(this.options.network) ? this.options.network : this.networks[0];
    this.network = this.setting("network", wanted, oneOf(this.networks));
    this.near = this.opened = false;
    this.stale = true;
    /** The class whose map is enlarged; null: the largest in the photo. @type {number|null} */
    this.label = null;
    this.stage = this.setting("stage", "block6", (value) => typeof value === "string");
    this.requests = new Latest((/** @type {boolean} */ speak) => this.run(speak));
    this.places = new Latest((/** @type {Place} */ place) => this.read(place));
    this.makePicture();
    this.scoreMaps = new ScoreMapGrid((id) => this.enlarge(id));
    this.bars = new ScoreBars();
    this.stages = new StageStrip((name) => this.takeStage(name));
    this.makeControls();
    this.listen();
    this.arrangeFor(this.mode.value);
    return this.arrange();
  }

  makePicture() {
    this.view = new View({ label: "The photo and what lies behind its labels" });
    this.photoLayer = this.view.layer("photo");
    this.heatLayer = this.view.layer("heat");
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "ps-view-layer ps-field");
    this.svg.setAttribute("aria-hidden", "true");
    this.view.stage.append(this.svg);
    this.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.colourBar = new ColourBar();
    this.colourBar.hide();
    this.classes = h("ul", { class: "ps-marks-legend", "aria-label": "What the colours mean", hidden: true });
    this.words = h("p", { class: "ps-micro-words", role: "status" });
  }

  makeControls() {
    this.mode = segmented({ label: "Look at", options: MODES, value: this.optionOrSetting("view", "mode"), onChange: (value) => this.changed("mode", value) });
    this.softmax = segmented({ label: "Softmax", options: SOFTMAX, value: this.setting("softmax", "before", oneOf(values(SOFTMAX))), onChange: (value) => this.changed("softmax", value) });
    this.uncertainty = segmented({ label: "Show", options: UNCERTAINTIES, value: this.setting("doubt", "margin", oneOf(values(UNCERTAINTIES))), onChange: (value) => this.changed("doubt", value) });
    this.below = slider({ label: "Margin below", min: 0.5, max: MAX_MARGIN, step: 0.5, value: this.setting("below", 2, within(0.5, MAX_MARGIN)), format: (value) => value.toFixed(1),
      onInput: () => this.again(), onChange: (value) => this.changed("below", value) });
    this.channels = segmented({ label: "Channels", options: CHANNELS, value: this.setting("channels", "mean", oneOf(values(CHANNELS))), onChange: (value) => this.changed("channels", value) });
    this.channel = slider({ label: "Channel", min: 0, max: 15, value: 0, onInput: () => this.again(), onChange: () => this.again(true) });
    this.chosen = select({ label: "Network", value: this.network, options: this.networks.map((value) => ({ value, label: MANIFEST.networks[value].title })), onChange: (value) => this.takeNetwork(value) });
    this.opacity = slider({ label: "Opacity", min: 0, max: 100, value: Math.round(100 * this.setting("opacity", 0.85, within(0, 1))), format: (value) => percent(value / 100, 0),
      onInput: (value) => this.fade(value / 100), onChange: (value) => this.remember("opacity", value / 100) });
    this.fade(this.opacity.value / 100);
  }

  arrange() {
    const seen = h("div", { class: "ps-picture" }, this.view.element, h("div", { class: "ps-run" }, this.colourBar.element, this.classes, this.words));
    return h("div", { class: "ps-desk" },
      h("div", { class: "ps-toolbar", role: "group", "aria-label": "What to look at" }, this.mode.element, this.chosen.element, this.opacity.element),
      h("div", { class: "ps-toolbar ps-micro-more" }, this.softmax.element, this.uncertainty.element, this.below.element, this.channels.element, this.channel.element),
      this.stages.element, h("div", { class: "ps-columns" }, seen, h("div", { class: "ps-side" }, this.bars.element)), this.scoreMaps.element);
  }

  /** Nothing is asked while the microscope is far from sight. */
  listen() {
    this.whenNear((near) => near && this.stale && this.begin());
    for (const name of /** @type {const} */ (["hover", "tap"])) this.view.on(name, ({ pixel, inside, keyboard }) => inside && this.point(pixel, keyboard));
    store.on("reopened", () => (this.clearError(), this.ready()));
  }

  // ------------------------------------------------------------------ the photo
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = this.shown = false;
    this.label = null;
    this.place = null;
    this.requests.drop();
    this.places.drop();
    this.resize(photo.rows, photo.columns);
    this.scoreMaps.clear();
    this.bars.clear();
    this.colourBar.hide();
    this.classes.hidden = true;
    this.words.textContent = "";
    this.stageOf = null;
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  /** The photo at the size of the maps. @param {number} rows @param {number} columns */
  resize(rows, columns) {
    this.view.setSize(rows, columns);
    this.svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
    this.svg.replaceChildren();
    this.heatLayer.clearRect(0, 0, columns, rows);
    this.photoLayer.imageSmoothingQuality = "high";
    this.photoLayer.drawImage(store.photo.bitmap, 0, 0, columns, rows);
  }

  ready() {
    this.opened = true;
    this.stale = true;
    if (this.near) this.begin();
  }

  begin() {
    if (!this.opened) return;
    this.stale = false;
    this.again();
  }

  /** The classes have other colours now. */
  onAppearanceChange() {
    if (this.shown && this.mode.value === "doubt" && this.uncertainty.value === "second") this.again();
  }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {string} key @param {any} value */
  changed(key, value) {
    this.remember(key, value);
    this.arrangeFor(this.mode.value);
    this.again(true);
  }

  /** @param {string} network */
  takeNetwork(network) {
    this.network = network;
    this.stageOf = null;
    this.place = null;
    this.bars.clear();
    this.changed("network", network);
  }

  /** Another class's map is enlarged. @param {number} id */
  enlarge(id) {
    this.label = id;
    this.scoreMaps.choose(id);
    this.drawScoreMap();
    this.view.element.scrollIntoView({ block: "nearest" });
    announce(this.words.textContent);
  }

  /** @param {string} name */
  takeStage(name) {
    this.stage = name;
    this.channel.value = 0;
    this.changed("stage", name);
    if (this.place) this.places.ask({ ...this.place, speak: false });
  }

  /** Only the controls of what is looked at are there. @param {string} mode */
  arrangeFor(mode) {
    this.dataset.view = mode;
    this.softmax.element.hidden = this.scoreMaps.element.hidden = mode !== "scores";
    this.uncertainty.element.hidden = mode !== "doubt";
    this.below.element.hidden = mode !== "doubt" || this.uncertainty.value !== "narrow";
    this.channels.element.hidden = this.stages.element.hidden = mode !== "inside";
    this.channel.element.hidden = mode !== "inside" || this.channels.value !== "channel";
    if (mode !== "inside") this.svg.replaceChildren();
  }

  /** @param {number} share */
  fade(share) { this.heatLayer.canvas.style.opacity = String(share); }

  /** @param {{row: number, column: number}} pixel @param {boolean} speak */
  point({ row, column }, speak) {
    if (!this.shown) return;
    this.place = { row, column };
    this.places.ask({ row, column, speak });
  }

  // ------------------------------------------------------------------ what Python answers
  again(speak = false) {
    if (!this.opened || this.stale) return;
    this.clearError();
    this.requests.ask(speak);
  }

  /** @param {boolean} speak */
  async run(speak) {
    const { photo, network } = { photo: store.photo, network: this.network };
    const show = await this.work(store.predict(network).then(() => this.request()));
    if (!show || photo !== store.photo || network !== this.network) return;
    show();
    this.shown = true;
    if (speak) announce(this.words.textContent);
  }

  /** Ask for what is looked at now; the answer is a way to show it. @returns {Promise<() => void>} */
  async request() {
    const { network } = this, mode = this.mode.value, uncertainty = this.uncertainty.value;
    if (mode === "scores") return this.requestScoreMaps(network);
    if (mode === "inside") return this.askInside(network);
    if (uncertainty === "second") return store.call("microscope.second_best", { network }).then((found) => () => this.showSecond(found));
    const below = this.below.value;
    if (uncertainty === "narrow") return store.call("microscope.low_margin", { network, threshold: below }).then((found) => () => this.showLowMargin(found, below));
    return store.call("microscope.uncertainty", { network, measure: /** @type {any} */ (uncertainty) }).then((found) => () => this.showUncertainty(found));
  }

  /** @param {string} network */
  async requestScoreMaps(network) {
    const found = await store.call("microscope.scores", { network, softmax: this.softmax.value === "after" });
    return () => {
      if (!found.maps.some(({ id }) => id === this.label)) this.label = found.maps.find(({ id, share }) => share && id !== 0)?.id ?? found.maps[0].id;
      this.fit(found);
      this.scoreMaps.show(found, this.label);
      this.drawScoreMap();
    };
  }

  drawScoreMap() {
    const { maps, rows, columns, low, high, grid } = this.scoreMaps.found, map = maps.find(({ id }) => id === this.label);
    drawLabels(this.heatLayer, { row: 0, column: 0, rows, columns }, this.scoreMaps.shadesOf(this.label), COLOURMAP);
    const after = this.softmax.value === "after", number = after ? (/** @type {number} */ v) => percent(v) : signed;
    this.keys(number(low), number(high));
    this.words.textContent = `${map.name}: ${after ? "shares" : "scores"} from ${number(map.lowest)} to ${number(map.highest)}. All ${maps.length} maps have the same colours. The network itself gave ${grid.join(" × ")} numbers; between them they are stretched.`;
  }

  /** @param {import("studio/types/protocol").UncertaintyMap} found */
  showUncertainty(found) {
    this.fit(found);
    drawLabels(this.heatLayer, { row: 0, column: 0, rows: found.rows, columns: found.columns }, found.values, COLOURMAP);
    const number = (/** @type {number} */ value) => (found.unit === "share" ? percent(value) : `${signed(value)}${found.unit === "bits" ? " bits" : ""}`);
    this.keys(number(found.low), number(found.high));
    this.words.textContent = `${found.title}: ${number(found.mean)} on average. ${found.help}`;
  }

  /** @param {import("studio/types/protocol").SecondBestMap} found */
  showSecond(found) {
    this.fit(found);
    const table = colourLookup(found.classes, new Set());
    drawLabels(this.heatLayer, { row: 0, column: 0, rows: found.rows, columns: found.columns }, found.label_map, table, classAppearance.hatch(table, found));
    this.colourBar.hide();
    this.classes.replaceChildren(...found.classes.map(({ id, name, colour, share }) => h("li", null, swatch(id, colour), `${name} ${percent(share)}`)));
    this.classes.hidden = false;
    this.words.textContent = "The class that came second at each pixel. Where the first is taken away, this is what the network would say.";
  }

  /** @param {import("studio/types/protocol").LowMarginMap} found @param {number} below */
  showLowMargin(found, below) {
    this.fit(found);
    const box = { row: 0, column: 0, rows: found.rows, columns: found.columns };
    drawDifference(this.heatLayer, box, found.values, stripeWidth(found.rows, found.columns));
    this.colourBar.hide();
    this.classes.hidden = true;
    this.words.textContent = `${integer(found.pixels)} of ${integer(found.rows * found.columns)} pixels (${percent(found.share)}) were won by less than ${below.toFixed(1)}: striped. A label map does not show them.`;
  }

  /** @param {string} network */
  async askInside(network) {
    const list = this.stageOf === network ? null : await store.call("microscope.stages", { network });
    const stages = list?.stages ?? this.stages.stages;
    if (!stages.some(({ name }) => name === this.stage)) this.stage = "block6";
    const { stage } = this, { channels } = stages.find(({ name }) => name === stage);
    const channel = Math.min(this.channel.value, channels - 1), show = /** @type {any} */ (this.channels.value);
    const found = await store.call("microscope.inside", { network, stage, show, channel });
    return () => {
      if (list) this.stages.show(list, stage);
      this.stageOf = network;
      this.stages.choose(stage);
      this.channel.input.max = String(channels - 1);
      this.channel.value = Math.min(this.channel.value, channels - 1); // the thumb may have gone on meanwhile
      this.showInside(found, show === "channel" ? `Channel ${channel}` : show === "mean" ? "The mean of all channels" : "The strongest channel at each point");
    };
  }

  /** The grid as it is: a square for each point. @param {import("studio/types/protocol").InsideMap} found @param {string} what */
  showInside(found, what) {
    this.fit(found);
    const canvas = paintShades(document.createElement("canvas"), found.grid_rows, found.grid_columns, found.values);
    const [top, left, height, width] = found.box;
    this.heatLayer.clearRect(0, 0, found.columns, found.rows);
    this.heatLayer.imageSmoothingEnabled = false;
    this.heatLayer.drawImage(canvas, left, top, width, height);
    this.keys(signed(found.low), signed(found.high));
    this.words.textContent = `${what}: from ${signed(found.low)} to ${signed(found.high)}, ${signed(found.mean)} on average. Channel ${found.most_variable} changes most over this photo.`;
  }

  /** @param {{rows: number, columns: number}} found */
  fit({ rows, columns }) {
    if (rows !== this.view.rows || columns !== this.view.columns) this.resize(rows, columns);
  }

  /** @param {string} low @param {string} high */
  keys(low, high) {
    this.colourBar.show(low, high);
    this.classes.hidden = true;
  }

  /** The pixel under the pointer: its scores, and inside the network what its point sees. @param {Place} place */
  async read({ row, column, speak }) {
    const { photo } = store, { network, stage } = this, inside = this.mode.value === "inside";
    const found = await store.call("microscope.at", { network, row, column }).catch((error) => this.reportFailure(error));
    const field = inside && found ? await store.call("microscope.field", { network, stage, row, column }).catch((error) => this.reportFailure(error)) : null;
    if (!found || photo !== store.photo || network !== this.network) return;
    this.bars.show(found, speak);
    if (field && this.mode.value === "inside") this.drawField(field);
  }

  /** @param {any} error */
  reportFailure(error) {
    if (error?.kind !== "cancelled") this.showError(error);
    return null;
  }

  /** @param {import("studio/types/protocol").FieldBox} field */
  drawField({ box: [y, x, height, width] }) {
    this.svg.replaceChildren(...["ps-field-rim", "ps-field-line"].map((name) => {
      const rect = document.createElementNS(SVG, "rect");
      for (const [key, value] of Object.entries({ x, y, width, height, class: name })) rect.setAttribute(key, String(value));
      return rect;
    }));
  }
}
