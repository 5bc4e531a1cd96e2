// The keyboard's pointer on a View: arrow keys move it, Space or Enter press it, + - 0 zoom.
import { h } from "studio/dom/dom.js";

const HOW_TO_POINT = "Arrow keys point, + and − zoom";
const HOW_TO_PRESS = "Arrow keys move, Enter presses, + and − zoom";
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class KeyboardCursor {
  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    this.row = 0;
    this.column = 0;
    this.shown = false;
    this.pressed = false;
    this.mark = h("div", { class: "ps-cursor", hidden: true, "aria-hidden": "true" });
    view.pane.append(this.mark);
    view.pane.addEventListener("keydown", (event) => this.#keyDown(event));
    view.pane.addEventListener("keyup", (event) => this.#keyUp(event));
    view.pane.addEventListener("focus", () => view.pane.matches(":focus-visible") && !this.shown && view.showHint(view.interactive ? HOW_TO_PRESS : HOW_TO_POINT));
    view.pane.addEventListener("blur", () => this.#release("cancel", null));
  }

  /** Put the cursor at a whole pixel of the image frame and show it. */
  moveTo(row, column) {
    this.row = Math.min(Math.max(row, 0), this.view.rows - 1);
    this.column = Math.min(Math.max(column, 0), this.view.columns - 1);
    this.shown = true;
    this.view.reveal(this.row, this.column);
    this.place();
  }

  hide() {
    this.#release("cancel", null);
    this.shown = false;
    this.mark.hidden = true;
  }

  /** Follow the zoom and the pan. */
  place() {
    if (!this.shown) return;
    const { x, y } = this.view.toScreen(this.row, this.column);
    this.mark.hidden = false;
    this.mark.style.transform = `translate(${x}px, ${y}px)`;
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key in STEPS) return this.#step(event);
    if (event.key === " " || event.key === "Enter") return this.#press(event);
    if (event.key === "Escape") return this.hide(), this.view.emit("leave", null);
    if (event.key === "+" || event.key === "=") this.#zoom(1.5);
    else if (event.key === "-") this.#zoom(1 / 1.5);
    else if (event.key === "0") this.view.fit();
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    event.preventDefault();
    if (!this.shown) this.#appear();
    else {
      const [down, right] = STEPS[event.key];
      const reach = (event.shiftKey ? 10 : 1) * Math.max(1, Math.round(1 / this.view.scale)); // never so small that nothing is seen to move
      this.moveTo(this.row + down * reach, this.column + right * reach);
    }
    this.#emit("hover", event);
    if (this.pressed) this.#emit("move", event);
  }

  /** First use: in the middle of what is in sight. */
  #appear() {
    const { view } = this;
    const box = view.pane.getBoundingClientRect();
    const { pixel } = view.toImage({ clientX: box.left + view.width / 2, clientY: box.top + view.height / 2 });
    this.moveTo(pixel.row, pixel.column);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    event.preventDefault();
    if (event.repeat || this.pressed || this.view.gestures.spaceHeld) return;
    if (!this.shown) {
      if (event.key === " " && this.view.gestures.over) return;
      this.#appear();
    }
    if (!this.view.interactive) return this.#emit("tap", event);
    this.pressed = true;
    this.#emit("down", event);
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (event.key === " " || event.key === "Enter") this.#release("up", event);
  }

  #release(name, event) {
    if (!this.pressed) return;
    this.pressed = false;
    this.#emit(name, event);
  }

  #zoom(factor) {
    const at = this.shown ? this.view.toScreen(this.row, this.column) : undefined;
    this.view.zoomBy(factor, at);
  }

  #emit(name, event) {
    this.view.emit(name, { ...this.view.at(this.row, this.column), event, keyboard: true, points: [[this.row, this.column]] });
  }
}
