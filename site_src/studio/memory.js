// What a page remembers from visit to visit: which photo, the visitor's own photo, the painted mask, small choices. Where the browser
// keeps nothing, or has no room, the work goes on and the visitor is told once, in plain words.
import { readMask, readPage, writeMask, writePage } from "./persist.js";

/** Wait this long (ms) after the last change before it is written down. */
const REST = 700;
const FULL = "The browser has no room left to keep your work here: everything goes on working, but save your mask before you leave.";
const REFUSED = "This browser window keeps nothing after a reload (a private window, perhaps): save your mask before you leave.";

/** @typedef {{key: string, rows: number, columns: number, mask: Uint8Array<ArrayBuffer>}} KeptMask  key: that of the photo */

export class Memory {
  /**
   * @param {() => KeptMask|null} present what is on the page now
   * @param {(message: string) => void} tell
   */
  constructor(present, tell) {
    this.present = present;
    this.tell = tell;
    this.page = location.pathname;
    this.settings = {};
    /** The last photo that the visitor brought. @type {{key: string, title: string, blob: Blob}|null} */
    this.own = null;
    /** The key of the photo shown last. @type {string|null} */
    this.current = null;
    this.refused = false;
    /** What the visitor was told last. @type {string|null} */
    this.told = null;
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#leave());
  }

  /** Read what an earlier visit left. */
  async load() {
    const record = await this.#attempt(() => readPage(this.page));
    if (!record) return;
    this.settings = record.settings ?? {};
    this.own = record.own;
    this.current = record.current;
  }

  /** The mask painted on a photo in an earlier visit, if it is of this size. @param {{key: string, rows: number, columns: number}} photo */
  async maskOf({ key, rows, columns }) {
    const kept = await this.#attempt(() => readMask(this.page, key));
    return kept && kept.rows === rows && kept.columns === columns ? kept.mask : null;
  }

  savePage() {
    clearTimeout(this.pageTimer);
    this.pageTimer = undefined;
    return this.#attempt(() => writePage(this.page, { current: this.current, own: this.own, settings: this.settings }));
  }

  /** @param {string} key @param {any} value */
  remember(key, value) {
    this.settings[key] = value;
    clearTimeout(this.pageTimer);
    this.pageTimer = setTimeout(() => this.savePage(), REST);
  }

  saveMaskSoon() {
    this.unsaved = this.present()?.key;
    clearTimeout(this.maskTimer);
    this.maskTimer = setTimeout(() => this.saveMaskNow(), REST);
  }

  /** The page may be gone at once: what waits is written now, and not packed first, which would take longer than there is. */
  #leave() {
    if (this.pageTimer) this.savePage();
    this.saveMaskNow({ packed: false });
  }

  /** @param {{packed?: boolean}} [how] */
  async saveMaskNow({ packed = true } = {}) {
    clearTimeout(this.maskTimer);
    const present = this.present();
    if (!present || this.unsaved !== present.key) return;
    this.unsaved = null;
    await this.#attempt(() => writeMask(this.page, present.key, present, packed));
  }

  /** @template T @param {() => Promise<T>} task @returns {Promise<T|null>} null: the browser keeps nothing */
  async #attempt(task) {
    if (this.refused) return null;
    try {
      return (await task()) ?? null;
    } catch (error) {
      const full = error?.name === "QuotaExceededError";
      this.refused = !full;
      this.#remark(full ? FULL : REFUSED);
      return null;
    }
  }

  #remark(message) {
    if (this.told === message) return;
    this.told = message;
    this.tell(message);
  }
}
