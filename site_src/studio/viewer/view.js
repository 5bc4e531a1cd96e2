// A pane that shows layers of one image: pan, zoom, and pointer, touch and keyboard positions in the image frame.
// It draws nothing itself and knows nothing of labels: its owner draws on the layers and listens.
//
// Frames. Screen: CSS pixels, (x, y), origin at the top left of the pane. Image: (row, column), floats, where whole
// numbers are the CENTRES of pixels, as in pystudio: pixel (r, c) covers r-0.5..r+0.5, so the picture spans -0.5..rows-0.5.
// `pixel` in every event is the nearest whole pixel, clamped to the picture: use it to index arrays.
import { button, h } from "studio/dom/dom.js";
import { Gestures } from "./gestures.js";
import { KeyboardCursor } from "./cursor.js";

/** Zoom never goes past this many screen pixels for one image pixel. */
const MAX_ZOOM = 40;
/** Above this many screen pixels for one image pixel the pixels show as squares. */
const SQUARES_FROM = 2;

/**
 * @typedef {{row: number, column: number, pixel: {row: number, column: number}, inside: boolean}} Position
 * @typedef {Position & {event: Event|null, keyboard: boolean, points: [number, number][]}} ViewEvent
 *   `points`: all [row, column] since the last event of a drag (coalesced pointer positions), the newest last.
 */

export class View {
  /**
   * @param {{label: string, interactive?: boolean, touch?: "draw"|"tap", controls?: boolean}} options
   *   interactive: pointer presses are a tool of the owner ("down", "move", "up", "cancel", "withdraw"); otherwise a drag pans when zoomed.
   *   touch: "draw" (default when interactive): a finger draws, so the page does not scroll from here; "tap": a finger
   *   that moves up or down scrolls the page (until zoomed), a tap is a press.
   */
  constructor({ label, interactive = false, touch = interactive ? "draw" : "tap", controls = true }) {
    this.interactive = interactive;
    this.touch = touch;
    this.rows = 1;
    this.columns = 1;
    /** Screen pixels for one image pixel. */
    this.scale = 1;
    /** Screen position of the top left corner of the picture. */
    this.offset = { x: 0, y: 0 };
    this.fitted = true;
    this.listeners = new Map();
    this.layers = new Map();
    this.stage = h("div", { class: "ps-view-stage" });
    /** Screen-space children of the owner (rings, dividers): positioned with toScreen(). */
    this.overlay = h("div", { class: "ps-view-overlay" });
    this.hint = h("div", { class: "ps-view-hint", "aria-hidden": "true" });
    this.pane = h("div", {
      class: "ps-view-pane", tabindex: "0", role: "application", "aria-label": label, "aria-roledescription": "picture",
      "aria-keyshortcuts": "ArrowUp ArrowDown ArrowLeft ArrowRight Enter Space + - 0",
    }, this.stage, this.overlay, this.hint);
    this.element = h("div", { class: "ps-view" }, this.pane, controls && this.#controls());
    this.cursor = new KeyboardCursor(this);
    this.gestures = new Gestures(this);
    new ResizeObserver(() => this.#resized()).observe(this.pane);
    this.#touchAction();
  }

  #controls() {
    this.zoomText = h("output", { class: "ps-view-zoom", "aria-label": "Zoom" }, "100%");
    return h("div", { class: "ps-view-controls", role: "group", "aria-label": "Zoom" },
      button({ label: "Zoom out", icon: "minus", iconOnly: true, kind: "quiet", onClick: () => this.zoomBy(1 / 1.5) }),
      this.zoomText,
      button({ label: "Zoom in", icon: "plus", iconOnly: true, kind: "quiet", onClick: () => this.zoomBy(1.5) }),
      button({ label: "Fit the picture", icon: "fit", iconOnly: true, kind: "quiet", onClick: () => this.fit() }));
  }

  /** The size of the picture. Layers are cleared when it changes, and the picture is fitted. */
  setSize(rows, columns) {
    if (rows === this.rows && columns === this.columns) return;
    this.rows = rows;
    this.columns = columns;
    for (const context of this.layers.values()) size(context.canvas, rows, columns);
    this.cursor.hide();
    this.fit();
  }

  /** The whole of a photo in sight, drawn in a layer. @param {{rows: number, columns: number, bitmap: ImageBitmap}} photo @param {CanvasRenderingContext2D} context */
  open({ rows, columns, bitmap }, context) {
    this.setSize(rows, columns);
    this.fit();
    context.clearRect(0, 0, columns, rows);
    context.drawImage(bitmap, 0, 0);
  }

  /**
   * The drawing context of a named layer at image resolution; made at the first call, stacked in that order.
   * @param {string} name
   * @returns {CanvasRenderingContext2D}
   */
  layer(name) {
    const known = this.layers.get(name);
    if (known) return known;
    const canvas = h("canvas", { class: "ps-view-layer", dataset: { layer: name }, "aria-hidden": "true" });
    size(canvas, this.rows, this.columns);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.layers.set(name, context);
    this.stage.append(canvas);
    return context;
  }

  /**
   * Where an event, or anything with clientX and clientY, is in the image frame.
   * @param {{clientX: number, clientY: number}} event
   * @returns {Position}
   */
  toImage(event) {
    const box = this.pane.getBoundingClientRect();
    const column = (event.clientX - box.left - this.pane.clientLeft - this.offset.x) / this.scale - 0.5;
    const row = (event.clientY - box.top - this.pane.clientTop - this.offset.y) / this.scale - 0.5;
    return this.at(row, column);
  }

  /** @param {number} row @param {number} column @returns {Position} */
  at(row, column) {
    const inside = row >= -0.5 && column >= -0.5 && row < this.rows - 0.5 && column < this.columns - 0.5;
    return { row, column, inside, pixel: { row: clamp(Math.round(row), 0, this.rows - 1), column: clamp(Math.round(column), 0, this.columns - 1) } };
  }

  /** Image frame to screen frame (CSS pixels of the pane). */
  toScreen(row, column) {
    return { x: this.offset.x + (column + 0.5) * this.scale, y: this.offset.y + (row + 0.5) * this.scale };
  }

  /** Zoom by a factor about a screen position of the pane (its middle, unless told). @param {number} factor @param {{x: number, y: number}} [at] */
  zoomBy(factor, at = { x: this.width / 2, y: this.height / 2 }) {
    const least = this.fitScale;
    const next = clamp(this.scale * factor, least, Math.max(MAX_ZOOM, least));
    if (next <= least * 1.001) return this.fit();
    if (this.interactive && !this.toldToPan) this.#tellToPan();
    const moved = next / this.scale;
    this.offset = { x: at.x - (at.x - this.offset.x) * moved, y: at.y - (at.y - this.offset.y) * moved };
    this.scale = next;
    this.fitted = false;
    this.#place();
  }

  /** Where a press is a tool, the mouse needs a word on how to move the picture; fingers know. */
  #tellToPan() {
    this.toldToPan = true;
    if (matchMedia("(hover: hover)").matches) this.showHint("Hold Space and drag to move the picture");
  }

