// Painted markers: the page's mask, where the visitor paints it, and whether this method uses it.
import { button, h, toggle } from "studio/dom/dom.js";
import { store } from "studio/state/store.js";

/** @typedef {import("studio/types/protocol").ClassicMethod} Method */

export class Markers {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.use = toggle({ label: "Use painted markers", checked: false, onChange });
    this.words = h("p", { class: "ps-hint" });
    this.element = h("div", { class: "ps-markers", role: "group", "aria-label": "Markers" }, this.use.element, this.words, this.link());
  }

  /** A way to the place where markers are painted; none where the page has no such place. */
  link() {
    const painter = document.querySelector("studio-paint");
    return painter && button({ label: "Paint markers", icon: "brush", onClick: () => {
      painter.scrollIntoView({ block: "center" });
      /** @type {HTMLElement|null} */ (painter.querySelector(".ps-view-pane"))?.focus({ preventScroll: true });
    } });
  }

  /** @param {Method} method */
  show({ markers }) {
    this.need = markers;
    this.element.hidden = markers === "none";
    this.use.element.hidden = markers !== "optional";
    this.count();
  }

  /** Say what is painted now. */
  count() {
    if (this.need === "none") return;
    const names = paintedNames();
    const painted = names.length ? `Painted: ${names.join(", ")}.` : "Nothing is painted yet.";
    this.words.textContent = this.need === "required" ? `This method starts from what you paint. ${painted}` : painted;
  }

  /** For classic.run. @returns {"none"|"paint"} */
  get choice() {
    return this.need === "required" || (this.need === "optional" && this.use.checked) ? "paint" : "none";
  }
}

/** The classes that the mask holds. @returns {string[]} */
export function paintedNames() {
  const ids = new Set(store.mask);
  return [...ids].filter((id) => id !== 0).sort((a, b) => a - b).map((id) => store.labels?.names[id] ?? String(id));
}
