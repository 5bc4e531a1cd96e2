// The list beside the picture: every thing with number, class, size and box. Pressing a line makes the thing stand out in the picture.
import { h, integer, percent } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").InstancesFound} Found */

export class ThingList {
  /** @param {(number: number) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.marked = 0;
    this.count = h("p", { class: "ps-thing-count", role: "status" });
    this.lines = h("ol", { class: "ps-things", dataset: { wait: "" } });
    this.rest = h("p", { class: "ps-hint" });
    this.element = h("div", { class: "ps-thing-list" }, h("p", { class: "ps-heading" }, "Things"), this.count, this.lines, this.rest);
  }

  clear() {
    this.count.textContent = "";
    this.rest.textContent = "";
    this.lines.replaceChildren();
    this.lines.dataset.wait = "";
  }

  /** @param {Found} found */
  show({ instances, components, removed, removed_pixels: lost, background, rows, columns }) {
    this.marked = 0;
    const kinds = new Map();
    for (const { name } of instances) kinds.set(name, (kinds.get(name) ?? 0) + 1);
    this.count.replaceChildren(h("strong", null, instances.length), ` ${instances.length === 1 ? "object" : "objects"}`,
      kinds.size ? `: ${[...kinds].map(([name, count]) => `${count} ${name}`).join(", ")}` : " found", ` (${components} ${components === 1 ? "piece" : "pieces"})`);
    delete this.lines.dataset.wait;
    this.lines.replaceChildren(...instances.map((thing) => this.line(thing)));
    const total = rows * columns;
    this.rest.textContent = `Stuff: background, ${percent(background / total)} of the pixels.${lost ? ` Left out: ${integer(lost)} pixels${removed ? `, ${removed} ${removed === 1 ? "fragment" : "fragments"}` : ""}.` : ""}`;
  }

  /** @param {Found["instances"][number]} thing */
  line({ number, name, colour, area, share, box: [top, bottom, left, right] }) {
    return h("li", { dataset: { thing: number } }, h("button", { type: "button", class: "ps-thing", "aria-pressed": false, onclick: () => this.onChoose(this.marked === number ? 0 : number) },
      h("span", { class: "ps-thing-number", style: { "--ps-class": `rgb(${colour.join(" ")})` } }, number),
      h("span", { class: "ps-thing-name" }, name),
      h("span", { class: "ps-thing-area" }, `${integer(area)} px, ${percent(share)}`),
      h("span", { class: "ps-thing-where" }, `rows ${top}–${bottom - 1}, columns ${left}–${right - 1}`)));
  }

  /** @param {number} number 0: none */
  mark(number) {
    this.marked = number;
    for (const line of this.lines.children) {
      const mine = Number(/** @type {HTMLElement} */ (line).dataset.thing) === number;
      line.firstElementChild.setAttribute("aria-pressed", String(mine));
      if (mine) line.scrollIntoView({ block: "nearest" });
    }
  }
}
