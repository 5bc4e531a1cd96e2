// The place where the code of an exercise is written: the editor of the cells, and before it arrives (or where it does not) the plain code.
import { openEditor } from "studio/editor/load_editor.js";
import { h, uid } from "studio/dom/dom.js";

const KEYS = "Control or Command and Enter runs and checks the code. Tab indents; press Escape first, and Tab leaves the editor.";

export class TaskEditor {
  /** @param {{label: string, still: HTMLElement, value: string, onChange: () => void, run: () => void}} options still: the code as the page was built with */
  constructor({ label, still, value, onChange, run }) {
    this.text = value;
    /** @type {import("studio/editor/editor.js").Editor|null} */
    this.editor = null;
    this.onChange = onChange;
    this.run = run;
    this.label = label;
    this.place = h("div", { class: "ps-cell-code" }, still);
    this.help = uid("ps-task-help");
    this.element = h("div", { class: "ps-cell ps-task-editor" }, this.place, h("p", { class: "ps-sr ps-editor-keys", id: this.help }, KEYS));
    this.#openWhenNear();
  }

  get value() { return this.editor?.code ?? this.text; }

  set value(next) {
    this.text = next;
    if (this.editor) this.editor.code = next;
    else this.#renumber();
  }

  /** Point at a line, or at none. @param {number|null} line */
  mark(line) { this.editor?.mark(line); }

  /** @param {number} line */
  goTo(line) { this.editor?.goTo(line); }

  #openWhenNear() {
    const near = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      near.disconnect();
      this.#open();
    }, { rootMargin: "600px" });
    near.observe(this.element);
  }

  async #open() {
    const { text: code, label, help } = this;
    const onChange = (text) => ((this.text = text), this.onChange());
    try {
      const editor = await openEditor({ code, label, help, onRun: this.run, onChange });
      if (editor.code !== this.text) editor.code = this.text; // an earlier visit's code came meanwhile
      this.editor = editor;
      this.place.replaceChildren(editor.element);
    } catch {
      const field = h("textarea", { class: "ps-task-code", "aria-label": label, spellcheck: "false", rows: 12, value: this.text, oninput: () => onChange(field.value) });
      this.editor = { element: field, get code() { return field.value; }, set code(next) { field.value = next; }, mark() {}, goTo() { field.focus(); } };
      this.place.replaceChildren(field);
      document.getElementById(help)?.remove(); // in a plain field Tab goes on as anywhere
    }
    this.element.dataset.editor = "ready";
  }

  /** The code without its editor. */
  #renumber() {
    const [numbers, code] = ["numbers", "still > code"].map((name) => this.place.querySelector(`.ps-cell-${name}`));
    if (code) code.textContent = this.text;
    if (numbers) numbers.textContent = this.text.trimEnd().split("\n").map((_, index) => index + 1).join("\n");
  }
}
