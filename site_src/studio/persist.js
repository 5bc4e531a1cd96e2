// What survives a reload: one record per page, one mask per photo and one record per exercise, in the browser's own database (IndexedDB).
// Every function rejects when the browser refuses; the store says so to the visitor.

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
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request.error);
  });
}

/** @param {string} page @returns {Promise<PageRecord|undefined>} */
export function readPage(page) {
  return transact("pages", "readonly", (store) => store.get(page));
}

/** @param {string} page @param {PageRecord} record */
export function writePage(page, record) {
  return transact("pages", "readwrite", (store) => store.put(record, page));
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
  const packed = pack && "CompressionStream" in globalThis;
  const key = `${page}|${photo}`, turn = {};
  newest.set(key, turn);
  const bytes = packed ? await pipe(mask, new CompressionStream("gzip")) : mask.slice().buffer;
  if (newest.get(key) !== turn) return;
  /** @type {MaskRecord} */
  const record = { page, rows, columns, packed, bytes, when: Date.now() };
  await transact("masks", "readwrite", (store) => store.put(record, key));
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

/** @param {string} site @param {string} id @param {any} record null: forget it */
export function writeTask(site, id, record) {
  const key = `${site}|${id}`;
  return transact("tasks", "readwrite", (store) => /** @type {IDBRequest<any>} */ (record ? store.put(record, key) : store.delete(key)));
}

/** @param {ArrayBuffer|Uint8Array<ArrayBuffer>} bytes @param {CompressionStream|DecompressionStream} through */
function pipe(bytes, through) {
  return new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer();
}
