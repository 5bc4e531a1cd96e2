// Plots of numbers as SVG: lines, points, bars and histograms, with axes whose ticks are round numbers. It is drawn anew when its width
// changes, so that words keep their size. The numbers, and the words for those who cannot see it, come from Python.
import { h } from "studio/dom/dom.js";
import { integer } from "studio/util/format.js";

/**
 * @typedef {{name: string, x: (number|null)[], y: (number|null)[]}} Series
 * @typedef {{kind: "plot", marks: "line"|"points"|"bars"|"histogram", series: Series[], names: string[]|null, title: string|null,
 *   xlabel: string|null, ylabel: string|null, alt: string, note: string}} PlotOutput
 * @typedef {{low: number, high: number, from: number, to: number, ticks: number[]}} Axis  low..high of the numbers, from..to on the screen
 */

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 260;
const WIDEST = 720;
/** Large numbers are said with their unit, as one says them. */
const UNITS = [{ size: 1e12, word: " trillion" }, { size: 1e9, word: " billion" }, { size: 1e6, word: " million" }];
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** Numbers whose difference is smaller than this share of them are one number that was rounded differently. */
const SAME = 1e-9;
/** Disc, square, triangle, diamond, plus, bar, the triangle upside down, cross. */
const SHAPES = ["M-3 0A3 3 0 1 0 3 0A3 3 0 1 0-3 0Z", "M-3-3H3V3H-3Z", "M0-4L4 3H-4Z", "M0-4.5L3.5 0L0 4.5L-3.5 0Z", "M-1-4H1V-1H4V1H1V4H-1V1H-4V-1H-1Z", "M-5-1.5H5V1.5H-5Z", "M0 4L-4-3H4Z",
  "M-4-2.5L-2.5-4L0-1.5L2.5-4L4-2.5L1.5 0L4 2.5L2.5 4L0 1.5L-2.5 4L-4 2.5L-1.5 0Z"];
const EDGE = { top: 12, right: 14, bottom: 30, left: 14 };

/** @param {PlotOutput} output */
export function plotView(output) {
  const place = h("div", { class: "ps-plot-place" });
  let width = 0;
  new ResizeObserver(() => {
    const next = Math.min(WIDEST, place.clientWidth);
    if (next > 0 && next !== width) place.replaceChildren(drawing(output, (width = next)));
  }).observe(place);
  const named = output.series.filter(({ name }) => name);
  return h("figure", { class: "ps-plot" }, output.title && h("figcaption", { class: "ps-cell-title" }, output.title), place,
    named.length > 0 && h("ul", { class: "ps-cell-legend" }, named.map(({ name }, i) => h("li", null, key(output.marks, i), h("span", null, name)))),
    output.note && h("p", { class: "ps-hint" }, output.note));
}

/** What a series looks like, in small: its dashes or its shape, so that colour is not the only sign. @param {PlotOutput["marks"]} marks @param {number} i */
function key(marks, i) {
  const svg = node("svg", { viewBox: "0 0 32 12", width: 32, height: 12, class: "ps-plot-key", "aria-hidden": "true" });
  svg.append(marks === "line" ? node("path", { d: "M0 6H32", class: `ps-plot-line ps-series-${i % 8}` }) : marks === "points" ? point(16, 6, i)
    : node("rect", { x: 10, y: 0, width: 12, height: 12, class: `ps-plot-bar ps-series-${i % 8}` }));
  return svg;
}

/** @param {PlotOutput} output @param {number} width */
function drawing(output, width) {
  const { series, marks, names, xlabel, ylabel, alt } = output;
  const stands = marks === "bars" || marks === "histogram";
  const yTicks = rounded(range(series.flatMap(({ y }) => y), stands), 5);
  const left = EDGE.left + Math.max(...labels(yTicks).map((text) => text.length)) * 7.4 + (ylabel ? 18 : 0);
  const xRange = marks === "bars" ? { low: -0.5, high: series[0].x.length - 0.5 } : range(series.flatMap(({ x }) => x), false);
  const xTicks = marks === "bars" ? { low: xRange.low, high: xRange.high, ticks: [], step: 1 } : { ...rounded(xRange, Math.max(2, Math.floor(width / 90))), ...xRange };
  const bottom = HEIGHT - EDGE.bottom - (xlabel ? 18 : 0);
  /** @type {Axis} */ const across = { ...xTicks, from: left, to: width - EDGE.right };
  /** @type {Axis} */ const up = { ...yTicks, from: bottom, to: EDGE.top };
  const svg = node("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, class: "ps-plot-svg", role: "img", "aria-label": alt });
  svg.append(...horizontal(up, labels(yTicks), left, width), ...(names && marks === "bars" ? barNames(names, across, bottom) : vertical(across, xTicks.step, bottom)));
  series.forEach((each, i) => svg.append(...MARKS[marks](each, across, up, i)));
  if (xlabel) svg.append(words(xlabel, (left + width) / 2, HEIGHT - 6, "middle"));
  if (ylabel) {
    const text = words(ylabel, 0, 0, "middle");
    text.setAttribute("transform", `translate(${EDGE.left} ${(bottom + EDGE.top) / 2}) rotate(-90)`);
    svg.append(text);
  }
  return svg;
}

/** @param {(number|null)[]} values @param {boolean} withZero */
function range(values, withZero) {
  const numbers = /** @type {number[]} */ (values.filter((value) => value !== null));
  if (!numbers.length) return { low: 0, high: 1 };
  const low = numbers.reduce((a, b) => Math.min(a, b), withZero ? 0 : Infinity);
  const high = numbers.reduce((a, b) => Math.max(a, b), withZero ? 0 : -Infinity);
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * SAME) return { low, high };
  const room = Math.max(0.5, size / 100);
  return withZero ? { low: 0, high: 1 } : { low: low - room, high: high + room };
}

