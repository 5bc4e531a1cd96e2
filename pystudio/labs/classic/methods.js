// Which method: a list with titles and summaries, or a menu of the titles where there is little room. What a method is stands in Python.
import { h, select, uid } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";

/** @typedef {import("studio/types/protocol").ClassicMethod} Method */

/** @type {Promise<Method[]>|null} */
let request = null;

/** Every method of the studio, asked for once for all elements of the page. @returns {Promise<Method[]>} */
export function catalogue() {
  request ??= engine.call("classic.methods", {}).then(({ methods }) => methods);
  request.catch(() => (request = null));
  return request;
}

export class MethodChoice {
  /** @param {(name: string) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.group = uid("ps-method");
    /** @type {Map<string, HTMLInputElement>} */
    this.inputs = new Map();
    this.list = h("fieldset", { class: "ps-methods" }, h("legend", { class: "ps-sr" }, "Methods"));
    this.menu = select({ label: "Method", options: [], value: "", onChange: (name) => this.#choose(name) });
    this.menu.element.classList.add("ps-method-menu");
  }

  /** Keep the places of so many methods. @param {number} count */
  wait(count) {
    this.list.append(...Array.from({ length: count }, () => h("div", { class: "ps-method-wait", "aria-hidden": "true" })));
  }

  /** @param {Method[]} methods @param {string} chosen */
  show(methods, chosen) {
    this.list.replaceChildren(h("legend", { class: "ps-sr" }, "Methods"), ...methods.map((method) => this.#row(method)));
    this.menu.select.replaceChildren(...methods.map(({ name, title }) => h("option", { value: name }, title)));
    this.value = chosen;
  }

  /** @param {Method} method */
  #row({ name, title, summary }) {
    const input = h("input", { type: "radio", name: this.group, value: name, onchange: () => this.#choose(name) });
    this.inputs.set(name, input);
    return h("label", { class: "ps-method" }, input,
      h("span", { class: "ps-method-face" }, h("span", { class: "ps-method-title" }, title), h("span", { class: "ps-method-summary" }, summary)));
  }

  /** @param {string} name */
  #choose(name) {
    this.value = name;
    this.onChoose(name);
  }

  /** @param {string} name */
  set value(name) {
    for (const [each, input] of this.inputs) input.checked = each === name;
    this.menu.value = name;
  }
}
