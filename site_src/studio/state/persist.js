// What survives a reload: one record per page, one mask per photo and one record per exercise, in the browser's own database (IndexedDB).
// Every function rejects when the browser refuses; the store says so to the visitor.
//
// The same page, or another of the site, may be open in other tabs. So a record is changed, not replaced: read and written in one
// transaction. And the other tabs are told of the change, so that what they have in memory is what is kept.

import { withTimeout, completed, Database, result } from "./database.js";
import { pixelsIn, validMask, validPage } from "./records.js";

const STORES = { pages: {}, masks: { index: "page" }, tasks: {} };
/** Masks kept for one page; the oldest go first. */
const MAX_MASKS = 40;
/** Masks of other tabs kept beside the one of a photo. */
const MAX_OTHERS = 6;

/**
 * @typedef {{current: string|null, own: {key: string, title: string, blob: Blob}|null, settings: Record<string, any>}} PageRecord
 *   current: the key of the photo shown last; own: the last photo that the visitor brought.
 * @typedef {{rows: number, columns: number, packed: boolean, bytes: ArrayBuffer, when: number, tab: string, revision: string, blank: boolean}} MaskVersion
 *   tab: who painted it; revision: its own name; blank: nothing is painted.
 * @typedef {MaskVersion & {page: string, base: string|null, others: MaskVersion[]}} MaskRecord
 *   base: the revision that it goes on from; others: masks of other tabs that did not know of this one, nor this one of them.
 */

const database = new Database("pystudio", 2, STORES);
/** This tab, until it is loaded again. */
const TAB = unique();
/** The revision that this tab read or wrote last, of each mask. @type {Map<string, string>} */
const seen = new Map();
/** The newest writing of each mask: one that is still being packed when a newer one begins is of no use. @type {Map<string, object>} */
const newest = new Map();
/** Between the tabs: {store, key, changes}. @type {BroadcastChannel|null} */
const tabs = channel();
/** The page is about to go: there is no time to read before writing. */
let leaving = false;
/** Writes at once what is being written, as it is in this tab, should the page go meanwhile. @type {Set<() => Promise<any>>} */
const underway = new Set();

/** Null where there is none, or where the browser lets pages keep nothing: then some refuse it too. */
function channel() {
  try {
    return new BroadcastChannel("pystudio");
  } catch {
    return null;
  }
}

/** The page is about to go, or may be. */
function leave() {
  leaving = true;
  for (const writeNow of underway) writeNow().catch(() => {}); // who asked for the change is told
}

addEventListener("beforeunload", () => {
  leave();
  setTimeout(() => (leaving = false)); // it may stay: then something was only saved to disk
}, { capture: true });
addEventListener("pagehide", leave, { capture: true });
addEventListener("pageshow", () => (leaving = false));

/**
 * Write when the page may be gone soon. At its very end (pagehide) Chromium loses a writing now and then; before the next page is
 * asked for (beforeunload) there is time. And once it is hidden it may end without a word.
 * @param {() => void} write what is not written yet
 */
export function onLeaving(write) {
  for (const event of ["beforeunload", "pagehide"]) addEventListener(event, write);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && write());
}

/**
 * @template T
 * @param {"pages"|"masks"|"tasks"} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
function transact(store, mode, ask) {
  return withTimeout(async () => {
    const transaction = (await database.open()).transaction(store, mode);
    const request = ask(transaction.objectStore(store));
    transaction.commit(); // nothing follows: so it is carried out even if the page is gone in a moment
    await completed(transaction, request);
    return request.result;
  });
}

/**
 * Several steps of one transaction.
 * @template T
 * @param {"pages"|"masks"|"tasks"} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => Promise<T>} work that waits for this store alone
 * @returns {Promise<T>}
 */
function inTransaction(store, mode, work) {
  return withTimeout(async () => {
    const transaction = (await database.open()).transaction(store, mode);
    const done = completed(transaction);
    done.catch(() => {}); // awaited below
    const found = await work(transaction.objectStore(store));
    await done;
    return found;
  });
}

/** What stands there; null where it cannot be read. @param {IDBObjectStore} store @param {string} key */
function readable(store, key) {
  return result(store.get(key)).catch(() => null);
}

