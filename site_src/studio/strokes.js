// The queue between a fast hand and Python: pointer points in, `paint.stroke` calls out. One call is in flight at a time; points that
// arrive meanwhile wait and travel together, none is lost, and every stroke is one undo step (begin … end) whatever the hand does.

/**
 * @typedef {[number, number]} Point (row, column) in image pixels
 * @typedef {{radius: number, label: number, points: Point[], last: Point|null, begun: boolean, closed: boolean}} Stroke
 * @typedef {{points: Point[], radius: number, label: number, begin: boolean, end: boolean}} StrokeCall
 */

export class StrokeQueue {
  /**
   * @param {(call: StrokeCall) => Promise<unknown>} send
   * @param {{done?: () => void, failed?: (error: Error) => void}} [hooks] done: a stroke has ended and Python has answered
   */
  constructor(send, { done = () => {}, failed = () => {} } = {}) {
    this.send = send;
    this.done = done;
    this.failed = failed;
    /** @type {Stroke[]} */
    this.strokes = [];
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
    this.open = { radius, label, points: [point], last: null, begun: false, closed: false };
    this.strokes.push(this.open);
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

  /** Forget everything that was not sent: the photo under the strokes is gone. */
  drop() {
    this.open = null;
    this.strokes.length = 0;
    this.settle();
  }

  /** Resolves when every stroke that was begun has been answered. */
  idle() {
    if (!this.busy && !this.strokes.length) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
  }

  async pump() {
    if (this.busy) return;
    const stroke = this.strokes[0];
    if (!stroke || !(stroke.points.length || stroke.closed)) return;
    const call = take(stroke);
    this.busy = true;
    try {
      await this.send(call);
      if (call.end) this.done();
    } catch (error) {
      if (this.strokes[0] === stroke) this.abandon(stroke);
      this.failed(/** @type {Error} */ (error));
    } finally {
      this.busy = false;
      if (call.end && this.strokes[0] === stroke) this.strokes.shift();
      if (this.strokes.length) this.pump();
      else this.settle();
    }
  }

  /** @param {Stroke} stroke whose call failed: the rest of it would paint on an unknown ground. */
  abandon(stroke) {
    this.strokes.shift();
    if (this.open === stroke) this.open = null;
  }

  settle() {
    if (this.busy || this.strokes.length) return;
    this.waiting.splice(0).forEach((resolve) => resolve());
  }
}

/**
 * The next call of a stroke: all points that wait, after the last point of the call before so that segments join.
 * @param {Stroke} stroke @returns {StrokeCall}
 */
function take(stroke) {
  const points = stroke.last ? [stroke.last, ...stroke.points] : stroke.points;
  const call = { points, radius: stroke.radius, label: stroke.label, begin: !stroke.begun, end: stroke.closed };
  stroke.last = points[points.length - 1];
  stroke.points = [];
  stroke.begun = true;
  return call;
}

/**
 * Latest wins: while one request is under way only the newest of those that follow is kept.
 * @template T
 */
export class Latest {
  /** @param {(value: T) => Promise<unknown>} run which handles its own errors */
  constructor(run) {
    this.run = run;
    /** @type {T|undefined} */
    this.next = undefined;
    this.busy = false;
  }

  /** @param {T} value */
  async ask(value) {
    this.next = value;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.next !== undefined) {
        const current = this.next;
        this.next = undefined;
        await this.run(current);
      }
    } finally {
      this.busy = false;
    }
  }

  /** Forget what waits. */
  drop() { this.next = undefined; }
}
