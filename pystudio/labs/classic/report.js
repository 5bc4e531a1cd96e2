// What came of a method: how well its regions fit, what it took, what it assumes and when it fails. All numbers and sentences come from Python.
import { dimensions, h, integer, percent, seconds } from "studio/dom/dom.js";
import { swatch } from "studio/ui/legend.js";

/** @typedef {import("studio/types/protocol").Classified} Classified */
/** @typedef {import("studio/types/protocol").RegionMatch} RegionMatch */
/** @typedef {import("studio/types/protocol").ClassicMethod} Method */

const MEANING = "The best region is the single one that fits best. The best union is the set of regions that fit best together: "
  + "what somebody could reach who knows which regions to take.";

export class Report {
  /** @param {HTMLElement} choice of the class to compare with */
  constructor(choice) {
    this.scores = h("div", { class: "ps-fits" });
    this.spent = h("dl", { class: "ps-facts" });
    this.about = h("dl", { class: "ps-about" });
    this.element = h("section", { class: "ps-factbox ps-report", role: "group", "aria-label": "What came of it" },
      h("div", null, h("p", { class: "ps-heading" }, "How well the regions fit (IoU)"), choice, this.scores, h("p", { class: "ps-hint" }, MEANING)),
      h("div", null, h("p", { class: "ps-heading" }, "The method"), this.about, this.spent));
  }

  /** @param {Method} method */
  describe({ assumes, fails_when, paper }) {
    this.about.replaceChildren(...line("Assumes", assumes), ...line("Fails when", fails_when), ...line("Paper", paper));
  }

  /** Nothing is known of this photo and method yet. */
  clear() {
    this.spent.replaceChildren(fact("Time", "–"), fact("Regions", "–"), fact("Worked on", "–"));
    this.scores.replaceChildren(fit("network", "the network", null, "–"), fit("paint", "your mask", null, "–"));
  }

  /**
   * @param {Classified} found
   * @param {{colourOf: (match: RegionMatch) => number[], network: string, predicted: boolean, markers: boolean}} how
   *   network: its title; predicted: it has labelled the photo; markers: what is painted were the markers
   */
  show(found, { colourOf, network, predicted, markers }) {
    this.spent.replaceChildren(fact("Time", seconds(found.seconds)), fact("Regions", integer(found.n_regions)), fact("Worked on", `${dimensions(found.worked_at)} pixels`));
    const unnamed = predicted ? "It finds nothing here that it has a name for." : "It has not labelled this photo.";
    const own = markers ? "What you painted were the markers here, so it cannot be compared with." : "Nothing of this class is painted yet.";
    this.scores.replaceChildren(
      fit("network", `the network (${network})`, found.network, unnamed, colourOf),
      fit("paint", "your mask", markers ? null : found.paint, own, colourOf));
  }

  /** In a line beneath the picture. @param {string} title @param {Classified} found */
  line(title, { n_regions, seconds: spent }) { return `${title} · ${plural(n_regions)} · ${seconds(spent)}`; }

  /** In one sentence, for those who listen. @param {string} title @param {Classified} found */
  words(title, { n_regions, seconds: spent, network }) {
    const best = network ? ` Best union for ${network.name}: IoU ${percent(network.best_union_iou)}.` : "";
    return `${title}: ${plural(n_regions)} in ${seconds(spent)}.${best}`;
  }
}

/**
 * @param {string} kind @param {string} against @param {RegionMatch|null} match @param {string} without what is said when there is no match
 * @param {(match: RegionMatch) => number[]} [colourOf]
 */
function fit(kind, against, match, without, colourOf) {
  const head = h("p", { class: "ps-fit-head" }, "against ", match ? [swatch(match.id, colourOf(match)), " ", h("strong", null, match.name), ` of ${against}`] : against);
  if (!match) return h("div", { class: "ps-fit", dataset: { fit: kind } }, head, h("p", { class: "ps-hint" }, without));
  return h("div", { class: "ps-fit", dataset: { fit: kind } }, head,
    meter("Best region", match.best_region_iou, `region ${integer(match.best_region)}`), meter("Best union", match.best_union_iou, plural(match.best_union.length)));
}

/** @param {number} count of regions */
function plural(count) { return count === 1 ? "1 region" : `${integer(count)} regions`; }

/** @param {string} title @param {number} share @param {string} note */
function meter(title, share, note) {
  return h("div", { class: "ps-meter" }, h("span", { class: "ps-meter-title" }, title), h("strong", { class: "ps-meter-number" }, percent(share)),
    h("span", { class: "ps-share", "aria-hidden": "true", style: { "--value": share } }, h("span", { class: "ps-share-fill" })), h("span", { class: "ps-fact-note" }, note));
}

/** @param {string} name @param {string} words */
function line(name, words) { return [h("dt", null, name), h("dd", null, words)]; }

/** @param {string} name @param {string} value */
function fact(name, value) { return h("div", null, h("dt", null, name), h("dd", { dataset: { fact: name.toLowerCase().replaceAll(" ", "-") } }, value)); }
