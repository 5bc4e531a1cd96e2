// What survives a reload: one record per page, one mask per photo and one record per exercise, in the browser's own database (IndexedDB).
// Every function rejects when the browser refuses; the store says so to the visitor.
//
// The same page, or another of the site, may be open in other tabs. So a record is changed, not replaced: read and written in one
// transaction. And the other tabs are told of the change, so that what they have in memory is what is kept.

const NAME = "pystudio";
const VERSION = 2;
/** Masks kept for one page; the oldest go first. */
const MOST_MASKS = 40;

/**
 * @typedef {{current: string|null, own: {key: string, title: string, blob: Blob}|null, settings: Record<string, any>}} PageRecord
 *   current: the key of the photo shown last; own: the last photo that the visitor brought.
 * @typedef {{page: string, rows: number, columns: number, packed: boolean, bytes: ArrayBuffer, when: number}} MaskRecord
 */

/** @type {Promise<IDBDatabase>|null} */
let opening = null;
/** The newest writing of each mask: one that is still being packed when a newer one begins is of no use. @type {Map<string, object>} */
const newest = new Map();
/** Between the tabs: {store, key, changes}. @type {BroadcastChannel|null} */
const tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;
/** The page is about to go: there is no time to read before writing. */
let leaving = false;
/** Writes at once what is being written, as it is in this tab, should the page go meanwhile. @type {Set<() => Promise<any>>} */
const underway = new Set();

/** The page is about to go, or may be. */
function leave() {
  leaving = true;
  for (const hurry of underway) hurry().catch(() => {}); // who asked for the change is told
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

/** @returns {Promise<IDBDatabase>} */
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        request.result.createObjectStore("pages");
        request.result.createObjectStore("masks").createIndex("page", "page");
      }
      if (oldVersion < 2) request.result.createObjectStore("tasks");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer page is open beside this one
      request.result.onclose = () => (opening = null); // the browser has closed it on its own account: it can be opened again
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab holds an old database"));
  });
  return opening;
}

/**
 * @template T
 * @param {"pages"|"masks"|"tasks"} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
async function transact(store, mode, ask) {
  const transaction = (await database()).transaction(store, mode);
  const request = ask(transaction.objectStore(store));
  transaction.commit(); // nothing follows: so it is carried out even if the page is gone in a moment
  await carriedOut(transaction, request);
  return request.result;
}

/** @param {IDBTransaction} transaction @param {IDBRequest} request its first */
function carriedOut(transaction, request) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? request.error); // which follows every error
  });
}

/**
 * Change a record, and let the other tabs know.
 * @template T @param {"pages"|"tasks"} store @param {string} key
 * @param {T} whole the record as this tab has it: written where none is kept, or when there is no time to read
 * @param {any} changes for the other tabs
 * @param {(kept: T) => T} changed what is to become of the record that is kept
 */
async function amend(store, key, whole, changes, changed) {
  tabs?.postMessage({ store, key, changes });
  const hurry = () => transact(store, "readwrite", (records) => records.put(whole, key));
  if (leaving) return hurry();
  await hurried(hurry, async () => {
    const transaction = (await database()).transaction(store, "readwrite");
    const records = transaction.objectStore(store), request = records.get(key);
    request.onsuccess = () => records.put(request.result ? changed(request.result) : whole, key);
    await carriedOut(transaction, request);
  });
}

/** Write in a way that takes a while; should the page go meanwhile, hurry. @param {() => Promise<any>} hurry @param {() => Promise<any>} write */
async function hurried(hurry, write) {
  underway.add(hurry);
  try {
    await write();
  } finally {
    underway.delete(hurry);
  }
}

/** Hear of what other tabs change. @param {"pages"|"tasks"} store @param {(key: string, changes: any) => void} listener */
function hearOf(store, listener) {
  tabs?.addEventListener("message", ({ data }) => data.store === store && listener(data.key, data.changes));
}

/** @param {string} page @returns {Promise<PageRecord|undefined>} */
export function readPage(page) {
  return transact("pages", "readonly", (store) => store.get(page));
}

/** Put a record in the place of what is kept. @param {string} page @param {PageRecord} record */
export function writePage(page, record) {
  return transact("pages", "readwrite", (store) => store.put(record, page));
}

/** @param {string} page @param {PageRecord} record as this tab has it @param {Partial<PageRecord>} changes what was changed in this tab */
export function amendPage(page, record, changes) {
  return amend("pages", page, record, changes, (kept) => ({ ...kept, ...changes, settings: { ...kept.settings, ...changes.settings } }));
}

