// <studio-metric-lab>: make a mask worse on purpose and watch what each grade makes of it. This file joins controls, picture and report; every
// mask and every number comes from Python.
import { button, h, announce, segmented, select, slider } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { MetricPicture } from "./picture.js";
import { CurveView, MetricReportView } from "./report.js";
import { validSteps, StepList } from "./steps.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";

/** @typedef {import("studio/types/protocol").MetricPreset} Preset */
/** @typedef {{speak: boolean, curve: boolean}} RunRequest */

/** The painted mask is taken as finished for now when it has not changed for this long (ms). */
const DEBOUNCE_MS = 400;
const MAX_TOLERANCE = 20;
const TRUTHS = [
  { value: "network", label: "What the network sees" }, { value: "paint", label: "What you painted" }, { value: "disc", label: "A drawn disc" },
  { value: "wire", label: "A drawn wire, 10 pixels thick" }, { value: "dot", label: "A drawn dot" }, { value: "shapes", label: "Drawn: five classes" },
];
const SHOWN = [
  { value: "overlap", label: "Overlap", hint: "True positives, false negatives, false positives" },
  { value: "edges", label: "Boundaries", hint: "Which boundary pixels are within the tolerance" },
  { value: "line", label: "Furthest", hint: "The two pixels that make the Hausdorff distance" },
];

