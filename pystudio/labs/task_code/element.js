// <studio-task-code>: write a function; Python runs it on random arrays or on photos that are not shown, and tells what went wrong and where.
import { bootPanel, engineFailure } from "studio/ui/boot_panel.js";
import { button, h, percent } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { problem } from "studio/util/problem.js";
import { stallNotice } from "studio/ui/stall_notice.js";
import { Task } from "studio/exercises/task.js";
import { TaskEditor } from "./editor.js";
import { loadHiddenPhotos } from "studio/exercises/hidden_photos.js";

/** @typedef {import("studio/types/protocol").TaskResult} Result */

/** @extends {Task<import("./options").Options>} */
export default class StudioTaskCode extends Task {
  build() {
    const still = /** @type {HTMLElement} */ (this.querySelector(".ps-cell-still"));
    this.options.start = this.options.start.trimEnd();
    this.editor = new TaskEditor({ label: `Your code: ${this.options.title}`, still, value: this.options.start, onChange: () => this.changed(), run: () => this.try() });
    this.stop = button({ label: "Stop", icon: "close", onClick: () => this.abort?.abort() });
    this.stop.hidden = true;
    this.boot = h("div", { class: "ps-task-boot", hidden: true }, bootPanel());
    this.editor.element.addEventListener("focusin", () => void engine.start().catch(() => {}), { once: true }); // told when something is tried
    return [this.editor.element, this.boot, stallNotice(), this.stop];
  }

  get checkWords() { return "Run and check"; }

  get state() { return this.editor.value; }

  restore(state) {
    this.editor.value = typeof state === "string" ? state : this.options.start;
    this.editor.mark(null);
  }

  get answer() { return this.editor.value; }

  leave() { this.abort?.abort(); }

  /** @returns {Promise<import("studio/exercises/task.js").Grade>} */
  async grade() {
    this.editor.mark(null);
    await this.#started();
    this.abort = new AbortController();
    this.stop.hidden = false;
    try {
      const verdict = await this.#verdict(this.abort.signal);
      this.editor.mark(verdict.line);
      return this.#showVerdict(verdict);
    } catch (error) {
      throw this.abort.signal.aborted ? problem("Stopped.", "Change the code and check it again.") : error;
    } finally {
      this.stop.hidden = true;
    }
  }

  /** Python is there, or what went wrong is told. */
  async #started() {
    this.boot.hidden = engine.state === "ready";
    try {
      await engine.start();
    } catch {
      throw Object.assign(new Error(), { kind: "engine", ...engineFailure() });
    } finally {
      this.boot.hidden = true;
    }
  }

  /** @param {AbortSignal} signal @returns {Promise<Result>} */
  async #verdict(signal) {
    const how = { signal, stoppable: true };
    const { function: name, solution, arguments: wanted, cases, seed, tolerance, seconds, target } = this.options;
    const source = this.editor.value;
    if (!wanted) return engine.call("task_code.photos", { source, function: name, photos: await loadHiddenPhotos(/** @type {any} */ (this.options)), target, seconds }, how);
    const phrases = Object.entries(wanted).map(([argument, phrase]) => ({ name: argument, phrase }));
    return engine.call("task_code.function", { source, function: name, solution, arguments: phrases, cases, seed, tolerance, seconds }, how);
  }

  /** @param {Result} verdict @returns {import("studio/exercises/task.js").Grade} */
  #showVerdict({ passed, score, message, remedy, line, cases, printed }) {
    const words = `${line ? `Line ${line}: ` : ""}${message}${remedy ? ` ${remedy}` : ""}`;
    const where = line ? button({ label: `Go to line ${line}`, kind: "quiet", onClick: () => this.editor.goTo(line) }) : null;
    const photos = cases.some(({ iou }) => iou !== null);
    const details = [where, photos ? photoTable(cases) : cases.map(caseTable), printed ? h("div", null, h("p", { class: "ps-heading" }, "Printed"), h("pre", { tabindex: "0" }, printed)) : null].flat();
    return { passed, score, message: words, details };
  }

  solution() { return [h("pre", { class: "ps-task-listing", tabindex: "0" }, h("code", null, this.options.solution.trimEnd()))]; }
}

/** The case that failed: what was given, expected and got. @param {import("studio/types/protocol").TaskCase} one */
function caseTable({ title, values }) {
  return h("figure", { class: "ps-task-case" }, h("figcaption", { class: "ps-heading" }, title),
    h("dl", null, values.map(({ name, value }) => [h("dt", null, name), h("dd", null, h("pre", { tabindex: "0" }, value))])));
}

/** @param {import("studio/types/protocol").TaskCase[]} cases */
function photoTable(cases) {
  const head = ["", "IoU", ...cases[0].values.map(({ name }) => name)];
  return h("table", { class: "ps-task-cases" }, h("thead", null, h("tr", null, head.map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", null, cases.map(({ title, iou, values }) => h("tr", null, h("th", { scope: "row" }, title), h("td", null, percent(iou)), values.map(({ value }) => h("td", null, value))))));
}
