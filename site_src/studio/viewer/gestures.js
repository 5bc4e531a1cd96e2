// Mouse, pen, touch and wheel on a View: which of them is the tool, which pans, which zooms.
import { typing } from "studio/dom/dom.js";

/** A finger that moves less than this (screen pixels) is still deciding between a tap, a stroke and a pinch. */
const SLOP = 4;
const LEFT = 0, MIDDLE = 1;
const TO_ZOOM = /Mac|iPhone|iPad/.test(navigator.platform) ? "Hold ⌘ and scroll to zoom" : "Hold Ctrl and scroll to zoom";

export class Gestures {
  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    /** Pointers that are down: id -> their last client position. @type {Map<number, {clientX: number, clientY: number}>} */
    this.pointers = new Map();
    /** What the pointers that are down do. @type {"idle"|"undecided"|"tool"|"pan"|"pinch"|"tap"} */
    this.doing = "idle";
    this.start = null;
    this.spaceHeld = false;
    /** A pen is down: fingers are the hand that holds it. */
    this.pen = false;
    const { pane } = view;
    pane.addEventListener("pointerdown", (event) => this.#down(event));
    pane.addEventListener("pointermove", (event) => this.#move(event));
    pane.addEventListener("pointerup", (event) => this.#up(event));
    pane.addEventListener("pointercancel", (event) => this.#cancel(event));
    pane.addEventListener("lostpointercapture", (event) => this.#cancel(event)); // comes after "up" too, and then says nothing new
    pane.addEventListener("pointerleave", (event) => this.#leave(event));
    pane.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    pane.addEventListener("auxclick", (event) => event.preventDefault());
    pane.addEventListener("mousedown", (event) => event.button === MIDDLE && event.preventDefault()); // no scrolling by the middle button
    pane.addEventListener("dblclick", (event) => event.preventDefault());
    pane.addEventListener("pointerenter", () => (this.over = true));
    pane.addEventListener("pointerleave", () => (this.over = false));
    pane.addEventListener("keydown", (event) => this.#space(event, true));
    pane.addEventListener("keyup", (event) => this.#space(event, false));
    pane.addEventListener("blur", () => (this.spaceHeld = false));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { view } = this;
    view.cursor.hide();
    if (![LEFT, MIDDLE].includes(event.button)) return; // the right one brings the browser's menu, and nobody hears when it is let go
    if (event.pointerType === "pen") this.#dropPalm();
    else if (this.pen || this.pointers.size > 1) return;
    this.pen = event.pointerType === "pen";
    view.pane.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, position(event));
    if (this.pointers.size === 2) return this.#withdraw("pinch");
    this.start = position(event);
    this.last = position(event);
    this.doing = this.#intent(event);
    if (this.doing === "tool") this.#emit("down", event);
    view.pane.classList.toggle("ps-panning", this.doing === "pan");
    if (event.pointerType !== "mouse") this.#emit("hover", event);
  }

  /** @param {PointerEvent} event */
  #intent(event) {
    const { view } = this;
    if (event.button === MIDDLE || this.spaceHeld) return "pan";
    if (!view.interactive) return view.zoomed ? "undecided" : "tap";
    return event.pointerType === "touch" || (view.touch === "tap" && view.zoomed) ? "undecided" : "tool";
  }

  /** A second finger, or a pen after the palm of its hand: whatever the first one began is taken back. @param {"pinch"|"idle"} next */
  #withdraw(next) {
    if (this.doing === "tool") this.#emit("withdraw", null);
    this.doing = next;
  }

  /** Where a pen comes down, fingers that are there already are the hand that rests. */
  #dropPalm() {
    if (!this.pointers.size) return;
    this.#withdraw("idle");
    this.pointers.clear();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (before) this.pointers.set(event.pointerId, position(event));
    else if (this.doing !== "idle") return; // of a palm, or of the mouse beside a finger
    if (this.doing === "pinch") return this.#pinchMove(event.pointerId, before);
    if (this.doing === "undecided" && this.#moved(event)) this.#decide(event);
    if (this.doing === "pan") this.view.panBy(event.clientX - before.clientX, event.clientY - before.clientY);
    if (this.doing === "tool") this.#emit("move", event);
    if (this.doing !== "pan") this.#emit("hover", event);
  }

  #moved(event) {
    return Math.hypot(event.clientX - this.start.clientX, event.clientY - this.start.clientY) > SLOP;
  }

  /** The undecided finger has moved: it draws where fingers draw, else it pans. @param {PointerEvent} event */
  #decide(event) {
    const draws = this.view.interactive && this.view.touch === "draw";
    this.doing = draws ? "tool" : this.view.zoomed ? "pan" : "tap";
    if (draws) this.#emit("down", event, this.start);
    this.view.pane.classList.toggle("ps-panning", this.doing === "pan");
  }

  /** @param {number} id @param {{clientX: number, clientY: number}} before */
  #pinchMove(id, before) {
    const [other] = [...this.pointers].filter(([key]) => key !== id).map(([, value]) => value);
    const now = this.pointers.get(id);
    if (!other || !now) return;
    const { view } = this;
    const apart = (point) => Math.max(1, Math.hypot(point.clientX - other.clientX, point.clientY - other.clientY));
    view.panBy((now.clientX - before.clientX) / 2, (now.clientY - before.clientY) / 2);
    view.zoomBy(apart(now) / apart(before), this.#inPane({ clientX: (now.clientX + other.clientX) / 2, clientY: (now.clientY + other.clientY) / 2 }));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.doing === "undecided" && this.view.interactive) (this.#emit("down", event), this.#emit("up", event));
    else if (this.doing === "tool") this.#emit("up", event);
    else if (!this.view.interactive && ["tap", "undecided"].includes(this.doing) && !this.#moved(event)) this.#emit("tap", event);
    this.#settle(event);
  }

  /** @param {PointerEvent} event */
  #cancel(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.doing === "tool") this.#emit("cancel", event);
    this.#settle(event);
  }

  /** After a pinch the finger that stays does nothing until it is lifted; a finger that is lifted is nowhere. @param {PointerEvent} event */
  #settle(event) {
    this.view.pane.classList.remove("ps-panning");
    if (this.pointers.size > 0) return;
    this.doing = "idle";
    this.pen = false;
    if (event.pointerType === "touch") this.view.emit("leave", null);
  }

  /** @param {PointerEvent} event */
  #leave(event) {
    if (event.pointerType === "mouse" && this.pointers.size === 0) this.view.emit("leave", null);
  }

