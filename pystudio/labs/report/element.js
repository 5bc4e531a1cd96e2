// <studio-report>: every exercise of the site with what was reached; saved as a page to read and a JSON to collect. Nothing is sent anywhere.
import { button, h, icon, announce, uid } from "studio/dom/dom.js";
import { download } from "studio/dom/download.js";
import { urlOf } from "studio/files/loader.js";
import { percentWords, reportJson, reportPage, stateWords, timeWords, triesWords } from "./files.js";
import { tasks } from "studio/exercises/progress.js";

/** @typedef {{id: string, title: string, kind: string, page: string}} KnownTask */

const NAME = "pystudio.report.name";

export default class StudioReport extends HTMLElement {
  connectedCallback() {
    if (this.built) return;
    this.built = true;
    /** @type {KnownTask[]} */
    this.known = JSON.parse(this.dataset.tasks ?? "[]");
    const body = this.querySelector(".ps-report-body");
    body?.replaceChildren(...this.#build());
    tasks.on(() => this.show());
    this.show();
    tasks.load().then(() => (this.dataset.ready = ""));
  }

  #build() {
    this.summary = h("p", { class: "ps-report-summary", role: "status" });
    this.bodyRows = h("tbody");
    this.warning = h("p", { class: "ps-hint", role: "note", hidden: true });
    const head = ["Exercise", "State", "Tries", "Best", "Time"].map((words) => h("th", { scope: "col" }, words));
    const id = uid("ps-name");
    this.input = h("input", { id, type: "text", maxlength: 80, autocomplete: "name", value: keptName(), oninput: () => keepName(this.input.value) });
    return [this.summary, h("table", { class: "ps-report-table" }, h("thead", null, h("tr", null, head)), this.bodyRows), this.warning,
      h("div", { class: "ps-report-name" }, h("label", { for: id }, "Your name"), this.input),
      h("div", { class: "ps-task-actions" },
        button({ label: "Save as a page", icon: "save", kind: "primary", hint: "An HTML file to read and print", onClick: () => this.save("html") }),
        button({ label: "Save for the teacher", icon: "save", hint: "A JSON file that a program can collect", onClick: () => this.save("json") })),
      h("p", { class: "ps-hint" }, "Both files are made on this machine and stay on it, until you hand them in yourself.")];
  }

  show() {
    const rows = this.known.map((task) => ({ task, progress: tasks.of(task.id) }));
    const done = rows.filter(({ progress }) => progress.done).length;
    this.summary.textContent = `${done} of ${rows.length} exercises done.`;
    this.bodyRows.replaceChildren(...rows.map(({ task, progress }) => this.#row(task, progress)));
    this.warning.hidden = !tasks.refused;
    this.warning.textContent = tasks.refused ?? "";
  }

  /** @param {KnownTask} task @param {import("studio/exercises/progress.js").Progress} progress */
  #row(task, progress) {
    const link = h("a", { href: urlOf(`../${task.page}#task-${task.id}`) }, task.title);
    const state = progress.done ? [icon("check"), " Done"] : [stateWords(progress)];
    return h("tr", { dataset: { task: task.id } }, h("th", { scope: "row" }, link), h("td", null, state, progress.solution && !progress.done ? ", solution seen" : ""),
      h("td", null, triesWords(progress.tries)), h("td", null, percentWords(progress.best)), h("td", null, timeWords(progress.seconds)));
  }

  /** @param {"html"|"json"} kind */
  async save(kind) {
    if (!this.input.value.trim()) {
      this.input.setAttribute("aria-invalid", "true");
      this.input.focus();
      return announce("Write your name first.");
    }
    this.input.removeAttribute("aria-invalid");
    await tasks.reload();
    const report = reportJson({ site: this.dataset.site ?? "", name: this.input.value.trim(), tasks: this.known.map((task) => ({ ...task, progress: tasks.of(task.id) })) });
    const [text, type] = kind === "json" ? [`${JSON.stringify(report, null, 1)}\n`, "application/json"] : [reportPage(report), "text/html"];
    const name = `report-${fileName(report.name)}.${kind}`;
    download(new Blob([text], { type: `${type};charset=utf-8` }), name);
    announce(`Saved ${name}.`);
  }
}

/** What every system takes for the name of a file. @param {string} name */
function fileName(name) {
  return name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "student";
}

function keptName() {
  try {
    return localStorage.getItem(NAME)?.slice(0, 80) ?? "";
  } catch {
    return ""; // the window keeps nothing; the reader is told beside the table
  }
}

/** @param {string} name */
function keepName(name) {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    return; // as above
  }
}