/**
 * Change a record, and let the other tabs know.
 * @template T @param {"pages"|"tasks"} store @param {string} key
 * @param {T} whole the record as this tab has it: written where none is kept, or when there is no time to read
 * @param {any} changes for the other tabs
 * @param {(stored: T) => T} changed what is to become of the record that is kept
 */
async function update(store, key, whole, changes, changed) {
  tabs?.postMessage({ store, key, changes });
  const writeNow = () => transact(store, "readwrite", (records) => records.put(whole, key));
  if (leaving) return writeNow();
  await flushable(writeNow, () => inTransaction(store, "readwrite", async (records) => {
    const stored = await readable(records, key);
    await result(records.put(stored ? changed(stored) : whole, key));
  }));
}

/** Write in a way that takes a while; should the page go meanwhile, hurry. @template T @param {() => Promise<any>} writeNow @param {() => Promise<T>} write */
async function flushable(writeNow, write) {
  underway.add(writeNow);
  try {
    return await write();
  } finally {
    underway.delete(writeNow);
  }
}

/** Hear of what other tabs change. @param {"pages"|"masks"|"tasks"} store @param {(key: string, changes: any) => void} listener */
function onRemoteChange(store, listener) {
  tabs?.addEventListener("message", ({ data }) => data?.store === store && typeof data.key === "string" && listener(data.key, data.changes));
}

/** @param {string} page @returns {Promise<{record: PageRecord|null, dropped: import("./records.js").Dropped[]}>} dropped: what of it cannot be used */
export async function readPage(page) {
  return validPage(await inTransaction("pages", "readonly", (store) => readable(store, page)));
}

/** Put a record in the place of what is kept. @param {string} page @param {PageRecord} record */
export function writePage(page, record) {
  return transact("pages", "readwrite", (store) => store.put(record, page));
}

/** @param {string} page @param {PageRecord} record as this tab has it @param {Partial<PageRecord>} changes what was changed in this tab */
export function updatePage(page, record, changes) {
  return update("pages", page, record, changes, (found) => {
    const stored = validPage(found).record;
    return stored ? { ...stored, ...changes, settings: { ...stored.settings, ...changes.settings } } : record;
  });
}

/** Another tab has changed the record of a page. @param {(page: string, changes: Partial<PageRecord>) => void} listener */
export function onOtherPage(listener) {
  onRemoteChange("pages", listener);
}

/** Forget the records and masks of all pages whose name begins so. @param {string} start */
export async function forgetPages(start) {
  const range = IDBKeyRange.bound(start, `${start}\uffff`);
  await transact("pages", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(range)));
  await transact("masks", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(range)));
}

/** Put the masks of one page in the place of another's. @param {string} from @param {string} to */
export async function moveMasks(from, to) {
  await inTransaction("masks", "readwrite", async (store) => {
    for (const key of await result(store.index("page").getAllKeys(from))) {
      const record = await readable(store, /** @type {string} */ (key));
      if (typeof key === "string" && record) await result(store.put({ ...record, page: to }, to + key.slice(from.length)));
      await result(store.delete(key));
    }
  });
}

// ---------------------------------------------------------------- masks
// A tab that writes over a mask which it neither read nor wrote keeps that one beside its own. A tab that is left has no time to read: it writes
// beside the mask, and who reads or writes next puts the two together.

/** What tabs that were left have written beside a mask. @param {string} key */
function besides(key) {
  return IDBKeyRange.bound(`${key}|left|`, `${key}|left|\uffff`);
}

/**
 * The mask of a photo as it is to be taken, with what was written beside it.
 * @param {IDBObjectStore} store @param {string} key @returns {Promise<{stored: MaskRecord|null, invalid: boolean}>}
 */
async function collect(store, key) {
  const [main, left] = await Promise.all([readable(store, key), result(store.getAll(besides(key))).catch(() => [])]);
  const stored = validMask(main);
  const later = left.map(validMask).filter((each) => each !== null).sort((one, other) => one.when - other.when);
  return { stored: later.reduce(followed, stored), invalid: main !== undefined && !stored };
}

