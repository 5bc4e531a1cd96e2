// <studio-loss-lab>: two small networks learn a mask of the photo, each with a loss of its own. This file joins controls, pictures and charts, and
// asks for the training in short slices, so that the engine can answer others in between; every number comes from Python.
import { button, h, integer, announce, segmented } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { LossCharts } from "./charts.js";
import { LossPicture } from "./picture.js";
import { LossSettings } from "./settings.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";

/** @typedef {import("studio/types/protocol").LossPreset} LossPreset */
/** @typedef {import("studio/types/protocol").LossOpened} LossOpened */
/** @typedef {import("studio/types/protocol").LossTrained} LossTrained */
/** @typedef {"a"|"b"} Which */
/** @typedef {{letter: string, title: string, losses: number[], ious: number[], step: number, spent: number, opened: LossOpened}} Course */

/** Seconds that one call trains. */
const SLICE = 0.06;
/** Charts are drawn anew after so long (ms). */
const CHART_REST = 200;
/** The painted mask is taken as finished for now when it has not changed for this long (ms). */
const DEBOUNCE_MS = 400;
const LOOKS = [{ value: "mask", label: "Mask" }, { value: "soft", label: "Probability" }];

/** @extends {Lab<import("./options").Options>} */
export default class StudioLossLab extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    this.network = this.options.network;
    this.near = false;
    this.opened = false;
    this.stale = true;
    this.training = false;
    /** The ticket of the training whose last slice is not back yet. @type {object|null} */
    this.underWay = null;
    this.ownChange = false;
    /** The class to learn; null: the largest. @type {number|null} */
    this.label = null;
    /** @type {Map<Which, Course>} */
    this.courses = new Map();
    this.drawn = 0;
    this.pictures = { a: new LossPicture("A"), b: new LossPicture("B") };
    this.pictures.a.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.settings = new LossSettings({ onChange: () => this.changed(), onPreset: (preset) => this.applyPreset(preset), onClass: (id) => ((this.label = id), this.changed()) });
    this.charts = new LossCharts();
    this.makeButtons();
    this.listen();
    return h("div", { class: "ps-desk" }, this.settings.element, h("div", { class: "ps-loss-pictures" }, this.pictures.a.element, this.pictures.b.element), this.bar(), this.charts.element);
  }

  makeButtons() {
    this.go = button({ label: "Train", icon: "play", kind: "primary", disabled: true, class: "ps-loss-go", onClick: () => (this.training ? this.pause() : this.train()) });
    this.reset = button({ label: "Start again", icon: "retry", disabled: true, onClick: () => this.prepare() });
    this.paintButtons = { a: this.#paintButton("a"), b: this.#paintButton("b") };
    this.undo = button({ label: "Undo", icon: "undo", kind: "quiet", onClick: () => this.takeBack() });
    this.undo.hidden = true;
    this.look = segmented({ label: "Show", options: LOOKS, value: "mask", onChange: (value) => this.showAs(value === "soft") });
    this.status = h("p", { class: "ps-run-words", role: "status" });
  }

  /** @param {Which} which */
  #paintButton(which) {
    return button({ label: `Put ${which.toUpperCase()} into the painted mask`, icon: "mask", kind: "quiet", disabled: true, onClick: () => this.paint(which) });
  }

  bar() {
    return h("div", { class: "ps-toolbar ps-loss-bar" }, this.go, this.reset, this.look.element, this.paintButtons.a, this.paintButtons.b, this.undo, this.status);
  }

  /** Nothing begins while the lab is out of sight, and nothing goes on while the page is. */
  listen() {
    this.whenNear((near) => near && this.stale && this.prepare());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.pause());
    addEventListener("pagehide", () => this.pause());
    store.on("mask", () => this.maskChanged());
    store.on("reopened", () => (this.clearError(), this.ready()));
    engine.on("restart", () => this.forgetTraining());
  }

  // ------------------------------------------------------------------ the photo and the engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.forgetTraining();
    if (!this.wanted) this.label = null;
    for (const picture of Object.values(this.pictures)) picture.open(photo);
    this.charts.clear();
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  /** What was in training is gone. */
  forgetTraining() {
    this.opened = false;
    this.pause();
    this.courses.clear();
    this.go.disabled = this.reset.disabled = this.paintButtons.a.disabled = this.paintButtons.b.disabled = true;
    this.undo.hidden = true;
  }

  ready() {
    this.opened = true;
    this.stale = true;
    if (this.near) this.prepare();
  }

  async loadAbout() {
    const about = await this.work(store.call("loss_lab.about"));
    if (!about || this.settings.about) return Boolean(about);
    this.settings.offer(about);
    const stored = this.settings.validate(this.setting("settings", null));
    const begin = about.presets.find(({ name }) => name === this.options.preset);
    this.settings.set(stored ?? { ...begin, setup: begin.name });
    return true;
  }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {LossPreset} preset */
  async applyPreset(preset) {
    this.settings.set({ ...preset, setup: preset.name });
    this.keep();
    this.wanted = preset.label;
    this.label = null;
    const { photo: name } = preset;
    if (name && store.photo?.key !== `name:${name}`) {
      this.ticket = null; // what was in training is not of this set-up
      this.pause();
      this.go.disabled = this.reset.disabled = true;
      if (await this.work(store.openPhoto({ name }))) return; // it is prepared when the photo is there
    }
    await this.prepare();
  }

  changed() {
    this.keep();
    const goal = this.settings.values.steps;
    const same = this.settingsKey() === this.key;
    if (!same) return void this.prepare();
    if (!this.training) this.rest(); // only another number of steps: what was learned stays
    else this.showStatus(`Training to step ${goal}…`);
  }

  keep() { this.remember("settings", this.settings.values); }

  /** Everything that a run depends on. */
  settingsKey() {
    const { a, b, teacher, groups, rate, seed } = this.settings.values;
    return JSON.stringify([a, b, teacher, groups, rate, seed, this.label]);
  }

  /** The painted mask is another now; when it was the lab itself that painted, that is no news. */
  maskChanged() {
    if (this.ownChange) return;
    this.undo.hidden = true;
    clearTimeout(this.debounceTimer);
    this.debounceTimer = setTimeout(() => {
      if (this.settings.values.teacher !== "paint" || this.training) return; // what is under way goes on with the mask that it has
      this.stale = true;
      if (this.near && this.opened) this.prepare();
    }, DEBOUNCE_MS);
  }

  /** @param {boolean} soft */
  showAs(soft) {
    for (const picture of Object.values(this.pictures)) {
      picture.soft = soft;
      picture.draw();
    }
  }

  // ------------------------------------------------------------------ training
  /** New networks, which have learned nothing. */
  async prepare() {
    if (!this.opened || (!this.settings.about && !(await this.loadAbout()))) return;
    this.pause();
    this.clearError();
    this.stale = false;
    const { photo } = store, values = this.settings.values, ticket = (this.ticket = {});
    if (this.wanted && store.labels) this.label = store.labels.names.indexOf(this.wanted);
    this.wanted = null;
    this.key = this.settingsKey();
    this.courses = new Map(); // those of before are gone from here on
    for (const each of [this.go, this.reset, this.paintButtons.a, this.paintButtons.b]) each.disabled = true;
    const courses = await this.work(this.openAll(values, ticket));
    if (photo !== store.photo || ticket !== this.ticket) return;
    this.courses = courses ?? new Map();
    if (!courses) return this.forget();
    this.undo.hidden = true;
    this.begin(values);
  }

  /** @param {import("./settings.js").Settings} values @param {object} ticket of this request: a later one replaces it in Python too @returns {Promise<Map<Which, Course>>} */
  async openAll({ a, b, teacher, groups, rate, seed }, ticket) {
    if (teacher === "network") await store.predict(this.network);
    const courses = new Map();
    for (const [run, loss] of /** @type {[Which, string][]} */ ([["a", a], ["b", b]])) {
      if (loss === "none" || ticket !== this.ticket) continue;
      const opened = await store.call("loss_lab.open", { run, loss, teacher, network: this.network, groups, rate, seed, ...(this.label !== null && this.label >= 0 ? { label: this.label } : {}) });
      courses.set(run, { letter: run.toUpperCase(), title: this.settings.title(loss), losses: [opened.loss], ious: [opened.iou], step: 0, spent: 0, opened });
    }
    return courses;
  }

  /** @param {import("./settings.js").Settings} values */
  begin({ b }) {
    const { opened } = this.courses.get("a");
    this.settings.offerClasses(opened.choices, opened.id);
    this.pictures.b.element.hidden = this.paintButtons.b.hidden = b === "none";
    for (const [which, course] of this.courses) this.pictures[which].begin(course.opened, course.title);
    this.charts.show([...this.courses.values()]);
    this.go.disabled = this.reset.disabled = false;
    this.paintButtons.a.disabled = this.paintButtons.b.disabled = true;
    this.showStatus(`Ready. Each network has ${integer(opened.weights)} weights and is told ${opened.features} numbers about each of ${integer(opened.rows * opened.columns)} pixels, on a copy of ${opened.columns} × ${opened.rows}.`);
    this.rest();
  }

  forget() {
    this.charts.clear();
    for (const picture of Object.values(this.pictures)) picture.clear();
    this.go.disabled = this.reset.disabled = true;
    this.showStatus("");
  }

  async train() {
    if (this.training || !this.courses.size) return;
    this.clearError();
    const ticket = this.ticket;
    this.training = true;
    this.face();
    if (this.underWay === ticket) return; // the slice that Pause could not call back: what asked for it goes on by itself
    this.underWay = ticket;
    const done = await this.work(this.slices(ticket));
    if (ticket !== this.ticket) return;
    this.underWay = null;
    this.training = false;
    this.face();
    if (done === undefined) return;
    this.charts.show([...this.courses.values()]);
    await this.finish(ticket);
  }

  /** Slice after slice, always of the network that is behind, until all are done or somebody stops it. @param {object} ticket */
  async slices(ticket) {
    const goal = () => this.settings.values.steps;
    const behind = () => [...this.courses].filter(([, { step }]) => step < goal()).sort(([, one], [, other]) => one.step - other.step)[0];
    for (let next = behind(); next && this.training && ticket === this.ticket; next = behind()) {
      const [run, course] = next;
      const trained = await store.call("loss_lab.train", { run, steps: goal() - course.step, seconds: SLICE });
      if (ticket !== this.ticket) return true;
      this.add(run, course, trained);
    }
    return true;
  }

  /** @param {Which} run @param {Course} course @param {LossTrained} trained */
  add(run, course, { step, losses, ious, found, probabilities, seconds }) {
    course.step = step;
    course.spent += seconds;
    course.losses.push(...losses);
    course.ious.push(...ious);
    this.pictures[run].show({ step, iou: ious.at(-1), found, probabilities });
    this.showStatus(`Step ${step} of ${this.settings.values.steps} · ${this.speed()}`);
    if (performance.now() - this.drawn < CHART_REST) return;
    this.drawn = performance.now();
    this.charts.show([...this.courses.values()]);
  }

  speed() {
    const all = [...this.courses.values()];
    const spent = all.reduce((sum, { spent }) => sum + spent, 0), steps = all.reduce((sum, { step }) => sum + step, 0);
    return spent > 0 ? `${(steps / spent).toFixed(1)} steps per second` : "";
  }

  pause() {
    this.training = false;
    this.face();
  }

  /** What the main button does now. */
  face() {
    this.dataset.training = String(this.training);
    const begun = [...this.courses.values()].some(({ step }) => step > 0);
    const done = begun && ![...this.courses.values()].some(({ step }) => step < this.settings.values.steps);
    const label = this.training ? "Pause" : done ? "Done" : begun ? "Go on" : "Train";
    const next = button({ label, icon: this.training ? "pause" : done ? "check" : "play", kind: "primary", onClick: () => undefined });
    this.go.replaceChildren(...next.childNodes);
  }

  /** At rest: what can be done now. */
  rest() {
    const all = [...this.courses.values()];
    this.go.disabled = !all.some(({ step }) => step < this.settings.values.steps);
    this.face();
  }

  /** The masks at the size of the photo. @param {object} ticket */
  async finish(ticket) {
    for (const run of this.courses.keys()) {
      const final = await this.work(store.call("loss_lab.mask", { run }));
      if (!final || ticket !== this.ticket || this.training) return;
      this.pictures[run].finish(final);
      this.paintButtons[run].disabled = false;
    }
    this.rest();
    const words = [...this.courses.values()].map(({ letter, step, ious }) => `${letter}: IoU ${(100 * ious.at(-1)).toFixed(1)}% after ${step} steps`).join("; ");
    this.showStatus(`${words}. ${this.speed()}.`);
    announce(words);
  }

  // ------------------------------------------------------------------ into the painted mask
  /** @param {Which} run */
  async paint(run) {
    if (!(await this.mirrored(store.call("loss_lab.paint", { run })))) return;
    this.undo.hidden = false;
    this.showStatus(`What ${run.toUpperCase()} learned is in the painted mask now.`);
  }

  async takeBack() {
    this.undo.hidden = true; // at once: a second click would take back a stroke of the visitor's own
    if (await this.mirrored(store.call("paint.undo"))) this.showStatus("The painted mask is as it was.");
  }

  /** The lab itself has painted. @param {Promise<import("studio/state/store.js").Painted>} painting */
  async mirrored(painting) {
    const { photo } = store, painted = await this.work(painting);
    if (!painted || photo !== store.photo) return false;
    this.ownChange = true;
    store.mirror(painted);
    this.ownChange = false;
    return true;
  }

  /** @param {string} words */
  showStatus(words) { this.status.textContent = words; }
}
