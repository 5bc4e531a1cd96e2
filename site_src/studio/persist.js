// What survives a reload: one record per page and one mask per photo, in the browser's own database (IndexedDB).
// Every function rejects when the browser refuses; the store says so to the visitor.

const NAME = "pystudio";
const VERSION = 1;
/** Masks kept for one page; the oldest go first. */
const MOST_MASKS = 40;

/**
 * @typedef {{current: string|null, own: {key: string, title: string, blob: Blob}|null, settings: Record<string, any>}} PageRecord
 *   current: the key of the photo shown last; own: the last photo that the visitor brought.
 * @typedef {{page: string, rows: number, columns: number, packed: boolean, bytes: ArrayBuffer, when: number}} MaskRecord
 */

/** @type {Promise<IDBDatabase>|null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("pages");
      request.result.createObjectStore("masks").createIndex("page", "page");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab holds an old database"));
  });
  return opening;
}

/**
 * @template T
 * @param {"pages"|"masks"} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask
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
  const bytes = packed ? await pipe(mask, new CompressionStream("gzip")) : mask.slice().buffer;
  /** @type {MaskRecord} */
  const record = { page, rows, columns, packed, bytes, when: Date.now() };
  await transact("masks", "readwrite", (store) => store.put(record, `${page}|${photo}`));
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

/** @param {ArrayBuffer|Uint8Array<ArrayBuffer>} bytes @param {CompressionStream|DecompressionStream} through */
function pipe(bytes, through) {
  return new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer();
}
