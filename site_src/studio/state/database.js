// The browser's own databases (IndexedDB): opened, given the stores that they lack, and never waited for without end. What is kept in them is not known here.

/** The browser may take so long (ms) for an answer; then the page goes on without it. */
const TIMEOUT_MS = 3_000;
/** In so many pieces: where the page itself is held up they come late, as the answer does. */
const TIMEOUT_SLICES = 12;

/** Questions whose patience is over and that have no answer yet. */
let unanswered = 0;
/** @type {Set<() => void>} */
const recoveryListeners = new Set();

/** The browser answers again after it did not. @param {() => void} listener */
export function onRecovery(listener) {
  recoveryListeners.add(listener);
}

/**
 * The browser's answer. Rejects with a "TimeoutError" where none comes, and at once while an earlier question has none: nothing is asked then.
 * @template T @param {() => Promise<T>} start @returns {Promise<T>}
 */
export function withTimeout(start) {
  const timeout = () => new DOMException("the browser's database does not answer", "TimeoutError");
  if (unanswered) return Promise.reject(timeout());
  return new Promise((resolve, reject) => {
    let waiting = true;
    const settle = (resolveOrReject) => (value) => (waiting = false, resolveOrReject(value));
    const request = start().then(settle(resolve), settle(reject));
    const wait = (left) => {
      if (!waiting) return;
      if (left) return void setTimeout(wait, TIMEOUT_MS / TIMEOUT_SLICES, left - 1);
      unanswered += 1;
      reject(timeout());
      request.then(() => (unanswered -= 1) || recoveryListeners.forEach((listener) => listener()));
    };
    wait(TIMEOUT_SLICES);
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} a value that cannot be read ends no transaction */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event) => (event.preventDefault(), event.stopPropagation(), reject(request.error));
  });
}

/** @param {IDBTransaction} transaction @param {IDBRequest} [request] its first @returns {Promise<void>} */
export function completed(transaction, request) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? request?.error ?? new DOMException("the transaction was ended", "AbortError"));
  });
}

/** @typedef {Record<string, {keyPath?: string, index?: string}>} Stores  index: the name of an index, and of what it goes by */

export class Database {
  /**
   * @param {string} name @param {number} version @param {Stores} stores
   *   One of a newer version is used as long as it has these stores. A format that older pages must not write needs another name.
   */
  constructor(name, version, stores) {
    this.name = name;
    this.version = version;
    this.stores = stores;
    /** @type {Promise<IDBDatabase>|null} */
    this.opening = null;
  }

  /** @returns {Promise<IDBDatabase>} */
  open() {
    return (this.opening ??= this.#open().catch((error) => {
      this.opening = null;
      throw error;
    }));
  }

  async #open() {
    let base = await this.#request(this.version).catch((error) => {
      if (error?.name !== "VersionError") throw error;
      return this.#request();
    });
    if (!this.#fits(base)) {
      const next = base.version + 1;
      base.close();
      base = await this.#request(next);
    }
    base.onversionchange = () => (base.close(), (this.opening = null)); // a newer page is open beside this one
    base.onclose = () => (this.opening = null); // the browser has closed it on its own account: it can be opened again
    return base;
  }

  /** @param {number} [version] without it the one that is there @returns {Promise<IDBDatabase>} */
  #request(version) {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, version);
      request.onupgradeneeded = () => this.#prepare(request);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** @param {IDBDatabase} base */
  #fits(base) {
    const names = Object.keys(this.stores);
    if (!names.every((name) => base.objectStoreNames.contains(name))) return false;
    const transaction = base.transaction(names);
    return names.every((name) => keyed(transaction.objectStore(name), this.stores[name]) && indexed(transaction.objectStore(name), this.stores[name]));
  }

  /** @param {IDBOpenDBRequest} request */
  #prepare({ result: base, transaction }) {
    for (const [name, wanted] of Object.entries(this.stores)) {
      if (base.objectStoreNames.contains(name) && !keyed(transaction.objectStore(name), wanted)) base.deleteObjectStore(name); // none of ours
      const store = base.objectStoreNames.contains(name) ? transaction.objectStore(name) : base.createObjectStore(name, wanted.keyPath ? { keyPath: wanted.keyPath } : {});
      if (indexed(store, wanted)) continue;
      if (store.indexNames.contains(wanted.index)) store.deleteIndex(wanted.index);
      store.createIndex(wanted.index, wanted.index);
    }
  }
}

/** @param {IDBObjectStore} store @param {{keyPath?: string}} wanted */
function keyed(store, { keyPath = null }) {
  return store.keyPath === keyPath && !store.autoIncrement;
}

/** @param {IDBObjectStore} store @param {{index?: string}} wanted */
function indexed(store, { index }) {
  if (!index) return true;
  if (!store.indexNames.contains(index)) return false;
  const found = store.index(index);
  return found.keyPath === index && !found.unique && !found.multiEntry;
}
