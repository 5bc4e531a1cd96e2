// The hand: brush, eraser, fill and lasso over the PaintLayers. It turns presses and moves into calls of paint.*; what they change is
// decided in Python.
import { StrokeQueue } from "./stroke_queue.js";

/** @typedef {"brush"|"eraser"|"fill"|"lasso"} Tool */
/** @typedef {import("studio/viewer/view.js").ViewEvent} ViewEvent */

const BACKGROUND = 0;
/** A brush whose radius is fewer screen pixels keeps the cross of the cursor. */
const TINY = 4;

export class PaintTools {
  /**
   * @param {import("./layers.js").PaintLayers} layers
   * @param {{paint: (call: any, args?: Record<string, any>) => Promise<import("studio/state/store.js").Painted>, ready: () => boolean,
   *          work: (task: Promise<unknown>) => Promise<unknown>, done: () => void}} owner
   *   work: shows that something is under way, and tells when it fails; done: a step has been answered.
   */
  constructor(layers, owner) {
    this.layers = layers;
    this.owner = owner;
    /** @type {Tool} */
    this.tool = "brush";
    this.label = BACKGROUND;
    /** Diameter in image pixels. */
    this.size = 20;
    /** @type {[number, number][]} */
    this.lassoed = [];
    /** @type {ViewEvent|null} */
    this.at = null;
    this.queue = new StrokeQueue((call) => owner.paint("stroke", call), { done: owner.done, failed: (error) => owner.work(Promise.reject(error)) });
    this.listen(layers.view);
  }

  /** @param {import("studio/viewer/view.js").View} view */
  listen(view) {
    view.on("down", (event) => this.down(event));
    view.on("move", (event) => this.move(event));
    view.on("up", (event) => this.up(event));
    view.on("cancel", () => this.cancel());
    view.on("withdraw", () => this.withdraw());
    view.on("hover", (event) => this.hover(event));
    view.on("leave", () => this.hover(null));
  }

  get strokes() { return this.tool === "brush" || this.tool === "eraser"; }
  get painted() { return this.tool === "eraser" ? BACKGROUND : this.label; }

  /** @param {Tool} tool */
  choose(tool) {
    this.cancel();
    this.tool = tool;
    this.layers.view.pane.dataset.tool = tool;
    this.hover(this.at);
  }

  /** @param {number} size */
  resize(size) {
    this.size = size;
    this.hover(this.at);
  }

  /** @param {ViewEvent} event */
  down(event) {
    if (!this.owner.ready()) return;
    if (this.strokes) {
      this.queue.begin([event.row, event.column], this.size / 2, this.painted);
      this.owner.work(this.queue.idle());
    } else if (this.tool === "lasso") {
      this.lassoed = [[event.row, event.column]];
    } else if (event.inside) {
      this.act("fill", { row: event.pixel.row, column: event.pixel.column, label: this.label });
    }
  }

  /** @param {ViewEvent} event */
  move(event) {
    this.queue.add(event.points);
    if (!this.lassoed.length) return;
    this.lassoed.push(...event.points);
    this.layers.overlay.path([...this.lassoed, this.lassoed[0]]);
  }

  /** @param {ViewEvent} event */
  up(event) {
    if (this.queue.drawing) this.queue.add([[event.row, event.column]]);
    this.queue.end();
    const points = this.lassoed;
    this.dropLasso();
    if (points.length > 2) this.act("lasso", { points, label: this.label });
  }

  /** The finger belongs to a pinch: what it painted is taken back, and nothing else. */
  withdraw() {
    const stroke = this.queue.open;
    this.cancel();
    if (stroke) this.owner.work(this.queue.run(async () => stroke.changed && this.owner.paint("undo")));
  }

  /** The browser took the pointer away: the stroke ends as it is, a lasso is dropped. */
  cancel() {
    this.queue.end();
    this.dropLasso();
  }

  dropLasso() {
    if (this.lassoed.length) this.layers.overlay.path([]);
    this.lassoed = [];
  }

  /** One whole call, after the strokes that were drawn before it and before those that follow. @param {string} call @param {Record<string, any>} args */
  act(call, args = {}) {
    return this.owner.work(this.queue.run(() => this.owner.paint(call, args)).then(() => this.owner.done()));
  }

  /** Another photo: what was on its way to the last one is dropped. */
  reset() {
    this.dropLasso();
    this.queue.drop();
    this.hover(null);
  }

  /** @param {ViewEvent|null} event */
  hover(event) {
    this.at = event;
    this.layers.view.pane.classList.toggle("ps-tiny", (this.size / 2) * this.layers.view.scale < TINY);
    this.layers.overlay.ring(event && this.strokes ? { row: event.row, column: event.column, radius: this.size / 2 } : null);
  }
}