  /** @param {number} dx @param {number} dy screen pixels */
  panBy(dx, dy) {
    this.offset = { x: this.offset.x + dx, y: this.offset.y + dy };
    this.#place();
  }

  /** Show the whole picture. */
  fit() {
    this.fitted = true;
    this.scale = this.fitScale;
    this.#place();
  }

  get zoomed() { return !this.fitted; }
  get width() { return this.pane.clientWidth || 1; }
  get height() { return this.pane.clientHeight || 1; }
  get fitScale() { return Math.min(this.width / this.columns, this.height / this.rows, MAX_ZOOM); }

  /** Bring a position of the image into sight (when the keyboard moves the cursor out of it). */
  reveal(row, column) {
    const { x, y } = this.toScreen(row, column);
    const margin = Math.min(40, this.width / 4, this.height / 4);
    this.panBy(clamp(x, margin, this.width - margin) - x, clamp(y, margin, this.height - margin) - y);
  }

  /**
   * "down", "move", "up": a press of the tool (interactive views); "cancel": the press was broken off, what it did may stay;
   * "withdraw": it was no press but the first finger of a pinch. "hover": where the pointer or the keyboard
   * cursor is, pressed or not. "leave": it is nowhere. "transform": the zoom or the pan changed (no position).
   * "tap": a click or tap, in views that are not interactive.
   * @param {"down"|"move"|"up"|"cancel"|"withdraw"|"hover"|"leave"|"tap"|"transform"} name
   * @param {(event: ViewEvent) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    const all = this.listeners.get(name) ?? this.listeners.set(name, new Set()).get(name);
    all.add(listener);
    return () => all.delete(listener);
  }

  /** For the gestures and the cursor of this view. @param {string} name @param {ViewEvent|null} event */
  emit(name, event) {
    for (const listener of this.listeners.get(name) ?? []) listener(event);
  }

  /** A few words over the picture, for a moment. @param {string} text */
  showHint(text) {
    this.hint.textContent = text;
    this.hint.classList.add("ps-shown");
    clearTimeout(this.hintTimer);
    this.hintTimer = setTimeout(() => this.hint.classList.remove("ps-shown"), 50 * text.length);
  }

  #resized() {
    if (this.fitted) return this.fit();
    this.scale = Math.max(this.scale, this.fitScale);
    this.#place();
  }

  /** Keep the picture in the pane, centred where it is smaller, and put the stage there. */
  #place() {
    this.offset = {
      x: rest(this.offset.x, this.columns * this.scale, this.width),
      y: rest(this.offset.y, this.rows * this.scale, this.height),
    };
    const { style } = this.stage;
    style.width = `${this.columns * this.scale}px`;
    style.height = `${this.rows * this.scale}px`;
    style.transform = `translate(${this.offset.x}px, ${this.offset.y}px)`;
    this.stage.classList.toggle("ps-squares", this.scale > SQUARES_FROM);
    this.pane.classList.toggle("ps-zoomed", this.zoomed);
    if (this.zoomText) this.zoomText.textContent = `${Math.round(this.scale * 100)}%`;
    this.#touchAction();
    this.cursor?.place();
    this.emit("transform", null);
  }

  /** Which touches the browser keeps: vertical scrolling, unless a finger draws here or the picture is zoomed. */
  #touchAction() {
    const ours = this.touch === "draw" || this.zoomed;
    this.pane.style.touchAction = ours ? "none" : "pan-y";
  }
}

/** @param {HTMLCanvasElement} canvas */
function size(canvas, rows, columns) {
  canvas.width = columns;
  canvas.height = rows;
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), Math.max(least, most));
}

/** The offset of a length in a window: centred when it fits, else without a gap at either end. */
function rest(offset, length, window) {
  if (length <= window) return (window - length) / 2;
  return clamp(offset, window - length, 0);
}
