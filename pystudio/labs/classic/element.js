// <studio-classic>: methods from before deep learning, their parameters, their regions over the photo, and how well these fit what the network sees.
// This file joins list, controls, picture and report; every region and every number comes from Python.
import { button, h, percent, announce, segmented, select, slider, toggle } from "studio/dom/dom.js";
import { HistogramView } from "./histogram.js";
import { loadingPanel } from "./loading.js";
import { Markers, paintedNames } from "./markers.js";
import { catalogue, MethodChoice } from "./methods.js";
import { defaults, Parameters, validParameters } from "./parameters.js";
import { colours, RegionPicture } from "./picture.js";
import { Report } from "./report.js";
import { MethodTable } from "./table.js";
import { engine } from "studio/engine/engine.js";
import { MANIFEST } from "studio/files/loader.js";
import { problem } from "studio/util/problem.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { Latest } from "studio/util/latest.js";

/** @typedef {import("studio/types/protocol").ClassicMethod} Method */
/** @typedef {import("studio/types/protocol").Classified} Classified */
/** @typedef {{method: string, parameters: Record<string, any>, markers: "none"|"paint", speak: boolean}} RunRequest */

/** A method that answers within this time (ms) follows the thumb; others wait until it rests. */
const LIVE = 150;
/** A method that answers within this time (ms) is run again by itself when the painted mask changed. */
const BRISK = 1500;
/** About how many methods there are, before Python has told. */
const MANY = 14;
/** The mask is taken as finished for now when it has not changed for this long (ms). */
const DEBOUNCE_MS = 400;
const COLOURINGS = [
  { value: "mean", label: "Mean", hint: "Each region in the mean colour of its pixels" },
  { value: "own", label: "Distinct", hint: "Each region in a colour of its own" },
  { value: "best", label: "Best union", hint: "Only the regions that together fit the class best" },
];
const LARGEST = { value: "", label: "the largest class" };
/** What is said of the lines in the histogram, one of them or several, by the methods that have some. @type {Record<string, [string, string]>} */
const WORDS = {
  otsu: ["Otsu’s line is where the curve is highest: the curve tells how much of the differences in brightness a line there explains.", ""],
  multi_otsu: ["Otsu’s line: it explains as much as possible of the differences in brightness.", "Otsu’s lines: together they explain as much as possible of the differences in brightness."],
  threshold: ["Your own line. The curve tells how much of the differences in brightness a line there explains.", "Your own lines: a class ends at each."],
};
const DRAG = ["Drag the line, or move it with the arrow keys.", "Drag a line, or move it with the arrow keys."];
const EVEN = "Every pixel is equally bright here: there is nothing to cut.";
/** The lines of one's own, as the method `threshold` calls them; one at the end of the scale is not drawn, unless it is the first. */
const LINES = ["level", "second", "third", "fourth"];
const WHITE = 255;

