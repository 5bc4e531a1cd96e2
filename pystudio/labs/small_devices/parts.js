// The counts of the small-device lab: a bar for each part of the network, separable against ordinary, and the calculator for narrower networks.
import { dimensions, h, integer, percent, slider } from "studio/dom/dom.js";
import { Latest } from "studio/util/latest.js";

/** 2018894272 -> "2 019 million". @param {number} count */
export const million = (count) => `${integer(count / 1e6)} million`;

/** @param {import("studio/types/protocol").DeviceCost} cost */
export function costView({ input, adds, weights, parts, separable, ordinary }) {
  const most = Math.max(...parts.map((part) => part.adds));
  return [
    h("p", null, "For an input of ", dimensions(input), ": ", h("strong", null, `${million(adds)} multiply-adds`), ` with ${integer(weights)} weights.`),
    h("ul", { class: "ps-cost-bars" }, parts.map((part) => h("li", null, h("span", null, part.title),
      h("span", { class: "ps-cost-bar", "aria-hidden": "true", style: { "--ps-share": `${(100 * part.adds) / most}%` } }), h("span", { class: "ps-cost-number" }, million(part.adds)), h("span", { class: "ps-cost-number" }, `${integer(part.weights)} weights`)))),
    h("p", null, "The depthwise separable convolutions among them: ", h("strong", null, million(separable)), ". Ordinary convolutions in their places: ", h("strong", null, million(ordinary)),
      `, ${(ordinary / separable).toFixed(1)} times as many.`),
  ];
}

const PUBLISHED = 224;

/** MobileNetV2 made narrower or wider. */
export class WidthView {
  /** @param {(args: {width: number, side: number}) => Promise<import("studio/types/protocol").WidthCost>} ask @param {(error: any) => void} fail */
  constructor(ask, fail) {
    this.fail = fail;
    this.asks = new Latest(() => this.#next(ask));
    const again = () => this.asks.ask(true);
    this.alpha = slider({ label: "Width multiplier", min: 0.25, max: 1.5, step: 0.05, value: 1, format: (value) => value.toFixed(2), onInput: again });
    this.side = slider({ label: "Input", min: 96, max: 512, step: 32, value: PUBLISHED, format: (value) => `${value} × ${value}`, onInput: again });
    this.words = h("p", { class: "ps-width-words", "aria-live": "polite" });
    this.element = h("section", { class: "ps-device-box" }, h("h3", { class: "ps-heading" }, "Narrower: MobileNetV2, the classifier, counted for any width"),
      h("div", { class: "ps-device-sliders" }, this.alpha.element, this.side.element), this.words);
  }

  begin() { this.asks.ask(true); }

  async #next(/** @type {(args: {width: number, side: number}) => Promise<import("studio/types/protocol").WidthCost>} */ ask) {
    const found = await ask({ width: this.alpha.value, side: this.side.value }).catch((error) => void (error?.kind !== "cancelled" && this.fail(error)));
    if (!found) return;
    this.words.replaceChildren(h("strong", null, `${million(found.adds)} multiply-adds, ${(found.weights / 1e6).toFixed(2)} million weights`),
      ` (${percent(found.adds / found.full_adds, 0)} and ${percent(found.weights / found.full_weights, 0)} of width 1.00 at ${PUBLISHED} × ${PUBLISHED}).`);
  }
}
