// What the metric lab shows of a truth and a spoiled mask: where they overlap, how near their boundaries are, and the two pixels that are furthest apart.
// Which pixel is which is said by Python.
import { h } from "studio/dom/dom.js";
import { drawLabels, word } from "studio/viewer/raster.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").MetricReport} MetricReport */
/** @typedef {"overlap"|"edges"|"line"} Shown */

const SVG = "http://www.w3.org/2000/svg";
const BOTH = word(0, 158, 115, 175);
const MISSED = [word(0, 90, 190, 225), word(0, 90, 190, 90)];
const EXTRA = [word(230, 110, 0, 235), word(230, 110, 0, 110)];
/** By the values of Python's `edges`: truth near, mask near, truth far, mask far. */
const EDGES = new Uint32Array([0, word(0, 190, 140, 255), word(150, 235, 205, 255), word(0, 90, 220, 255), word(240, 100, 0, 255)]);
const OTHER = word(255, 255, 255, 110);
const STRIPE = 4;

const LEGENDS = {
  overlap: [["both", "in both"], ["missed", "only in the truth: missed"], ["extra", "only in the mask: too much"], ["other", "other classes"]],
  edges: [["near", "boundaries within the tolerance"], ["missed", "the truth’s boundary, too far"], ["extra", "the mask’s boundary, too far"]],
  line: [["truth", "the truth’s boundary"], ["extra", "the mask’s boundary"], ["line", "the Hausdorff distance"]],
};
const LINES = new Uint32Array([0, EDGES[3], EDGES[4], EDGES[3], EDGES[4]]);

export class MetricPicture {
  constructor() {
    this.view = new View({ label: "The photo with truth and damaged mask" });
    this.photo = this.view.layer("photo");
    this.marks = this.view.layer("marks");
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "ps-view-layer ps-furthest");
    this.svg.setAttribute("aria-hidden", "true");
    this.view.stage.append(this.svg);
    this.legend = h("ul", { class: "ps-marks-legend", "aria-label": "What the colours mean" });
    /** @type {Shown} */
    this.shown = "overlap";
    /** @type {MetricReport|null} */
    this.report = null;
    /** @type {import("studio/state/store.js").Photo|null} */
    this.source = null;
    this.describe();
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  open(photo) {
    this.source = photo;
    this.report = null;
    this.size(photo.rows, photo.columns);
    this.draw();
  }

  /** The photo at the size of the lab. @param {number} rows @param {number} columns */
  size(rows, columns) {
    this.view.setSize(rows, columns);
    this.photo.imageSmoothingQuality = "high";
    this.photo.drawImage(this.source.bitmap, 0, 0, columns, rows);
    this.svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
  }

  /** @param {MetricReport} report */
  show(report) {
    if (report.rows !== this.view.rows || report.columns !== this.view.columns) this.size(report.rows, report.columns);
    this.report = report;
    this.describe();
    this.draw();
  }

  /** Only the photo. */
  clear() {
    this.report = null;
    this.draw();
  }

  /** @param {Shown} shown */
  choose(shown) {
    this.shown = shown;
    this.describe();
    this.draw();
  }

  describe() {
    const others = this.report !== null && this.report.classes.length > 2;
    this.legend.replaceChildren(...LEGENDS[this.shown].filter(([key]) => key !== "other" || others).map(([key, words]) => h("li", null, h("span", { class: `ps-mark-key ps-mark-${key}`, "aria-hidden": "true" }), words)));
  }

  draw() {
    const { view, report, shown } = this;
    this.marks.clearRect(0, 0, view.columns, view.rows);
    this.svg.replaceChildren();
    if (!report) return;
    const box = { row: 0, column: 0, rows: view.rows, columns: view.columns };
    if (shown === "overlap") return drawOverlap(this.marks, box, report.overlap);
    drawLabels(this.marks, box, report.edges, shown === "edges" ? EDGES : LINES);
    if (shown === "line" && report.pair) this.svg.append(...pairOf(report.pair));
  }
}

/** Stripes falling one way where something is missed, the other way where there is too much: told apart without colours. */
function drawOverlap(/** @type {CanvasRenderingContext2D} */ context, /** @type {import("studio/viewer/raster.js").Box} */ { rows, columns }, /** @type {Uint8Array} */ overlap) {
  const image = new ImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      if (overlap[i] === 1) words[i] = BOTH;
      else if (overlap[i] === 2) words[i] = MISSED[Math.floor((row + column) / STRIPE) & 1];
      else if (overlap[i] === 4) words[i] = OTHER;
      else if (overlap[i] === 3) words[i] = EXTRA[Math.floor((row - column + STRIPE * 65536) / STRIPE) & 1];
    }
  }
  context.putImageData(image, 0, 0);
}

/** A line with a light rim, and a ring at either end. @param {number[]} pair */
function pairOf([row, column, toRow, toColumn]) {
  const [x, y, toX, toY] = [column, row, toColumn, toRow].map((value) => value + 0.5);
  return ["ps-furthest-rim", "ps-furthest-line"].flatMap((name) => [
    shape("line", { x1: x, y1: y, x2: toX, y2: toY, class: name }), shape("circle", { cx: x, cy: y, r: 4, class: name }), shape("circle", { cx: toX, cy: toY, r: 4, class: name })]);
}

/** @param {string} name @param {Record<string, string|number>} attributes */
function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
