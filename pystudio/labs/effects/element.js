// <studio-effects>: what a mask is good for. This file joins controls and picture; mattes and effects are worked out in Python.
import { button, h, integer, percent, announce, seconds as duration, segmented, select, slider, toggle } from "studio/dom/dom.js";
import { Batch } from "./batch.js";
import { download } from "studio/dom/download.js";
import { applyWhole, fileOf, nameFor, originalOf, reducedPixels } from "./full_size.js";
import { engine } from "studio/engine/engine.js";
import { rgb } from "studio/ui/legend.js";
import { MANIFEST, read } from "studio/files/loader.js";
import { isNetwork } from "studio/state/user_network_store.js";
import { networkSelect } from "studio/ui/network_select.js";
import { decode } from "studio/photo/photo.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").EffectDescription} Effect */
/** @typedef {import("studio/types/protocol").ForegroundClass} Thing */

const DEBOUNCE_MS = 400;
/** The other picture needs no more pixels than this. */
const OTHER = 2048;
const SOURCES = [{ value: "network", label: "What the network sees" }, { value: "paint", label: "What you painted" }];
const EDGES = [
  { value: "guided", label: "Follow the photo", hint: "Scores, drawn to the edges in the photo by a guided filter" },
  { value: "scores", label: "Soft", hint: "The scores as they are" },
  { value: "hard", label: "Hard", hint: "Every pixel wholly in or wholly out" },
];
const VIEWS = [{ value: "result", label: "Result" }, { value: "matte", label: "Matte", hint: "White: the object. Black: the rest. Grey: a part of each" }, { value: "photo", label: "Photo" }];

/** @param {number} rows @param {number} columns */
const dimensions = (rows, columns) => `${integer(columns)} × ${integer(rows)}`;

/** @extends {Lab<import("./options").Options>} */
export default class StudioEffects extends Lab {
  build() {
    /** @type {Effect[]} */
    this.known = [];
    /** @type {Thing[]} */
    this.things = [];
    /** Classes that are not part of the thing. @type {Set<number>} */
    this.off = new Set();
    /** @type {Map<string, number>} */
    this.strengths = new Map();
    this.opened = this.near = this.saving = false;
    this.stale = true;
    /** The other picture that Python has: a bundled photo's name or a file. @type {string|File} */
    this.sentKey = "";
    this.requests = new Latest(() => this.run());
    this.view = new View({ label: "The photo with the effect" });
    this.photoLayer = this.view.layer("photo");
    this.resultLayer = this.view.layer("result");
    this.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.makeControls();
    this.batch = new Batch({ request: () => this.batchRequest(), busy: (busy) => this.lock(busy), prepare: () => this.sendOther() });
    this.enable();
    this.watchFor();
    return this.arrange();
  }

  makeControls() {
    this.source = select({ label: "The object", options: SOURCES, value: "network", onChange: () => this.rerun() });
    this.network = networkSelect({ value: this.setting("network", this.options.network, isNetwork), onChange: (name) => (this.remember("network", name), this.rerun()) });
    this.edge = segmented({ label: "Edge", showLabel: true, options: EDGES, value: this.oneOf(EDGES, this.setting("edge", "guided")), onChange: (edge) => (this.remember("edge", edge), this.again()) });
    this.shown = segmented({ label: "View", options: VIEWS, value: "result", onChange: () => this.again() });
    this.chips = h("div", { class: "ps-things", role: "group", "aria-label": "What belongs to the object" });
    this.choices = h("div", { class: "ps-effect-choices", role: "group", "aria-label": "Effect" });
    this.words = h("p", { class: "ps-hint ps-effect-words" });
    this.strength = slider({ label: "Strength", min: 1, max: 60, value: 18, onInput: (value) => (this.strengths.set(this.effect, value), this.again()) });
    this.colour = h("input", { type: "color", value: "#ffffff", "aria-label": "Colour", oninput: () => this.again() });
    this.colourRow = h("label", { class: "ps-effect-colour", hidden: true }, "Colour ", this.colour);
    this.other = select({ label: "Picture", options: [...MANIFEST.photos.map(({ name, title }) => ({ value: name, label: title })), { value: "own", label: "One of yours …" }], value: MANIFEST.photos.at(-1).name, onChange: (name) => this.chooseOther(name) });
    this.other.element.hidden = true;
    this.file = h("input", { type: "file", accept: "image/*", class: "ps-sr", tabindex: "-1", "aria-label": "File of the other picture", onchange: () => this.otherFile(), oncancel: () => this.otherFile() });
    this.swap = toggle({ label: "The other way round", checked: false, onChange: () => this.again() });
    this.save = button({ label: "Save the picture", icon: "save", kind: "primary", disabled: true, onClick: () => this.saveWhole() });
    this.status = h("p", { class: "ps-hint ps-effect-status", role: "status" });
    this.size = h("p", { class: "ps-hint ps-effect-size" });
  }

