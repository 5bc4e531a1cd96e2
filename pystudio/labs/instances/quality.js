// Panoptic quality as a person reads it: SQ × RQ, class by class with this picture's numbers, and who was matched with whom. All numbers come from Python.
import { h, percent } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").PanopticQuality} Quality */
/** @typedef {import("studio/types/protocol").InstancesFound} Found */
/** @typedef {(role: "found"|"truth", number: number) => void} Look */

const NONE = "Give the lab a truth to compare with: choose “The truth” above, paint or begin with the network’s mask, and mark each object with one click.";

export class QualityView {
  /** @param {Look} onLook */
  constructor(onLook) {
    this.onLook = onLook;
    this.none = h("p", { class: "ps-hint" }, NONE);
    this.sum = h("p", { class: "ps-pq-sum", role: "status" });
    this.words = h("p", { class: "ps-hint" }, "SQ, segmentation quality: how well the matched ones fit (mean IoU). RQ, recognition quality: how many matched. ",
      "Two match when they are of one class and their IoU is above 50%; then no other can match either. With several classes, each number is a mean over the classes.");
    this.classes = h("ul", { class: "ps-pq-classes", "aria-label": "Panoptic quality of every class" });
    this.matches = h("ul", { class: "ps-pq-matches", "aria-label": "Who matches whom" });
    this.body = h("div", { class: "ps-pq-body", hidden: true }, this.sum, this.words, this.classes, this.matches);
    this.element = h("div", { class: "ps-pq" }, h("p", { class: "ps-heading" }, "Panoptic quality: found against truth"), this.none, this.body);
  }

  clear() {
    this.body.hidden = true;
    this.none.hidden = false;
  }

  /** @param {Quality} quality @param {Found} found @param {Found} truth */
  show({ pq, sq, rq, things, stuff, classes, matches, missed, extra }, found, truth) {
    this.body.hidden = false;
    this.none.hidden = true;
    this.sum.replaceChildren(h("span", null, "PQ ", h("strong", { dataset: { measure: "pq" } }, percent(pq))), h("span", null, "SQ ", h("strong", { dataset: { measure: "sq" } }, percent(sq))),
      h("span", null, "RQ ", h("strong", { dataset: { measure: "rq" } }, percent(rq))), h("span", null, "things ", h("strong", null, percent(things))), h("span", null, "stuff ", h("strong", null, percent(stuff))));
    this.classes.replaceChildren(...classes.map((each) => h("li", { dataset: { class: each.id } }, h("strong", null, each.name), h("small", null, each.thing ? " thing" : " stuff"), h("span", { class: "ps-pq-formula" }, each.formula))));
    const line = (/** @type {string} */ kind, /** @type {...any} */ ...words) => h("li", { class: `ps-pq-${kind}` }, words);
    this.matches.replaceChildren(
      ...matches.filter(({ thing }) => thing).map((match) => line("match", this.link("truth", match.truth, truth), " is ", this.link("found", match.prediction, found), `: ${match.name}, IoU ${percent(match.iou)}`)),
      ...matches.filter(({ thing }) => !thing).map((match) => line("match", `${match.name} is ${match.name}: IoU ${percent(match.iou)}`)),
      ...missed.map((number) => line("missed", this.link("truth", number, truth), " was missed: nothing fits it by more than half")),
      ...extra.map((number) => line("extra", this.link("found", number, found), " is too many: no truth fits it by more than half")));
  }

  /** @param {"found"|"truth"} role @param {number} number @param {Found} count */
  link(role, number, { instances }) {
    const thing = instances[number - 1], words = role === "truth" ? "true" : "found";
    if (!thing) return `${words} background`;
    return h("button", { type: "button", class: "ps-pq-link", onclick: () => this.onLook(role, number) }, `${words} ${thing.name} ${number}`);
  }
}
