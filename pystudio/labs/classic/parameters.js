// The parameters of a method as controls: a slider, a choice or a switch for each, with its sentence. Python says what there is, and checks it.
import { button, h, segmented, slider, toggle } from "studio/dom/dom.js";
import { within } from "studio/util/validators.js";

/** @typedef {import("studio/types/protocol").ClassicParameter} Parameter */
/** @typedef {import("studio/types/protocol").ClassicMethod} Method */
/** @typedef {Record<string, boolean|number|string>} Values */

/** The values that a method begins with. @param {Method} method @returns {Values} */
export function defaults({ parameters }) {
  return Object.fromEntries(parameters.map((each) => [each.name, each.default]));
}

/** Whether remembered values are ones that the controls of a method can have. @param {any} values @param {Method} method */
export function validParameters(values, { parameters }) {
  return values !== null && typeof values === "object" && Object.keys(values).length === parameters.length && parameters.every(({ name, kind, low, high, choices }) => {
    if (!Object.hasOwn(values, name)) return false;
    const value = values[name];
    if (kind === "bool") return typeof value === "boolean";
    if (kind === "choice") return choices.includes(value);
    return within(low, high)(value) && (kind === "float" || Number.isInteger(value));
  });
}

export class Parameters {
  /**
   * @param {{onInput: () => void, onChange: () => void}} listeners onInput: on its way, while a thumb is dragged; onChange: it rests
   */
  constructor({ onInput, onChange }) {
    this.onInput = onInput;
    this.onChange = onChange;
    /** @type {Map<string, {value: any}>} */
    this.controls = new Map();
    this.reset = button({ label: "Reset", icon: "retry", kind: "quiet", onClick: () => this.#standard() });
    this.element = h("div", { class: "ps-parameters", role: "group", "aria-label": "Parameters" });
  }

  /** @param {Method} method @param {Values} values */
  show(method, values) {
    this.method = method;
    this.controls.clear();
    const boxes = method.parameters.map((parameter) => this.#box(parameter, values[parameter.name] ?? parameter.default));
    this.element.replaceChildren(...boxes, ...(boxes.length ? [this.reset] : [h("p", { class: "ps-hint" }, "This method has nothing to set.")]));
    this.#resettable();
  }

  /** @returns {Values} */
  get values() {
    return Object.fromEntries([...this.controls].map(([name, control]) => [name, control.value]));
  }

  /** @param {string} name @param {number} value */
  set(name, value) {
    const control = this.controls.get(name);
    if (control) control.value = value;
    this.#resettable();
  }

  /** @param {Parameter} parameter @param {any} value */
  #box(parameter, value) {
    const { element, control } = this.#control(parameter, value);
    this.controls.set(parameter.name, control);
    return h("div", { class: "ps-parameter", dataset: { parameter: parameter.name } }, element, parameter.help && h("p", { class: "ps-hint" }, parameter.help));
  }

  /** @param {Parameter} parameter @param {any} value @returns {{element: HTMLElement, control: {value: any}}} */
  #control({ kind, title: label, low, high, step, choices }, value) {
    const onChange = () => (this.#resettable(), this.onChange());
    if (kind === "bool") {
      const made = toggle({ label, checked: Boolean(value), onChange });
      return { element: made.element, control: { get value() { return made.checked; }, set value(next) { made.checked = next; } } };
    }
    if (kind === "choice") {
      const made = segmented({ label, showLabel: true, value: String(value), onChange, options: choices.map((each) => ({ value: String(each), label: String(each) })) });
      const given = () => choices.find((each) => String(each) === made.value); // a number stays a number
      return { element: made.element, control: { get value() { return given(); }, set value(next) { made.value = String(next); } } };
    }
    const made = slider({ label, min: low, max: high, step: step ?? (kind === "int" ? 1 : (high - low) / 100), value, onInput: () => this.onInput(), onChange });
    return { element: made.element, control: made };
  }

  #standard() {
    this.show(this.method, defaults(this.method));
    this.onChange();
  }

  /** The way back is offered where there is one. */
  #resettable() {
    const standard = defaults(this.method);
    const values = this.values;
    this.reset.disabled = Object.keys(standard).every((name) => values[name] === standard[name]);
  }
}