  arrange() {
    const seen = h("div", { class: "ps-picture" }, this.view.element, h("div", { class: "ps-run" }, this.size, h("div", { class: "ps-effect-save" }, this.save, this.status)));
    const side = h("div", { class: "ps-side ps-effect-side" }, h("p", { class: "ps-heading" }, "The object is"), this.chips, h("p", { class: "ps-heading" }, "Effect"), this.choices,
      this.words, h("div", { class: "ps-effect-settings" }, this.strength.element, this.colourRow, this.other.element, this.file, this.swap.element));
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-toolbar", role: "group", "aria-label": "Object and display" }, this.source.element, this.network.element, this.edge.element, this.shown.element),
      h("div", { class: "ps-columns" }, seen, side), this.options.batch ? this.batch.element : null);
  }

  watchFor() {
    this.whenNear((near) => near && this.stale && this.begin());
    store.on("mask", () => {
      clearTimeout(this.debounceTimer);
      this.debounceTimer = setTimeout(() => this.source.value === "paint" && this.rerun(), DEBOUNCE_MS);
    });
    store.on("reopened", () => (this.clearError(), this.ready()));
    engine.on("restart", () => ((this.opened = false), (this.sentKey = "")));
  }

  // ------------------------------------------------------------------ photo and engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.requests.drop();
    this.off.clear();
    this.things = [];
    this.enable();
    this.size.textContent = this.status.textContent = "";
    this.draw(photo.rows, photo.columns);
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  /** The photo alone, at a size. @param {number} rows @param {number} columns */
  draw(rows, columns) {
    this.view.setSize(rows, columns);
    this.photoLayer.imageSmoothingQuality = "high";
    this.photoLayer.drawImage(store.photo.bitmap, 0, 0, columns, rows);
    this.resultLayer.clearRect(0, 0, columns, rows);
  }

  ready() {
    this.opened = true;
    this.stale = true;
    if (this.near) this.begin();
  }

  async begin() {
    if (!this.opened || !(this.known.length || (await this.loadAbout()))) return;
    this.rerun();
  }

  async loadAbout() {
    const about = await this.work(engine.call("effects.about", {}));
    if (!about) return false;
    if (this.known.length) return true;
    this.known = about.effects;
    this.choices.replaceChildren(...this.known.map((each) => button({ label: each.title, pressed: false, onClick: () => this.choose(each.name) })));
    const wanted = this.optionOrSetting("effect");
    this.press(this.known.some(({ name }) => name === wanted) ? wanted : "blur");
    this.enable();
    return true;
  }

  // ------------------------------------------------------------------ what the visitor does
  /** @param {string} name */
  choose(name) {
    this.press(name);
    this.remember("effect", name);
    this.shown.value = "result";
    this.again(true);
  }

  /** @param {string} name */
  press(name) {
    this.effect = this.dataset.effectShown = name;
    const effect = this.description;
    this.known.forEach((each, k) => this.choices.children[k].setAttribute("aria-pressed", String(each === effect)));
    this.words.textContent = effect.summary;
    this.strength.element.hidden = effect.low === null;
    if (effect.low !== null) this.setStrength(effect);
    this.colourRow.hidden = !effect.colour;
    this.other.element.hidden = name !== "picture";
    this.swap.element.hidden = effect.target === "both";
    this.swap.checked = false;
  }

  /** @param {Effect} effect */
  setStrength({ name, low, high, default: initial, unit }) {
    Object.assign(this.strength.input, { min: String(low), max: String(high) });
    this.strength.input.previousElementSibling.textContent = unit === "levels" ? "Levels" : "Strength";
    this.strength.value = this.strengths.get(name) ?? initial;
  }

  get description() { return this.known.find(({ name }) => name === this.effect); }

  /** The thing itself may be another one. */
  rerun() {
    this.network.element.hidden = this.source.value === "paint";
    this.thingsChanged = true;
    this.again();
  }

  /** @param {Thing} thing */
  toggleThing({ id }) {
    if (!this.off.delete(id)) this.off.add(id);
    this.showThings();
    this.enable();
    this.again(true);
  }

  showThings() {
    const focused = [...this.chips.children].indexOf(document.activeElement);
    this.chips.replaceChildren(...this.things.map((thing) => {
      const chip = button({ label: `${thing.name} ${percent(thing.share, 0)}`, pressed: !this.off.has(thing.id), onClick: () => this.toggleThing(thing) });
      chip.prepend(h("span", { class: "ps-thing-key", style: { "--c": rgb(thing.colour) }, "aria-hidden": "true" }));
      return chip;
    }));
    if (focused >= 0) /** @type {HTMLElement} */ (this.chips.children[focused])?.focus();
  }

  // ------------------------------------------------------------------ what Python answers
  again(speak = false) {
    if (!this.opened || !this.known.length) return;
    this.stale = this.saving; // what was changed meanwhile is shown afterwards
    if (this.stale) return;
    this.speak = speak;
    this.requests.ask(0);
  }

  get request() {
    const effect = this.description, n = Number.parseInt(this.colour.value.slice(1), 16);
    return { effect: effect.name, edge: /** @type {any} */ (this.edge.value), swap: this.swap.checked, colour: [n >> 16, (n >> 8) & 255, n & 255],
      ...(effect.low === null ? {} : { strength: this.strength.value }) };
  }

  get params() {
    return { source: /** @type {any} */ (this.source.value), network: this.network.value, labels: this.things.map(({ id }) => id).filter((id) => !this.off.has(id)), request: this.request };
  }

  async run() {
    this.clearError();
    const { photo } = store;
    const shown = await this.work(this.ask());
    if (photo !== store.photo) return;
    if (!shown) return this.draw(photo.rows, photo.columns);
    this.show(shown);
  }

  /** @returns {Promise<import("studio/types/protocol").EffectShown|null>} null: there is no thing */
  async ask() {
    while (this.thingsChanged) await this.askThings();
    if (this.shown.value === "photo") return null;
    if (!this.params.labels.length) return this.nothing();
    if (this.effect === "picture") await this.sendOther();
    return store.call("effects.preview", { ...this.params, alpha: this.shown.value === "matte" });
  }

  /** What there is to choose from; answers to a question that is out of date are dropped. */
  async askThings() {
    const source = /** @type {any} */ (this.source.value), network = this.network.value;
    this.thingsChanged = false; // true again as soon as another thing is wanted
    try {
      if (source === "network") await store.predict(network);
      const { classes } = await store.call("effects.classes", { source, network });
      if (this.thingsChanged) return;
      this.things = classes;
    } catch (error) {
      this.thingsChanged = true;
      throw error;
    }
    this.showThings();
    this.enable();
  }

  nothing() {
    const words = this.things.length ? "Choose at least one class at “The object is”." : this.source.value === "paint" ? "Nothing is painted yet: paint a mask on this page, or take what the network sees." : "The network sees nothing but background here. Choose another photo, or paint the thing yourself.";
    this.size.textContent = words;
    return null;
  }

  /** @param {import("studio/types/protocol").EffectShown} shown */
  show({ rows, columns, pixels, share, seconds }) {
    if (this.view.rows !== rows || this.view.columns !== columns) this.draw(rows, columns);
    this.photoLayer.canvas.style.visibility = this.shown.value === "result" && this.description.transparent ? "hidden" : "";
    this.view.pane.classList.toggle("ps-chequered", this.shown.value === "result" && this.description.transparent);
    this.resultLayer.putImageData(new ImageData(new Uint8ClampedArray(/** @type {any} */ (pixels.buffer)), columns, rows), 0, 0);
    const { original } = store.photo;
    this.size.textContent = `Preview of ${dimensions(rows, columns)} pixels in ${duration(seconds)}; the object covers ${percent(share, 0)}. Saved, it has all ${dimensions(original.rows, original.columns)} pixels of your photo.`;
    this.dataset.done = `${this.effect} ${this.shown.value}`;
    if (this.speak) announce(`${this.description.title}: done.`);
  }

  // ------------------------------------------------------------------ the other picture
  /** @param {string} name */
  chooseOther(name) {
    if (name === "own") return this.file.click();
    this.again(true);
  }

  otherFile() {
    const [file] = this.file.files ?? [];
    this.file.value = "";
    this.ownOther = file ?? this.ownOther;
    if (!this.ownOther) this.other.value = MANIFEST.photos.at(-1).name;
    this.again(true);
  }

  /** Python gets the other picture when it needs it first. */
  async sendOther() {
    const wanted = this.other.value === "own" ? this.ownOther : this.other.value;
    if (this.effect !== "picture" || this.sentKey === wanted) return;
    const photo = MANIFEST.photos.find(({ name }) => name === wanted);
    const { bitmap } = await (photo ? decode(await read(photo.file), photo.title) : decode(wanted, wanted.name));
    const small = await reducedPixels(bitmap, OTHER);
    bitmap.close();
    await engine.call("effects.picture", small, { transfer: [small.pixels] });
    this.sentKey = wanted;
  }

  // ------------------------------------------------------------------ saving
  /** @param {boolean} busy */
  lock(busy) {
    this.saving = busy;
    this.enable();
    if (!busy && this.stale) this.begin();
  }

  /** What can be done now. */
  enable() {
    this.save.disabled = this.saving || !this.things.some(({ id }) => !this.off.has(id));
    this.batch.choose.disabled = this.saving || !this.known.length;
  }

  async saveWhole() {
    const { photo } = store, { effect } = this;
    this.lock(true);
    const whole = await this.work(this.makeWhole(photo)).finally(() => this.lock(false));
    if (!whole) return (this.status.textContent = "");
    download(new Blob([whole.bytes], { type: "image/png" }), nameFor(photo.title, effect));
    this.status.textContent = `Saved ${dimensions(whole.rows, whole.columns)} pixels${whole.reduced ? " (this browser could not open the original at its full size, so the studio’s own copy was used)" : ""}.`;
    announce(this.status.textContent);
  }

  /** The photo with the effect as it is asked for now. @param {import("studio/state/store.js").Photo} photo */
  async makeWhole(photo) {
    const { params } = this, { signal } = store.visit;
    await this.sendOther();
    const original = await originalOf(photo, await fileOf(photo));
    try {
      const bytes = await applyWhole(original.bitmap, params, { signal,
        progress: (share) => (this.status.textContent = `${dimensions(original.rows, original.columns)} pixels: ${percent(share, 0)}`),
        begin: (args) => store.call("effects.begin", args) });
      return { bytes, rows: original.rows, columns: original.columns, reduced: original.reduced };
    } finally {
      original.close();
    }
  }

  batchRequest() {
    if (this.source.value !== "network" || !this.known.length) return null;
    const chosen = this.things.filter(({ id }) => !this.off.has(id));
    return { network: this.network.value, ids: this.off.size ? chosen.map(({ id }) => id) : null, options: this.request, things: chosen.map(({ name }) => name).join(" or ") };
  }

  /** @param {{value: string}[]} options @param {unknown} value */
  oneOf(options, value) { return options.find((option) => option.value === value)?.value ?? options[0].value; }
}
