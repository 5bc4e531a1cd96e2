// The copy of the site on this device: which file lies in which cache, whether it is whole, and putting it there. Shared by the service
// worker, which fills it, and by the page, which shows how much of it is there. What a file is for is not known here.

/**
 * What the build says of the site (pystudio/desk/offline.py). A file is [the start of its SHA-256 in hex, its size].
 * @typedef {{version: string, shell: Record<string, [string, number]>, later: Record<string, [string, number]>,
 *   sets: Record<string, string[]>, pages: Record<string, string[]>}} Site
 */

const HASH = "x-pystudio-sha256"; // a header of what is kept: of which content it is
const TYPES = {
  html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", mjs: "text/javascript; charset=utf-8",
  json: "application/json", wasm: "application/wasm", svg: "image/svg+xml", png: "image/png", webp: "image/webp", webmanifest: "application/manifest+json",
};
const SOON = 256_000; // bytes; the content of a file up to this size is proved whenever it is taken, which takes a millisecond

/** A file came with other content than this version of the site has. */
export class OtherVersion extends Error {}

export class Keep {
  /** @param {string} root the address of the site's folder @param {Site} site */
  constructor(root, site) {
    this.root = root;
    this.site = site;
    this.prefix = `pystudio ${new URL(root).pathname} `; // sites of other folders keep theirs at the same origin
    this.shellName = `${this.prefix}shell ${site.version}`;
    this.filesName = `${this.prefix}files`;
  }

  /** [hash, size] of a file of this version, or undefined. @param {string} path */
  entry(path) {
    return Object.hasOwn(this.site.shell, path) ? this.site.shell[path] : Object.hasOwn(this.site.later, path) ? this.site.later[path] : undefined;
  }

  /** The path within the site of an address, null if it is not below the site's folder. @param {string} address */
  pathOf(address) {
    const place = address.replace(/[?#].*$/, "");
    if (!place.startsWith(this.root)) return null;
    const path = safely(place.slice(this.root.length));
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
   * The kept copy of a file, null if there is none. A copy of another content, cut short or damaged is thrown away.
   * @param {string} path @param {{proved?: boolean}} [options] proved: compare the whole content, however large
   * @returns {Promise<Response|null>}
   */
  async take(path, { proved = false } = {}) {
    const [hash, size] = this.entry(path);
    const cache = await this.cacheOf(path);
    const kept = await cache.match(this.address(path), { ignoreVary: true });
    if (!kept) return null;
    const right = kept.headers.get(HASH) === hash && (proved || size <= SOON ? await hasHash(kept, hash) : (await kept.blob()).size === size);
    // Matched once more and not cloned: for an answer straight from the cache the browser keeps compiled code.
    if (right) return (await cache.match(this.address(path), { ignoreVary: true })) ?? null;
    await cache.delete(this.address(path));
    return null;
  }

  /** Those of the files that are not kept whole. @param {string[]} paths @param {{proved?: boolean}} [options] */
  async missing(paths, options) {
    const found = [];
    for (const path of paths) if (!(await this.take(path, options).catch(() => null))) found.push(path);
    return found;
  }

  /**
   * Keep what the network answered, if it is the file of this version.
   * @param {string} path @param {Response} answer its body is read here
   * @throws {OtherVersion} the content is another; QuotaExceededError: there is no room
   */
  async put(path, answer) {
    const [hash, size] = this.entry(path);
    const bytes = await answer.arrayBuffer();
    if (bytes.byteLength !== size || (await sha256(bytes)).slice(0, hash.length) !== hash) throw new OtherVersion(path);
    await (await this.cacheOf(path)).put(this.address(path), ours(answer.headers, bytes, path, hash));
  }

  /** Bytes of a list of files. @param {string[]} paths */
  sizeOf(paths) {
    return paths.reduce((sum, path) => sum + this.entry(path)[1], 0);
  }
}

/** Whether an answer may be kept at all: whole, ours, and no error. @param {Response} answer */
export function keepable(answer) {
  return answer.status === 200 && answer.type === "basic" && !answer.headers.has("content-range");
}

/** The answer as it is kept: the host's headers (some isolate their pages), but those of the transfer. */
function ours(given, bytes, path, hash) {
  const headers = new Headers(given);
  for (const name of ["content-encoding", "transfer-encoding", "vary", "set-cookie"]) headers.delete(name);
  headers.set("content-length", String(bytes.byteLength));
  headers.set("content-type", TYPES[path.split(".").pop()] ?? "application/octet-stream");
  headers.set(HASH, hash);
  return new Response(bytes, { headers });
}

async function hasHash(answer, hash) {
  return (await sha256(await answer.arrayBuffer())).slice(0, hash.length) === hash;
}

/** @param {ArrayBuffer} bytes @returns {Promise<string>} in hex */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
}

function safely(path) {
  try {
    return decodeURIComponent(path);
  } catch { // a stray % in an address that somebody typed: no file of ours
    return path;
  }
}