/** A range widened to round numbers, and its ticks: steps of 1, 2 or 5 times a power of ten. @param {{low: number, high: number}} range @param {number} most */
function rounded({ low, high }, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = /** @type {number} */ ([1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough * 0.999));
  const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
  return { low: first * step, high: last * step, step, ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step) };
}

/** @param {number} value @param {Axis} axis */
function at(value, { low, high, from, to }) {
  return from + ((value - low) / (high - low)) * (to - from);
}

/** The ticks of an axis in words: as many digits as their step needs, all in the same unit. @param {{ticks: number[], step: number}} axis */
export function labels({ ticks, step }) {
  const most = Math.max(...ticks.map(Math.abs));
  const unit = UNITS.find(({ size }) => most >= size && step >= size / 1000) ?? { size: 1, word: "" };
  if (most < 1e-3 || most >= 1e16) {
    const power = Math.floor(Math.log10(most) + 1e-9);
    return ticks.map((tick) => (tick === 0 ? "0" : `${digits(tick / 10 ** power, step / 10 ** power)} × 10${raised(power)}`));
  }
  return ticks.map((tick) => (tick === 0 ? "0" : digits(tick / unit.size, step / unit.size) + unit.word));
}

/** @param {number} value @param {number} step */
function digits(value, step) {
  const places = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  if (!places && Math.abs(value) >= 10_000) return integer(value); // below that in one piece: it may be a year
  return value.toFixed(places).replace("-", "−");
}

/** @param {number} power */
function raised(power) {
  return (power < 0 ? "⁻" : "") + [...String(Math.abs(power))].map((digit) => RAISED[Number(digit)]).join("");
}

/** @param {Axis} axis @param {string[]} texts @param {number} left @param {number} width */
function horizontal(axis, texts, left, width) {
  return axis.ticks.flatMap((tick, i) => {
    const y = at(tick, axis);
    return [node("path", { d: `M${left} ${y}H${width - EDGE.right}`, class: tick === 0 ? "ps-plot-axis" : "ps-plot-grid" }), words(texts[i], left - 6, y + 4, "end")];
  });
}

/** @param {Axis} axis @param {number} step @param {number} bottom */
function vertical(axis, step, bottom) {
  const ticks = axis.ticks.filter((tick) => tick >= axis.low - step * 1e-6 && tick <= axis.high + step * 1e-6);
  const texts = labels({ ticks, step });
  return ticks.flatMap((tick, i) => {
    const x = at(tick, axis);
    return [node("path", { d: `M${x} ${bottom}v5`, class: "ps-plot-axis" }), words(texts[i], x, bottom + 18, "middle")];
  });
}

/** @param {string[]} names @param {Axis} axis @param {number} bottom */
function barNames(names, axis, bottom) {
  const wide = (axis.to - axis.from) / names.length;
  const longest = Math.max(...names.map((name) => name.length)) * 7.4;
  const every = Math.ceil(Math.min(longest, 70) / wide);
  const letters = Math.max(2, Math.floor((wide * every) / 7.4));
  return names.flatMap((name, i) => (i % every ? [] : [words(name.length > letters ? `${name.slice(0, letters - 1)}…` : name, at(i, axis), bottom + 18, "middle")]));
}

/** @type {Record<string, (series: Series, across: Axis, up: Axis, i: number) => SVGElement[]>} */
const MARKS = {
  line({ x, y }, across, up, i) {
    let path = "", pen = "M";
    x.forEach((value, k) => {
      if (value === null || y[k] === null) return void (pen = "M"); // a number that is missing leaves a gap
      path += `${pen}${at(value, across).toFixed(1)} ${at(y[k], up).toFixed(1)}`;
      pen = "L";
    });
    return [node("path", { d: path || "M0 0", class: `ps-plot-line ps-series-${i % 8}` })];
  },
  points({ x, y }, across, up, i) {
    return x.flatMap((value, k) => (value === null || y[k] === null ? [] : [point(at(value, across), at(y[k], up), i)]));
  },
  bars({ x, y }, across, up, i) {
    const half = 0.38;
    return /** @type {number[]} */ (x).flatMap((value, k) => (y[k] === null ? [] : [bar(at(value - half, across), at(value + half, across), y[k], up, i)]));
  },
  histogram({ x, y }, across, up, i) {
    const edges = /** @type {number[]} */ (x);
    return /** @type {number[]} */ (y).map((count, k) => bar(at(edges[k], across), at(edges[k + 1], across) - 0.5, count, up, i));
  },
};

/** The mark of a point, around its place: each series has a shape of its own. @param {number} x @param {number} y @param {number} i */
function point(x, y, i) {
  return node("path", { d: SHAPES[i % SHAPES.length], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, class: `ps-plot-point ps-series-${i % 8}` });
}

/** @param {number} left @param {number} right @param {number} value @param {Axis} up @param {number} i */
function bar(left, right, value, up, i) {
  const zero = at(0, up), end = at(value, up);
  return node("rect", { x: left.toFixed(1), y: Math.min(zero, end).toFixed(1), width: Math.max(0.5, right - left).toFixed(1), height: Math.abs(end - zero).toFixed(1), class: `ps-plot-bar ps-series-${i % 8}` });
}

/** @param {string} text @param {number} x @param {number} y @param {string} anchor */
function words(text, x, y, anchor) {
  const element = node("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor, class: "ps-plot-text", "aria-hidden": "true" });
  element.textContent = text;
  return element;
}

/** @param {string} name @param {Record<string, string|number>} attributes */
function node(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return /** @type {SVGElement} */ (element);
}
