// The classes found in the photo: colour, id, name, share of the pixels, and a switch for each.
import { h, integer, percent } from "./dom.js";
import { word } from "./raster.js";

/** @typedef {import("./store.js").FoundClass} FoundClass */

export class Legend {
  /** @param {(id: number, shown: boolean) => void} onSwitch */
  constructor(onSwitch) {
    this.onSwitch = onSwitch;
    this.list = h("ul", { class: "ps-legend" });
    this.element = h("section", { class: "ps-legend-box", "aria-label": "Classes in this photo" }, h("h3", { class: "ps-heading" }, "Classes"), this.list);
    this.show([], new Set());
  }

  /** @param {FoundClass[]} classes largest first @param {ReadonlySet<number>} hidden */
  show(classes, hidden) {
    if (!classes.length) return this.list.replaceChildren(...[1, 2].map(() => h("li", { class: "ps-legend-wait", "aria-hidden": "true" })));
    this.list.replaceChildren(...classes.map((each) => this.#row(each, !hidden.has(each.id))));
  }

  /** @param {FoundClass} found @param {boolean} shown */
  #row({ id, name, colour, pixels, share }, shown) {
    const input = h("input", { type: "checkbox", role: "switch", checked: shown, "aria-label": `Show ${name}, ${percent(share)} of the pixels`,
      onchange: () => this.onSwitch(id, input.checked) });
    return h("li", null, h("label", { class: "ps-legend-row", title: `${integer(pixels)} pixels` }, input, swatch(id, colour),
      h("span", { class: "ps-legend-name" }, name),
      h("span", { class: "ps-legend-share" }, percent(share)),
      h("span", { class: "ps-legend-bar", "aria-hidden": "true", style: { "--ps-share": `${share * 100}%`, "--ps-class": rgb(colour) } }),
      h("span", { class: "ps-toggle-track", "aria-hidden": "true" })));
  }
}

/** A patch of a class's colour with its id in it, readable on any colour. @param {number} id @param {number[]} colour */
export function swatch(id, colour) {
  const dark = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 140;
  return h("span", { class: `ps-swatch ${dark ? "ps-on-dark" : "ps-on-light"}`, style: { "--ps-class": rgb(colour) } }, id);
}

/** @param {number[]} colour */
export function rgb([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}

/**
 * The table from class id to pixel that a label map is drawn with.
 * @param {{id: number, colour: number[]}[]} classes
 * @param {ReadonlySet<number>} hidden ids that stay transparent
 */
export function palette(classes, hidden) {
  const table = new Uint32Array(256);
  for (const { id, colour: [red, green, blue] } of classes) if (!hidden.has(id)) table[id] = word(red, green, blue, 255);
  return table;
}