/** @extends {Lab<import("./options").Options>} */
export default class StudioClassic extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    /** The engine has the photo that is shown; the element is in sight: away from there nothing is asked. */
    this.opened = false;
    this.near = false;
    /** The photo that was begun with; what is painted has changed since the last run. @type {import("studio/state/store.js").Photo|null} */
    this.begun = null;
    this.stale = false;
    /** @type {Map<string, Method>} */
    this.methods = new Map();
    this.method = "";
    /** Time that each method took here last (ms). @type {Map<string, number>} */
    this.took = new Map();
    /** Of the photo, by number of classes. @type {Map<number, import("studio/types/protocol").Histogram>} */
    this.histograms = new Map();
    /** The names of the lines in the histogram, where they are the visitor's own. @type {string[]} */
    this.drawn = LINES.slice(0, 1);
    /** @type {Classified|null} */
    this.found = null;
    this.stopper = new AbortController();
    /** The end of the call before; see inTurn(). @type {Promise<unknown>} */
    this.turn = Promise.resolve();
    this.requests = new Latest((/** @type {RunRequest} */ request) => this.run(request));
    this.makeParts();
    this.listenToStore();
    this.watchFor();
    this.report.clear();
    this.choice.wait(this.options.methods?.length ?? MANY);
    this.histogram.element.hidden = !((this.options.method ?? this.options.methods?.[0] ?? "otsu") in WORDS);
    return this.arrange();
  }

  makeParts() {
    this.picture = new RegionPicture();
    this.picture.opacity = this.optionOrSetting("opacity");
    this.picture.boundaries = this.optionOrSetting("boundaries");
    this.loading = loadingPanel();
    this.picture.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel(), this.loading.element);
    this.choice = new MethodChoice((name) => this.choose(name));
    this.parameters = new Parameters({ onInput: () => this.onDrag(), onChange: () => this.again({ speak: true }) });
    this.markers = new Markers(() => this.again({ speak: true }));
    this.histogram = new HistogramView({ onMove: (levels) => this.dragged(levels, false), onRest: (levels) => this.dragged(levels, true) });
    this.classes = select({ label: "Compare with", options: [LARGEST], value: LARGEST.value, onChange: () => (this.table?.clear(), this.again({ speak: true })) });
    this.classes.element.hidden = true;
    this.report = new Report(this.classes.element);
    this.status = h("p", { class: "ps-run-words" });
    this.stop = button({ label: "Stop", icon: "close", kind: "quiet", onClick: () => this.stopped() });
    this.rerun = button({ label: "Run again", icon: "retry", kind: "quiet", onClick: () => this.again({ speak: true }) });
    this.stop.hidden = this.rerun.hidden = true;
    if (this.options.table) this.table = new MethodTable({ run: (name, signal) => this.row(name, signal), network: () => this.networkRow(), open: (name) => this.openRow(name) });
  }

  arrange() {
    const { picture, options } = this;
    const run = h("div", { class: "ps-run" }, picture.region, h("div", { class: "ps-run-line" }, this.status, this.stop, this.rerun));
    const seen = h("div", { class: "ps-picture" }, picture.view.element, run, this.histogram.element);
    if (!options.controls) return h("div", { class: "ps-desk" }, seen);
    const side = h("div", { class: "ps-side" }, this.choice.list);
    return h("div", { class: "ps-desk" }, this.toolbar(), h("div", { class: "ps-columns" }, seen, side),
      h("div", { class: "ps-settings" }, this.markers.element, this.parameters.element), this.report.element, this.table?.element ?? []);
  }

  toolbar() {
    this.colouring = segmented({ label: "Colours", options: COLOURINGS, value: this.optionOrSetting("colours"), onChange: (value) => (this.remember("colours", value), this.recolour()) });
    const opacity = slider({ label: "Opacity", min: 0, max: 100, value: Math.round(100 * this.optionOrSetting("opacity")), format: (value) => percent(value / 100, 0),
      onInput: (value) => (this.picture.opacity = value / 100), onChange: (value) => this.remember("opacity", value / 100) });
    const edges = toggle({ label: "Boundaries", checked: this.optionOrSetting("boundaries"), onChange: (shown) => (this.remember("boundaries", shown), (this.picture.boundaries = shown)) });
    return h("div", { class: "ps-toolbar", role: "group", "aria-label": "Display" }, this.choice.menu.element, this.colouring.element, edges.element, opacity.element);
  }

  listenToStore() {
    store.on("mask", () => this.maskChanged());
    store.on("prediction", ({ network }) => network === this.options.network && this.near && this.found && this.again());
    store.on("reopened", () => (this.clearError(), (this.begun = null), this.ready()));
    engine.on("restart", () => (this.opened = false));
  }

  /** Of several elements on a page only those in sight are at work. */
  watchFor() {
    this.whenNear(() => {
      if (this.begun !== store.photo) this.begin();
      else if (this.stale) this.follow();
    });
  }

  // ------------------------------------------------------------------ the photo and the engine
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.cancel();
    this.histograms = new Map();
    this.picture.open(photo);
    this.forget();
    this.table?.clear();
    this.markers.count();
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  /** What the methods are is asked at once, so that nothing moves when the visitor comes. */
  async ready() {
    this.opened = true;
    if (this.methods.size || (await this.loadAbout())) this.begin();
  }

  /** Let the network label the photo, and run the method that is chosen. */
  async begin() {
    if (!this.near || !this.opened || !this.methods.size) return;
    const { photo } = store;
    this.begun = photo;
    const prediction = await this.work(store.predict(this.options.network));
    if (photo !== store.photo) return;
    this.offerClasses(prediction?.classes.filter(({ id }) => id !== 0) ?? []);
    if (this.methods.get(this.method).markers !== "required" || paintedNames().length) this.again({ keepError: !prediction });
  }

  /** Which class the regions are compared with is asked where there are several; what was chosen stays. @param {import("studio/state/store.js").FoundClass[]} classes */
  offerClasses(classes) {
    const chosen = classes.some(({ id }) => String(id) === this.classes.value) ? this.classes.value : LARGEST.value;
    this.classes.select.replaceChildren(...[LARGEST, ...classes.map(({ id, name }) => ({ value: String(id), label: name }))].map(({ value, label }) => h("option", { value }, label)));
    this.classes.value = chosen;
    this.classes.element.hidden = classes.length < 2;
  }

  /** For the calls: the class to compare with, where one is chosen. */
  get label() { return this.classes.value ? { label: Number(this.classes.value) } : {}; }

  async loadAbout() {
    const all = await this.work(catalogue());
    if (!all || this.methods.size) return Boolean(all);
    const offered = (this.options.methods ?? []).map((name) => all.find((method) => method.name === name)).filter(Boolean);
    this.methods = new Map((offered.length ? offered : all).map((method) => [method.name, method]));
    const wanted = this.setting("method", this.options.method, (stored) => this.methods.has(stored));
    this.chooseMethod(this.methods.has(wanted) ? wanted : [...this.methods.keys()][0]);
    this.choice.show([...this.methods.values()], this.method);
    this.table?.show([...this.methods.values()]);
    return true;
  }

  /** Show the controls of a method. @param {string} name */
  chooseMethod(name) {
    const method = this.methods.get(name);
    this.method = name;
    this.dataset.method = name;
    this.parameters.show(method, this.valuesOf(name));
    this.markers.show(method);
    this.report.describe(method);
    if (!(name in WORDS)) this.histogram.element.hidden = true;
  }

  /** What a method was set to last, else its standard. @param {string} name */
  valuesOf(name) {
    return this.setting(`values.${name}`, defaults(this.methods.get(name)), (stored) => validParameters(stored, this.methods.get(name)));
  }

  // ------------------------------------------------------------------ what the visitor does
  /** Another method: what runs now is dropped. @param {string} name */
  choose(name) {
    if (name === this.method) return;
    this.cancel();
    this.remember("method", name);
    this.chooseMethod(name);
    this.forget();
    this.again({ speak: true });
  }

  /** A thumb is on its way: quick methods follow it. */
  onDrag() {
    if ((this.took.get(this.method) ?? Infinity) < LIVE) this.again();
    else if (this.method === "threshold") this.drawHistogram();
  }

  /** A line of the histogram: from Otsu's lines one goes on with one's own. @param {number[]} levels @param {boolean} rests */
  dragged(levels, rests) {
    if (this.method !== "threshold") {
      this.remember("method", "threshold");
      this.chooseMethod("threshold");
      this.choice.value = "threshold";
      this.drawn = LINES.slice(0, levels.length);
      for (const name of LINES) this.parameters.set(name, WHITE);
    }
    levels.forEach((level, i) => this.parameters.set(this.drawn[i], level));
    this.again({ speak: rests });
  }

  /** Run the chosen method with what the controls say now; the newest request wins. What went wrong before it is out of date, unless it is to be kept. */
  again({ speak = false, keepError = false } = {}) {
    if (!this.opened || !this.method) return;
    if (!keepError) this.clearError();
    this.stale = false;
    const parameters = this.parameters.values;
    this.remember(`values.${this.method}`, parameters);
    this.drawHistogram();
    this.requests.ask({ method: this.method, parameters, markers: this.markers.choice, speak });
  }

  /** What runs is dropped: its answer is not waited for, and its loading ends here. */
  cancel() {
    this.requests.drop();
    this.stopper.abort(problem("Stopped.", "", "cancelled"));
    this.stopper = new AbortController();
  }

  /** The visitor has stopped it: what is shown may not be what the controls say. */
  stopped() {
    this.cancel();
    this.offerAgain("Stopped.");
    this.rerun.focus();
  }

  /** @param {string} why */
  offerAgain(why) {
    this.showStatus(why, false);
    this.rerun.hidden = false;
  }

  /** The painted mask changed: once it is calm, markers and scores follow. */
  maskChanged() {
    clearTimeout(this.debounceTimer);
    this.debounceTimer = setTimeout(() => {
      this.markers.count();
      this.stale = Boolean(this.found) || (this.markers.choice === "paint" && paintedNames().length > 0); // a refusal for want of markers stays as it was said
      if (this.near && this.stale) this.follow();
    }, DEBOUNCE_MS);
  }

  /** Run again for what is painted now; where that takes long, offer it. */
  follow() {
    if ((this.took.get(this.method) ?? 0) < BRISK) this.again();
    else this.offerAgain("What is painted has changed since.");
  }

  // ------------------------------------------------------------------ what Python answers
  /** @param {RunRequest} request */
  async run({ speak, ...request }) {
    const { photo } = store, { signal } = this.stopper, { title } = this.methods.get(request.method);
    const late = setTimeout(() => this.showStatus(`${title} is at work…`, true), LIVE);
    const found = await this.work(this.ask(request, signal).catch((error) => this.refused(error, request, speak)));
    clearTimeout(late);
    if (signal.aborted || photo !== store.photo) return;
    if (!found) return this.failedWith(request);
    this.show(found, request.markers === "paint");
    this.showStatus(this.report.line(title, found), false);
    if (speak) announce(this.report.words(title, found));
  }

  /** Ask for regions; ends at once when stopped. @param {any} request arguments of classic.run @param {AbortSignal} signal @returns {Promise<Classified>} */
  async ask(request, signal) {
    this.loading.wait(this.methods.get(request.method).uses.length > 0);
    try {
      return await Promise.race([this.inTurn(() => this.timed(request, signal), signal), dropped(signal)]);
    } finally {
      this.loading.rest();
    }
  }

  /** @param {any} request @param {AbortSignal} signal @returns {Promise<Classified>} */
  async timed(request, signal) {
    const begun = performance.now();
    const found = await store.call("classic.run", { ...request, ...this.label, network: this.options.network }, { signal });
    if (this.loading.element.hidden) this.took.set(request.method, performance.now() - begun); // libraries come only once: that time says nothing of the method
    return found;
  }

  /**
   * One call after the other: Python cannot be interrupted in a method, and what was dropped while it waited is never computed.
   * @param {() => Promise<Classified>} call @param {AbortSignal} signal @returns {Promise<Classified>}
   */
  inTurn(call, signal) {
    const answer = this.turn.then(() => { signal.throwIfAborted(); return call(); });
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Too little is painted for what is asked. @param {{method: string, markers: string}} request */
  lacksMarkers({ method, markers }) { return markers === "paint" && paintedNames().length < this.methods.get(method).min_markers; }

  /**
   * Missing markers: the method's sentence, with a way to paint them; spoken aloud only to somebody who has just asked.
   * @param {any} error @param {{method: string, markers: string}} request @param {boolean} aloud
   */
  refused(error, request, aloud) {
    if (error?.kind !== "input" || !this.lacksMarkers(request)) throw error;
    this.showError({ message: error.message, remedy: error.remedy, action: this.markers.link() ?? undefined }, aloud);
  }

  /** There are no regions; where another try may help, it is offered. @param {{method: string, markers: string}} request */
  failedWith(request) {
    this.forget();
    if (!this.lacksMarkers(request)) this.offerAgain("");
  }

  /** @param {Classified} found @param {boolean} painted whether what is painted were the markers */
  show(found, painted) {
    const prediction = store.predictions.get(this.options.network);
    this.found = found;
    this.painted = painted;
    this.picture.show(found, this.colourTable());
    this.report.show(found, { colourOf: ({ id }) => this.classColour(id), network: MANIFEST.networks[this.options.network]?.title ?? "", predicted: Boolean(prediction), markers: painted });
    this.dataset.shows = found.method;
    this.dataset.regions = String(found.n_regions);
  }

  /** Only the photo, and no numbers. */
  forget() {
    this.found = null;
    this.showStatus("", false);
    this.picture.clear();
    this.report.clear();
    delete this.dataset.shows;
    delete this.dataset.regions;
  }

  recolour() {
    if (this.found) this.picture.colour(this.colourTable());
  }

  onAppearanceChange() { this.recolour(); }

  colourTable() {
    const { network, paint } = this.found;
    const match = network ?? (this.painted ? null : paint);
    const colouring = /** @type {import("./picture.js").Colouring} */ (this.colouring?.value ?? this.options.colours);
    return colours(this.found, colouring, {
      named: this.painted ? store.labels?.colours : null, best: match && { colour: this.classColour(match.id), regions: match.best_union } });
  }

  /** @param {number} id of a class of the network */
  classColour(id) {
    return store.predictions.get(this.options.network)?.classes.find((each) => each.id === id)?.colour ?? store.labels?.colours[id] ?? [128, 128, 128];
  }

  /** @param {string} words @param {boolean} busy */
  showStatus(words, busy) {
    this.status.textContent = words;
    this.stop.hidden = !busy;
    this.rerun.hidden = true;
  }

  /** The histogram belongs to the methods that cut brightness. */
  async drawHistogram() {
    const { method, photo } = { method: this.method, photo: store.photo };
    if (!(method in WORDS)) return;
    const own = method === "threshold";
    const [drawn] = this.histograms.values(); // the pixels of each brightness are the same in all of them
    const histogram = (own && drawn) || await this.work(this.histogramOf(Number(this.parameters.values.classes ?? 2)));
    if (!histogram || photo !== store.photo || method !== this.method) return;
    this.histogram.element.hidden = false;
    const levels = own ? this.ownLines() : histogram.thresholds;
    const several = Number(levels.length > 1);
    const movable = own || (levels.length > 0 && this.methods.has("threshold"));
    const explained = own ? "" : `Here: ${percent(histogram.separability, 0)}.`;
    this.histogram.show(levels, { movable, words: levels.length ? [WORDS[method][several], explained, movable && DRAG[several]].filter(Boolean).join(" ") : EVEN });
  }

  /** Where the visitor's own lines are; which of them are drawn is kept. */
  ownLines() {
    const { values } = this.parameters;
    this.drawn = LINES.filter((name, i) => i === 0 || Number(values[name]) < WHITE);
    return this.drawn.map((name) => Number(values[name]));
  }

  /** The histogram of the photo, drawn when it is new. @param {number} classes @returns {Promise<import("studio/types/protocol").Histogram>} */
  async histogramOf(classes) {
    const known = this.histograms.get(classes);
    if (known) return known;
    const { histograms } = this;
    const histogram = await store.call("classic.histogram", { classes });
    if (!histograms.size) this.histogram.load(histogram);
    histograms.set(classes, histogram);
    return histogram;
  }

  // ------------------------------------------------------------------ the table of all
  /** @param {string} name @param {AbortSignal} signal @returns {Promise<import("./table.js").Row>} */
  async row(name, signal) {
    const { title, markers } = this.methods.get(name);
    const choice = markers === "required" ? "paint" : "none";
    try {
      const found = await this.ask({ method: name, parameters: this.valuesOf(name), markers: choice }, signal);
      this.table.comparedWith(found.network?.name ?? "");
      return { name, title, time: found.seconds, regions: found.n_regions, best: found.network?.best_region_iou, union: found.network?.best_union_iou,
        mask: choice === "paint" ? undefined : found.paint?.best_union_iou };
    } catch (error) {
      if (error?.kind === "input") return { name, title, trouble: [error.message, error.remedy].filter(Boolean).join(" ") };
      if (error?.kind !== "cancelled") this.work(Promise.reject(error));
      throw error;
    }
  }

  /** @returns {Promise<import("./table.js").Row>} */
  async networkRow() {
    const { network } = this.options;
    const row = { name: network, title: MANIFEST.networks[network].title, network: true };
    const prediction = await store.predict(network).catch((error) => { if (error?.kind === "cancelled") throw error; return null; });
    if (!prediction) return { ...row, trouble: "It could not be loaded, so there is nothing to compare with." };
    const { seconds: spent } = prediction;
    const { n_regions: regions, paint } = await store.call("classic.network", { network, ...this.label });
    return { ...row, time: spent.prepare + spent.inference + spent.decode, regions, mask: paint?.best_union_iou };
  }

  /** @param {string} name */
  openRow(name) {
    this.choice.value = name;
    this.choose(name);
    this.picture.view.element.scrollIntoView({ block: "nearest" });
  }


}

/** Rejects when the signal is aborted; never answers otherwise. @param {AbortSignal} signal @returns {Promise<never>} */
function dropped(signal) {
  return new Promise((_, reject) => {
    const leave = () => reject(problem("Stopped.", "", "cancelled"));
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}
