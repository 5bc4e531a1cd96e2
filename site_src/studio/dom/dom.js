// Small builders for the page: elements and labelled controls. No state of the studio lives here.
import { icon } from "./icons.js";

export { icon } from "./icons.js";
export { bytes, dimensions, integer, percent, seconds } from "studio/util/format.js";

/** Set as properties, because the attribute is only their first value. */
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "indeterminate", "open", "muted", "srcObject"]);

let serial = 0;

/** A fresh id for label/for and aria references. */
export function uid(prefix = "ps") {
  serial += 1;
  return `${prefix}-${serial}`;
}

/**
 * Build an element: h("button", {class: "x", onclick: fn, dataset: {id: 1}, style: {"--c": "red"}}, "text", child).
 * null, undefined and false children and attributes are left out. Text is always text, never HTML.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>|null} [props]
 * @param {...(Node|string|number|null|undefined|false|any[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) setProp(element, key, value);
  element.append(...children.flat(Infinity).filter(present).map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/** @param {unknown} child */
function present(child) {
  return child !== null && child !== undefined && child !== false;
}

/** @param {HTMLElement} element @param {string} key @param {any} value */
function setProp(element, key, value) {
  if (value === null || value === undefined) return;
  if (key === "dataset") return void Object.assign(element.dataset, value);
  if (key === "style") return void Object.entries(value).forEach(([name, item]) => element.style.setProperty(name, String(item)));
  if (PROPERTIES.has(key)) return void Reflect.set(element, key, value);
  if (typeof value === "function" && key.startsWith("on")) return element.addEventListener(key.slice(2).toLowerCase(), value);
  if (value === false && !key.startsWith("aria-")) return;
  element.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : String(value));
}

/**
 * A button with words, an icon, or both. With `iconOnly` the label is its accessible name and its tooltip.
 * @param {{label: string, icon?: string, iconOnly?: boolean, kind?: "plain"|"primary"|"quiet", onClick: (event: MouseEvent) => void,
 *          hint?: string, keys?: string, pressed?: boolean, disabled?: boolean, class?: string}} options
 *   `keys` is the aria-keyshortcuts text (shown in the tooltip too); `pressed` makes it a toggle button.
 */
export function button({ label, icon: name, iconOnly = false, kind = "plain", onClick, hint, keys, pressed, disabled = false, class: extra = "" }) {
  const tooltip = [iconOnly ? (hint ?? label) : hint, keys && `(${keys})`].filter(Boolean).join(" ");
  return h("button", {
    type: "button", class: `ps-button ps-button-${kind} ${iconOnly ? "ps-button-icon" : ""} ${extra}`.trim().replace(/\s+/g, " "),
    title: tooltip || null, "aria-label": iconOnly ? label : null, "aria-keyshortcuts": keys ?? null,
    "aria-pressed": pressed === undefined ? null : pressed, disabled, onclick: onClick,
  }, name && icon(/** @type {any} */ (name)), !iconOnly && h("span", null, label));
}

/**
 * A labelled range with its value in words. `onInput` follows the thumb, `onChange` comes when it rests.
 * @param {{label: string, min: number, max: number, step?: number, value: number, format?: (value: number) => string,
 *          onInput?: (value: number) => void, onChange?: (value: number) => void}} options
 * @returns {{element: HTMLElement, input: HTMLInputElement, value: number}} value can be set
 */
export function slider({ label, min, max, step = 1, value, format = String, onInput, onChange }) {
  const id = uid("ps-range");
  const output = h("output", { class: "ps-slider-value", for: id });
  const input = h("input", { type: "range", id, min, max, step });
  const show = () => {
    const words = format(input.valueAsNumber);
    output.textContent = words;
    input.setAttribute("aria-valuetext", words);
    input.style.setProperty("--ps-fill", `${(100 * (input.valueAsNumber - Number(input.min))) / (Number(input.max) - Number(input.min) || 1)}%`);
  };
  input.value = String(value);
  input.addEventListener("input", () => (show(), onInput?.(input.valueAsNumber)));
  input.addEventListener("change", () => onChange?.(input.valueAsNumber));
  show();
  return {
    element: h("div", { class: "ps-slider" }, h("label", { for: id }, label), input, output),
    input,
    get value() { return input.valueAsNumber; },
    set value(next) { input.value = String(next); show(); },
  };
}

