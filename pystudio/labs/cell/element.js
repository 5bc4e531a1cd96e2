// <studio-cell>: Python that the reader changes and runs. This file joins editor, outputs and buttons; what the code does, and what its
// mistakes mean, is said by Python (pystudio/notebook), and how it is stopped stands in worker/stop.js and engine/engine.js.
import { openEditor } from "studio/editor/load_editor.js";
import { CellOutputs } from "./outputs.js";
import { busyNote, runs } from "./runs.js";
import { button, bytes, h, icon, announce, seconds, uid } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";

/** @typedef {import("studio/types/protocol").CellFault} CellFault */

const MAX_CODE = 100_000;
const KEYS = "Control or Command and Enter runs the cell. Tab indents; press Escape first, and Tab leaves the editor.";
const LOST = "Python had to start again to stop this. Photo and mask are kept; what the cells had worked out is gone, so run those above again.";
const ENDED = "What the cells had worked out is gone: run those above again.";
const SINCE = "Python has started again since cells ran last. What they had worked out is gone, so run those above again.";
const FROM_LINK = "This code came with a link. Read it before you run it.";
const NEWER = "The author has changed this cell since you did. Your version is kept; Reset shows the new one.";

/** A fault of which no line is known. @type {CellFault} */
const NO_PLACE = { kind: "error", message: "", hint: "", line: null, column: null, python: "", path: [], traceback: "" };

