// What an ONNX file does not say of itself: the questions, and the visitor's answers as a recipe. Whether they fit is judged by Python.
import { h, segmented, select, uid } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").NetworkInspection} NetworkInspection */
/** @typedef {import("studio/types/protocol").NetworkRecipe} Recipe */

const UNANSWERED = "";
const KINDS = [
  { value: UNANSWERED, label: "Choose: its file does not say" },
  { value: "logits", label: "A score for each class" }, { value: "probabilities", label: "A probability for each class" },
  { value: "probability", label: "One value: how likely it is the thing" }, { value: "logit", label: "One score: above 0 is the thing" }, { value: "labels", label: "The number of the class" },
];
const ONE_VALUE = ["probability", "logit"];
const SIDES = [{ value: UNANSWERED, label: "Choose: its file does not say" }, { value: "NCHW", label: "Before rows and columns" }, { value: "NHWC", label: "After rows and columns" }];
const SCALES = {
  unit: { label: "0 to 1", divide: 255, mean: [0, 0, 0], std: [1, 1, 1] },
  symmetric: { label: "−1 to 1", divide: 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
  imagenet: { label: "ImageNet’s mean and spread", divide: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  raw: { label: "0 to 255", divide: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  own: { label: "Numbers of your own", divide: 255, mean: [0, 0, 0], std: [1, 1, 1] },
};
const NAMES = [{ value: "voc", label: "The 21 of PASCAL VOC" }, { value: "person", label: "Background and person" }, { value: "numbers", label: "Only numbers" }, { value: "own", label: "Names of my own" }];

export class OwnForm {
  /** @param {NetworkInspection} read @param {string} title */
  constructor(read, title) {
    this.read = read;
    const first = read.outputs[0];
    this.title = field("What to call it", h("input", { type: "text", maxlength: "40", value: title }));
    this.output = select({ label: "Which answer", options: read.outputs.map(({ name }) => ({ value: name, label: name })), value: first.name, onChange: () => this.guess() });
    this.output.element.hidden = read.outputs.length < 2;
    this.kind = select({ label: "What it answers", options: KINDS, value: first.kind, onChange: () => this.follow() });
    this.side = select({ label: "Where the classes are", options: SIDES, value: UNANSWERED, onChange: () => {} });
    this.layout = segmented({ label: "Order of the sides", showLabel: true, options: [{ value: "NCHW", label: "Colours first" }, { value: "NHWC", label: "Colours last" }], value: read.layout, onChange: () => {} });
    this.order = segmented({ label: "Order of the colours", showLabel: true, options: [{ value: "RGB", label: "Red first" }, { value: "BGR", label: "Blue first" }], value: "RGB", onChange: () => {} });
    this.rows = field("Rows", number(read.rows ?? 0, 0, 2048));
    this.columns = field("Columns", number(read.columns ?? 0, 0, 2048));
    for (const [each, known] of [[this.rows, read.rows], [this.columns, read.columns]]) /** @type {any} */ (each).input.disabled = Boolean(known);
    this.longest = field("Longest side", number(513, 32, 1024));
    this.scale = select({ label: "Colours are scaled to", options: Object.entries(SCALES).map(([value, { label }]) => ({ value, label })), value: read.input_type === "uint8" ? "raw" : "imagenet", onChange: () => this.follow() });
    this.divide = field("Divide by", number(255, 0.000001, 65535, "any"));
    this.mean = field("Then subtract", h("input", { type: "text", value: "0, 0, 0" }));
    this.std = field("Then divide by", h("input", { type: "text", value: "1, 1, 1" }));
    this.names = select({ label: "Names of the classes", options: NAMES, value: "own", onChange: () => this.follow() });
    this.list = field("One name a line; the first is the background", h("textarea", { rows: "5", spellcheck: "false" }));
    this.own = h("div", { class: "ps-own-row" }, this.divide.element, this.mean.element, this.std.element);
    this.element = h("div", { class: "ps-own-form" }, this.title.element,
      h("div", { class: "ps-own-row" }, this.output.element, this.kind.element, this.side.element),
      h("div", { class: "ps-own-row" }, this.names.element), this.list.element,
      h("div", { class: "ps-own-row" }, this.scale.element), this.own,
      h("details", { class: "ps-more ps-own-more" }, h("summary", null, "Size and order"), h("div", { class: "ps-own-row" }, this.rows.element, this.columns.element, this.longest.element),
        h("p", { class: "ps-hint" }, "0 rows and 0 columns: it takes any size, and photos are reduced to the longest side."), h("div", { class: "ps-own-row" }, this.layout.element, this.order.element)));
    this.guess();
  }

  /** What the file tells of the output. */
  guess() {
    const { classes, kind, certain } = this.chosen, [unanswered] = this.kind.select.options;
    unanswered.hidden = unanswered.disabled = certain;
    this.kind.value = certain ? kind : UNANSWERED;
    this.side.value = UNANSWERED;
    this.names.value = ONE_VALUE.includes(kind) ? "person" : classes === 21 || classes === null ? "voc" : "numbers";
    this.follow();
  }

  get chosen() { return this.read.outputs.find(({ name }) => name === this.output.value); }

  get oneValue() { return ONE_VALUE.includes(this.kind.value); }

  /** Whether it matters where the classes are, and the file does not say it. */
  get asksSide() { return this.chosen.layout === null && this.kind.value !== "labels" && !this.oneValue && this.chosen.classes !== 1; }

  /** What has to be answered before there is a recipe. @returns {{message: string, remedy: string}|null} */
  get open() {
    if (this.kind.value === UNANSWERED) return { message: "Its file does not say what the network answers.", remedy: "Choose it under “What it answers”." };
    if (this.asksSide && this.side.value === UNANSWERED) return { message: "Its file does not say where in the answer the classes are.", remedy: "Choose it under “Where the classes are”." };
    return null;
  }

  /** What is not asked for is not shown. */
  follow() {
    this.side.element.hidden = !this.asksSide;
    this.list.element.hidden = this.names.value !== "own";
    this.own.hidden = this.scale.value !== "own";
  }

  /** @returns {Recipe} */
  get recipe() {
    const preset = SCALES[this.scale.value], own = this.scale.value === "own";
    const three = (/** @type {string} */ text) => text.split(/[\s,;]+/).filter(Boolean).map(Number).map((value) => (Number.isFinite(value) ? value : 0));
    return { title: this.title.input.value.trim() || "a network", input: this.read.input, output: this.output.value, kind: /** @type {any} */ (this.kind.value),
      layout: /** @type {any} */ (this.layout.value), order: /** @type {any} */ (this.order.value), rows: this.rows.input.valueAsNumber || 0, columns: this.columns.input.valueAsNumber || 0,
      longest: this.longest.input.valueAsNumber || 513, multiple: 32, divide: own ? this.divide.input.valueAsNumber || 0 : preset.divide,
      mean: own ? three(this.mean.input.value) : preset.mean, std: own ? three(this.std.input.value) : preset.std, labels: this.labels,
      ...(this.asksSide && { output_layout: /** @type {any} */ (this.side.value) }) };
  }

  get labels() {
    if (this.names.value === "voc") return this.read.voc;
    if (this.names.value === "person") return ["background", "person"];
    if (this.names.value === "own") return this.list.input.value.split("\n").map((name) => name.trim()).filter(Boolean);
    const count = this.oneValue ? 2 : (this.chosen.classes ?? 2);
    return ["background", ...Array.from({ length: Math.max(1, count - 1) }, (_, k) => `class ${k + 1}`)];
  }
}

/** @template {HTMLInputElement|HTMLTextAreaElement} T @param {string} label @param {T} input */
function field(label, input) {
  input.id = uid("ps-own");
  return { input, element: h("div", { class: "ps-own-field" }, h("label", { for: input.id }, label), input) };
}

/** @param {number} value @param {number} min @param {number} max @param {number|"any"} [step] */
const number = (value, min, max, step = 1) => h("input", { type: "number", value: String(value), min, max, step });
