// The classes to paint with: those found in the photo first, all the others behind a search. Which are found comes from the prediction.
import { h, uid } from "studio/dom/dom.js";
import { swatch } from "studio/ui/legend.js";

/** @typedef {{names: string[], colours: number[][]}} Labels */

const KEYS = 9;

export class ClassPicker {
  /** @param {{onChoose: (label: number) => void}} options onChoose: the visitor takes a class */
  constructor({ onChoose }) {
    this.value = 0;
    this.onChoose = onChoose;
    /** @type {number[]} ids found in the photo, largest first, background apart */
    this.found = [];
    /** @type {number[]} ids chosen from the rest: they stay at hand */
    this.picked = [];
    /** @type {Map<number, Chip>} */
    this.chips = new Map();
    this.name = uid("ps-class");
    this.near = h("div", { class: "ps-class-chips" });
    this.far = h("div", { class: "ps-class-chips" });
    this.search = h("input", { type: "search", class: "ps-search", placeholder: "Find a class", "aria-label": "Find a class", autocomplete: "off",
      oninput: () => this.filter(), onkeydown: (event) => this.searchKey(event) });
    this.none = h("p", { class: "ps-hint", hidden: true }, "No class has this name.");
    this.more = h("details", { class: "ps-more" }, h("summary", null, "More classes"), this.search, this.far, this.none);
    this.element = h("fieldset", { class: "ps-palette" }, h("legend", null, "Class"), this.near, this.more);
  }

  /** @param {Labels} labels */
  setLabels({ names, colours }) {
    this.chips = new Map(names.map((name, id) => [id, this.chip(id, name, colours[id])]));
    this.arrange();
  }

  /** @param {number[]} ids of the classes in the photo, largest first */
  setFound(ids) {
    this.found = ids.filter((id) => id !== 0);
    this.arrange();
  }

  /** What was picked for another photo need not stay at hand. */
  forget() {
    this.picked = [];
    this.arrange();
  }

  /** Have a class chosen. @param {number} label */
  choose(label) {
    const chip = this.chips.get(label);
    if (!chip) return;
    this.value = label;
    const far = !this.nearby().includes(label);
    if (far) this.picked.push(label);
    chip.input.checked = true;
    if (far) this.arrange();
  }

  /** The visitor picks a class. @param {number} label */
  pick(label) {
    this.choose(label);
    this.onChoose(label);
  }

  /** The class of a number key, or null. @param {number} digit from 1 */
  ofKey(digit) {
    return digit >= 1 && digit <= KEYS ? this.order()[digit - 1] ?? null : null;
  }

  /** @param {number} label */
  nameOf(label) { return this.chips.get(label)?.name ?? ""; }

  /** Always at hand: what the photo holds, what was picked from the rest, and background. */
  nearby() {
    return [...new Set([...this.found, ...this.picked, 0])];
  }

  order() {
    const near = this.nearby();
    return [...near, ...[...this.chips.keys()].filter((id) => !near.includes(id))];
  }

  arrange() {
    const near = this.nearby();
    const focused = document.activeElement;
    this.order().forEach((id, i) => {
      const chip = this.chips.get(id);
      if (!chip) return;
      (near.includes(id) ? this.near : this.far).append(chip.element);
      chip.key.textContent = i < KEYS ? String(i + 1) : "";
      chip.key.hidden = i >= KEYS;
      chip.input.checked = id === this.value;
    });
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus();
    this.filter();
  }

  filter() {
    const wanted = this.search.value.trim().toLowerCase();
    let shown = 0;
    for (const chip of this.chips.values()) {
      const hidden = chip.element.parentNode === this.far && !chip.name.toLowerCase().includes(wanted);
      chip.element.hidden = hidden;
      if (!hidden && chip.element.parentNode === this.far) shown++;
    }
    this.none.hidden = shown > 0;
  }

  /** Enter takes the first class that matches. @param {KeyboardEvent} event */
  searchKey(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = [...this.chips].find(([, chip]) => chip.element.parentNode === this.far && !chip.element.hidden);
    if (!first) return;
    this.search.value = "";
    this.pick(first[0]);
  }

  /** @typedef {{name: string, element: HTMLElement, input: HTMLInputElement, key: HTMLElement}} Chip */
  /** @param {number} id @param {string} name @param {number[]} colour @returns {Chip} */
  chip(id, name, colour) {
    const input = h("input", { type: "radio", name: this.name, value: id, "aria-label": name, onchange: () => this.pick(id) });
    const key = h("kbd", { "aria-hidden": "true" });
    return { name, input, key, element: h("label", { class: "ps-class-chip" }, input, h("span", { class: "ps-class-face" }, swatch(id, colour), name, key)) };
  }
}