export class StudioCell extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    const still = this.querySelector(".ps-cell-still");
    /** The cell as its author wrote it. */
    this.author = still?.querySelector("code")?.textContent ?? "";
    const room = /** @type {HTMLElement|null} */ (this.querySelector(".ps-cell-room"))?.dataset.for ?? null;
    if (this.dataset.id) this.memory = `${this.localName}.${this.dataset.id}`;
    /** Code of somebody else, not read yet by the visitor: it never runs by itself. */
    this.untrusted = false;
    this.number = [...document.querySelectorAll("studio-cell")].indexOf(this) + 1;
    this.label = this.dataset.title || `cell ${this.number}`;
    this.text = this.author;
    /** @type {import("studio/editor/editor.js").Editor|null} */
    this.editor = null;
    this.outputs = new CellOutputs();
    this.outputs.keepRoom(room);
    this.faultBox = h("div", { class: "ps-cell-fault", hidden: true });
    this.place = h("div", { class: "ps-cell-code" }, still);
    this.help = uid("ps-cell-help");
    this.#recall();
    const body = h("div", { class: "ps-desk ps-cell" }, this.place, h("p", { class: "ps-sr ps-editor-keys", id: this.help }, KEYS), this.#bar(), this.faultBox, this.outputs.element);
    this.#listen();
    this.#edit();
    this.#show();
    return body;
  }

  /** A cell shows no photo of its own. */
  photoPart() { return null; }

  #bar() {
    this.runButton = button({ label: "Run", icon: "play", kind: "primary", keys: "Control+Enter", class: "ps-cell-run", onClick: () => this.run() });
    this.stopButton = button({ label: "Stop", icon: "stop", kind: "primary", class: "ps-cell-run", onClick: () => this.stop() });
    this.aboveButton = button({ label: "Run all above", icon: "above", iconOnly: true, hint: "Run all cells above, then this one", onClick: () => this.runAbove() });
    this.resetButton = button({ label: "Reset", icon: "retry", iconOnly: true, hint: "Back to the author’s version", onClick: () => this.reset() });
    this.undoButton = button({ label: "Undo reset", icon: "undo", onClick: () => this.undoReset() });
    this.copyButton = button({ label: "Copy the code", icon: "paste", iconOnly: true, onClick: () => this.copy() });
    this.status = h("span", { class: "ps-cell-status", role: "status" });
    return h("div", { class: "ps-toolbar ps-cell-bar", role: "group", "aria-label": `Run ${this.label}` },
      this.runButton, this.stopButton, this.status, this.undoButton, this.number > 1 && this.aboveButton, this.resetButton, this.copyButton);
  }

  #listen() {
    engine.on("output", ({ key, output }) => key === this.key && this.#output(output));
    engine.on("progress", ({ title, done, total, finished }) => this.running && this.#progress(finished ? "" : `Fetching ${title}: ${bytes(done)} of ${bytes(total)}`));
    runs.on(() => this.#show());
  }

  /** The editor takes the place of the code when the cell comes near the window. */
  #edit() {
    const near = new IntersectionObserver(async ([entry]) => {
      if (!entry.isIntersecting) return;
      near.disconnect();
      try {
        this.editor = await openEditor({ code: this.text, label: `Python of ${this.label}`, help: this.help, onRun: () => this.run(), onChange: (code) => this.#changed(code) });
      } catch {
        return this.showError({ message: "The editor did not arrive.", remedy: "The code runs as it is. Reload the page to change it." }, false);
      }
      if (this.editor.code !== this.text) this.editor.code = this.text; // changed while the editor was on its way
      this.place.replaceChildren(this.editor.element);
      this.dataset.editor = "ready";
    }, { rootMargin: "600px" });
    near.observe(this);
  }

  // ------------------------------------------------------------------ the code
  get code() { return this.editor?.code ?? this.text; }

  set code(text) {
    this.text = text;
    if (this.editor) {
      this.editor.code = text; // which tells of the change
    } else {
      this.#renumber(text);
      this.#changed(text);
    }
  }

  /** What the reader wrote in an earlier visit; whatever else is found there is left alone. */
  #recall() {
    const stored = this.setting("code", null);
    if (!isCode(stored?.code) || typeof stored.author !== "string" || stored.code === this.author) return;
    this.#renumber(this.text = stored.code);
    if (stored.author !== this.author) this.showNotice(NEWER);
    if (store.shared || stored.shared) this.#holdSharedCode();
  }

  /** Code from a shared link waits until it was read. */
  #holdSharedCode() {
    this.untrusted = true;
    this.outputs.keepRoom(null); // it does not run by itself
    this.showNotice(FROM_LINK);
  }

  /** The code without its editor, when it is not the author's. @param {string} code */
  #renumber(code) {
    this.place.querySelector("code").textContent = code;
    this.place.querySelector(".ps-cell-numbers").textContent = code.split("\n").map((_, i) => i + 1).join("\n");
  }

  /** @param {string} code */
  #changed(code) {
    this.text = code;
    this.before = null;
    this.remember("code", code === this.author ? null : { code, author: this.author });
    this.#show();
  }

  reset() {
    const before = this.code;
    this.code = this.author;
    this.before = before;
    this.notice.hidden = true;
    this.untrusted = false;
    this.#clearFault();
    this.#show("The author’s version is back.");
  }

  undoReset() {
    const { before } = this;
    this.code = before;
    this.before = null;
    this.#show("Your version is back.");
    this.runButton.focus();
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.code);
      this.#show("Copied.");
    } catch {
      this.#show("The browser did not allow it: select the code and copy it.");
    }
  }

  // ------------------------------------------------------------------ running
  get running() { return runs.now === this; }

  onPhoto(_photo) {
    if (this.dataset.run === "start" && !this.started && !this.untrusted) {
      this.started = true;
      this.run({ requested: false });
    }
  }

  async runAbove() {
    const cells = /** @type {StudioCell[]} */ ([...document.querySelectorAll("studio-cell")]);
    for (const cell of cells.slice(0, this.number)) if (!(await cell.run())) return;
  }

  /** @returns {Promise<boolean>} whether it ran to its end @param {{requested?: boolean}} [how] asked: by the visitor, who has read it */
  async run({ requested = true } = {}) {
    if (runs.has(this)) return false;
    if (requested) this.outputs.keepRoom(null);
    if (requested && this.untrusted) (this.untrusted = false), (this.notice.hidden = true);
    this.abort = new AbortController();
    const { signal } = this.abort;
    const source = this.code; // what was read when it was asked for, whatever stands there when its turn comes
    this.#clear();
    await runs.turn(this);
    try {
      if (signal.aborted) return this.#ended("Stopped."), false;
      return (await this.work(this.#perform(source, signal, requested))) ?? false;
    } finally {
      runs.done(this);
    }
  }

  /** @param {string} source @param {AbortSignal} signal @param {boolean} requested */
  async #perform(source, signal, requested) {
    this.key = `${this.memory}.${runs.count}`;
    this.progress = "";
    await store.opened.catch(() => {});
    this.photo = store.photo;
    this.#show();
    if (runs.lost) this.showNotice(SINCE);
    runs.lost = false;
    try {
      const { fault, seconds: took } = await engine.call("cell.run", { key: this.key, title: this.label, source, network: network(), ...labelInHand() }, { signal, stoppable: true });
      runs.begun = true;
      if (fault) this.#fault(fault, requested);
      else this.#ended(`Done in ${seconds(took)}.`);
      return !fault;
    } catch (error) {
      if (error?.kind === "program") return this.#fault({ ...NO_PLACE, message: error.message, hint: `${error.remedy} ${ENDED}` }, requested), false;
      if (!signal.aborted || (error?.kind !== "engine" && error?.kind !== "cancelled")) throw error;
      this.#ended("Stopped.");
      if (error.kind === "engine") this.showNotice(LOST);
      return false;
    }
  }

  stop() {
    this.abort?.abort();
    if (this.running) this.#progress("Stopping…");
    else runs.leave(this);
  }

  #clear() {
    this.said = "";
    this.clearError();
    this.#clearFault();
    this.outputs.clear();
  }

  #clearFault() {
    this.faultBox.hidden = true;
    this.faultBox.replaceChildren();
    this.editor?.mark(null);
  }

  // ------------------------------------------------------------------ what Python answers
  /** @param {any} output */
  #output(output) {
    if (output.kind !== "mask") return this.outputs.add(output);
    if (this.photo === store.photo) store.mirror(output.painted); // else it belongs to the photo that was open when the cell began
  }

  /** @param {CellFault} fault @param {boolean} requested */
  #fault(fault, requested) {
    this.outputs.keepRoom(null);
    if (fault.kind === "stopped") return this.#ended("Stopped.");
    const { line } = fault;
    this.editor?.mark(line);
    const where = line && button({ label: `Line ${line}`, kind: "quiet", class: "ps-cell-where", hint: "Go to this line", onClick: () => this.editor?.goTo(line) });
    this.faultBox.replaceChildren(icon("alert"), h("div", null,
      h("p", null, where, h("strong", null, code(fault.message)), fault.hint && h("span", null, " ", code(fault.hint))),
      fault.path.length > 0 && h("ol", { class: "ps-cell-path", "aria-label": "How the program came there" }, fault.path.map((step) => h("li", null, `${step.cell}, line ${step.line}: `, h("code", null, step.code)))),
      fault.python && h("p", { class: "ps-cell-python" }, "Python says: ", h("code", null, fault.python)),
      fault.traceback && h("details", { class: "ps-source" }, h("summary", null, "All that Python says"), h("pre", { class: "ps-cell-text", tabindex: "0" }, fault.traceback))));
    this.faultBox.hidden = false;
    this.#ended("");
    if (requested) announce(`${line ? `Line ${line}. ` : ""}${fault.message} ${fault.hint}`);
  }

  /** @param {string} words shown while it runs; none: that it runs */
  #progress(words) {
    this.progress = words;
    this.#show();
  }

  /** @param {string} words */
  #ended(words) { this.said = words; }

  /** @param {string} [words] */
  #show(words) {
    this.said = words ?? this.said ?? "";
    const atWork = this.progress || (engine.state === "ready" ? "Running…" : "Python is starting…");
    this.status.textContent = this.running ? atWork : runs.has(this) ? "Waiting for the cell before it…" : this.said;
    const focused = document.activeElement === this.runButton || document.activeElement === this.stopButton;
    this.runButton.hidden = runs.has(this);
    this.stopButton.hidden = !runs.has(this);
    if (focused) (runs.has(this) ? this.stopButton : this.runButton).focus();
    this.undoButton.hidden = typeof this.before !== "string" || runs.has(this);
    this.resetButton.disabled = this.code === this.author;
    this.dataset.running = String(this.running);
  }

  refresh() {
    super.refresh();
    if (this.status) this.#show();
  }
}

/** Words with `names` in them. @param {string} text */
function code(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", null, part) : part));
}

/** @param {unknown} text */
function isCode(text) {
  return typeof text === "string" && text.length <= MAX_CODE;
}

/** The class in the painter's hand, for set_mask, where there is a painter. */
function labelInHand() {
  const label = /** @type {any} */ (document.querySelector("studio-paint"))?.picker?.value;
  return Number.isInteger(label) && label > 0 ? { label } : {};
}

/** The network of the page. */
function network() {
  return document.querySelector("[data-network]")?.getAttribute("data-network") || "deeplab_s16";
}

busyNote();