/**
 * @param {{label: string, options: {value: string, label: string}[], value: string, onChange: (value: string) => void}} options
 * @returns {{element: HTMLElement, select: HTMLSelectElement, value: string}}
 */
export function select({ label, options, value, onChange }) {
  const id = uid("ps-select");
  const control = h("select", { id, onchange: () => onChange(control.value) },
    options.map((option) => h("option", { value: option.value }, option.label)));
  control.value = value;
  return {
    element: h("div", { class: "ps-select" }, h("label", { for: id }, label), h("span", { class: "ps-select-box" }, control, icon("chevron"))),
    select: control,
    get value() { return control.value; },
    set value(next) { control.value = next; },
  };
}

/**
 * A switch (on or off), a checkbox to assistive technology.
 * @param {{label: string, checked: boolean, onChange: (checked: boolean) => void}} options
 * @returns {{element: HTMLElement, input: HTMLInputElement, checked: boolean}}
 */
export function toggle({ label, checked, onChange }) {
  const input = h("input", { type: "checkbox", role: "switch", checked, onchange: () => onChange(input.checked) });
  return {
    element: h("label", { class: "ps-toggle" }, input, h("span", { class: "ps-toggle-track", "aria-hidden": "true" }), h("span", null, label)),
    input,
    get checked() { return input.checked; },
    set checked(next) { input.checked = next; },
  };
}

/**
 * One choice of a few, side by side: radio buttons, so arrow keys move between them.
 * @param {{label: string, options: {value: string, label: string, icon?: string, hint?: string}[], value: string,
 *          onChange: (value: string) => void, iconOnly?: boolean, showLabel?: boolean}} options
 * @returns {{element: HTMLElement, value: string, disable: (value: string, disabled: boolean) => void}} value can be set
 */
export function segmented({ label, options, value, onChange, iconOnly = false, showLabel = false }) {
  const name = uid("ps-choice");
  const inputs = options.map((option) => h("input", {
    type: "radio", name, value: option.value, checked: option.value === value, "aria-label": iconOnly ? option.label : null,
    onchange: () => onChange(option.value),
  }));
  const items = options.map((option, index) => h("label", { class: "ps-segment", title: option.hint ?? (iconOnly ? option.label : null) },
    inputs[index], h("span", { class: "ps-segment-face" }, option.icon && icon(/** @type {any} */ (option.icon)), !iconOnly && h("span", null, option.label))));
  const legend = h("legend", { class: showLabel ? "ps-legend-text" : "ps-sr" }, label);
  return {
    element: h("fieldset", { class: "ps-segmented" }, legend, h("div", { class: "ps-segments" }, items)),
    get value() { return inputs.find((input) => input.checked)?.value ?? ""; },
    set value(next) { for (const input of inputs) input.checked = input.value === next; },
    disable(which, disabled) { for (const input of inputs) if (input.value === which) input.disabled = disabled; },
  };
}

/** @type {HTMLElement|null} */
let voice = null;

/**
 * Say something to those who listen instead of looking (one polite live region for the page).
 * @param {string} text
 */
export function announce(text) {
  if (!voice) {
    voice = h("div", { class: "ps-sr", role: "status", "aria-live": "polite" });
    document.body.append(voice);
  }
  voice.textContent = voice.textContent === text ? `${text}\u00a0` : text;
}

/** True where the visitor asked for less motion. */
export function prefersStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** True when keys typed now belong to a text field, so that shortcuts must not take them. */
export function typing() {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement)) return false;
  if (active.isContentEditable || active instanceof HTMLTextAreaElement || active instanceof HTMLSelectElement) return true;
  return active instanceof HTMLInputElement && !["checkbox", "radio", "range", "button", "file"].includes(active.type);
}
