// How far the reader has come with the exercises of the whole site: kept in the browser across pages, where it keeps anything.
import { urlOf } from "studio/files/loader.js";
import { onRecovery } from "studio/state/database.js";
import { updateTask, forgetTask, onOtherTask, readTasks } from "studio/state/persist.js";
import { isPlain, isRecord } from "studio/state/records.js";

/**
 * @typedef {{done: boolean, tries: number, best: number|null, hints: number, solution: boolean, seconds: number, answer: string, work: any}} Progress
 *   best: the best score, 0 to 1. hints: how many were shown. solution: it was shown. seconds: time at work. answer: for people; work: for the page.
 */

/** Exercises of other sites on the same host have keys of their own. */
const SITE = new URL(urlOf("../")).pathname;
const MAX_TEXT = 100_000;
const KEEPS_NOTHING = "This browser window keeps nothing after a reload (a private window, perhaps): save your report before you leave.";
const SILENT = "The browser’s memory does not answer (another tab may hold it), so nothing is kept after a reload for now: save your report before you leave.";
export const UNUSABLE = "What was kept of this exercise cannot be used and is left out.";

/** @returns {Progress} */
function emptyProgress() {
  return { done: false, tries: 0, best: null, hints: 0, solution: false, seconds: 0, answer: "", work: null };
}

const isCount = (value) => Number.isInteger(value) && value >= 0 && value < 1e9;
const isSwitch = (value) => typeof value === "boolean";
/** What each part of a record has to be like. */
const VALIDATORS = {
  done: isSwitch, tries: isCount, best: (value) => value === null || (typeof value === "number" && value >= 0 && value <= 1), hints: isCount, solution: isSwitch, seconds: isCount,
  answer: (value) => typeof value === "string", work: isPlain,
};

/** What was kept, where it makes sense. @param {any} stored @returns {Progress} */
function checked(stored) {
  const parts = Object.entries(VALIDATORS).filter(([key, isValid]) => isRecord(stored) && isValid(stored[key])).map(([key]) => [key, stored[key]]);
  const progress = { ...emptyProgress(), ...Object.fromEntries(parts) };
  return { ...progress, answer: progress.answer.slice(0, MAX_TEXT) };
}

/** @param {any} changes of another tab @returns {Partial<Progress>} */
function validParts(changes) {
  return Object.fromEntries(Object.entries(VALIDATORS).filter(([key, isValid]) => isRecord(changes) && Object.hasOwn(changes, key) && isValid(changes[key])).map(([key]) => [key, changes[key]]));
}

/** Whether all of a record can be used. @param {any} stored */
function isComplete(stored) {
  return isRecord(stored) && Object.entries(VALIDATORS).every(([key, isValid]) => !Object.hasOwn(stored, key) || isValid(stored[key]));
}

/**
 * Progress and what is new of it, which may come from a tab that knew less: what was reached stays reached, and an answer that passed is not replaced by
 * one that did not.
 * @param {Progress} before @param {Partial<Progress>} changes @returns {Progress}
 */
function joined(before, changes) {
  const most = (key) => Math.max(before[key], changes[key] ?? 0);
  const best = before.best === null && changes.best == null ? null : Math.max(before.best ?? 0, changes.best ?? 0);
  return {
    ...before, ...changes, best, tries: most("tries"), hints: most("hints"), seconds: most("seconds"),
    done: before.done || changes.done === true, solution: before.solution || changes.solution === true,
    answer: before.done && !changes.done ? before.answer : (changes.answer ?? before.answer),
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
    /** Exercises of whose records something cannot be used. @type {Set<string>} */
    this.unusable = new Set();
    /** The browser does not answer; what was to be written waits. @type {Map<string, Partial<Progress>>} */
    this.waiting = new Map();
    /** @type {Promise<void>|null} */
    this.loading = null;
    this.changes = 0;
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.loading && this.reload());
    onOtherTask(SITE, (id, changes) => this.#apply(id, changes && joined(this.of(id), validParts(changes))));
    onRecovery(() => this.#resume());
  }

  /** Resolves when what earlier visits left is here. */
  load() {
    this.loading ??= this.reload();
    return this.loading;
  }

  /** Read it afresh: another tab may have gone on. */
  async reload() {
    const { changes } = this;
    const stored = await this.#attempt(() => readTasks(SITE));
    if (!stored) return;
    if (changes !== this.changes) return this.reload(); // what was read is out of date
    this.records = new Map([...stored].map(([id, record]) => [id, checked(record)]));
    this.unusable = new Set([...stored].filter(([, record]) => !isComplete(record)).map(([id]) => id));
    this.#notify(null);
  }

  /** @param {string} id @returns {Progress} */
  of(id) {
    return this.records.get(id) ?? emptyProgress();
  }

  /** @param {string} id @param {Partial<Progress>} changes */
  update(id, changes) {
    const record = joined(this.of(id), changes);
    this.#apply(id, record);
    return this.#write(id, record, changes);
  }

  /** @param {string} id @param {Progress} record @param {Partial<Progress>} changes */
  async #write(id, record, changes) {
    const before = this.waiting.get(id) ?? {};
    const all = { ...before, ...changes };
    this.waiting.set(id, all);
    await this.#attempt(() => updateTask(SITE, id, record, all, (stored) => joined(checked(stored), all)));
    if (this.refused !== SILENT && this.waiting.get(id) === all) this.waiting.delete(id);
  }

  /** The browser answers after all: write down what waits, and read what an earlier visit left. */
  async #resume() {
    if (this.refused !== SILENT) return;
    this.refused = null;
    await Promise.all([...this.waiting].map(([id, changes]) => this.#write(id, this.of(id), changes)));
    await this.reload();
  }

  /** @param {string} id */
  forget(id) {
    this.waiting.delete(id);
    this.#apply(id, null);
    return this.#attempt(() => forgetTask(SITE, id));
  }

  /** It stands so from now on. @param {string} id @param {Progress|null} record */
  #apply(id, record) {
    if (record) this.records.set(id, record);
    else this.records.delete(id);
    this.changes += 1;
    this.#notify(id);
  }

  /** Hear of changes: the id of the exercise, or null for all of them. @param {(id: string|null) => void} listener */
  on(listener) {
    this.listeners.add(listener);
  }

  #notify(id) {
    for (const listener of this.listeners) listener(id);
  }

  async #attempt(task) {
    if (this.refused && this.refused !== SILENT) return null;
    try {
      return await task();
    } catch (error) {
      this.refused = error?.name === "TimeoutError" ? SILENT : KEEPS_NOTHING;
      this.#notify(null);
      return null;
    }
  }
}

export const tasks = new Tasks();
