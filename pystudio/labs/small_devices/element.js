// <studio-small-devices>: one network in six forms on the same photo. This file joins controls, picture and tables; which pixel has which label,
// and every count, is said by Python.
import { button, bytes, dimensions, h, percent, announce, seconds, segmented, slider } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { colourLookup } from "studio/ui/legend.js";
import { MANIFEST } from "studio/files/loader.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { drawDifference, drawLabels, stripeWidth } from "studio/viewer/raster.js";
import { Lab } from "studio/ui/lab.js";
import { costView, WidthView, million } from "./parts.js";
import { oneOf } from "studio/util/validators.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").DeviceAnswer} Answer */
/** @typedef {import("studio/types/protocol").DeviceForm} Form */

const ASK = "Run a form: it is fetched once, runs three times, and the quicker of the last two runs counts.";
const LOOKS = [{ value: "mask", label: "Its labels" }, { value: "differs", label: "Where it differs" }];

/** @extends {Lab<import("./options").Options>} */
export default class StudioSmallDevices extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    this.near = this.opened = this.busy = false;
    this.stale = true;
    /** @type {import("studio/types/protocol").DevicesAbout|null} */
    this.about = null;
    /** Answers of the open photo, by form. @type {Map<string, Answer>} */
    this.answers = new Map();
    this.chosen = "";
    this.view = new View({ label: "The photo and the labels of the form that ran last" });
    this.photoLayer = this.view.layer("photo");
    this.maskLayer = this.view.layer("labels");
    this.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.words = h("p", { class: "ps-device-words", role: "status" });
    this.rows = h("tbody");
    this.count = h("div", { class: "ps-device-cost" });
    this.width = new WidthView((args) => store.call("small_devices.width", args), (error) => this.showError(error));
    this.costs = new Latest(() => this.askCost());
    this.makeControls();
    this.listen();
    return this.arrange();
  }

  makeControls() {
    this.size = slider({ label: "Longest side of the input", min: 129, max: 513, step: 64, value: 513, format: (value) => `${value} px`, onInput: () => this.costs.ask(true), onChange: (value) => this.resized(value) });
    this.size.value = this.setting("size", 513, oneOf([129, 193, 257, 321, 385, 449, 513]));
    this.stride = segmented({ label: "Count for stride", showLabel: true, options: [{ value: "16", label: "16" }, { value: "8", label: "8" }], value: this.setting("stride", "16", oneOf(["8", "16"])),
      onChange: (value) => (this.remember("stride", value), this.costs.ask(true)) });
    this.look = segmented({ label: "Show", options: LOOKS, value: this.setting("look", "mask", oneOf(["mask", "differs"])), onChange: (value) => (this.remember("look", value), this.draw()) });
    this.all = button({ label: "Run all six", icon: "play", kind: "primary", disabled: true, class: "ps-device-all", onClick: () => this.runAll() });
  }

  arrange() {
    const head = ["Form", "File", "Input", "Multiply-adds", "Time", "Same label", "Mean IoU"];
    const table = h("table", { class: "ps-device-table" }, h("thead", null, h("tr", null, head.map((title) => h("th", { scope: "col" }, title)))), this.rows);
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-toolbar", role: "group", "aria-label": "Input and display" }, this.size.element, this.all, this.look.element),
      this.view.element, this.words, h("div", { class: "ps-device-scroll", tabindex: "0", role: "region", "aria-label": "The six forms" }, table),
      h("section", { class: "ps-device-box" }, h("h3", { class: "ps-heading" }, "What it costs, by count"), this.stride.element, this.count), this.width.element);
  }

  /** Nothing is asked while the lab is far from sight, and no form is loaded before it is run. */
  listen() {
    this.whenNear((near) => near && this.stale && this.begin());
    engine.on("progress", ({ step, done, total }) => this.busy && step.startsWith("models/") && done < total && (this.words.textContent = `Fetching ${bytes(total)}: ${percent(done / total, 0)}.`));
    engine.on("restart", () => (this.opened = false));
    store.on("reopened", () => (this.clearError(), this.ready()));
  }

  // ------------------------------------------------------------------ the photo
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.forget();
    this.view.setSize(photo.rows, photo.columns);
    this.drawPhoto();
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  /** The answers are of another photo, or of another size. */
  forget() {
    this.answers.clear();
    this.chosen = "";
    this.words.textContent = ASK;
    this.maskLayer.clearRect(0, 0, this.view.columns, this.view.rows);
    this.fill();
  }

  drawPhoto() {
    this.photoLayer.imageSmoothingQuality = "high";
    this.photoLayer.drawImage(store.photo.bitmap, 0, 0, this.view.columns, this.view.rows);
  }

  ready() {
    this.opened = true;
    this.stale = true;
    if (this.near) this.begin();
  }

  async begin() {
    if (!this.opened) return;
    this.stale = false;
    if (!this.about) this.about = await this.work(store.call("small_devices.about")) ?? null;
    if (!this.about) return;
    this.fill();
    this.all.disabled = false;
    this.costs.ask(true);
    this.width.begin();
  }

  onAppearanceChange() { this.draw(); }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {number} longest */
  resized(longest) {
    this.remember("size", longest);
    this.forget();
  }

  /** Until all have run, one cannot be run, or another photo or size is wanted. */
  async runAll() {
    for (const { name } of this.about.forms) if (!(await this.run(name))) return;
    announce("All six forms have run.");
  }

  /** @param {string} form @returns {Promise<boolean>} whether it answered */
  async run(form) {
    if (this.busy) return false;
    const { photo } = store, longest = this.size.value;
    this.busy = this.all.disabled = true;
    this.clearError();
    this.words.textContent = `Running ${this.titleOf(form)}…`;
    this.fill();
    const answer = await this.work(store.call("small_devices.run", { form, longest }));
    this.busy = this.all.disabled = false;
    const wanted = photo === store.photo && longest === this.size.value;
    if (answer && wanted) {
      this.answers.set(form, answer);
      this.choose(form);
    } else if (wanted) this.words.textContent = "";
    else this.words.textContent = ASK;
    this.fill();
    return Boolean(answer) && wanted;
  }

  /** @param {string} form */
  choose(form) {
    const answer = this.answers.get(form);
    this.chosen = form;
    this.words.textContent = `${this.titleOf(form)}: ${seconds(answer.seconds)} for an input of ${dimensions(answer.input)}, that is ${million(answer.adds / answer.seconds)} multiply-adds a second; ${percent(answer.agreement, 2)} of the pixels have the label of the largest form.`;
    announce(this.words.textContent);
    this.draw();
    this.fill();
  }

  /** @param {string} form */
  titleOf(form) {
    const { title, stride } = this.about.forms.find(({ name }) => name === form);
    return `${title}, stride ${stride}`;
  }

  // ------------------------------------------------------------------ showing
  draw() {
    const answer = this.answers.get(this.chosen);
    if (!answer) return;
    const { rows, columns } = answer, box = { row: 0, column: 0, rows, columns };
    if (rows !== this.view.rows || columns !== this.view.columns) (this.view.setSize(rows, columns), this.drawPhoto());
    this.maskLayer.clearRect(0, 0, columns, rows);
    this.maskLayer.canvas.style.opacity = this.look.value === "mask" ? "0.7" : "1";
    const table = colourLookup(answer.classes, new Set([0]));
    if (this.look.value === "mask") drawLabels(this.maskLayer, box, answer.label_map, table, classAppearance.hatch(table, answer));
    else drawDifference(this.maskLayer, box, answer.differs, stripeWidth(rows, columns));
  }

  fill() {
    if (this.about) this.rows.replaceChildren(...this.about.forms.map((form) => this.row(form)));
  }

  /** @param {Form} form */
  row({ name, title, stride, help }) {
    const answer = this.answers.get(name), { bytes: size } = MANIFEST.variants[name] ?? MANIFEST.networks[name];
    const label = answer ? `Run ${title}, stride ${stride} again` : `Run ${title}, stride ${stride}`;
    const run = button({ label, icon: "play", iconOnly: true, kind: "quiet", hint: help, disabled: this.busy || !this.opened, onClick: () => this.run(name) });
    const see = answer ? h("button", { type: "button", class: "ps-device-see", "aria-pressed": String(name === this.chosen), onclick: () => this.choose(name) }, title) : h("span", null, title);
    return h("tr", { dataset: { form: name }, class: name === this.chosen ? "ps-device-chosen" : null },
      h("th", { scope: "row" }, run, h("span", null, see, h("small", null, `stride ${stride}`))), h("td", null, bytes(size)),
      ...(answer ? [dimensions(answer.input), million(answer.adds), seconds(answer.seconds), percent(answer.agreement, 2), percent(answer.mean_iou)] : ["–", "–", "–", "–", "–"]).map((text) => h("td", null, text)));
  }

  async askCost() {
    if (!this.about || !this.opened) return;
    const { photo } = store;
    const cost = await this.work(store.call("small_devices.cost", { stride: /** @type {8|16} */ (Number(this.stride.value)), longest: this.size.value }));
    if (cost && photo === store.photo) this.count.replaceChildren(...costView(cost));
  }
}
