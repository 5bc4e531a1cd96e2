// The histogram of brightness with its thresholds: drawn as SVG, its lines dragged or moved with the arrow keys. Where Otsu cuts is said by Python.
import { h, integer, percent } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").Histogram} Histogram */

const LEVELS = 256;
const HEIGHT = 100;
/** So many of the highest bars may be cut off at the top: a white sky would flatten all others. */
const CUT_OFF = 3;
const SVG = "http://www.w3.org/2000/svg";
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -16, PageUp: 16, Home: -LEVELS, End: LEVELS };

export class HistogramView {
  /**
   * @param {{onMove: (levels: number[]) => void, onRest: (levels: number[]) => void}} listeners a line is on its way, or was let go: where all of them are
   */
  constructor({ onMove, onRest }) {
    this.onMove = onMove;
    this.onRest = onRest;
    this.bars = document.createElementNS(SVG, "path");
    this.bars.setAttribute("class", "ps-histogram-bars");
    this.svg = document.createElementNS(SVG, "svg");
    for (const [key, value] of Object.entries({ viewBox: `0 0 ${LEVELS} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": "Not counted yet" })) this.svg.setAttribute(key, value);
    this.curve = document.createElementNS(SVG, "path");
    this.curve.setAttribute("class", "ps-histogram-curve");
    this.svg.append(this.bars, this.curve);
    this.lines = h("div", { class: "ps-histogram-lines" });
    this.plot = h("div", { class: "ps-histogram-plot" }, this.lines);
    this.plot.prepend(this.svg);
    this.words = h("p", { class: "ps-hint ps-histogram-words" });
    this.element = h("div", { class: "ps-histogram", role: "group", "aria-label": "Histogram of brightness" },
      this.plot, h("div", { class: "ps-histogram-scale", "aria-hidden": "true" }, h("span", null, "black 0"), h("span", null, "255 white")), this.words);
    /** @type {Int32Array|null} */
    this.counts = null;
    /** @type {number[]} */
    this.thresholds = [];
  }

  /** @param {Histogram} histogram of the photo */
  load({ counts, explained }) {
    this.counts = counts;
    const top = [...counts].sort((a, b) => b - a)[CUT_OFF] * 1.05 || 1;
    let path = `M0 ${HEIGHT}`;
    counts.forEach((count, level) => (path += `V${(HEIGHT * (1 - Math.min(1, count / top))).toFixed(2)}H${level + 1}`));
    this.bars.setAttribute("d", `${path}V${HEIGHT}Z`);
    this.curve.setAttribute("d", "M" + explained.map((share, level) => `${level + 1} ${(HEIGHT * (1 - share)).toFixed(2)}`).join("L"));
    this.element.hidden = false;
  }

  /** The curve of what one line would explain belongs to one line. @param {boolean} shown */
  set explaining(shown) { this.curve.style.display = shown ? "" : "none"; }

  /**
   * @param {number[]} thresholds a class of brightness ends with its threshold
   * @param {{movable: boolean, words: string}} how
   */
  show(thresholds, { movable, words }) {
    this.thresholds = [...thresholds];
    this.explaining = thresholds.length === 1;
    this.words.textContent = words;
    if (this.lines.childElementCount !== thresholds.length || this.movable !== movable) this.lines.replaceChildren(...thresholds.map((_, i) => this.#line(i, thresholds.length, movable)));
    this.movable = movable;
    this.#place();
  }

  #place() {
    [...this.lines.children].forEach((line, i) => {
      const level = this.thresholds[i];
      /** @type {HTMLElement} */ (line).style.setProperty("--at", String((level + 1) / LEVELS));
      line.querySelector("span").textContent = String(level);
      line.setAttribute("aria-valuenow", String(level));
      line.setAttribute("aria-valuetext", `${level}; ${percent(this.#shareUpTo(level), 0)} of the pixels are as dark or darker`);
    });
    const levels = [...this.thresholds].sort((a, b) => a - b);
    const cuts = levels.length === 0 ? "no threshold" : levels.length === 1 ? `a threshold at ${levels[0]}` : `thresholds at ${levels.join(", ")}`;
    this.svg.setAttribute("aria-label", `Pixels of each brightness from black to white, with ${cuts}; most pixels, ${integer(Math.max(...this.counts))}, have brightness ${this.counts.indexOf(Math.max(...this.counts))}`);
  }

  /** @param {number} level */
  #shareUpTo(level) {
    const sum = (/** @type {Int32Array} */ counts) => counts.reduce((all, each) => all + each, 0);
    return sum(this.counts.subarray(0, level + 1)) / sum(this.counts);
  }

  /** @param {number} i which of the lines @param {number} count of all @param {boolean} movable */
  #line(i, count, movable) {
    const line = h("div", { class: "ps-threshold" }, h("span", { "aria-hidden": "true" }));
    if (!movable) return line;
    const name = count === 1 ? "Threshold of brightness" : `Threshold ${i + 1} of brightness`;
    for (const [key, value] of Object.entries({ role: "slider", tabindex: "0", "aria-label": name, "aria-valuemin": "0", "aria-valuemax": String(last(count)) })) line.setAttribute(key, value);
    let taken = -1; // where it stood when it was taken hold of
    line.addEventListener("pointerdown", (event) => (event.preventDefault(), (taken = this.thresholds[i]), line.setPointerCapture(event.pointerId), line.focus({ preventScroll: true })));
    line.addEventListener("pointermove", (event) => line.hasPointerCapture(event.pointerId) && this.#move(i, this.#levelAt(event), this.onMove));
    line.addEventListener("lostpointercapture", () => this.thresholds[i] !== taken && this.onRest(this.thresholds));
    line.addEventListener("keydown", (event) => this.#key(i, event));
    return line;
  }

  /** @param {PointerEvent} event */
  #levelAt({ clientX }) {
    const { left, width } = this.plot.getBoundingClientRect();
    return Math.round(((clientX - left) / width) * LEVELS) - 1;
  }

  /** @param {number} i @param {KeyboardEvent} event */
  #key(i, event) {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#move(i, this.thresholds[i] + STEPS[event.key] * (event.shiftKey ? 10 : 1), this.onRest);
  }

  /** @param {number} i @param {number} level @param {(levels: number[]) => void} notify */
  #move(i, level, notify) {
    const next = Math.min(last(this.thresholds.length), Math.max(0, level));
    if (next === this.thresholds[i]) return;
    this.thresholds[i] = next;
    this.#place();
    notify(this.thresholds);
  }
}

/** Where a line can be moved to at most: at the very end it would cut nothing, and of several one would be lost there. @param {number} count of lines */
function last(count) { return count > 1 ? LEVELS - 2 : LEVELS - 1; }
