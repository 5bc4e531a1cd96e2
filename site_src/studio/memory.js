// What a page remembers from visit to visit: which photo, the visitor's own photo, the painted mask, small choices. Where the browser
// keeps nothing, or has no room, the work goes on and the visitor is told once, in plain words.
import { amendPage, forgetPages, moveMasks, onLeaving, onOtherPage, readMask, readPage, writeMask, writePage } from "./persist.js";

/** Wait this long (ms) after the last change before it is written down. */
const REST = 700;
const FULL = "The browser has no room left to keep your work here: everything goes on working, but save your mask before you leave.";
const REFUSED = "This browser window keeps nothing after a reload (a private window, perhaps): save your mask before you leave.";

/** @typedef {{key: string, rows: number, columns: number, mask: Uint8Array<ArrayBuffer>}} KeptMask  key: that of the photo */
/** @typedef {{mark: string, photo: string|null, settings: Record<string, any>}} Borrowed  the set-up of a link; mark: its short name */

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
    /** What was changed in this tab and is not written down yet. @type {Partial<import("./persist.js").PageRecord>} */
    this.news = { settings: {} };
    this.refused = false;
    /** What the visitor was told last. @type {string|null} */
    this.told = null;
    onOtherPage((page, changes) => page === this.page && this.#hear(changes));
    onLeaving(() => this.#leave());
  }

  /** Read what an earlier visit left. @param {Borrowed|null} [borrowed] what a link says, to be shown in its place */
  async load(borrowed = null) {
    const record = await this.#attempt(() => readPage(this.page));
    if (record) {
      this.settings = record.settings ?? {};
      this.own = record.own;
      this.current = record.current;
    }
    if (borrowed) await this.#borrow(borrowed);
  }

  /** A link's set-up has a record of its own beside the visitor's, which is not written meanwhile. @param {Borrowed} borrowed */
  async #borrow({ mark, photo, settings }) {
    const own = this.page;
    this.page = `${own}#${mark}`;
    const kept = await this.#attempt(() => readPage(this.page)); // this very link was open before: its work goes on
    if (!kept) await this.#attempt(() => forgetPages(`${own}#`));
    this.settings = kept?.settings ?? settings;
    this.current = kept ? kept.current : photo && `name:${photo}`;
  }

  /** Write down at once what waits to be written. */
  async flush() {
    await this.saveMaskNow();
    await this.savePage();
  }

  /** Put the set-up of a link, and what was done with it, in the place of the visitor's own. @returns {Promise<boolean>} whether that is done */
  async adopt() {
    await this.flush();
    const [own] = this.page.split("#");
    await this.#attempt(async () => {
      await moveMasks(this.page, own);
      await writePage(own, this.#record);
    });
    return !this.refused;
  }

  /** The mask painted on a photo in an earlier visit, if it is of this size. @param {{key: string, rows: number, columns: number}} photo */
  async maskOf({ key, rows, columns }) {
    const kept = await this.#attempt(() => readMask(this.page, key));
    return kept && kept.rows === rows && kept.columns === columns ? kept.mask : null;
  }

  savePage() {
    clearTimeout(this.pageTimer);
    this.pageTimer = undefined;
    return this.#attempt(() => this.#write());
  }

  async #write() {
    const { news } = this;
    this.news = { settings: {} };
    try {
      await amendPage(this.page, this.#record, news);
    } catch (error) {
      this.news = { ...news, ...this.news, settings: { ...news.settings, ...this.news.settings } };
      throw error;
    }
  }

  get #record() {
    const { current, own, settings } = this;
    return { current, own, settings };
  }

  /** Another tab of this page has changed something, and later than this one. @param {Partial<import("./persist.js").PageRecord>} changes */
  #hear({ settings = {}, ...photos }) {
    Object.assign(this.settings, settings);
    for (const key of Object.keys(settings)) delete this.news.settings[key];
    Object.assign(this, photos);
    for (const key of Object.keys(photos)) delete this.news[key];
    if (photos.own) this.brought();
  }

  /** Another tab has brought a photo. */
  brought = () => {};

  /** @param {string} key of the photo that is shown now @param {{title: string, blob: Blob}|null} own its file, when the visitor brought it */
  shows(key, own) {
    this.current = this.news.current = key;
    if (own) this.own = this.news.own = { key, ...own };
  }

  /** @param {string} key @param {any} value */
  remember(key, value) {
    this.settings[key] = this.news.settings[key] = value;
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
    this.saveMaskNow({ packed: false });
    if (this.pageTimer) this.savePage();
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
