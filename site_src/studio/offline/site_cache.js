// The copy of the site on this device: which file lies in which cache, whether it is whole, and putting it there. Shared by the service
// worker, which fills it, and by the page, which shows how much of it is there. What a file is for is not known here.

/** @typedef {import("studio/types/shared").Site} Site */

const HASH = "x-pystudio-sha256"; // a header of what is kept: of which content it is
const TYPES = {
  html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", mjs: "text/javascript; charset=utf-8",
  json: "application/json", wasm: "application/wasm", svg: "image/svg+xml", png: "image/png", webp: "image/webp", webmanifest: "application/manifest+json",
};
/** Headers of the host that are kept, where they say one of the words they may say: some hosts isolate their pages. Any other could do harm to a page for ever. */
const ISOLATION = {
  "cross-origin-opener-policy": /^same-origin(-allow-popups)?$/,
  "cross-origin-embedder-policy": /^(require-corp|credentialless)$/,
  "cross-origin-resource-policy": /^(same-origin|same-site|cross-origin)$/,
};

/** What came is not the file of this version: another content (`size` bytes of it), or the host has none (`gone`). */
export class OtherVersion extends Error {
  /** @param {string} path @param {{gone?: boolean, size?: number}} found */
  constructor(path, { gone = false, size = NaN }) {
    super(path);
    this.gone = gone;
    this.size = size;
  }
}

export class SiteCache {
  /** @param {string} root the address of the site's folder @param {Site} site */
  constructor(root, site) {
    this.root = root;
    this.site = site;
    this.prefix = `pystudio ${new URL(root).pathname} `; // sites of other folders keep theirs at the same origin
    this.shellName = `${this.prefix}shell ${site.version}`;
    this.filesName = `${this.prefix}files`;
    /** Files whose kept copy was thrown away because it was damaged, until there is another. @type {Set<string>} */
    this.damaged = new Set();
  }

  /** [hash, size] of a file of this version, or undefined. @param {string} path */
  entry(path) {
    return Object.hasOwn(this.site.shell, path) ? this.site.shell[path] : Object.hasOwn(this.site.later, path) ? this.site.later[path] : undefined;
  }

  /** The path within the site of an address, null if it is not below the site's folder. @param {string} address */
  pathOf(address) {
    const place = address.replace(/[?#].*$/, "");
    if (!place.startsWith(this.root)) return null;
    const path = decodePath(place.slice(this.root.length));
    return path === "" || path.endsWith("/") ? `${path}index.html` : path;
  }

  /** The address of a file. @param {string} path */
  address(path) {
    return this.root + path.split("/").map(part => encodeURIComponent(part).replaceAll("%2B", "+")).join("/"); // "+" as pages write it
  }

  /** The cache that a file belongs to: the shell is kept for each version, what names itself by its content for all. @param {string} path */
  cacheOf(path) {
    return caches.open(Object.hasOwn(this.site.shell, path) ? this.shellName : this.filesName);
  }

  /**
   * The kept copy of a file, null if there is none. Its whole content is proved, and the answer is made of the very bytes that were proved; a copy
   * that is damaged, cut, or not ours is thrown away.
   * @param {string} path @returns {Promise<Response|null>}
   */
  async readVerified(path) {
    const stored = await this.#match(path);
    if (!stored) return null;
    const bytes = await stored.arrayBuffer().catch(() => null); // the browser lost its content
    if (bytes && (await this.#isIntact(path, bytes))) return this.answer(path, bytes, stored.headers);
    this.damaged.add(path);
    await (await this.cacheOf(path)).delete(this.address(path), { ignoreVary: true });
    return null;
  }

  /** Whether a copy is there and looks right, by its mark and size: to show what is kept, never to use it. @param {string} path */
  async #seemsCached(path) {
    const [hash, size] = this.entry(path);
    const stored = await this.#match(path);
    return stored?.headers.get(HASH) === hash && (await stored.blob()).size === size;
  }

  async #match(path) {
    return (await this.cacheOf(path)).match(this.address(path), { ignoreVary: true });
  }

  /** Those of the files that are not kept. @param {string[]} paths @param {{verified?: boolean}} [options] verified: compare the whole content */
  async missing(paths, { verified = false } = {}) {
    const found = [];
    for (const path of paths) if (!(await (verified ? this.readVerified(path) : this.#seemsCached(path)).catch(() => null))) found.push(path);
    return found;
  }

  /**
   * What the network answered, if it is the file of this version.
   * @param {string} path @param {Response} answer its body is read here
   * @returns {Promise<ArrayBuffer>} @throws {OtherVersion} the content is another
   */
  async verify(path, answer) {
    const bytes = await answer.arrayBuffer();
    if (!(await this.#isIntact(path, bytes))) throw new OtherVersion(path, { size: bytes.byteLength });
    return bytes;
  }

  /**
   * Keep bytes that were proved.
   * @param {string} path @param {ArrayBuffer} bytes @param {Headers} headers of the host
   * @throws QuotaExceededError: there is no room
   */
  async put(path, bytes, headers) {
    await (await this.cacheOf(path)).put(this.address(path), this.answer(path, bytes, headers));
    this.damaged.delete(path);
  }

  /** A file as an answer. @param {string} path @param {ArrayBuffer} bytes @param {Headers} given of the host @returns {Response} */
  answer(path, bytes, given) {
    const headers = new Headers({ "content-length": String(bytes.byteLength), "content-type": TYPES[path.split(".").pop()] ?? "application/octet-stream", [HASH]: this.entry(path)[0] });
    for (const [name, allowed] of Object.entries(ISOLATION)) if (allowed.test(given.get(name) ?? "")) headers.set(name, given.get(name));
    return new Response(bytes, { headers });
  }

  async #isIntact(path, bytes) {
    const [hash, size] = this.entry(path);
    return bytes.byteLength === size && (await sha256(bytes)).slice(0, hash.length) === hash;
  }

  /** Bytes of a list of files. @param {string[]} paths */
  sizeOf(paths) {
    return paths.reduce((sum, path) => sum + this.entry(path)[1], 0);
  }
}

/** Whether an answer may be kept at all: whole, ours, and no error. @param {Response} answer */
export function isCacheable(answer) {
  return answer.status === 200 && answer.type === "basic" && !answer.headers.has("content-range");
}

/** @param {ArrayBuffer} bytes @returns {Promise<string>} in hex */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
}

function decodePath(path) {
  try {
    return decodeURIComponent(path);
  } catch { // a stray % in an address that somebody typed: no file of ours
    return path;
  }
}
