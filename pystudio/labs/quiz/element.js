// <studio-quiz>: choose one answer or several. Each choice that was made is explained, right or wrong.
import { h, icon, uid } from "studio/dom/dom.js";
import { problem } from "studio/util/problem.js";
import { inline, Task } from "studio/exercises/task.js";

/** @extends {Task<import("./options").Options>} */
export default class StudioQuiz extends Task {
  build() {
    /** @type {{answer: string, why: string, right?: boolean}[]} */
    this.choices = this.options.choices;
    this.several = this.choices.filter(({ right }) => right).length > 1;
    const name = uid("ps-quiz");
    this.inputs = this.choices.map(() => h("input", { type: this.several ? "checkbox" : "radio", name, onchange: () => (this.unmark(), this.changed()) }));
    this.reasons = this.choices.map(() => h("p", { class: "ps-choice-why", id: uid("ps-why"), hidden: true }));
    this.rows = this.choices.map(({ answer }, index) => h("li", { class: "ps-choice" }, h("label", null, this.inputs[index], h("span", null, ...inline(answer))), this.reasons[index]));
    const words = this.several ? "Choose every answer that is right." : "Choose one answer.";
    return [h("fieldset", null, h("legend", { class: "ps-sr" }, `${this.options.title} ${words}`), this.several && h("p", { class: "ps-hint" }, words), h("ul", { class: "ps-choices" }, this.rows))];
  }

  get chosen() { return this.choices.flatMap((_, index) => (this.inputs[index].checked ? [index] : [])); }

  get state() { return this.chosen; }

  restore(state) {
    const chosen = Array.isArray(state) ? state : [];
    this.inputs.forEach((input, index) => (input.checked = chosen.includes(index)));
    this.unmark();
  }

  get answer() { return this.chosen.map((index) => this.choices[index].answer).join("\n"); }

  async grade() {
    const { chosen } = this;
    if (!chosen.length) throw problem("Nothing is chosen yet.", "Choose an answer first.");
    this.unmark();
    chosen.forEach((index) => this.mark(index));
    const wanted = this.choices.filter(({ right }) => right).length;
    const good = chosen.filter((index) => this.choices[index].right).length;
    const passed = good === wanted && chosen.length === wanted;
    const score = Math.max(0, (good - (chosen.length - good)) / wanted);
    return { passed, score, message: this.words(passed, good, chosen.length - good, wanted - good) };
  }

  /** @param {boolean} passed @param {number} good @param {number} bad @param {number} missing */
  words(passed, good, bad, missing) {
    if (passed) return "That is right.";
    if (!this.several) return "Not quite. Read why, and choose again.";
    const parts = [good && `${good} right`, bad && `${bad} not right`, missing && `${missing} still missing`].filter(Boolean);
    return `${parts.join(", ")}. Read why, and choose again.`;
  }

  /** @param {number} index */
  mark(index) {
    const { right, why } = this.choices[index];
    this.rows[index].dataset.mark = right ? "right" : "wrong";
    this.reasons[index].replaceChildren(icon(right ? "check" : "close"), h("span", null, h("strong", null, right ? "Right: " : "Not so: "), ...inline(why)));
    this.reasons[index].hidden = false;
    this.inputs[index].setAttribute("aria-describedby", this.reasons[index].id);
  }

  unmark() {
    this.choices.forEach((_, index) => {
      delete this.rows[index].dataset.mark;
      this.reasons[index].hidden = true;
      this.inputs[index].removeAttribute("aria-describedby");
    });
  }

  solution() {
    return this.choices.filter(({ right }) => right).map(({ answer, why }) => h("p", null, h("strong", null, ...inline(answer)), " ", ...inline(why)));
  }
}