/** @param {MaskRecord|null} stored @param {MaskRecord} next @returns {MaskRecord} */
function followed(stored, next) {
  const foreign = stored !== null && !continues(stored, next, next.base);
  return { ...next, others: beside(next.tab, foreign ? [versionOf(stored)] : [], stored?.others ?? []) };
}

/** Whether nothing of a mask is lost when another takes its place. @param {MaskVersion} stored @param {MaskVersion} next @param {string|null|undefined} base what that goes on from */
function continues(stored, next, base) {
  return stored.blank || stored.revision === base || stored.tab === next.tab || same(stored, next);
}

/** @param {MaskVersion} one @param {MaskVersion} other */
function same(one, other) {
  if (one.packed !== other.packed || one.bytes.byteLength !== other.bytes.byteLength) return false;
  const bytes = new Uint8Array(other.bytes);
  return new Uint8Array(one.bytes).every((byte, index) => byte === bytes[index]);
}

/** @param {string} tab whose mask it is that they stand beside @param {MaskVersion[][]} versions */
function beside(tab, ...versions) {
  return versions.flat().filter((each) => each.tab !== tab).slice(0, MAX_OTHERS);
}

/** @param {MaskVersion} record @returns {MaskVersion} */
function versionOf({ rows, columns, packed, bytes, when, tab, revision, blank }) {
  return { rows, columns, packed, bytes, when, tab, revision, blank };
}

/**
 * @param {string} page @param {string} photo the photo's key
 * @returns {Promise<{rows: number, columns: number, mask: Uint8Array<ArrayBuffer>|null, others: number}|null>}
 *   mask: null where it cannot be used; others: how many masks of other tabs there are
 */
export async function readMask(page, photo) {
  const key = `${page}|${photo}`;
  const { stored, invalid } = await inTransaction("masks", "readonly", (store) => collect(store, key));
  if (!stored) return invalid ? { rows: 0, columns: 0, mask: null, others: 0 } : null;
  seen.set(key, stored.revision);
  return { rows: stored.rows, columns: stored.columns, mask: await pixelsIn(stored), others: stored.others.length };
}

/**
 * @param {string} page @param {string} photo @param {{rows: number, columns: number, mask: Uint8Array<ArrayBuffer>}} painted
 * @param {boolean} leaving there may be no time: it is written within this turn of the event loop
 * @returns {Promise<number|null>} how many masks of other tabs there are, where that is known
 */
export async function writeMask(page, photo, { rows, columns, mask }, leaving) {
  const key = `${page}|${photo}`;
  const version = (bytes, packed) => ({ rows, columns, packed, bytes, when: Date.now(), tab: TAB, revision: unique(), blank: !mask.some(Boolean) });
  const leave = async () => {
    newest.delete(key);
    await transact("masks", "readwrite", (store) => store.put({ ...version(mask.slice().buffer, false), page, base: seen.get(key) ?? null, others: [] }, `${key}|left|${TAB}`));
    return null;
  };
  const settle = async () => {
    const turn = {};
    newest.set(key, turn);
    const [bytes, packed] = "CompressionStream" in globalThis ? [await pipe(mask, new CompressionStream("gzip")), true] : [mask.slice().buffer, false];
    return newest.get(key) === turn ? replaceMask(page, photo, version(bytes, packed)) : null;
  };
  const others = await flushable(leave, leaving ? leave : settle);
  await forgetOldest(page);
  return others;
}

/** @param {string} page @param {string} photo @param {MaskVersion} own @returns {Promise<number>} how many masks of other tabs there are */
async function replaceMask(page, photo, own) {
  const others = await changeMask(page, photo, (stored) => {
    const foreign = stored !== null && !continues(stored, own, seen.get(`${page}|${photo}`));
    return { ...own, page, base: null, others: beside(TAB, foreign ? [versionOf(stored)] : [], stored?.others ?? []) };
  });
  return others?.length ?? 0;
}

/**
 * @param {string} page @param {string} photo @param {(stored: MaskRecord|null) => MaskRecord|null} change null: nothing is changed
 * @returns {Promise<MaskVersion[]|null>} the masks of other tabs
 */
