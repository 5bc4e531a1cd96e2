// What stands beside and below the microscope's picture: a small map for each class, the bars of one pixel, the stages of the network.
import { h, percent } from "studio/dom/dom.js";
import { paintShades } from "./colormap.js";
import { rgb, swatch } from "studio/ui/legend.js";

/** @typedef {import("studio/types/protocol").ScoreMaps} ScoreMaps */
/** @typedef {import("studio/types/protocol").ScoresRead} ScoresRead */
/** @typedef {import("studio/types/protocol").Stage} Stage */

/** A score as a person reads it. @param {number} value */
export const signed = (value) => value.toFixed(value > -10 && value < 10 ? 2 : 1).replace("-", "−");

/** All score maps, small, on one scale; one of them is chosen. */
export class ScoreMapGrid {
  /** @param {(id: number) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.list = h("div", { class: "ps-sheets", role: "group", "aria-label": "A map for each class; choose one to enlarge it" });
    this.element = h("section", { class: "ps-sheet-box" }, h("h3", { class: "ps-heading" }, "A map for each class; the ones found in the photo come first. Choose one to enlarge it."), this.list);
    /** @type {ScoreMaps|null} */
    this.found = null;
  }

  /** @param {ScoreMaps} found @param {number} chosen */
  show(found, chosen) {
    this.found = found;
    this.list.replaceChildren(...found.maps.map((map, k) => this.#card(map, k)));
    this.choose(chosen);
  }

  /** The shades of one class. @param {number} id @returns {Uint8Array} */
  shadesOf(id) {
    const { rows, columns, maps, values } = this.found;
    const k = maps.findIndex((map) => map.id === id);
    return values.subarray(k * rows * columns, (k + 1) * rows * columns);
  }

  /** @param {ScoreMaps["maps"][number]} map @param {number} k */
  #card({ id, name, colour, share, highest }, k) {
    const { rows, columns, values } = this.found;
    const canvas = paintShades(h("canvas", { class: "ps-sheet-map", "aria-hidden": "true" }), rows, columns, values.subarray(k * rows * columns, (k + 1) * rows * columns));
    return h("button", { type: "button", class: `ps-sheet ${share ? "ps-sheet-found" : ""}`, dataset: { label: String(id) }, "aria-pressed": "false", title: `${name}: at most ${signed(highest)}`,
      onclick: () => this.onChoose(id) },
    canvas, h("span", { class: "ps-sheet-name" }, swatch(id, colour), h("span", null, name)), h("span", { class: "ps-sheet-share" }, share ? percent(share) : "not found"));
  }

  /** @param {number} id */
  choose(id) {
    for (const card of this.list.children) card.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (card).dataset.label === String(id)));
  }

  clear() {
    this.found = null;
    this.list.replaceChildren();
  }
}

const ASK = "Point at the picture, touch it, or use the arrow keys on it.";

/** The scores of one pixel as bars, before and after softmax, the best first. */
export class ScoreBars {
  constructor() {
    this.head = h("p", { class: "ps-micro-place" }, ASK);
    this.list = h("ol", { class: "ps-bars" });
    this.live = h("p", { class: "ps-sr", "aria-live": "polite" });
    this.element = h("section", { class: "ps-bars-box", "aria-label": "Scores of the pixel under the pointer" },
      h("h3", { class: "ps-heading" }, "One pixel, all its scores"), this.head,
      h("p", { class: "ps-bars-head", "aria-hidden": "true" }, h("span", null, "class"), h("span", null, "score"), h("span", null, "after softmax")), this.list, this.live);
  }

  clear() {
    this.head.textContent = ASK;
    this.list.replaceChildren();
  }

  /** @param {ScoresRead} read @param {boolean} speak */
  show({ row, column, bars, entropy, margin }, speak) {
    const low = Math.min(...bars.map(({ score }) => score), 0), high = Math.max(...bars.map(({ score }) => score), low + 1e-9);
    const place = (/** @type {number} */ score) => (100 * (score - low)) / (high - low);
    this.head.textContent = `Row ${row}, column ${column}: ${bars[0].name} wins by ${signed(margin)}. Entropy ${entropy.toFixed(2)} bits.`;
    this.list.replaceChildren(...bars.map(({ id, name, colour, score, share }) => {
      const from = Math.min(place(0), place(score)), to = Math.max(place(0), place(score));
      return h("li", { dataset: { label: String(id) }, style: { "--ps-class": rgb(colour) } }, h("span", { class: "ps-bar-name" }, name),
        h("span", { class: "ps-bar", "aria-hidden": "true", style: { "--ps-from": `${from}%`, "--ps-to": `${100 - to}%` } }), h("span", { class: "ps-bar-score" }, signed(score)),
        h("span", { class: "ps-bar", "aria-hidden": "true", style: { "--ps-from": "0%", "--ps-to": `${100 - 100 * share}%` } }), h("span", { class: "ps-bar-share" }, percent(share)));
    }));
    if (speak) this.live.textContent = `Row ${row}, column ${column}: ${bars[0].name} ${percent(bars[0].share, 0)}, then ${bars[1].name} ${percent(bars[1].share, 0)}.`;
  }
}

/** The stages of the network, from the photo to the scores. */
export class StageStrip {
  /** @param {(name: string) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    /** @type {Stage[]} */
    this.stages = [];
    this.list = h("div", { class: "ps-stages", role: "group", "aria-label": "Stages of the network, from the photo to the scores" });
    this.words = h("p", { class: "ps-stage-words" });
    this.element = h("section", { class: "ps-stage-box" }, h("h3", { class: "ps-heading" }, "Stages of the network, from the photo to the scores"), this.list, this.words);
  }

  /** @param {import("studio/types/protocol").StageList} list @param {string} chosen */
  show({ input, stages }, chosen) {
    this.input = input;
    this.stages = stages;
    this.list.replaceChildren(...stages.map((stage) => h("button", { type: "button", class: "ps-stage", dataset: { stage: stage.name }, "aria-pressed": "false", onclick: () => this.onChoose(stage.name) },
      h("strong", null, stage.title), h("span", null, `${stage.channels} × ${stage.rows} × ${stage.columns}`))));
    this.choose(chosen);
  }

  /** @param {string} name */
  find(name) { return this.stages.find((stage) => stage.name === name); }

  /** @param {string} name */
  choose(name) {
    for (const each of /** @type {Iterable<HTMLElement>} */ (this.list.children)) {
      each.setAttribute("aria-pressed", String(each.dataset.stage === name));
      if (each.dataset.stage === name) this.list.scrollLeft = each.offsetLeft - (this.list.clientWidth - each.clientWidth) / 2; // on phones the strip is wider than its box
    }
    const stage = this.find(name);
    if (!stage) return;
    const [rows, columns] = this.input;
    const sees = !stage.stride ? `It sees the whole picture of ${rows} × ${columns} pixels.`
      : `Each point looks through a window of ${stage.field} × ${stage.field} pixels (the network gets ${rows} × ${columns})${stage.whole ? ", and also sees the whole picture through the other branch" : ""}.`;
    this.words.textContent = `${stage.help} ${stage.channels} channels of ${stage.rows} × ${stage.columns} points${stage.stride ? `, one every ${stage.stride} pixels` : ""}. ${sees}`;
  }
}
