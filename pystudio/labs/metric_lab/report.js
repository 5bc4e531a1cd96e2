// Every grade of a mask as a person reads it: value, what it counts, and its formula with this mask's numbers. All words and numbers come from Python.
import { h, percent } from "studio/dom/dom.js";
import { rgb } from "studio/ui/legend.js";
import { plotView } from "studio/charts/plot.js";
import { formatStrength } from "./steps.js";

/** @typedef {import("studio/types/protocol").MetricReport} MetricReport */
/** @typedef {import("studio/types/protocol").MetricCurves} MetricCurves */
/** @typedef {import("studio/types/protocol").CurveLine} CurveLine */

const DISTANCES = new Set(["hausdorff", "hausdorff95"]);

export class MetricReportView {
  constructor() {
    this.measures = h("dl", { class: "ps-measures" });
    this.classes = h("ul", { class: "ps-class-grades", "aria-label": "IoU of every class" });
    this.classBox = h("div", { class: "ps-class-box", hidden: true }, h("p", { class: "ps-heading" }, "IoU of every class"), this.classes);
    /** The grades in one line, for beneath the picture. */
    this.strip = h("p", { class: "ps-grade-strip", "aria-hidden": "true" });
    this.element = h("div", { class: "ps-measure-box" }, this.measures, this.classBox);
  }

  clear() {
    this.measures.replaceChildren();
    this.strip.replaceChildren();
    this.classBox.hidden = true;
  }

  /** @param {MetricReport} report */
  show({ measures, classes }) {
    this.measures.replaceChildren(...measures.map((measure) => h("div", { class: "ps-measure", dataset: { measure: measure.name } },
      h("dt", null, measure.title),
      h("dd", { class: "ps-measure-value" }, measure.text),
      h("dd", { class: "ps-measure-bar", "aria-hidden": "true" }, !DISTANCES.has(measure.name) && h("span", { style: { "--ps-share": `${100 * (measure.value ?? 0)}%` } })),
      h("dd", { class: "ps-measure-formula" }, measure.formula),
      h("dd", { class: "ps-measure-counts" }, measure.counts))));
    this.strip.replaceChildren(...measures.map(({ title, text }) => h("span", null, `${title} `, h("strong", null, text))));
    this.classBox.hidden = classes.length < 3;
    this.classes.replaceChildren(...classes.map(({ id, name, colour, iou }) => h("li", { dataset: { class: id } },
      h("span", { class: "ps-swatch", style: { "--ps-class": rgb(colour) }, "aria-hidden": "true" }), h("span", null, name), h("span", { class: "ps-class-iou" }, percent(iou)))));
  }
}

export class CurveView {
  constructor() {
    this.words = h("p", { class: "ps-hint ps-curve-words" });
    this.plots = h("div", { class: "ps-curve-plots" });
    this.element = h("div", { class: "ps-curves", hidden: true }, h("p", { class: "ps-heading" }, "The numbers while this step grows stronger"), this.words, this.plots);
  }

  clear() { this.element.hidden = true; }

  /** Keep their place until they come. */
  wait() {
    this.element.hidden = false;
    this.words.textContent = "";
    this.plots.replaceChildren(h("p", { class: "ps-curve-wait" }, "The grades, from the weakest to the strongest"), h("p", { class: "ps-curve-wait" }, "The distances"));
  }

  /** @param {MetricCurves} curves */
  show({ strengths, shares, distances, title, unit }) {
    this.element.hidden = false;
    this.words.textContent = `“${title}” from ${formatStrength(strengths[0], unit)} to ${formatStrength(strengths.at(-1), unit)}; everything else stays as it is.`;
    const x = strengths.map((strength) => (unit === "share" ? 100 * strength : strength));
    const xlabel = unit === "share" ? `${title}, %` : unit === "count" ? title : `${title}, pixels`;
    this.plots.replaceChildren(plot(x, shares, xlabel, "%", 100), plot(x, distances, xlabel, "pixels", 1));
  }
}

/** @param {number[]} x @param {CurveLine[]} lines @param {string} xlabel @param {string} ylabel @param {number} times */
function plot(x, lines, xlabel, ylabel, times) {
  const series = lines.map(({ title, values }) => ({ name: title, x, y: values.map((value) => (value === null ? null : times * value)) }));
  const ends = series.map(({ name, y }) => `${name} from ${y[0]?.toFixed(1) ?? "undefined"} to ${y.at(-1)?.toFixed(1) ?? "undefined"}`).join(", ");
  return plotView({ kind: "plot", marks: "line", series, names: null, title: null, xlabel, ylabel, alt: `${xlabel} from ${x[0]} to ${x.at(-1)}: ${ends} (${ylabel})`, note: "" });
}
