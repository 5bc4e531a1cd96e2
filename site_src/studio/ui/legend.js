// The classes found in the photo: colour, id, name, share of the pixels, and a switch for each.
import { h, integer, percent } from "studio/dom/dom.js";
import { isDark, classAppearance } from "studio/viewer/class_appearance.js";
import { patternOf } from "studio/viewer/patterns.js";
import { word } from "studio/viewer/raster.js";

/** @typedef {import("studio/state/store.js").FoundClass} FoundClass */

export class Legend {
  /** @param {(id: number, shown: boolean) => void} onSwitch */
  constructor(onSwitch) {
    this.onSwitch = onSwitch;
    this.list = h("ul", { class: "ps-legend" });
    this.element = h("section", { class: "ps-legend-box", role: "group", "aria-label": "Classes in this photo" }, h("p", { class: "ps-heading" }, "Classes"), this.list);
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
  const { kind, times } = patternOf(id);
  const text = `var(--ps-t-${colour.join("-")}, ${isDark(colour) ? "#fff" : "#000"})`;
  return h("span", { class: "ps-swatch", dataset: id ? { kind } : {}, style: { "--ps-class": rgb(colour), "--ps-times": times, "--ps-on": text, color: "var(--ps-on)" } }, id);
}

/** A class's colour for a style: it follows the set of colours that is chosen. @param {number[]} colour */
export function rgb([red, green, blue]) {
  return `var(--ps-c-${red}-${green}-${blue}, rgb(${red} ${green} ${blue}))`;
}

/**
 * The table from class id to pixel that a label map is drawn with.
 * @param {{id: number, colour: number[]}[]} classes
 * @param {ReadonlySet<number>} hidden ids that stay transparent
 */
export function colourLookup(classes, hidden) {
  const table = new Uint32Array(256);
  for (const { id, colour } of classes) if (!hidden.has(id)) table[id] = pixel(classAppearance.shown(colour));
  return table;
}

/** @param {ArrayLike<number>} colour */
function pixel(colour) { return word(colour[0], colour[1], colour[2], 255); }
