// What a visitor may say of a file besides: which of its pictures is meant, and which colour is which class. Whether it fits is decided in Python.
import { button, h, uid } from "studio/dom/dom.js";
import { problem } from "studio/util/problem.js";

const MAX_LEGEND_BYTES = 2 ** 20;

export class ReadOptions {
  /** @param {() => void} onChange said again: the file is read again */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {File|null} */
    this.file = null;
    const id = uid("ps-exchange");
    this.name = h("input", { id, type: "text", maxlength: "200", spellcheck: "false", placeholder: "photo.jpg", onchange: onChange });
    this.input = h("input", { type: "file", accept: ".txt,.json,text/plain,application/json", hidden: true, "aria-label": "A legend of colours", onchange: () => this.chosen() });
    this.choose = button({ label: "Choose a legend", icon: "file", onClick: () => this.input.click() });
    this.remove = button({ label: "Leave the legend out", icon: "close", iconOnly: true, kind: "quiet", onClick: () => this.setLegend(null) });
    this.legendName = h("span", { class: "ps-exchange-legend" });
    this.element = h("details", { class: "ps-more" }, h("summary", null, "Several pictures, or colours of its own"), h("div", { class: "ps-exchange-more" },
      h("div", { class: "ps-exchange-field" }, h("label", { for: id }, "Which picture of the file"), this.name),
      h("p", { class: "ps-hint" }, "A legend says which colour is which class: a line for each, such as cat:128,0,0 (CVAT’s labelmap.txt)."),
      h("div", { class: "ps-exchange-buttons" }, this.choose, this.legendName, this.remove, this.input)));
    this.showLegend();
  }

  /** What goes into `exchange.read`. Throws a problem where the legend cannot be read. */
  async given() {
    const picture = this.name.value.trim();
    if (this.file?.size > MAX_LEGEND_BYTES) throw problem(`“${this.file.name}” is too large for a legend.`, "Choose a text file with a line for each class.");
    const legend = this.file && await this.file.arrayBuffer().catch(() => null);
    if (this.file && !legend) throw problem(`“${this.file.name}” could not be read from the disk.`, "Check that it still exists and may be read.");
    return { ...(picture && { picture }), ...(legend && { legend }) };
  }

  /** For another file: the picture was one of the file before; a legend goes for many. */
  reset() { this.name.value = ""; }

  chosen() {
    const [file] = this.input.files ?? [];
    this.input.value = "";
    if (file) this.setLegend(file);
  }

  /** @param {File|null} file */
  setLegend(file) {
    this.file = file;
    this.showLegend();
    this.onChange();
  }

  showLegend() {
    this.legendName.textContent = this.file?.name ?? "";
    this.legendName.hidden = this.remove.hidden = !this.file;
  }
}