/** @extends {Lab<import("./options").Options>} */
export default class StudioMetricLab extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    this.network = this.options.network;
    this.near = false;
    this.opened = false;
    this.stale = true;
    /** @type {Preset[]} */
    this.presets = [];
    /** The class that is spoiled; null: the largest. @type {number|null} */
    this.label = null;
    /** The step whose curve is drawn. */
    this.vary = -1;
    this.requests = new Latest((/** @type {RunRequest} */ request) => this.run(request));
    this.picture = new MetricPicture();
    this.picture.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.report = new MetricReportView();
    this.curves = new CurveView();
    if (this.options.curve) this.curves.wait();
    this.steps = new StepList({ onInput: () => this.again(), onChange: (vary) => this.stepped(vary) });
    this.makeControls();
    this.watchFor();
    return this.arrange();
  }

  makeControls() {
    this.setups = h("div", { class: "ps-setups", role: "group", "aria-label": "Set-ups to begin with" });
    this.words = h("p", { class: "ps-setup-words" });
    this.truth = select({ label: "Truth", options: TRUTHS, value: "disc", onChange: () => ((this.label = null), this.own()) });
    this.classes = select({ label: "Class", options: [], value: "", onChange: (value) => ((this.label = Number(value)), this.own()) });
    this.classes.element.hidden = true;
    this.tolerance = slider({ label: "Tolerance", min: 0, max: MAX_TOLERANCE, value: 2, format: (value) => `${value} px`, onInput: () => this.again(), onChange: () => this.own() });
    this.shown = segmented({ label: "Show", options: SHOWN, value: "overlap", onChange: (value) => this.look(value) });
    this.size = h("p", { class: "ps-hint ps-lab-size" });
  }

  arrange() {
    const seen = h("div", { class: "ps-picture" }, this.picture.view.element, h("div", { class: "ps-run" }, this.picture.legend, this.report.strip, this.size));
    const side = h("div", { class: "ps-side ps-spoil-side" }, this.steps.element);
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-setup-box" }, h("p", { class: "ps-heading" }, "Begin with"), this.setups, this.words),
      h("div", { class: "ps-toolbar", role: "group", "aria-label": "Truth and display" }, this.truth.element, this.classes.element, this.shown.element, this.tolerance.element),
      h("div", { class: "ps-columns" }, seen, side), this.report.element, this.curves.element);
  }

  /** Nothing is asked while the lab is far from sight. */
  watchFor() {
    this.whenNear((near) => near && this.stale && this.begin());
    store.on("mask", () => this.maskChanged());
    store.on("reopened", () => (this.clearError(), this.ready()));
    engine.on("restart", () => (this.opened = false));
  }

  // ------------------------------------------------------------------ the photo and the engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.requests.drop();
    this.picture.open(photo);
    this.report.clear();
    if (this.options.curve) this.curves.wait();
    if (this.truth.value === "network" || this.truth.value === "paint") this.label = null;
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  ready() {
    this.opened = true;
    this.stale = true;
    if (this.near) this.begin();
  }

  async begin() {
    if (!this.opened || (!this.presets.length && !(await this.loadAbout()))) return;
    this.again({ curve: true });
  }

  /** What there is to choose from is asked once. */
  async loadAbout() {
    const about = await this.work(store.call("metric_lab.about"));
    if (!about || this.presets.length) return Boolean(about);
    this.presets = about.presets;
    this.steps.offer(about.kinds);
    this.setups.replaceChildren(...this.presets.map((preset) => button({ label: preset.title, pressed: false, onClick: () => this.applyPreset(preset) })));
    this.restore();
    return true;
  }

  /** As it was left, where that can be used; else the set-up of the fence. */
  restore() {
    const wanted = this.setting("setup", /** @type {string} */ (this.options.preset)); // "" for one of the visitor's own
    this.applyPreset(this.presets.find(({ name }) => name === wanted) ?? this.presets.find(({ name }) => name === this.options.preset), false);
    if (wanted !== "") return;
    const steps = validSteps(this.setting("steps", null), this.steps.kinds), truth = this.setting("truth", ""), tolerance = this.setting("tolerance", 2), label = this.setting("label", null);
    if (!steps || !TRUTHS.some(({ value }) => value === truth)) return;
    this.press("");
    this.truth.value = truth;
    this.label = Number.isSafeInteger(label) ? label : null;
    this.tolerance.value = Number.isInteger(tolerance) && tolerance >= 0 && tolerance <= MAX_TOLERANCE ? tolerance : 2;
    this.steps.set(steps);
    this.vary = steps.length - 1;
  }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {Preset} preset @param {boolean} [now] */
  applyPreset(preset, now = true) {
    this.truth.value = preset.truth;
    this.label = preset.label;
    this.tolerance.value = preset.tolerance;
    this.steps.set(preset.steps);
    this.vary = preset.steps.length - 1;
    this.shown.value = preset.view;
    this.picture.choose(preset.view);
    this.press(preset.name);
    if (!now) return;
    this.remember("setup", preset.name);
    this.again({ speak: true, curve: true });
  }

  /** Which set-up is in force. @param {string} name "" for one of the visitor's own */
  press(name) {
    this.dataset.setup = name;
    this.presets.forEach((preset, i) => this.setups.children[i].setAttribute("aria-pressed", String(preset.name === name)));
    this.words.textContent = this.presets.find((preset) => preset.name === name)?.summary ?? "Your own set-up.";
  }

  /** @param {number} vary */
  stepped(vary) {
    this.vary = vary;
    this.own();
  }

  /** The visitor has left the set-up. */
  own() {
    this.press("");
    this.remember("setup", "");
    this.remember("steps", this.steps.steps);
    this.remember("truth", this.truth.value);
    this.remember("tolerance", this.tolerance.value);
    this.remember("label", this.label);
    this.again({ speak: true, curve: true });
  }

  /** @param {string} shown */
  look(shown) {
    this.picture.choose(/** @type {any} */ (shown));
  }

  maskChanged() {
    clearTimeout(this.debounceTimer);
    this.debounceTimer = setTimeout(() => {
      if (this.truth.value !== "paint") return;
      this.stale = true;
      if (this.near && this.opened) this.again({ curve: true });
    }, DEBOUNCE_MS);
  }

  // ------------------------------------------------------------------ what Python answers
  again({ speak = false, curve = false } = {}) {
    if (!this.opened || !this.presets.length) return;
    this.clearError();
    this.stale = false;
    this.requests.ask({ speak, curve });
  }

  get arguments() {
    return { truth: this.truth.value, network: this.network, steps: this.steps.steps, tolerance: this.tolerance.value, ...(this.label === null ? {} : { label: this.label }) };
  }

  /** @param {RunRequest} request */
  async run({ speak, curve }) {
    const { photo } = store, args = this.arguments;
    const report = await this.work(this.ask(args));
    if (photo !== store.photo) return;
    if (!report) return this.forget();
    this.show(report);
    if (speak) announce(report.measures.map(({ title, text }) => `${title} ${text}`).join(", "));
    if (curve && this.options.curve) await this.drawCurve(args);
  }

  /** @param {any} args @returns {Promise<import("studio/types/protocol").MetricReport>} */
  async ask(args) {
    if (args.truth === "network") await store.predict(this.network);
    return store.call("metric_lab.run", args);
  }

  forget() {
    this.picture.clear();
    this.report.clear();
    this.curves.clear();
    this.classes.element.hidden = true;
  }

  /** @param {import("studio/types/protocol").MetricReport} report */
  show(report) {
    this.picture.show(report);
    this.report.show(report);
    this.size.textContent = `Everything here happens on a copy of ${report.columns} × ${report.rows} pixels.`;
    this.classes.select.replaceChildren(...report.choices.map(({ id, name }) => h("option", { value: String(id) }, name)));
    this.classes.value = String(report.id);
    this.classes.element.hidden = report.choices.length < 2;
  }

  /** @param {any} args */
  async drawCurve(args) {
    const step = args.steps[this.vary], kind = step && this.steps.kinds.get(step.kind);
    if (!kind || kind.low === kind.high) return this.curves.clear();
    const { photo } = store;
    const curves = await this.work(store.call("metric_lab.curve", { ...args, vary: this.vary }));
    if (curves && photo === store.photo && this.requests.next === undefined) this.curves.show(curves);
  }
}