/** Another tab has changed the record of a page. @param {(page: string, changes: Partial<PageRecord>) => void} listener */
export function onOtherPage(listener) {
  hearOf("pages", listener);
}

/** Forget the records and masks of all pages whose name begins so. @param {string} start */
export async function forgetPages(start) {
  const range = IDBKeyRange.bound(start, `${start}\uffff`);
  await transact("pages", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(range)));
  await transact("masks", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(range)));
}

/** Put the masks of one page in the place of another's. @param {string} from @param {string} to */
export async function moveMasks(from, to) {
  const keys = await transact("masks", "readonly", (store) => store.index("page").getAllKeys(from));
  for (const key of keys) {
    const record = await transact("masks", "readonly", (store) => store.get(key));
    await transact("masks", "readwrite", (store) => store.put({ ...record, page: to }, to + String(key).slice(from.length)));
    await transact("masks", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(key)));
  }
}

/**
 * @param {string} page @param {string} photo the photo's key
 * @returns {Promise<{rows: number, columns: number, mask: Uint8Array<ArrayBuffer>}|null>}
 */
export async function readMask(page, photo) {
  /** @type {MaskRecord|undefined} */
  const record = await transact("masks", "readonly", (store) => store.get(`${page}|${photo}`));
  if (!record) return null;
  const mask = new Uint8Array(record.packed ? await pipe(record.bytes, new DecompressionStream("gzip")) : record.bytes);
  if (mask.length !== record.rows * record.columns) return null;
  return { rows: record.rows, columns: record.columns, mask };
}

/**
 * @param {string} page @param {string} photo @param {{rows: number, columns: number, mask: Uint8Array<ArrayBuffer>}} painted
 * @param {boolean} pack false: written within this turn of the event loop
 */
export async function writeMask(page, photo, { rows, columns, mask }, pack) {
  const key = `${page}|${photo}`;
  /** @param {ArrayBuffer} bytes @param {boolean} packed */
  const put = (bytes, packed) => transact("masks", "readwrite", (store) => store.put({ page, rows, columns, packed, bytes, when: Date.now() }, key));
  const plainly = () => (newest.delete(key), put(mask.slice().buffer, false));
  const packedFirst = async () => {
    const turn = {};
    newest.set(key, turn);
    const bytes = await pipe(mask, new CompressionStream("gzip"));
    if (newest.get(key) === turn) await put(bytes, true);
  };
  await hurried(plainly, pack && "CompressionStream" in globalThis ? packedFirst : plainly);
  await forgetOldest(page);
}

/** @param {string} page */
async function forgetOldest(page) {
  const keys = await transact("masks", "readonly", (store) => store.index("page").getAllKeys(page));
  if (keys.length <= MOST_MASKS) return;
  const dated = await Promise.all(keys.map(async (key) => [key, (await transact("masks", "readonly", (store) => store.get(key))).when]));
  dated.sort((one, other) => one[1] - other[1]);
  for (const [key] of dated.slice(0, keys.length - MOST_MASKS)) await transact("masks", "readwrite", (store) => store.delete(key));
}

/** Every exercise of a site that was begun, by its id. @param {string} site @returns {Promise<Map<string, any>>} */
export async function readTasks(site) {
  const range = IDBKeyRange.bound(`${site}|`, `${site}|\uffff`);
  const keys = await transact("tasks", "readonly", (store) => store.getAllKeys(range));
  const records = await transact("tasks", "readonly", (store) => store.getAll(range));
  return new Map(keys.map((key, index) => [String(key).slice(site.length + 1), records[index]]));
}

/** @param {string} site @param {string} id @param {any} record as this tab has it @param {any} changes @param {(kept: any) => any} changed what is to become of what is kept */
export function amendTask(site, id, record, changes, changed) {
  return amend("tasks", `${site}|${id}`, record, changes, changed);
}

/** @param {string} site @param {string} id */
export function forgetTask(site, id) {
  const key = `${site}|${id}`;
  tabs?.postMessage({ store: "tasks", key, changes: null });
  return transact("tasks", "readwrite", (store) => /** @type {IDBRequest<any>} */ (store.delete(key)));
}

/** Another tab has changed an exercise of this site. @param {string} site @param {(id: string, changes: any) => void} listener null: forgotten */
export function onOtherTask(site, listener) {
  hearOf("tasks", (key, changes) => key.startsWith(`${site}|`) && listener(key.slice(site.length + 1), changes));
}

/** @param {ArrayBuffer|Uint8Array<ArrayBuffer>} bytes @param {CompressionStream|DecompressionStream} through */
function pipe(bytes, through) {
  return new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer();
}
