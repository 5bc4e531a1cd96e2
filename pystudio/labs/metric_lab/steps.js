// The list of things that are done to a mask, in order: each with its strength, to be moved or taken away. What they do is said by Python.
import { button, h, percent, announce, select, slider } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").PerturbationStep} PerturbationStep */
/** @typedef {import("studio/types/protocol").PerturbationKind} PerturbationKind */

const MAX_STEPS = 8;
const DIRECTIONS = /** @type {const} */ (["right", "down", "left", "up"]);

export class StepList {
  /** @param {{onInput: () => void, onChange: (vary: number) => void}} listeners a strength is on its way; the list rests, and this step was touched last */
  constructor({ onInput, onChange }) {
    this.onInput = onInput;
    this.onChange = onChange;
    /** @type {Map<string, PerturbationKind>} */
    this.kinds = new Map();
    /** @type {PerturbationStep[]} */
    this.steps = [];
    this.list = h("ol", { class: "ps-spoil-steps" });
    this.none = h("p", { class: "ps-hint" }, "Nothing yet: the mask is the truth itself.");
    this.offers = h("div", { class: "ps-spoil-offers", role: "group", "aria-label": "Make the mask worse" });
    this.element = h("div", { class: "ps-spoil" }, h("p", { class: "ps-heading" }, "Make it worse"), this.offers,
      h("p", { class: "ps-heading" }, "Done to the mask, in this order"), this.list, this.none);
  }

  /** What there is to choose from. @param {PerturbationKind[]} kinds */
  offer(kinds) {
    this.kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.offers.replaceChildren(...kinds.map((kind) => button({ label: kind.title, icon: "plus", hint: kind.help, onClick: () => this.add(kind.name) })));
  }

  /** @param {PerturbationStep[]} steps */
  set(steps) {
    this.steps = steps.map((step) => ({ ...step }));
    this.draw();
  }

  /** @param {string} kind */
  add(kind) {
    if (this.steps.length >= MAX_STEPS) return announce(`${MAX_STEPS} steps are the most.`);
    const { default: strength, title } = this.kinds.get(kind);
    this.steps.push({ kind: /** @type {any} */ (kind), strength, direction: "right", seed: 1 });
    this.draw();
    announce(`${title} was added.`);
    this.onChange(this.steps.length - 1);
  }

  /** @param {number} place */
  remove(place) {
    this.steps.splice(place, 1);
    this.draw();
    /** @type {HTMLElement|null} */ (this.list.querySelector(".ps-spoil-remove") ?? this.offers.querySelector("button"))?.focus();
    this.onChange(Math.min(place, this.steps.length - 1));
  }

  /** One place up. @param {number} place */
  raise(place) {
    [this.steps[place - 1], this.steps[place]] = [this.steps[place], this.steps[place - 1]];
    this.draw();
    /** @type {HTMLElement|null} */ (this.list.children[place - 1].querySelector("input, button"))?.focus();
    this.onChange(place - 1);
  }

  draw() {
    this.none.hidden = this.steps.length > 0;
    this.list.hidden = !this.steps.length;
    this.list.replaceChildren(...this.steps.map((step, place) => this.row(step, place)));
    for (const offer of this.offers.querySelectorAll("button")) offer.disabled = this.steps.length >= MAX_STEPS;
  }

  /** @param {PerturbationStep} step @param {number} place */
  row(step, place) {
    const kind = this.kinds.get(step.kind);
    const title = `${place + 1}. ${kind.title}`;
    const strength = kind.low < kind.high && slider({
      label: title, min: kind.low, max: kind.high, step: kind.step, value: step.strength, format: (value) => formatStrength(value, kind.unit),
      onInput: (value) => ((step.strength = value), this.onInput()), onChange: () => this.onChange(place) });
    return h("li", { class: "ps-spoil-step" }, strength ? strength.element : h("p", null, title), step.kind === "shift" && this.direction(step, place),
      (step.kind === "speckle" || step.kind === "stray") && button({ label: "Other pixels", icon: "retry", iconOnly: true, kind: "quiet", onClick: () => ((step.seed += 1), this.onChange(place)) }),
      place > 0 && button({ label: `Move ${kind.title} up`, icon: "chevron", iconOnly: true, kind: "quiet", class: "ps-spoil-raise", onClick: () => this.raise(place) }),
      button({ label: `Take ${kind.title} away`, icon: "trash", iconOnly: true, kind: "quiet", class: "ps-spoil-remove", onClick: () => this.remove(place) }));
  }

  /** @param {PerturbationStep} step @param {number} place */
  direction(step, place) {
    const choice = select({ label: "to the", options: DIRECTIONS.map((value) => ({ value, label: value })), value: step.direction,
      onChange: (value) => ((step.direction = /** @type {any} */ (value)), this.onChange(place)) });
    choice.select.setAttribute("aria-label", "Direction of the shift");
    return choice.element;
  }
}

/** A strength in words. @param {number} value @param {PerturbationKind["unit"]} unit */
export function formatStrength(value, unit) {
  return unit === "share" ? percent(value, 0) : unit === "count" ? String(value) : `${value} px`;
}

/**
 * What was remembered, as far as it can be used.
 * @param {any} steps @param {Map<string, PerturbationKind>} kinds @returns {PerturbationStep[]|null}
 */
export function validSteps(steps, kinds) {
  if (!Array.isArray(steps) || steps.length > MAX_STEPS) return null;
  const right = (/** @type {any} */ step) => {
    const kind = kinds.get(step?.kind);
    return kind && Number.isFinite(step.strength) && step.strength >= kind.low && step.strength <= kind.high
      && DIRECTIONS.includes(step.direction) && Number.isSafeInteger(step.seed) && step.seed >= 0;
  };
  return steps.every(right) ? steps.map(({ kind, strength, direction, seed }) => ({ kind, strength, direction, seed })) : null;
}
