// <studio-paint>: paint a mask on the photo and see it graded while the stroke is drawn. This file joins tools, surface, palette and scores;
// the mask and every number come from Python.
import { button, h, announce, segmented, slider, toggle, typing } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { ClassPicker } from "./class_picker.js";
import { saveMenu } from "studio/ui/save.js";
import { Scoreboard } from "./scoreboard.js";
import { Lab } from "studio/ui/lab.js";
import { within } from "studio/util/validators.js";
import { store } from "studio/state/store.js";
import { PaintLayers } from "./layers.js";
import { PaintTools } from "./tools.js";
import { TruthChoice } from "./truth.js";

const TOOLS = [
  { value: "brush", label: "Brush", icon: "brush", hint: "Brush (B)", key: "b" },
  { value: "eraser", label: "Eraser", icon: "eraser", hint: "Eraser (E)", key: "e" },
  { value: "fill", label: "Fill", icon: "fill", hint: "Fill an area of one class (F)", key: "f" },
  { value: "lasso", label: "Lasso", icon: "lasso", hint: "Lasso: draw around an area (L)", key: "l" },
];
const SIZE_STEP = 1.2;
const OPACITY = 0.65;

/** @extends {Lab<import("./options").Options>} */
export default class StudioPaint extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    const { options } = this;
    /** The engine has the photo that is shown. */
    this.opened = false;
    /** The class that the lesson asks for, or -1; whether the visitor chose another; key of the first photo. */
    this.requestedLabel = -1;
    this.chosen = false;
    /** @type {string|undefined} */
    this.firstPhoto = undefined;
    this.layers = new PaintLayers();
    this.layers.view.overlay.append(this.bootPanel());
    this.board = new Scoreboard({ target: options.target || null });
    this.picker = new ClassPicker({ onChoose: (label) => this.pick(label) });
    this.tools = new PaintTools(this.layers, {
      paint: (call, args) => store.paint(call, args),
      ready: () => this.opened && engine.state === "ready",
      work: (task) => (this.clearError(), this.work(task)),
      done: () => this.speak(),
    });
    this.truth = new TruthChoice({ network: options.network, own: drawnTruth(this.dataset), host: this, settled: () => this.tools.queue.idle(),
      graded: (reply) => this.graded(reply), waiting: (words) => (this.board.why = words) });
    const body = h("div", { class: "ps-desk" },
      this.toolRow(), this.picker.element,
      h("div", { class: "ps-columns" },
        h("div", { class: "ps-picture" }, this.layers.view.element, this.layerRow()),
        h("div", { class: "ps-side" }, this.truth.element, this.board.element)));
    this.addEventListener("keydown", (event) => this.key(event));
    this.layers.setOpacity(this.setting("opacity", OPACITY, within(0.1, 1)));
    this.tools.choose("brush");
    this.historyState(false, false);
    this.listenToStore();
    return body;
  }

  listenToStore() {
    store.on("mask", (painted) => this.show(painted));
    store.on("prediction", (prediction) => this.predicted(prediction));
    store.on("reopened", () => this.reopened());
    engine.on("restart", () => (this.opened = false));
  }

  toolRow() {
    this.choices = segmented({ label: "Tool", options: TOOLS, value: "brush", onChange: (tool) => this.tools.choose(/** @type {any} */ (tool)) });
    this.size = slider({ label: "Size", min: 1, max: 120, value: this.tools.size, format: (value) => `${value}\u202fpx`,
      onInput: (value) => this.tools.resize(value), onChange: (value) => this.remember("size", value) });
    const act = (/** @type {string} */ call) => () => this.tools.act(call);
    this.undo = button({ label: "Undo", icon: "undo", iconOnly: true, keys: "Control+Z", onClick: act("undo") });
    this.redo = button({ label: "Redo", icon: "redo", iconOnly: true, keys: "Control+Shift+Z", onClick: act("redo") });
    const clear = button({ label: "Clear the mask", icon: "trash", iconOnly: true, onClick: act("clear") });
    return h("div", { class: "ps-toolbar", role: "group", "aria-label": "Painting" }, this.choices.element, this.size.element,
      h("div", { class: "ps-toolbar-group", role: "group", "aria-label": "History" }, this.undo, this.redo, clear));
  }

  layerRow() {
    this.under = toggle({ label: "Network below", checked: false, onChange: (shown) => this.showNetwork(shown) });
    this.errors = toggle({ label: "Show errors", checked: false, onChange: (shown) => this.layers.showDifference(shown) });
    const opacity = slider({ label: "Mask opacity", min: 10, max: 100, step: 5, value: this.setting("opacity", OPACITY, within(0.1, 1)) * 100, format: (value) => `${value}%`,
      onInput: (value) => this.layers.setOpacity(value / 100), onChange: (value) => this.remember("opacity", value / 100) });
    const fill = button({ label: "Fill from the network", icon: "wand", hint: "Fill the mask with the network’s output", onClick: () => this.fillFromNetwork() });
    const save = saveMenu({ args: async () => (await this.tools.queue.idle(), { from: "paint" }), work: (task) => this.work(task) });
    return h("div", { class: "ps-toolbar", role: "group", "aria-label": "Mask" }, this.under.element, this.errors.element, opacity.element,
      h("div", { class: "ps-toolbar-group" }, fill, save.element));
  }

  // ------------------------------------------------------------------ the photo and the engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.chosen = false;
    this.firstPhoto ??= photo.key;
    this.tools.reset();
    this.layers.open(photo);
    this.board.reset();
    this.truth.reset();
    this.picker.setFound([]);
    this.historyState(false, false);
    this.under.checked = false;
    this.layers.showNetwork(false);
    this.fitSize(photo);
    if (store.labels) this.layers.setColours(store.labels.colours, store.painted ? store.mask : null);
    for (const prediction of store.predictions.values()) this.predicted(prediction);
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  /** Sizes that suit the picture. @param {import("studio/state/store.js").Photo} photo */
  fitSize({ rows, columns }) {
    const longest = Math.max(rows, columns);
    this.size.input.max = String(Math.max(40, Math.round(longest / 4)));
    this.setSize(this.setting("size", this.options.size ?? Math.max(4, Math.round(longest / 24)), within(1, Infinity), within(1, longest)));
  }

  ready() {
    this.opened = true;
    this.truth.ready();
  }

  reopened() {
    this.opened = true;
    this.clearError();
    this.showNotice("Python was started again. Your mask is intact; only the steps to undo are gone.");
    this.historyState(false, false);
    this.truth.again();
  }

  /** @param {{names: string[], colours: number[][]}} labels */
  onLabels(labels) {
    this.picker.setLabels(labels);
    const { label } = this.options;
    this.requestedLabel = labels.names.findIndex((name, id) => name === label || String(id) === label);
    this.choose(this.requestedLabel >= 0 ? this.requestedLabel : labels.names.indexOf("person"));
    this.layers.setColours(labels.colours, store.painted ? store.mask : null);
  }

  onAppearanceChange() {
    if (store.labels) this.layers.setColours(store.labels.colours, store.painted ? store.mask : null);
  }

  /** @param {import("studio/state/store.js").Prediction} prediction */
  predicted(prediction) {
    if (prediction.network !== this.options.network) return;
    this.layers.setPrediction(prediction);
    const ids = prediction.classes.map((one) => one.id);
    this.picker.setFound(ids);
    if (!this.chosen) this.suggest(ids);
  }

  /** The class of the lesson where it makes sense, else the largest in the photo. @param {number[]} ids found, largest first */
  suggest(ids) {
    const ours = ids.includes(this.requestedLabel) || (this.requestedLabel >= 0 && store.photo?.key === this.firstPhoto);
    const label = ours ? this.requestedLabel : ids.find((id) => id !== 0) ?? this.picker.value;
    this.picker.forget();
    this.choose(label);
  }

  /** A class to begin with. The tool stays as it is: the visitor may be at work already. @param {number} label */
  choose(label) {
    this.picker.choose(label);
    this.tools.label = label;
  }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {number} label */
  pick(label) {
    this.chosen = true;
    this.tools.label = label;
    if (this.tools.tool === "eraser") this.setTool("brush");
  }

  /** @param {string} tool */
  setTool(tool) {
    this.choices.value = tool;
    this.tools.choose(/** @type {any} */ (tool));
  }

  /** @param {number} size */
  setSize(size) {
    this.size.value = size;
    this.tools.resize(this.size.value);
  }

  /** @param {boolean} shown */
  async showNetwork(shown) {
    this.layers.showNetwork(shown);
    if (!shown || this.layers.prediction || await this.work(store.predict(this.options.network))) return;
    this.under.checked = false;
    this.layers.showNetwork(false);
  }

  async fillFromNetwork() {
    const { network } = this.options;
    if (await this.work(store.predict(network))) await this.tools.act("from_network", { network });
  }

  /** Keys work while the focus is anywhere in the element; the page's own shortcuts do not hear them. @param {KeyboardEvent} event */
  key(event) {
    if (typing() || event.defaultPrevented || event.altKey) return;
    const action = event.ctrlKey || event.metaKey ? this.historyKey(event) : this.toolKey(event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** @param {KeyboardEvent} event @returns {(() => void)|null} */
  historyKey(event) {
    const key = event.key.toLowerCase();
    if (key === "z") return () => this.tools.act(event.shiftKey ? "redo" : "undo");
    return key === "y" && !event.shiftKey ? () => this.tools.act("redo") : null;
  }

  /** @param {string} key @returns {(() => void)|null} */
  toolKey(key) {
    const tool = TOOLS.find((one) => one.key === key);
    if (tool) return () => (this.setTool(tool.value), announce(tool.label));
    if (key === "[") return () => this.nudge(Math.min(this.size.value - 1, Math.round(this.size.value / SIZE_STEP)));
    if (key === "]") return () => this.nudge(Math.max(this.size.value + 1, Math.round(this.size.value * SIZE_STEP)));
    const label = /^[1-9]$/.test(key) ? this.picker.ofKey(Number(key)) : null;
    return label === null ? null : () => (this.picker.pick(label), announce(this.picker.nameOf(label)));
  }

  /** @param {number} size */
  nudge(size) {
    this.setSize(size);
    this.remember("size", this.size.value);
    announce(`Brush ${this.size.value} pixels`);
  }

  // ------------------------------------------------------------------ what Python answers
  /** @param {import("studio/state/store.js").Painted} painted */
  show(painted) {
    this.layers.patch(painted);
    if (painted.scores) this.board.show(painted.scores);
    this.historyState(painted.can_undo, painted.can_redo);
  }

  /** @param {{scores: any, difference: Uint8Array}} reply of paint.truth */
  graded({ scores, difference }) {
    this.layers.setDifference(difference);
    this.board.reset();
    this.board.show(scores);
  }

  /** A step has ended: its scores are spoken, not those on the way. */
  speak() {
    const words = this.board.words();
    if (words) announce(words);
  }

  /** @param {boolean} undo @param {boolean} redo */
  historyState(undo, redo) {
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
  }
}

/** The label picture that the fence has packed into the element. @param {DOMStringMap} data */
function drawnTruth({ drawn, photo }) {
  return drawn && photo ? { photo, file: new File([Uint8Array.from(atob(drawn), (letter) => letter.charCodeAt(0))], "the label picture of this page") } : null;
}
