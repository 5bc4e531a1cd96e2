// The queue between a fast hand and Python: pointer points in, `paint.stroke` calls out. One call is in flight at a time; points that
// arrive meanwhile wait and travel together, none is lost, and every stroke is one undo step (begin … end) whatever the hand does.
// Whole calls, such as an undo, take their turn between the strokes.
import { problem } from "studio/util/problem.js";

/**
 * @typedef {[number, number]} Point (row, column) in image pixels
 * @typedef {{patches: unknown[]}} Answer
 * @typedef {{radius: number, label: number, points: Point[], last: Point|null, begun: boolean, closed: boolean, changed: boolean}} Stroke
 *   changed: Python has said that it changed something.
 * @typedef {{task: () => Promise<any>, resolve: (value: any) => void, reject: (error: any) => void}} Whole
 * @typedef {{points: Point[], radius: number, label: number, begin: boolean, end: boolean}} StrokeCall
 */

export class StrokeQueue {
  /**
   * @param {(call: StrokeCall) => Promise<Answer>} send
   * @param {{done?: () => void, failed?: (error: Error) => void}} [hooks] done: a stroke has ended and Python has answered
   */
  constructor(send, { done = () => {}, failed = () => {} } = {}) {
    this.send = send;
    this.done = done;
    this.failed = failed;
    /** In the order of the hand. @type {(Stroke|Whole)[]} */
    this.turns = [];
    /** @type {Stroke|null} */
    this.open = null;
    this.busy = false;
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /** A stroke is being drawn now. */
  get drawing() { return this.open !== null; }

  /** @param {Point} point @param {number} radius @param {number} label */
  begin(point, radius, label) {
    this.end();
    this.open = { radius, label, points: [point], last: null, begun: false, closed: false, changed: false };
    this.turns.push(this.open);
    this.pump();
  }

  /** @param {Point[]} points */
  add(points) {
    if (!this.open || !points.length) return;
    this.open.points.push(...points);
    this.pump();
  }

  /** End the stroke; also what a cancelled pointer does: what was painted stays, as one step. */
  end() {
    if (!this.open) return;
    this.open.closed = true;
    this.open = null;
    this.pump();
  }

  /** End the stroke, and do something whole after it. @template T @param {() => Promise<T>} task @returns {Promise<T>} */
  run(task) {
    this.end();
    return new Promise((resolve, reject) => {
      this.turns.push({ task, resolve, reject });
      this.pump();
    });
  }

  /** Forget everything that was not sent: the photo under the strokes is gone. */
  drop() {
    this.open = null;
    for (const turn of this.turns.splice(0)) if ("task" in turn) turn.reject(problem("Another photo was opened.", "", "cancelled"));
    this.settle();
  }

  /** Resolves when everything that was begun has been answered. */
  idle() {
    if (!this.busy && !this.turns.length) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
  }

  async pump() {
    const [turn] = this.turns;
    if (this.busy || !turn || !("task" in turn || turn.points.length || turn.closed)) return;
    this.busy = true;
    const over = await ("task" in turn ? turn.task().then(turn.resolve, turn.reject).then(() => true) : this.paint(turn));
    this.busy = false;
    if (over && this.turns[0] === turn) this.turns.shift();
    if (this.turns.length) this.pump();
    else this.settle();
  }

  /** @param {Stroke} stroke @returns {Promise<boolean>} whether it is over */
  async paint(stroke) {
    const call = nextCall(stroke);
    try {
      const { patches } = await this.send(call);
      stroke.changed ||= patches.length > 0;
      if (call.end) this.done();
      return call.end;
    } catch (error) {
      if (this.open === stroke) this.open = null; // the rest of it would paint on an unknown ground
      this.failed(/** @type {Error} */ (error));
      return true;
    }
  }

  settle() {
    if (this.busy || this.turns.length) return;
    this.waiting.splice(0).forEach((resolve) => resolve());
  }
}

/**
 * The next call of a stroke: all points that wait, after the last point of the call before so that segments join.
 * @param {Stroke} stroke @returns {StrokeCall}
 */
function nextCall(stroke) {
  const points = stroke.last ? [stroke.last, ...stroke.points] : stroke.points;
  const call = { points, radius: stroke.radius, label: stroke.label, begin: !stroke.begun, end: stroke.closed };
  stroke.last = points[points.length - 1];
  stroke.points = [];
  stroke.begun = true;
  return call;
}
