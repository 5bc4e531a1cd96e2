// What all exercises have in common: title and state, tries, hints one by one, the solution after some of them, praise, starting again, and memory.
// Subclasses bring the work itself and its grade. An exercise needs no engine until its work does.
import { button, h, icon } from "studio/dom/dom.js";
import { onLeaving } from "studio/state/persist.js";
import { problem } from "studio/util/problem.js";
import { tasks, UNUSABLE } from "./progress.js";

/**
 * @typedef {{passed: boolean, score: number, message: string, details?: (Node|null)[], answer?: string}} Grade  score: 0 to 1; answer: for the report, where the
 *   work cannot say it by itself
 * @typedef {{id: string, title: string, tries: number, hints?: string[]}} TaskOptions  what every exercise's lab.toml declares
 */

/** Rests longer than this (ms) are no work. */
const MAX_IDLE_MS = 120_000;
/** Wait this long (ms) after the last change before the work is written down. */
const SAVE_DELAY_MS = 500;

/** @abstract @template {TaskOptions} [Options=TaskOptions] */
export class Task extends HTMLElement {
  connectedCallback() {
    if (this.built) return;
    this.built = true;
    /** The block's options, which Python has read and filled in. @type {Options} */
    this.options = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(this.dataset.task ?? ""), (sign) => sign.charCodeAt(0))));
    this.removeAttribute("data-task");
    this.busy = false;
    this.lastActivity = 0;
    this.piece("body").replaceChildren(...this.build());
    this.piece("foot").replaceChildren(...this.#buttons());
    for (const event of ["pointerdown", "keydown", "input"]) this.addEventListener(event, () => this.work());
    onLeaving(() => this.save());
    tasks.on((id) => (id === null || id === this.options.id) && this.showProgress());
    this.showProgress();
    tasks.load().then(() => this.#restore());
  }

  /** @param {"body"|"foot"|"state"|"text"} name @returns {HTMLElement} */
  piece(name) { return /** @type {HTMLElement} */ (this.querySelector(`.ps-task-${name}`)); }

  get progress() { return tasks.of(this.options.id); }

  // ------------------------------------------------------------------ for subclasses
  /** The place of the work. @abstract @returns {Node[]} */
  build() { throw new Error("build() is for the exercises"); }

  /** Grade the work. Rejects with a problem() that the reader can mend; that is no try. @abstract @returns {Promise<Grade>} */
  async grade() { throw new Error("grade() is for the exercises"); }

  /** The work as it is kept; restore() gets it back, or null for the beginning. @returns {any} */
  get state() { return null; }

  /** @param {any} _state of an earlier visit, not to be trusted; null: as at the beginning */
  restore(_state) {}

  /** The work in words, for the report. */
  get answer() { return ""; }

  /** The work is begun again: what is under way for the old one is no longer wanted. */
  leave() {}

  /** What to show as the solution. @abstract @returns {Promise<Node[]>|Node[]} */
  solution() { return []; }

  /** What the button says that asks for a grade. */
  get checkWords() { return "Check"; }

  // ------------------------------------------------------------------ the foot
  #buttons() {
    this.check = button({ label: this.checkWords, icon: "check", kind: "primary", onClick: () => this.try() });
    this.hint = button({ label: "Hint", icon: "info", kind: "quiet", onClick: () => this.#nextHint() });
    this.reveal = button({ label: "See the solution", icon: "eye", kind: "quiet", onClick: () => this.#showSolution() });
    this.again = button({ label: "Start again", icon: "retry", kind: "quiet", onClick: () => this.#confirmRestart() });
    this.feedback = h("div", { class: "ps-task-feedback", role: "status" });
    this.hints = h("ol", { class: "ps-task-hints", "aria-label": "Hints", "aria-live": "polite", hidden: true });
    this.solved = h("div", { class: "ps-task-solution", role: "group", "aria-label": "The solution", tabindex: -1, hidden: true });
    this.question = h("div", { class: "ps-task-question", role: "group", hidden: true });
    this.warning = h("p", { class: "ps-hint", role: "note", hidden: true });
    return [h("div", { class: "ps-task-actions" }, this.check, this.hint, this.reveal, this.again), this.question, this.feedback, this.hints, this.solved, this.warning];
  }

  /** Title line and buttons as the progress has it. */
  showProgress() {
    const { done, tries, hints, solution, best } = this.progress;
    this.dataset.progress = done ? "done" : tries ? "tried" : "new";
    const words = tries === 1 ? "1 try" : `${tries} tries`;
    this.piece("state").replaceChildren(...(done ? [icon("check"), "Done"] : tries ? [best ? `${words}, best ${Math.floor(best * 100)}%` : words] : []));
    const all = this.options.hints ?? [];
    this.hint.hidden = all.length === 0;
    this.hint.disabled = hints >= all.length;
    this.hint.lastElementChild.textContent = hints ? `Hint ${Math.min(hints + 1, all.length)} of ${all.length}` : "Hint";
    this.reveal.hidden = !(done || solution || tries >= this.options.tries);
    this.again.hidden = !(done || tries || this.progress.work !== null);
    this.warning.textContent = tasks.refused ?? (tasks.unusable.has(this.options.id) ? UNUSABLE : "");
    this.warning.hidden = !this.warning.textContent;
    this.#showHints(Math.min(hints, all.length));
  }

  #showHints(count) {
    const shown = this.hints.childElementCount;
    if (count < shown) this.hints.replaceChildren();
    const from = this.hints.childElementCount;
    this.hints.append(...(this.options.hints ?? []).slice(from, count).map((hint) => h("li", null, ...inline(hint))));
    this.hints.hidden = count === 0;
  }

  #nextHint() {
    tasks.update(this.options.id, { hints: this.progress.hints + 1 });
  }

  async #showSolution() {
    if (!this.solved.hidden) return this.#hideSolution();
    try {
      this.solved.replaceChildren(h("p", { class: "ps-heading" }, "One solution"), ...(await this.solution()));
    } catch (error) {
      return this.#cannot(error);
    }
    this.solved.hidden = false;
    this.reveal.lastElementChild.textContent = "Hide the solution";
    this.solved.focus({ preventScroll: true });
    if (!this.progress.solution && !this.progress.done) tasks.update(this.options.id, { solution: true });
  }

  #hideSolution() {
    this.solved.hidden = true;
    this.reveal.lastElementChild.textContent = "See the solution";
  }

  #confirmRestart() {
    const close = () => ((this.question.hidden = true), this.again.focus());
    const yes = button({ label: "Yes, start again", onClick: () => (close(), this.#startAgain()) });
    const no = button({ label: "Keep it", kind: "quiet", onClick: close });
    this.question.replaceChildren(h("p", null, "Forget your answer here, and how far you came?"), yes, no);
    this.question.hidden = false;
    no.focus();
  }

  #startAgain() {
    this.attempt = null;
    this.leave();
    this.restore(null);
    clearTimeout(this.timer); // of the change that this was: it is not work
    this.timer = undefined;
    tasks.forget(this.options.id);
    this.showGrade(null);
    this.#hideSolution();
    this.check.focus();
  }

  // ------------------------------------------------------------------ trying
  async try() {
    if (this.busy) return;
    this.busy = true;
    this.check.setAttribute("aria-disabled", "true");
    this.setAttribute("aria-busy", "true");
    const attempt = (this.attempt = {}), { answer } = this; // what is graded, whatever the reader changes meanwhile
    try {
      const grade = await this.grade();
      if (attempt !== this.attempt) return;
      this.#record({ answer, ...grade });
      this.showGrade(grade);
    } catch (error) {
      if (attempt === this.attempt) this.#cannot(error);
    } finally {
      this.busy = false;
      this.check.removeAttribute("aria-disabled");
      this.setAttribute("aria-busy", "false");
    }
  }

  /** @param {Grade} grade */
  #record({ passed, score, answer }) {
    const { done, tries, best } = this.progress;
    clearTimeout(this.timer);
    this.timer = undefined;
    const seconds = Math.round(this.#recordActivity());
    const stored = passed || !done ? { answer } : {}; // a later try that fails does not replace an answer that passed
    tasks.update(this.options.id, { done: done || passed, tries: done ? tries : tries + 1, best: Math.max(best ?? 0, Math.min(1, score)), seconds, work: this.state, ...stored });
  }

  /** @param {Grade|null} grade */
  showGrade(grade) {
    if (!grade) return this.feedback.replaceChildren();
    const { passed, message, details = [] } = grade;
    this.feedback.dataset.passed = String(passed);
    const { tries } = this.progress;
    const praise = passed ? h("strong", null, tries === 1 ? "Done, at the first try. " : "Done. ") : null;
    this.feedback.replaceChildren(h("p", null, icon(passed ? "check" : "info"), h("span", null, praise, ...inline(message))), ...details.filter(Boolean));
  }

  #cannot(error) {
    if (error?.kind === "cancelled") return;
    if (typeof error?.kind !== "string") console.error(error);
    const known = typeof error?.kind === "string" ? error : problem("Something went wrong in the studio.", "Reload the page; your work is kept.");
    this.feedback.dataset.passed = "no-try";
    this.feedback.replaceChildren(h("p", null, icon("alert"), h("span", null, h("strong", null, known.message), known.remedy ? ` ${known.remedy}` : "")), ...(error?.action ? [error.action] : []));
  }

  // ------------------------------------------------------------------ memory
  #restore() {
    if (this.progress.work !== null) this.restore(this.progress.work);
    this.showProgress();
    this.dataset.ready = "";
  }

  /** The work has changed. */
  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_DELAY_MS);
  }

  save() {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const { done } = this.progress;
    tasks.update(this.options.id, { work: this.state, seconds: Math.round(this.#recordActivity()), ...(done ? {} : { answer: this.answer }) });
  }

  /** The reader is at work here now. */
  work() {
    const now = performance.now();
    const passed = now - this.lastActivity;
    this.spent = (this.spent ?? 0) + (this.lastActivity && passed < MAX_IDLE_MS && !this.progress.done ? passed : 0);
    this.lastActivity = now;
  }

  /** Seconds at work in all visits; those of this visit are counted from now on. */
  #recordActivity() {
    this.work();
    const seconds = this.progress.seconds + (this.spent ?? 0) / 1000;
    this.spent = 0;
    return seconds;
  }
}

/** Plain text with `code` and **strong**, as nodes. @param {string} text @returns {(Node|string)[]} */
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((part) => {
    if (part.startsWith("`") && part.length > 2) return h("code", null, part.slice(1, -1));
    return part.startsWith("**") && part.length > 4 ? h("strong", null, part.slice(2, -2)) : part;
  });
}
