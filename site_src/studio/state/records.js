// What a stored record has to be like before it is used. Anything may stand in the browser's database: another version of the site wrote it, or it is damaged.

/** Class ids of a painted mask are below this: as in pystudio.labels. */
const LABELS = 21;
const LONGEST_SIDE = 1 << 16;
const MAX_PIXELS = 1 << 28;
const MAX_DEPTH = 8;
const MAX_ITEMS = 100_000;
const MAX_TEXT = 200_000;
const INHERITED = new Set(["__proto__", "constructor", "prototype"]);

/**
 * @typedef {import("./persist.js").PageRecord} PageRecord
 * @typedef {import("./persist.js").MaskVersion} MaskVersion
 * @typedef {import("./persist.js").MaskRecord} MaskRecord
 */

export const WORDS = { record: "what was set here", photo: "the photo that you brought", shown: "the photo shown last", setting: "a setting", mask: "the mask of this photo", network: "a network that you brought" };
/** @typedef {keyof typeof WORDS} Dropped */

/** @param {unknown} value @returns {value is Record<string, any>} an object as literals and JSON make them */
export function isRecord(value) {
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.getPrototypeOf(value);
  return kind === Object.prototype || kind === null;
}

/** Whether a value is made of texts, finite numbers, switches, null, lists and records alone. A cycle is too deep. @param {unknown} value */
export function isPlain(value) {
  let items = 0;
  const plain = (each, depth) => {
    if ((items += 1) > MAX_ITEMS || depth > MAX_DEPTH) return false;
    if (each === null || typeof each === "boolean") return true;
    if (typeof each === "number") return Number.isFinite(each);
    if (typeof each === "string") return each.length <= MAX_TEXT;
    if (Array.isArray(each)) return each.length <= MAX_ITEMS && each.every((item) => plain(item, depth + 1)) && Object.keys(each).length === each.length;
    return isRecord(each) && Object.entries(each).every(([key, item]) => !INHERITED.has(key) && plain(item, depth + 1));
  };
  return plain(value, 0);
}

/**
 * What can be used of a page's record; of what is absent nothing is said.
 * @param {unknown} stored @returns {{record: PageRecord|null, dropped: Dropped[]}}
 */
export function validPage(stored) {
  if (stored === undefined) return { record: null, dropped: [] };
  if (!isRecord(stored)) return { record: null, dropped: ["record"] };
  /** @type {Dropped[]} */
  const dropped = [];
  const { own = null, current = null } = stored;
  const isOwn = isRecord(own) && typeof own.key === "string" && typeof own.title === "string" && own.blob instanceof Blob;
  if (own !== null && !isOwn) dropped.push("photo");
  if (current !== null && typeof current !== "string") dropped.push("shown");
  const entries = isRecord(stored.settings) ? Object.entries(stored.settings) : [];
  if (stored.settings !== undefined && !isRecord(stored.settings)) dropped.push("setting");
  const settings = entries.filter(([key, value]) => (!INHERITED.has(key) && isPlain(value)) || void dropped.push("setting"));
  return {
    record: { current: typeof current === "string" ? current : null, own: isOwn ? { key: own.key, title: own.title, blob: own.blob } : null, settings: Object.fromEntries(settings) },
    dropped,
  };
}

/** @param {any} stored @returns {MaskVersion|null} one mask of a photo, not unpacked yet */
export function validVersion(stored) {
  if (!isRecord(stored)) return null;
  const { rows, columns, packed, bytes, when, tab = "", revision = "", blank = false } = stored;
  const side = (value) => Number.isInteger(value) && value > 0 && value <= LONGEST_SIDE;
  if (!side(rows) || !side(columns) || rows * columns > MAX_PIXELS || typeof packed !== "boolean" || !(bytes instanceof ArrayBuffer)) return null;
  if (!packed && bytes.byteLength !== rows * columns) return null;
  if (typeof tab !== "string" || typeof revision !== "string") return null;
  return { rows, columns, packed, bytes, when: Number.isFinite(when) ? when : 0, tab, revision, blank: blank === true };
}

/** @param {any} stored @returns {MaskRecord|null} */
export function validMask(stored) {
  const version = validVersion(stored);
  if (!version) return null;
  const others = Array.isArray(stored.others) ? stored.others.map(validVersion).filter((each) => each !== null) : [];
  return { ...version, page: typeof stored.page === "string" ? stored.page : "", base: typeof stored.base === "string" ? stored.base : null, others };
}

/** The pixels of a mask. @param {MaskVersion} version @returns {Promise<Uint8Array<ArrayBuffer>|null>} null: they are none */
export async function pixelsIn({ rows, columns, packed, bytes }) {
  const mask = packed ? await unpacked(bytes, rows * columns).catch(() => null) : new Uint8Array(bytes);
  return mask?.length === rows * columns && mask.every((label) => label < LABELS) ? mask : null;
}

/** @param {ArrayBuffer} bytes @param {number} most it may become no longer: a few bytes can swell to all memory @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function unpacked(bytes, most) {
  const mask = new Uint8Array(most);
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  for (let end = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return mask.subarray(0, end);
    if (end + value.length > most) return void (await reader.cancel()), mask.subarray(0, 0);
    mask.set(value, end);
    end += value.length;
  }
}