  /** The page scrolls past a picture that is fitted; a zoomed one, or Ctrl, takes the wheel. @param {WheelEvent} event */
  #wheel(event) {
    const { view } = this;
    const withModifier = event.ctrlKey || event.metaKey;
    if (!withModifier && !view.zoomed) return view.showHint(TO_ZOOM);
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const turn = Math.max(-120, Math.min(120, event.deltaY * lines));
    view.zoomBy(Math.exp(-turn / (event.ctrlKey && Math.abs(turn) < 30 ? 100 : 400)), this.#inPane(event));
  }

  /** Space with the mouse over the picture pans, unless the keyboard cursor is out: then it is the tool. @param {KeyboardEvent} event */
  #space(event, held) {
    if (event.key !== " " || this.view.cursor.shown || !this.over || typing()) return;
    event.preventDefault();
    this.spaceHeld = held;
    this.view.pane.classList.toggle("ps-pannable", held);
  }

  #inPane(point) {
    const box = this.view.pane.getBoundingClientRect();
    return { x: point.clientX - box.left, y: point.clientY - box.top };
  }

  /**
   * @param {string} name @param {PointerEvent|null} event
   * @param {{clientX: number, clientY: number}} [from] a position other than the event's
   */
  #emit(name, event, from) {
    const { view } = this;
    const point = from ?? event ?? this.last;
    this.last = position(point);
    const passed = name === "move" && event?.getCoalescedEvents ? event.getCoalescedEvents() : [];
    const places = (passed.length ? passed : [point]).map((item) => view.toImage(item));
    view.emit(name, { ...view.toImage(point), event, keyboard: false, points: places.map((place) => [place.row, place.column]) });
  }
}

function position(event) {
  return { clientX: event.clientX, clientY: event.clientY };
}
