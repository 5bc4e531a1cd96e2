// <studio-instances>: the things of a mask are counted, split and numbered, and graded against a painted truth. This file joins controls, picture, list
// and grade; what a thing is, where it ends and what a match is comes from Python.
import { button, h, integer, announce, segmented, select, slider, toggle } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { ThingList } from "./list.js";
import { ThingPicture } from "./picture.js";
import { QualityView } from "./quality.js";
import { isRecord } from "studio/state/records.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";

/** @typedef {import("studio/types/protocol").InstancesFound} Found */
/** @typedef {"found"|"truth"} Role */

/** Seeds that are remembered; whoever sets more is no longer counting. */
const MAX_SEEDS = 250;
/** The painted mask is taken as finished for now when it has not changed for this long (ms). */
const DEBOUNCE_MS = 400;
const ROLES = [
  { value: "found", label: "What is found", hint: "The objects in the mask, counted by the rules beside it" },
  { value: "truth", label: "The truth", hint: "The objects in the mask that you painted: one seed for each" },
];
const SHOWN = [
  { value: "classes", label: "Classes", hint: "Which class every pixel has" },
  { value: "things", label: "Things", hint: "Which object every pixel belongs to" },
  { value: "panoptic", label: "Panoptic", hint: "Things and stuff together" },
];
const HINTS = {
  found: "Click an object to give it one more seed. Click a seed to take it away.",
  truth: "Click once on every object. Click a seed to take it away.",
};

