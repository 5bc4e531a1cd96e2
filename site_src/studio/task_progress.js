// How far the reader has come with the exercises of the whole site: kept in the browser across pages, where it keeps anything.
import { urlOf } from "./loader.js";
import { readTasks, writeTask } from "./persist.js";

/**
 * @typedef {{done: boolean, tries: number, best: number|null, hints: number, solution: boolean, seconds: number, answer: string, work: any}} Progress
 *   best: the best score, 0 to 1. hints: how many were shown. solution: it was shown. seconds: time at work. answer: for people; work: for the page.
 */

/** Exercises of other sites on the same host have keys of their own. */
const SITE = new URL(urlOf("../")).pathname;
const MOST_TEXT = 100_000;
const KEEPS_NOTHING = "This browser window keeps nothing after a reload (a private window, perhaps): save your report before you leave.";

/** @returns {Progress} */
function fresh() {
  return { done: false, tries: 0, best: null, hints: 0, solution: false, seconds: 0, answer: "", work: null };
}

/** What was kept, where it makes sense. @param {any} kept @returns {Progress} */
function checked(kept) {
  const count = (value) => (Number.isInteger(value) && value >= 0 && value < 1e9 ? value : 0);
  const best = typeof kept?.best === "number" && kept.best >= 0 && kept.best <= 1 ? kept.best : null;
  return {
    done: kept?.done === true, tries: count(kept?.tries), best, hints: count(kept?.hints), solution: kept?.solution === true, seconds: count(kept?.seconds),
    answer: typeof kept?.answer === "string" ? kept.answer.slice(0, MOST_TEXT) : "", work: kept?.work ?? null,
  };
}

class Tasks {
  constructor() {
    /** @type {Map<string, Progress>} */
    this.records = new Map();
    /** @type {Set<(id: string|null) => void>} */
    this.listeners = new Set();
    /** Why nothing is kept, once that is known. @type {string|null} */
    this.refused = null;
    /** @type {Promise<void>|null} */
    this.loading = null;
    this.changes = 0;
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.loading && this.reload());
  }

  /** Resolves when what earlier visits left is here. */
  load() {
    this.loading ??= this.reload();
    return this.loading;
  }

  /** Read it afresh: another tab may have gone on. */
  async reload() {
    const { changes } = this;
    const kept = await this.#attempt(() => readTasks(SITE));
    if (!kept) return;
    if (changes !== this.changes) return this.reload(); // what was read is out of date
    this.records = new Map([...kept].map(([id, record]) => [id, checked(record)]));
    this.#tell(null);
  }

  /** @param {string} id @returns {Progress} */
  of(id) {
    return this.records.get(id) ?? fresh();
  }

  /** @param {string} id @param {Partial<Progress>} changes */
  update(id, changes) {
    const record = { ...this.of(id), ...changes };
    this.records.set(id, record);
    this.changes += 1;
    this.#tell(id);
    return this.#attempt(() => writeTask(SITE, id, record));
  }

  /** @param {string} id */
  forget(id) {
    this.records.delete(id);
    this.changes += 1;
    this.#tell(id);
    return this.#attempt(() => writeTask(SITE, id, null));
  }

  /** Hear of changes: the id of the exercise, or null for all of them. @param {(id: string|null) => void} listener */
  on(listener) {
    this.listeners.add(listener);
  }

  #tell(id) {
    for (const listener of this.listeners) listener(id);
  }

  async #attempt(task) {
    if (this.refused) return null;
    try {
      return await task();
    } catch {
      this.refused = KEEPS_NOTHING;
      this.#tell(null);
      return null;
    }
  }
}

export const tasks = new Tasks();
