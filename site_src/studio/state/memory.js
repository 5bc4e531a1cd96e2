// What a page remembers from visit to visit: which photo, the visitor's own photo, the painted mask, small choices. Where the browser
// keeps nothing, or has no room, the work goes on and the visitor is told once, in plain words.
import { onRecovery } from "./database.js";
import { updatePage, exchangeMask, forgetOthers, forgetPages, moveMasks, onLeaving, onOtherMask, onOtherPage, readMask, readPage, writeMask, writePage } from "./persist.js";
import { validPage, WORDS } from "./records.js";

/** Wait this long (ms) after the last change before it is written down. */
const SAVE_DELAY_MS = 700;
const FULL = "The browser has no room left to keep your work here: everything goes on working, but save your mask before you leave.";
const REFUSED = "This browser window keeps nothing after a reload (a private window, perhaps): save your mask before you leave.";
const NOT_ANSWERING = "The browser’s memory does not answer (another tab may hold it), so nothing is kept after a reload for now: save your mask before you leave.";
const ANSWERS_AGAIN = "The browser’s memory answers again, and your work is kept from now on. What an earlier visit left is there after a reload.";
/** @param {string} list */
const left = (list) => `Some of what was kept for this page cannot be used and is left out: ${list}.`;

/** @typedef {{key: string, rows: number, columns: number, mask: Uint8Array<ArrayBuffer>}} KeptMask  key: that of the photo */
/** @typedef {{mark: string, photo: string|null, settings: Record<string, any>}} LinkSetup  the set-up of a link; mark: its short name */