async function changeMask(page, photo, change) {
  const key = `${page}|${photo}`;
  const record = await inTransaction("masks", "readwrite", async (store) => {
    const changed = change((await collect(store, key)).stored);
    if (!changed) return null;
    await Promise.all([result(store.put(changed, key)), result(store.delete(besides(key)))]);
    return changed;
  });
  if (!record) return null;
  seen.set(key, record.revision);
  tabs?.postMessage({ store: "masks", key, changes: { others: record.others.length } });
  return record.others;
}

/**
 * Put the next of the other tabs' masks in the place of the one that is kept, which is kept beside it.
 * @param {string} page @param {string} photo @returns {Promise<{rows: number, columns: number, mask: Uint8Array<ArrayBuffer>|null, others: number}|null>}
 */
export async function exchangeMask(page, photo) {
  /** @type {MaskVersion|null} */
  let taken = null;
  const others = await changeMask(page, photo, (stored) => {
    if (!stored?.others.length) return null;
    const [next, ...rest] = stored.others;
    taken = next;
    return { ...next, page, base: null, tab: TAB, revision: unique(), others: [...rest, { ...versionOf(stored), tab: unique() }] };
  });
  return taken && others && { rows: taken.rows, columns: taken.columns, mask: await pixelsIn(taken), others: others.length };
}

/** Forget the masks of other tabs. @param {string} page @param {string} photo */
export async function forgetOthers(page, photo) {
  await changeMask(page, photo, (stored) => stored && { ...stored, others: [] });
}

/** Another tab has written a mask. @param {(key: string, others: number) => void} listener key: page and photo; others: how many masks are beside it */
export function onOtherMask(listener) {
  onRemoteChange("masks", (key, changes) => Number.isInteger(changes?.others) && listener(key, changes.others));
}

/** @param {string} page */
async function forgetOldest(page) {
  const keys = await transact("masks", "readonly", (store) => store.index("page").getAllKeys(page));
  if (keys.length <= MAX_MASKS) return;
  await inTransaction("masks", "readwrite", async (store) => {
    const dated = [];
    for (const key of keys) dated.push({ key, when: validMask(await readable(store, /** @type {any} */ (key)))?.when ?? 0 });
    dated.sort((one, other) => one.when - other.when);
    for (const { key } of dated.slice(0, keys.length - MAX_MASKS)) await result(store.delete(key));
  });
}

// ---------------------------------------------------------------- exercises
/** Every exercise of a site that was begun, by its id; null what cannot be read. @param {string} site @returns {Promise<Map<string, any>>} */
export async function readTasks(site) {
  const range = IDBKeyRange.bound(`${site}|`, `${site}|\uffff`);
  return inTransaction("tasks", "readonly", async (store) => {
    const keys = /** @type {string[]} */ (await result(store.getAllKeys(range)));
    const records = await result(store.getAll(range)).catch(async () => {
      const each = [];
      for (const key of keys) each.push(await readable(store, key));
      return each;
    });
    return new Map(keys.map((key, index) => [key.slice(site.length + 1), records[index]]));
  });
}

/** @param {string} site @param {string} id @param {any} record as this tab has it @param {any} changes @param {(stored: any) => any} changed what is to become of what is kept */
export function updateTask(site, id, record, changes, changed) {
  return update("tasks", `${site}|${id}`, record, changes, changed);
}

/** @param {string} site @param {string} id */
export function forgetTask(site, id) {
  const key = `${site}|${id}`;
  tabs?.postMessage({ store: "tasks", key, changes: null });
  return transact("tasks", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(key)));
}

/** Another tab has changed an exercise of this site. @param {string} site @param {(id: string, changes: any) => void} listener null: forgotten */
export function onOtherTask(site, listener) {
  onRemoteChange("tasks", (key, changes) => key.startsWith(`${site}|`) && listener(key.slice(site.length + 1), changes));
}

/** @param {ArrayBuffer|Uint8Array<ArrayBuffer>} bytes @param {CompressionStream} through */
function pipe(bytes, through) {
  return new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer();
}

/** A name that no other tab gives. */
function unique() {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join(".");
}
