// The controls of the loss lab: set-ups, losses, what the network may know, and how it is trained. Nothing is computed here.
import { button, h, segmented, select, slider, toggle } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").LossAbout} LossAbout */
/** @typedef {import("studio/types/protocol").LossPreset} LossPreset */
/** @typedef {{setup: string, a: string, b: string, teacher: "network"|"paint", groups: string[], rate: number, steps: number, seed: number}} Settings */

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1];
export const STEPS = { least: 50, most: 600, step: 50 };
const SEEDS = 99;
const NONE = { value: "none", label: "None" };
const TEACHERS = [{ value: "network", label: "Network’s mask" }, { value: "paint", label: "Painted mask" }];

export class LossSettings {
  /** @param {{onChange: () => void, onPreset: (preset: LossPreset) => void, onClass: (id: number) => void}} listeners */
  constructor({ onChange, onPreset, onClass }) {
    this.onPreset = onPreset;
    const own = () => ((this.setup = ""), this.press(), onChange());
    /** @type {LossAbout|null} */
    this.about = null;
    /** The set-up in force; "" for one of the visitor's own. */
    this.setup = "learn";
    this.setups = h("div", { class: "ps-setups", role: "group", "aria-label": "Set-ups to begin with" });
    this.words = h("p", { class: "ps-setup-words" });
    this.a = select({ label: "A learns with", options: [], value: "", onChange: own });
    this.b = select({ label: "B learns with", options: [], value: "", onChange: own });
    this.teacher = segmented({ label: "Truth", options: TEACHERS, value: "network", showLabel: true, onChange: own });
    this.classes = select({ label: "Class", options: [{ value: "", label: "–" }], value: "", onChange: (value) => ((this.setup = ""), this.press(), onClass(Number(value))) });
    this.classes.select.disabled = true;
    this.groups = h("fieldset", { class: "ps-loss-groups" }, h("legend", { class: "ps-legend-text" }, "The network knows"));
    /** @type {Map<string, ReturnType<typeof toggle>>} */
    this.toggles = new Map();
    this.rate = slider({ label: "Learning rate", min: 0, max: RATES.length - 1, value: 2, format: (value) => String(RATES[value]), onChange: own });
    this.steps = slider({ label: "Steps", min: STEPS.least, max: STEPS.most, step: STEPS.step, value: 150, onChange: onChange });
    this.seed = slider({ label: "Random seed", min: 1, max: SEEDS, value: 1, onChange: own });
    this.own = own;
    this.element = h("div", null, h("div", { class: "ps-setup-box" }, h("p", { class: "ps-heading" }, "Begin with"), this.setups, this.words),
      h("div", { class: "ps-toolbar ps-loss-choices", role: "group", "aria-label": "Losses and truth" }, this.a.element, this.b.element, this.teacher.element, this.classes.element),
      h("div", { class: "ps-toolbar ps-loss-training", role: "group", "aria-label": "Network and training" }, this.groups, this.rate.element, this.steps.element, this.seed.element));
  }

  /** @param {LossAbout} about */
  offer(about) {
    this.about = about;
    const losses = about.losses.map(({ name, title }) => h("option", { value: name }, title));
    this.a.select.replaceChildren(...losses);
    this.b.select.replaceChildren(...losses.map((each) => each.cloneNode(true)), h("option", { value: NONE.value }, NONE.label));
    for (const { name, summary } of about.groups) {
      const each = toggle({ label: name, checked: true, onChange: () => this.#grouped() });
      each.element.title = summary;
      this.toggles.set(name, each);
      this.groups.append(each.element);
    }
    this.setups.replaceChildren(...about.presets.map((preset) => button({ label: preset.title, pressed: false, onClick: () => this.onPreset(preset) })));
  }

  /** A network that knows nothing learns nothing: the last switch cannot be turned off. */
  #grouped() {
    const on = [...this.toggles.values()].filter((each) => each.checked);
    for (const each of this.toggles.values()) each.input.disabled = on.length === 1 && each.checked;
    this.own();
  }

  /** @returns {Settings} */
  get values() {
    return { setup: this.setup, a: this.a.value, b: this.b.value, teacher: /** @type {any} */ (this.teacher.value), groups: [...this.toggles].filter(([, each]) => each.checked).map(([name]) => name),
      rate: RATES[this.rate.value], steps: this.steps.value, seed: this.seed.value };
  }

  /** @param {Omit<Settings, "teacher"> & {teacher?: "network"|"paint"}} settings sound ones */
  set({ setup, a, b, teacher = "network", groups, rate, steps, seed }) {
    this.setup = setup;
    this.a.value = a;
    this.b.value = b;
    this.teacher.value = teacher;
    for (const [name, each] of this.toggles) each.checked = groups.includes(name);
    for (const each of this.toggles.values()) each.input.disabled = groups.length === 1 && each.checked;
    this.rate.value = RATES.indexOf(rate);
    this.steps.value = steps;
    this.seed.value = seed;
    this.press();
  }

  press() {
    this.about?.presets.forEach((preset, i) => this.setups.children[i].setAttribute("aria-pressed", String(preset.name === this.setup)));
    this.words.textContent = this.about?.presets.find(({ name }) => name === this.setup)?.summary ?? "Your own set-up.";
  }

  /** @param {{id: number, name: string}[]} choices @param {number} id */
  offerClasses(choices, id) {
    this.classes.select.replaceChildren(...choices.map((each) => h("option", { value: String(each.id) }, each.name)));
    this.classes.value = String(id);
    this.classes.select.disabled = choices.length < 2;
  }

  /** What was remembered, if it can be used. @param {any} value @returns {Settings|null} */
  validate(value) {
    const losses = this.about.losses.map(({ name }) => name), groups = this.about.groups.map(({ name }) => name);
    const right = value !== null && typeof value === "object" && (value.setup === "" || this.about.presets.some(({ name }) => name === value.setup))
      && losses.includes(value.a) && [...losses, NONE.value].includes(value.b) && TEACHERS.some((each) => each.value === value.teacher)
      && Array.isArray(value.groups) && value.groups.length > 0 && value.groups.every((/** @type {any} */ name) => groups.includes(name))
      && RATES.includes(value.rate) && Number.isInteger(value.steps) && value.steps >= STEPS.least && value.steps <= STEPS.most
      && Number.isInteger(value.seed) && value.seed >= 1 && value.seed <= SEEDS;
    return right ? value : null;
  }

  /** @param {string} name of a loss */
  title(name) { return this.about.losses.find((each) => each.name === name)?.title ?? ""; }
}