/** @extends {Lab<import("./options").Options>} */
export default class StudioInstances extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    this.network = this.options.network;
    this.near = this.opened = false;
    this.stale = true;
    /** Seeds that the visitor set; null: they are found. @type {Record<Role, number[][]|null>} */
    this.seeds = { found: null, truth: null };
    /** @type {Record<Role, Found|null>} */
    this.counts = { found: null, truth: null };
    this.requests = new Latest((/** @type {{role: Role}} */ { role }) => this.run(role));
    this.picture = new ThingPicture((place) => this.tapped(place));
    this.picture.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.list = new ThingList((number) => this.choose(number));
    this.grade = new QualityView((role, number) => this.lookAt(role, number));
    this.makeControls();
    this.watchFor();
    return this.arrange();
  }

  makeControls() {
    this.counting = segmented({ label: "Count", options: ROLES, value: "found", onChange: () => this.turned() });
    this.shown = segmented({ label: "Show", options: SHOWN, value: this.optionOrSetting("view"),
      onChange: (value) => (this.remember("view", value), this.picture.choose(/** @type {any} */ (value))) });
    this.source = select({ label: "Mask", options: [{ value: "network", label: "What the network sees" }, { value: "paint", label: "What you painted" }], value: "network", onChange: () => this.counted() });
    this.splitRatio = slider({ label: "Split where narrower than", min: 0, max: 100, value: Math.round(100 * this.optionOrSetting("waist")),
      format: (value) => (value ? `${value}%` : "never"), onInput: () => this.counted(), onChange: (value) => this.remember("waist", value / 100) });
    this.minSize = slider({ label: "Ignore pieces below", min: 0, max: this.schema.least.high, step: 50, value: this.optionOrSetting("least"),
      format: (value) => `${integer(value)} px`, onInput: () => this.again("found"), onChange: (value) => this.remember("least", value) });
    this.corners = toggle({ label: "Pixels that touch at a corner belong together", checked: this.setting("corners", true, (stored) => typeof stored === "boolean"),
      onChange: (checked) => (this.remember("corners", checked), this.again("found")) });
    this.findAgain = button({ label: "Find the seeds again", icon: "retry", kind: "quiet", onClick: () => this.forgetSeeds() });
    this.copy = button({ label: "Begin with the network’s mask", icon: "wand", onClick: () => this.beginTruth(), hint: "Paints the network’s mask, so that you only have to mark the objects" });
    this.hint = h("p", { class: "ps-hint" });
    this.size = h("p", { class: "ps-hint ps-lab-size" });
    this.picture.choose(/** @type {any} */ (this.shown.value));
  }

  arrange() {
    const seen = h("div", { class: "ps-picture" }, this.picture.view.element, h("div", { class: "ps-run" }, h("div", { class: "ps-thing-tools" }, this.hint, this.findAgain), this.size));
    this.rules = h("div", { class: "ps-toolbar", role: "group", "aria-label": "How objects are found" }, this.source.element, this.splitRatio.element, this.minSize.element, this.corners.element);
    this.truthTools = h("div", { class: "ps-toolbar", role: "group", "aria-label": "The truth", hidden: true }, this.copy,
      h("p", { class: "ps-hint" }, "The truth is the mask that you paint: paint it with the painter, or begin with the network’s and mark each object with one click."));
    const body = h("div", { class: "ps-desk" },
      h("div", { class: "ps-toolbar", role: "group", "aria-label": "What to look at" }, this.counting.element, this.shown.element),
      this.rules, this.truthTools, h("div", { class: "ps-columns" }, seen, h("div", { class: "ps-side ps-thing-side" }, this.list.element)), this.grade.element);
    this.tellRole();
    return body;
  }

  /** Nothing is asked while the lab is far from sight. */
  watchFor() {
    this.whenNear((near) => near && this.stale && this.begin());
    store.on("mask", () => this.maskChanged());
    store.on("reopened", () => (this.clearError(), this.ready()));
    engine.on("restart", () => ((this.opened = false), (this.counts = { found: null, truth: null }))); // Python no longer has them
  }

  // ------------------------------------------------------------------ the photo and the engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.requests.drop();
    this.seeds = this.recalled(photo);
    this.counts = { found: null, truth: null };
    this.picture.open(photo);
    this.list.clear();
    this.grade.clear();
    this.findAgain.hidden = this.seeds[this.now] === null;
    this.size.textContent = "";
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  ready() {
    this.opened = this.stale = true;
    if (this.near) this.begin();
  }

  begin() {
    if (this.opened) this.again(this.now);
  }

  /** @returns {Role} */
  get now() { return /** @type {Role} */ (this.counting.value); }

  // ------------------------------------------------------------------ what the visitor does
  turned() {
    this.clearError();
    this.tellRole();
    const found = this.counts[this.now];
    this.picture.clear();
    this.list.clear();
    if (found) this.show(found);
    else this.again(this.now);
  }

  tellRole() {
    this.dataset.role = this.now;
    this.rules.hidden = this.now !== "found";
    this.truthTools.hidden = this.now !== "truth";
    this.hint.textContent = HINTS[this.now];
    this.findAgain.hidden = this.seeds[this.now] === null;
  }

  /** The rule changed: seeds of the visitor's own would hide what it does. */
  counted() {
    this.seeds.found = null;
    this.again("found");
  }

  forgetSeeds() {
    this.seeds[this.now] = null;
    this.again(this.now);
  }

  /** @param {{row: number, column: number}} place of the picture, where a seed is added or, if one is there, taken away */
  tapped({ row, column }) {
    const found = this.counts[this.now];
    if (!found) return;
    const seeds = this.seeds[this.now] ?? found.instances.map(({ seed }) => seed);
    const hit = this.picture.seedNear(row, column);
    this.seeds[this.now] = hit ? seeds.filter((seed) => seed[0] !== hit[0] || seed[1] !== hit[1]) : [...seeds, [row, column]];
    this.again(this.now);
  }

  /** @param {number} number of a thing, 0 for none */
  choose(number) {
    this.picture.mark(number);
    this.list.mark(number);
  }

  /** @param {Role} role @param {number} number */
  lookAt(role, number) {
    if (role !== this.now) {
      this.counting.value = role;
      this.turned();
    }
    this.choose(number);
    this.picture.view.element.scrollIntoView({ block: "nearest" });
  }

  async beginTruth() {
    const painted = await this.work(this.copied());
    if (!painted) return;
    this.seeds.truth = null;
    this.again("truth");
  }

  async copied() {
    await store.predict(this.network);
    return store.paint("from_network", { network: this.network });
  }

  maskChanged() {
    clearTimeout(this.debounceTimer);
    this.debounceTimer = setTimeout(() => {
      if (this.now !== "truth") {
        this.counts.truth = null;
        this.grade.clear();
        if (this.source.value !== "paint") return;
      }
      this.stale = true;
      if (this.near && this.opened) this.again(this.now);
    }, DEBOUNCE_MS);
  }

  // ------------------------------------------------------------------ what Python answers
  /** @param {Role} role */
  again(role) {
    if (!this.opened) return;
    this.clearError();
    this.stale = false;
    this.requests.ask({ role });
  }

  /** @param {Role} role @returns {import("studio/types/protocol").InstancesRun} */
  arguments(role) {
    const seeds = this.seeds[role] ? { seeds: this.seeds[role] } : {};
    if (role === "truth") return { role, source: "paint", network: this.network, connectivity: 8, min_size: 0, split_ratio: 0, ...seeds };
    return { role, source: /** @type {any} */ (this.source.value), network: this.network, connectivity: this.corners.checked ? 8 : 4, min_size: this.minSize.value, split_ratio: this.splitRatio.value / 100, ...seeds };
  }

  /** @param {Role} role */
  async run(role) {
    const { photo } = store, before = this.counts[role], seeds = this.seeds[role];
    const found = await this.work(this.ask(role));
    if (photo !== store.photo) return;
    this.counts[role] = found ?? null;
    if (!found) return;
    if (seeds && seeds === this.seeds[role]) this.tellLost(before, found, role); // else the visitor has gone on meanwhile
    this.rememberSeeds(photo);
    if (role === this.now) this.show(found);
    announce(`${found.instances.length} objects.`);
    await this.compare();
  }

  /** @param {Role} role @returns {Promise<Found>} */
  async ask(role) {
    const args = this.arguments(role);
    if (args.source === "network") await store.predict(this.network);
    return store.call("instances.run", args);
  }

  /** A seed on nothing is nobody's. @param {Found|null} before @param {Found} found @param {Role} role */
  tellLost(before, found, role) {
    if (found.instances.length < this.seeds[role].length && found.instances.length === before?.instances.length) this.picture.view.showHint("There is nothing to count here.");
    this.seeds[role] = found.instances.map(({ seed }) => seed);
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  rememberSeeds({ key }) {
    const { found, truth } = this.seeds, own = { key, found: this.source.value === "network" ? found : null, truth };
    const stored = this.setting("seeds", null, isRecord);
    if (own.found || own.truth || stored?.key === key) this.remember("seeds", own);
  }

  /** The seeds of an earlier visit. @param {import("studio/state/store.js").Photo} photo @returns {Record<Role, number[][]|null>} */
  recalled({ key, rows, columns }) {
    const inside = (/** @type {any} */ seed) => Array.isArray(seed) && seed.length === 2 && seed.every(Number.isInteger) && seed[0] >= 0 && seed[0] < rows && seed[1] >= 0 && seed[1] < columns;
    const stored = this.setting("seeds", null, isRecord, (each) => each.key === key);
    const validSeeds = (/** @type {any} */ seeds) => (Array.isArray(seeds) && seeds.length <= MAX_SEEDS && seeds.every(inside) ? seeds : null);
    return { found: validSeeds(stored?.found), truth: validSeeds(stored?.truth) };
  }

  /** @param {Found} found */
  show(found) {
    this.picture.show(found);
    this.list.show(found);
    this.findAgain.hidden = this.seeds[this.now] === null;
    this.size.textContent = `Everything here happens on a copy of ${found.columns} × ${found.rows} pixels.`;
    this.dataset.things = String(found.instances.length);
  }

  /** Found and truth side by side, once both are there. */
  async compare() {
    const { found, truth } = this.counts, { photo } = store;
    if (!found || !truth?.instances.length) return this.grade.clear();
    const quality = await this.work(store.call("instances.quality"));
    if (photo !== store.photo || this.counts.found !== found || this.counts.truth !== truth) return;
    if (quality) this.grade.show(quality, found, truth);
    else this.grade.clear();
  }
}
