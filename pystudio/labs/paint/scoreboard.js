// The marks of a mask: three large numbers, the goal, and a row for each class. All numbers come from Python; here they are only shown.
import { h, icon, integer, percent } from "studio/dom/dom.js";
import { swatch } from "studio/ui/legend.js";

/** @typedef {import("studio/types/protocol").Scores} Scores */
/** @typedef {import("studio/types/protocol").ClassScore} ClassScore */

const DEFINITION = "Mean IoU is the average of IoU (intersection ∩ divided by union ∪, in pixels) over the classes present in the truth or in your mask; "
  + "background counts as a class, and the last number is the same average without it.";

/** Words of the table's head; where it is narrow, their signs. */
const HEAD = [["Class"], ["IoU"], ["Dice"], ["Intersection", "∩"], ["Union", "∪"]];

export class Scoreboard {
  /** @param {{target: number|null}} options target: the mean IoU to reach, if the lesson sets one */
  constructor({ target }) {
    this.target = target;
    this.reached = false;
    /** @type {Scores|null} */
    this.scores = null;
    this.frame = 0;
    this.accuracy = meter("Pixel accuracy");
    this.mean = meter("Mean IoU", target);
    this.without = meter("Mean IoU without background");
    this.goal = h("p", { class: "ps-goal", hidden: target === null });
    this.body = h("tbody");
    /** @type {Map<number, ReturnType<typeof classRow>>} */
    this.rows = new Map();
    this.table = h("table", { class: "ps-scores", hidden: true },
      h("caption", { class: "ps-sr" }, "Scores of each class"),
      h("thead", null, h("tr", null, HEAD.map(([name, sign]) => headCell(name, sign)))),
      this.body);
    this.note = h("p", { class: "ps-hint" });
    this.element = h("section", { class: "ps-scoreboard", role: "group", "aria-label": "Scores" },
      h("div", { class: "ps-meters" }, this.accuracy.element, this.mean.element, this.without.element),
      this.goal, this.note, this.table, h("p", { class: "ps-definition" }, DEFINITION));
    this.draw();
  }

  /** What stands in place of the table while there is nothing to grade against. @param {string} words */
  set why(words) {
    this.note.textContent = words;
    this.note.hidden = !words;
  }

  /** Show scores at the next frame; of several in one frame only the last is drawn. @param {Scores|null} scores */
  show(scores) {
    this.scores = scores;
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const { scores } = this;
    this.accuracy.set(scores?.pixel_accuracy);
    this.mean.set(scores?.mean_iou);
    this.without.set(scores?.mean_iou_without_background);
    this.drawGoal(scores?.mean_iou ?? null);
    this.drawRows(scores?.classes ?? []);
  }

  /** @param {number|null} value */
  drawGoal(value) {
    if (this.target === null) return;
    const there = value !== null && value >= this.target;
    this.goal.classList.toggle("ps-goal-reached", there);
    if (there) this.goal.replaceChildren(icon("check"), `Goal reached: mean IoU ${percent(value)}, asked for ${percent(this.target)}.`);
    else this.goal.replaceChildren(icon("wand"), `Goal: mean IoU of ${percent(this.target)}. `
      + (value === null ? "" : this.reached ? "You were there; undo brings it back." : `${((this.target - value) * 100).toFixed(1)} points to go.`));
    this.reached ||= there;
  }

  /** @param {ClassScore[]} classes */
  drawRows(classes) {
    const present = new Set(classes.map((one) => one.id));
    for (const [id, row] of this.rows) if (!present.has(id)) row.element.remove(), this.rows.delete(id);
    for (const one of classes) {
      const row = this.rows.get(one.id) ?? this.addRow(one);
      row.set(one);
    }
    this.table.hidden = classes.length === 0;
  }

  /** Rows stand in order of class id. @param {ClassScore} one */
  addRow(one) {
    const row = classRow(one);
    const next = [...this.rows.keys()].filter((id) => id > one.id).sort((a, b) => a - b)[0];
    this.body.insertBefore(row.element, next === undefined ? null : this.rows.get(next)?.element ?? null);
    this.rows.set(one.id, row);
    return row;
  }

  /** The scores in one sentence, for the live region. */
  words() {
    const { scores } = this;
    if (!scores) return "";
    const goal = this.target !== null && (scores.mean_iou ?? 0) >= this.target ? " Goal reached." : "";
    return `Mean IoU ${percent(scores.mean_iou)}, pixel accuracy ${percent(scores.pixel_accuracy)}.${goal}`;
  }

  /** Another photo or another truth: the goal is to be reached again. */
  reset() {
    this.reached = false;
    this.show(null);
  }
}

/**
 * One large number with a bar, and the line of the goal on it.
 * @param {string} title @param {number|null} [target]
 */
function meter(title, target = null) {
  const number = h("strong", { class: "ps-meter-number" }, "–");
  const bar = h("span", { class: "ps-share", "aria-hidden": "true" }, h("span", { class: "ps-share-fill" }),
    target !== null && h("span", { class: "ps-share-goal", style: { "--at": target } }));
  return {
    element: h("div", { class: "ps-meter" }, h("span", { class: "ps-meter-title" }, title), number, bar),
    /** @param {number|null|undefined} value */
    set: (value) => (write(number, percent(value)), fill(bar, value)),
  };
}

/** @param {string} name @param {string} [sign] */
function headCell(name, sign) {
  return h("th", { scope: "col", title: sign && name }, h("span", { class: sign && "ps-head-word" }, name), sign && h("span", { class: "ps-head-sign", "aria-hidden": "true" }, sign));
}

/** @param {ClassScore} one */
function classRow(one) {
  const iou = h("span", { class: "ps-figure" });
  const bar = h("span", { class: "ps-share", "aria-hidden": "true" }, h("span", { class: "ps-share-fill" }));
  const cells = ["", "", ""].map(() => h("td", { class: "ps-figure" }));
  const element = h("tr", { dataset: { class: one.id } },
    h("th", { scope: "row" }, h("span", { class: "ps-class-name" }, swatch(one.id, one.colour), one.name)), h("td", { class: "ps-iou" }, iou, bar), cells);
  return {
    element,
    /** @param {ClassScore} scores */
    set({ iou: value, dice, intersection, union }) {
      write(iou, percent(value));
      fill(bar, value);
      [percent(dice), integer(intersection), integer(union)].forEach((words, i) => write(cells[i], words));
    },
  };
}

/** @param {HTMLElement} element @param {string} words */
function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** @param {HTMLElement} bar @param {number|null|undefined} value */
function fill(bar, value) {
  bar.style.setProperty("--value", String(value ?? 0));
}
