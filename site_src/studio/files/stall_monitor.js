// Whether the connection has gone silent: files are awaited, and for long not one byte of any of them has come. What is done then, the page decides.

/** A tick every second, until it is stopped. @param {() => void} tick */
const everySecond = tick => {
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
};

/**
 * Ticks are counted, not the time between two bytes: a worker that computes and a computer that sleeps see no byte meanwhile, but no tick either.
 */
export class StallMonitor {
  #pending = new Set();
  #ticks = 0;
  #stalled = false;
  /** @type {(() => void)|null} */
  #stopClock = null;

  /**
   * @param {number} seconds so long without a byte is a stall
   * @param {(path: string|null) => void} notify that it begins, and the file that has been awaited longest; null: that it is over
   * @param {(tick: () => void) => () => void} clock
   */
  constructor(seconds, notify, clock = everySecond) {
    this.seconds = seconds;
    this.notify = notify;
    this.clock = clock;
  }

  /** A file is awaited from now on. @param {string} path @returns {() => void} to call when it is there, or lost */
  expect(path) {
    const wait = { path };
    this.#pending.add(wait);
    this.#stopClock ??= this.clock(() => this.#tick());
    return () => this.#pending.delete(wait) && this.#settle();
  }

  /** Bytes have come. */
  received() {
    this.#ticks = 0;
    if (!this.#stalled) return;
    this.#stalled = false;
    this.notify(null);
  }

  #tick() {
    this.#ticks += 1;
    if (this.#stalled || this.#ticks < this.seconds) return;
    this.#stalled = true;
    this.notify([...this.#pending][0].path);
  }

  #settle() {
    this.received();
    if (this.#pending.size) return;
    this.#stopClock?.();
    this.#stopClock = null;
  }
}
