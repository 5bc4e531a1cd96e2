// Loss and IoU of the networks in the loss lab, step by step, as curves. The numbers come from Python.
import { h, percent } from "studio/dom/dom.js";
import { plotView } from "studio/charts/plot.js";

/** @typedef {{letter: string, title: string, losses: number[], ious: number[]}} Course */

export class LossCharts {
  constructor() {
    this.iou = h("div", { class: "ps-loss-chart", dataset: { chart: "iou" } });
    this.loss = h("div", { class: "ps-loss-chart", dataset: { chart: "loss" } });
    this.element = h("div", { class: "ps-curve-plots ps-loss-charts" }, this.iou, this.loss);
    this.clear();
  }

  /** @param {Course[]} courses */
  show(courses) {
    if (courses.every(({ ious }) => ious.length < 2)) return this.clear(); // one point is no curve
    this.iou.replaceChildren(chart("IoU, %", courses, ({ ious }) => ious.map((iou) => 100 * iou), ({ ious }) => percent(ious.at(-1))));
    this.loss.replaceChildren(chart("Loss, % of its first value", courses, ({ losses }) => losses.map((loss) => 100 * (loss / (losses[0] || 1))),
      ({ losses }) => percent(losses.at(-1) / (losses[0] || 1))));
  }

  clear() {
    this.iou.replaceChildren(h("p", { class: "ps-curve-wait" }, "The IoU, step by step, as the networks learn"));
    this.loss.replaceChildren(h("p", { class: "ps-curve-wait" }, "The loss, step by step"));
  }
}

/** @param {string} what @param {Course[]} courses @param {(course: Course) => number[]} valuesOf @param {(course: Course) => string} last */
function chart(what, courses, valuesOf, last) {
  const series = courses.map((course) => ({ name: `${course.letter} · ${course.title}`, x: course.ious.map((_, step) => step), y: valuesOf(course) }));
  const alt = `${what}, step by step: ${courses.map((course) => `${course.letter} after ${course.ious.length - 1} steps: ${last(course)}`).join("; ")}`;
  return plotView({ kind: "plot", marks: "line", series, names: null, title: null, xlabel: "steps", ylabel: what, alt, note: "" });
}
