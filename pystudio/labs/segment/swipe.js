// The divider of the swipe view: a line over the picture that is dragged, or moved with the arrow keys.
import { h, icon } from "studio/dom/dom.js";

export class Divider {
  /**
   * @param {import("studio/viewer/view.js").View} view
   * @param {(share: number) => void} onMove with the share of the columns left of the line
   */
  constructor(view, onMove) {
    this.view = view;
    this.onMove = onMove;
    this.share = 0.5;
    this.handle = h("div", { class: "ps-divider-handle", role: "slider", tabindex: "0", "aria-label": "Divider between photo and labels",
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" }, icon("swipe"));
    this.element = h("div", { class: "ps-divider", hidden: true }, this.handle);
    this.handle.addEventListener("pointerdown", (event) => this.#grab(event));
    this.handle.addEventListener("pointermove", (event) => this.handle.hasPointerCapture(event.pointerId) && this.#follow(event));
    this.handle.addEventListener("keydown", (event) => this.#key(event));
    view.on("transform", () => this.#place());
    view.overlay.append(this.element);
  }

  get shown() { return !this.element.hidden; }
  set shown(shown) {
    this.element.hidden = !shown;
    this.moveTo(this.share);
  }

  /** @param {number} share */
  moveTo(share) {
    this.share = Math.min(1, Math.max(0, share));
    this.#place();
    this.handle.setAttribute("aria-valuenow", String(Math.round(this.share * 100)));
    this.handle.setAttribute("aria-valuetext", `${Math.round(this.share * 100)}% photo`);
    this.onMove(this.share);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    event.stopPropagation();
    event.preventDefault();
    this.handle.setPointerCapture(event.pointerId);
    this.handle.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    event.stopPropagation();
    this.moveTo((this.view.toImage(event).column + 0.5) / this.view.columns);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.moveTo(this.share + (steps[event.key] * (event.shiftKey ? 10 : 1)) / 100);
  }

  /** The line spans the picture; the handle stays within the pane. */
  #place() {
    if (this.element.hidden) return;
    const top = this.view.toScreen(-0.5, this.share * this.view.columns - 0.5);
    const bottom = this.view.toScreen(this.view.rows - 0.5, 0).y;
    const from = Math.max(0, top.y);
    this.element.style.transform = `translate(${Math.min(Math.max(top.x, 0), this.view.width)}px, ${from}px)`;
    this.element.style.blockSize = `${Math.min(this.view.height, bottom) - from}px`;
  }
}
