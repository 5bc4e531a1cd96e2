// What a cell printed and showed, drawn: texts, pictures with their legends, plots, tables. What they look like was decided in Python
// (pystudio/notebook); here it becomes elements.
import { h, percent } from "studio/dom/dom.js";
import { rgb } from "studio/ui/legend.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { word } from "studio/viewer/raster.js";
import { plotView } from "studio/charts/plot.js";

/**
 * @typedef {{kind: "picture", rows: number, columns: number, pixels: Uint8Array, title: string|null, alt: string, note: string,
 *   legend: {name: string, colour: number[], share: number}[], scale: {low: number, high: number, colours: number[][]}|null}} PictureOutput
 * @typedef {{kind: "table", head: string[]|null, rows: string[][], numeric: boolean[], title: string|null, note: string}} TableOutput
 * @typedef {{kind: "text"|"value"|"note", text: string}} TextOutput
 * @typedef {PictureOutput|TableOutput|TextOutput|import("studio/charts/plot.js").PlotOutput} Output
 */

/** Small pictures are drawn so much larger that their longest side has this many screen pixels. */
const SMALL = 240;

export class CellOutputs {
  constructor() {
    this.element = h("div", { class: "ps-cell-outputs", role: "log", "aria-label": "What the cell shows", "aria-live": "off", tabindex: "-1", hidden: true });
    /** Whether room is kept for what is still to come. */
    this.stored = false;
    /** @type {Text|null} */
    this.printed = null;
    /** @type {HTMLElement|null} */
    this.row = null;
  }

  /** Room for the outputs of a cell that runs by itself, so that nothing below it moves then; none: no longer. @param {string|null} what "picture" or "text" */
  keepRoom(what) {
    this.stored = what !== null;
    this.element.classList.toggle("ps-cell-room", this.stored);
    if (what) this.element.dataset.for = what;
    this.element.hidden = !this.stored && !this.element.hasChildNodes();
  }

  clear() {
    this.element.replaceChildren();
    this.element.hidden = !this.stored;
    this.printed = this.row = null;
  }

  /** @param {Output} output */
  add(output) {
    this.element.hidden = false;
    if (output.kind === "text") return this.#print(output.text);
    this.printed = null;
    if (output.kind === "picture") return this.#picture(output);
    this.row = null;
    if (output.kind === "plot") this.element.append(plotView(output));
    else if (output.kind === "table") this.element.append(tableView(output));
    else if (output.kind === "value") this.element.append(h("pre", { class: "ps-cell-text ps-cell-value" }, output.text));
    else this.element.append(h("p", { class: "ps-hint ps-cell-note" }, output.text));
  }

  /** @param {string} text */
  #print(text) {
    this.row = null;
    if (!this.printed) {
      this.printed = document.createTextNode("");
      this.element.append(h("pre", { class: "ps-cell-text" }, this.printed));
    }
    const box = this.printed.parentElement;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
    this.printed.appendData(text);
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  /** Pictures that follow each other stand side by side. @param {PictureOutput} output */
  #picture(output) {
    if (!this.row) this.element.append(this.row = h("div", { class: "ps-cell-pictures" }));
    this.row.append(pictureView(output));
  }
}

/** @param {PictureOutput} output */
function pictureView({ rows, columns, pixels, title, alt, note, legend, scale }) {
  const canvas = h("canvas", { width: columns, height: rows, role: "img", "aria-label": title ? `${title}. ${alt}` : alt });
  const draw = () => canvas.getContext("2d").putImageData(new ImageData(recoloured(pixels, legend), columns, rows), 0, 0);
  draw();
  const stop = classAppearance.onChange(() => (canvas.isConnected ? draw() : stop()));
  const larger = Math.max(1, Math.floor(SMALL / Math.max(rows, columns)));
  const wide = Math.max(columns * larger, 120);
  return h("figure", { class: "ps-cell-picture", style: { "--ps-wide": `${wide}px`, "--ps-tall": `${(wide * rows) / columns}px` } },
    title && h("figcaption", { class: "ps-cell-title" }, title), canvas,
    scale && scaleView(scale), legend.length > 0 && h("ul", { class: "ps-cell-legend" }, legend.map(legendRow)), note && h("p", { class: "ps-hint" }, note));
}

/**
 * The pixels of a picture, those that are plainly a class's in the set of colours that is chosen.
 * @param {Uint8Array} pixels RGBA as Python drew them @param {{colour: number[]}[]} legend
 */
function recoloured(pixels, legend) {
  const copy = new Uint8ClampedArray(pixels);
  const words = new Uint32Array(copy.buffer);
  const table = new Map(legend.map(({ colour }) => [colour, classAppearance.shown(colour)]).filter(([own, shown]) => own !== shown)
    .map(([own, shown]) => [word(own[0], own[1], own[2], 255), word(shown[0], shown[1], shown[2], 255)]));
  if (table.size) for (let i = 0; i < words.length; i++) words[i] = table.get(words[i]) ?? words[i];
  return copy;
}

/** @param {{name: string, colour: number[], share: number}} entry */
function legendRow({ name, colour, share }) {
  return h("li", null, h("span", { class: "ps-swatch", style: { "--ps-class": rgb(colour) } }), h("span", null, name), h("span", { class: "ps-fact-note" }, percent(share)));
}

/** @param {{low: number, high: number, colours: number[][]}} scale */
function scaleView({ low, high, colours }) {
  return h("div", { class: "ps-cell-scale" }, h("span", null, short(low)),
    h("span", { class: "ps-cell-ramp", "aria-hidden": "true", style: { "--ps-ramp": `linear-gradient(90deg, ${colours.map(rgb).join(", ")})` } }), h("span", null, short(high)));
}

/** @param {TableOutput} output */
function tableView({ head, rows, numeric, title, note }) {
  const kind = (/** @type {number} */ column) => (numeric[column] ? "ps-numeric" : null);
  return h("div", { class: "ps-cell-table", tabindex: "0", role: "region", "aria-label": title ?? "Table" }, h("table", null,
    title && h("caption", { class: "ps-cell-title" }, title),
    head && h("thead", null, h("tr", null, head.map((word, i) => h("th", { scope: "col", class: kind(i) }, word)))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map((text, i) => h("td", { class: kind(i) }, text)))))), note && h("p", { class: "ps-hint" }, note));
}

/** A number of a scale, in few signs. @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(1).replace("-", "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}