export class Memory {
  /**
   * @param {() => KeptMask|null} present what is on the page now
   * @param {(kind: "kept"|"dropped", message: string) => void} notify
   */
  constructor(present, notify) {
    this.present = present;
    this.notify = notify;
    this.page = location.pathname;
    this.settings = {};
    /** The last photo that the visitor brought. @type {{key: string, title: string, blob: Blob}|null} */
    this.own = null;
    /** The key of the photo shown last. @type {string|null} */
    this.current = null;
    /** What was changed in this tab and is not written down yet. @type {Partial<import("./persist.js").PageRecord>} */
    this.pending = { settings: {} };
    /** Masks of other tabs that are kept beside the one of the photo that is shown. */
    this.others = 0;
    /** What was kept and cannot be used: how often. @type {Map<import("./records.js").Dropped, number>} */
    this.dropped = new Map();
    this.refused = false;
    /** The browser does not answer; what was to be written waits. */
    this.silent = false;
    /** What the visitor was told last. @type {string|null} */
    this.lastRemark = null;
    onOtherPage((page, changes) => page === this.page && this.#onOtherTab(changes));
    onOtherMask((key, others) => key === `${this.page}|${this.present()?.key}` && this.#setOthers(others));
    onRecovery(() => this.#resume());
    onLeaving(() => this.#flushOnLeave());
  }

  /** Read what an earlier visit left. @param {LinkSetup|null} [linkSetup] what a link says, to be shown in its place */
  async load(linkSetup = null) {
    const record = await this.#read(this.page);
    if (record) Object.assign(this, record);
    if (linkSetup) await this.#useLink(linkSetup);
  }

  /** A link's set-up has a record of its own beside the visitor's, which is not written meanwhile. @param {LinkSetup} borrowed */
  async #useLink({ mark, photo, settings }) {
    const own = this.page;
    this.page = `${own}#${mark}`;
    const stored = await this.#read(this.page); // this very link was open before: its work goes on
    if (!stored) await this.#attempt(() => forgetPages(`${own}#`));
    this.settings = stored?.settings ?? settings;
    this.current = stored ? stored.current : photo && `name:${photo}`;
  }

  /** @param {string} page */
  async #read(page) {
    const { record, dropped } = (await this.#attempt(() => readPage(page))) ?? { record: null, dropped: [] };
    dropped.forEach((what) => this.drop(what));
    return record;
  }

  /** Something that was kept cannot be used: the visitor is told, of all of it in one sentence. @param {import("./records.js").Dropped} what */
  drop(what) {
    this.dropped.set(what, (this.dropped.get(what) ?? 0) + 1);
    const list = [...this.dropped].map(([each, count]) => (each === "setting" && count > 1 ? `${count} settings` : WORDS[each]));
    this.notify("dropped", left(list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : list[0]));
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

  /**
   * The mask painted on a photo in an earlier visit, if it is of this size, and how many masks of other tabs are kept beside it.
   * @param {{key: string, rows: number, columns: number}} photo @returns {Promise<{mask: Uint8Array<ArrayBuffer>|null, others: number}>}
   */
  async maskOf(photo) {
    const stored = await this.#attempt(() => readMask(this.page, photo.key));
    return { mask: this.#fitting(stored, photo), others: stored?.others ?? 0 };
  }

  /** @param {{rows: number, columns: number, mask: Uint8Array<ArrayBuffer>|null}|null} stored @param {{rows: number, columns: number}} photo */
  #fitting(stored, { rows, columns }) {
    if (!stored) return null;
    if (stored.mask && stored.rows === rows && stored.columns === columns) return stored.mask;
    this.drop("mask");
    return null;
  }

  /** Put the next of the other tabs' masks in the place of the present one, which is kept beside it. @returns {Promise<Uint8Array<ArrayBuffer>|null>} */
  async exchange() {
    const { page, present } = this;
    const photo = present();
    if (!photo) return null;
    this.unsaved = photo.key; // another tab may have written over it
    await this.saveMaskNow();
    const stored = await this.#attempt(() => exchangeMask(page, photo.key));
    if (stored) this.#setOthers(stored.others);
    return this.present()?.key === photo.key ? this.#fitting(stored, photo) : null;
  }

  /** Keep the present mask alone. */
  async forgetOthers() {
    const photo = this.present();
    if (!photo) return;
    this.unsaved = photo.key;
    await this.saveMaskNow();
    await this.#attempt(() => forgetOthers(this.page, photo.key));
    this.#setOthers(0);
  }

  /** So many masks of other tabs are kept beside the present one. @param {number} others */
  #setOthers(others) {
    if (others === this.others) return;
    this.others = others;
    this.onVersions();
  }

  /** `others` has changed. */
  onVersions = () => {};

  savePage() {
    clearTimeout(this.pageTimer);
    this.pageTimer = undefined;
    return this.#attempt(() => this.#write());
  }

  async #write() {
    const { pending } = this;
    this.pending = { settings: {} };
    try {
      await updatePage(this.page, this.#record, pending);
    } catch (error) {
      this.pending = { ...pending, ...this.pending, settings: { ...pending.settings, ...this.pending.settings } };
      throw error;
    }
  }

  get #record() {
    const { current, own, settings } = this;
    return { current, own, settings };
  }

  /** Another tab of this page has changed something, and later than this one. @param {unknown} changes */
  #onOtherTab(changes) {
    const { record } = validPage(changes);
    if (!record) return;
    Object.assign(this.settings, record.settings);
    for (const key of Object.keys(record.settings)) delete this.pending.settings[key];
    if (record.current) (this.current = record.current), delete this.pending.current;
    if (!record.own) return;
    this.own = record.own;
    delete this.pending.own;
    this.onRecentPhoto();
  }

  /** Another tab has brought a photo. */
  onRecentPhoto = () => {};

  /** @param {string} key of the photo that is shown now @param {{title: string, blob: Blob}|null} own its file, when the visitor brought it */
  shows(key, own) {
    this.current = this.pending.current = key;
    if (own) this.own = this.pending.own = { key, ...own };
  }

  /** The file of the photo that the visitor brought cannot be read any more. */
  forgetOwn() {
    this.own = this.pending.own = null;
    this.drop("photo");
  }

  /** @param {string} key @param {any} value */
  remember(key, value) {
    this.settings[key] = this.pending.settings[key] = value;
    clearTimeout(this.pageTimer);
    this.pageTimer = setTimeout(() => this.savePage(), SAVE_DELAY_MS);
  }

  saveMaskSoon() {
    this.unsaved = this.present()?.key;
    clearTimeout(this.maskTimer);
    this.maskTimer = setTimeout(() => this.saveMaskNow(), SAVE_DELAY_MS);
  }

  /** The page may be gone at once: what waits is written now. */
  #flushOnLeave() {
    this.saveMaskNow({ leaving: true });
    if (this.pageTimer) this.savePage();
  }

  /** @param {{leaving?: boolean}} [how] */
  async saveMaskNow({ leaving = false } = {}) {
    clearTimeout(this.maskTimer);
    const present = this.present();
    if (!present || this.unsaved !== present.key) return;
    this.unsaved = null;
    const others = await this.#attempt(() => writeMask(this.page, present.key, present, leaving));
    if (this.present()?.key !== present.key) return;
    if (this.silent) this.unsaved = present.key;
    if (others !== null) this.#setOthers(others);
  }

  /** @template T @param {() => Promise<T>} task @returns {Promise<T|null>} null: the browser keeps nothing */
  async #attempt(task) {
    if (this.refused) return null;
    try {
      return (await task()) ?? null;
    } catch (error) {
      const full = error?.name === "QuotaExceededError";
      this.silent = error?.name === "TimeoutError";
      this.refused = !full && !this.silent;
      this.#remark(full ? FULL : this.silent ? NOT_ANSWERING : REFUSED);
      return null;
    }
  }

  /** The browser answers after all: write down what waits. */
  #resume() {
    if (!this.silent) return;
    this.silent = false;
    this.#remark(ANSWERS_AGAIN);
    this.flush();
  }

  #remark(message) {
    if (this.lastRemark === message) return;
    this.lastRemark = message;
    this.notify("kept", message);
  }
}
