// What the network says of one pixel: where it is, its class, and the three best scores. Asks for one pixel at a time;
// when the pointer is faster than the answers, only its newest place is asked for.
import { h, integer, percent } from "studio/dom/dom.js";
import { rgb, swatch } from "studio/ui/legend.js";
import { store } from "studio/state/store.js";

const BEST = 3;

export class Readout {
  /** @param {(error: any) => void} fail */
  constructor(fail) {
    this.fail = fail;
    /** The pixel that is wanted next. @type {{network: string, row: number, column: number}|null} */
    this.wanted = null;
    this.asking = false;
    this.place = h("span", { class: "ps-readout-place" });
    this.name = h("span", { class: "ps-readout-name" });
    this.scores = h("ol", { class: "ps-readout-scores" });
    this.element = h("div", { class: "ps-readout", role: "group", "aria-label": "Pixel under the pointer" },
      h("div", { class: "ps-readout-head" }, this.name, this.place), this.scores);
    this.live = h("p", { class: "ps-sr", "aria-live": "polite" });
    this.element.append(this.live);
    this.clear();
  }

  /** @param {string} [words] what to do to see something here */
  clear(words = "Point at the picture, touch it, or use the arrow keys on it.") {
    this.wanted = null;
    this.shown = null;
    this.place.textContent = "";
    this.name.replaceChildren(h("span", { class: "ps-hint" }, words));
    this.scores.replaceChildren();
  }

  /**
   * @param {string} network @param {{row: number, column: number}} pixel
   * @param {{colours: Map<number, number[]>, speak: boolean}} how speak: read it out (the keyboard moved there)
   */
  ask(network, { row, column }, { colours, speak }) {
    if (this.wanted?.row === row && this.wanted.column === column) return;
    this.wanted = { network, row, column };
    this.colours = colours;
    this.speak = speak;
    if (!this.asking) this.#next();
  }

  async #next() {
    this.asking = true;
    try {
      while (this.wanted && this.wanted !== this.shown) {
        const requested = this.wanted;
        const answer = await store.call("segment.at", requested);
        if (this.wanted) this.#show(answer);
        this.shown = requested;
      }
    } catch (error) {
      this.wanted = null;
      this.fail(error);
    } finally {
      this.asking = false;
    }
  }

  /** @param {import("studio/types/protocol").PixelRead} answer */
  #show({ row, column, id, name, best }) {
    this.place.textContent = `row ${integer(row)} · column ${integer(column)}`;
    this.name.replaceChildren(swatch(id, this.#colour(id)), h("strong", null, name), h("span", { class: "ps-readout-id" }, `class ${id}`));
    this.scores.replaceChildren(...best.slice(0, BEST).map((each) => this.#score(each)));
    if (this.speak) this.live.textContent = `Row ${row}, column ${column}: ${name}, ${percent(best[0]?.score, 0)}.`;
  }

  /** @param {import("studio/types/protocol").NamedScore} score */
  #score({ id, name, score }) {
    return h("li", { style: { "--ps-share": `${score * 100}%`, "--ps-class": rgb(this.#colour(id)) } },
      h("span", { class: "ps-score-name" }, name), h("span", { class: "ps-score-bar", "aria-hidden": "true" }), h("span", { class: "ps-score-value" }, percent(score)));
  }

  #colour(id) {
    return this.colours.get(id) ?? [128, 128, 128];
  }
}
