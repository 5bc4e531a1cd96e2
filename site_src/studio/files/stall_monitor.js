// Whether the connection has gone silent: files are awaited, and for long not one byte of any of them has come. What is done then, the page decides.

/** A beat every second, until it is told to stop. @param {() => void} beat */
const everySecond = beat => {
  const timer = setInterval(beat, 1000);
  return () => clearInterval(timer);
};

/**
 * Beats are counted, not the time between two bytes: a worker that computes and a computer that sleeps hear no byte meanwhile, but no beat either.
 */
export class Silence {
  #waits = new Set();
  #beats = 0;
  #silent = false;
  #rest = null;

  /**
   * @param {number} seconds so long without a byte is a silence
   * @param {(path: string|null) => void} tell that it begins, and the file that has been awaited longest; null: that it is over
   * @param {(beat: () => void) => () => void} clock
   */
  constructor(seconds, tell, clock = everySecond) {
    this.seconds = seconds;
    this.tell = tell;
    this.clock = clock;
  }

  /** A file is awaited from now on. @param {string} path @returns {() => void} to call when it is there, or lost */
  awaits(path) {
    const wait = { path };
    this.#waits.add(wait);
    this.#rest ??= this.clock(() => this.#beat());
    return () => this.#waits.delete(wait) && this.#over();
  }

  /** Bytes have come. */
  noise() {
    this.#beats = 0;
    if (!this.#silent) return;
    this.#silent = false;
    this.tell(null);
  }

  #beat() {
    this.#beats += 1;
    if (this.#silent || this.#beats < this.seconds) return;
    this.#silent = true;
    this.tell([...this.#waits][0].path);
  }

  #over() {
    this.noise();
    if (this.#waits.size) return;
    this.#rest();
    this.#rest = null;
  }
}
