// Latest wins: of the requests that come while one is under way, only the newest is sent. What a request is, is not known here.

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
