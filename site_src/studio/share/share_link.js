// A set-up of a page as the fragment of its address, `#s1=…`: written, and read without trusting a byte of it. Nothing here touches the page.

/** What a fragment of ours begins with; the figure is that of the format. */
export const PREFIX = "s1=";
/** Characters of a fragment, and bytes of the text in it, beyond which a link is not read. */
export const MAX_LINK = 60_000;
export const MAX_TEXT = 600_000;
const MAX_SETTINGS = 200;
const MAX_CODE = 100_000;
const MAX_WORDS = 300;
const MAX_ITEMS = 300;
const MAX_DEPTH = 4;
const LARGEST = 1e9;

const KEY = /^studio-[a-z]+(?:-[a-z]+)*\.[a-z0-9][a-z0-9-]{0,60}(?:\.[A-Za-z][A-Za-z0-9_-]{0,40}){1,3}$/;
const CODE = /^studio-cell\.[a-z0-9-]+\.code$/;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,60}$/;
const PHOTO = /^[a-z0-9][a-z0-9_-]{0,60}$/i;
const INHERITED = new Set(["__proto__", "constructor", "prototype"]);

/**
 * @typedef {{photo: string|null, settings: Record<string, any>}} SetUp
 *   photo: the name of a bundled one; settings: as the elements of the page remember them, code of cells as its text alone.
 * @typedef {{setUp: SetUp|null, ignored: number}} Opened  setUp: null when the link is broken; ignored: things in it that say nothing here
 */

/** @param {string} hash of an address, with its "#" @returns {boolean} */
export function isLink(hash) {
  return hash.startsWith(`#${PREFIX}`);
}

/** Whether a setting is the code of a cell. @param {string} key */
export function isCode(key) {
  return CODE.test(key);
}

/** @param {SetUp} setUp @returns {Promise<string>} the fragment, without its "#" */
export async function write({ photo, settings }) {
  const text = JSON.stringify(photo ? { photo, settings } : { settings });
  const packed = new Uint8Array(await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer());
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return PREFIX + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Read what anybody may have written.
 * @param {string} hash of an address, with its "#"
 * @returns {Promise<Opened>}
 */
export async function read(hash) {
  try {
    return validate(JSON.parse(await inflated(hash.slice(1 + PREFIX.length))));
  } catch {
    return { setUp: null, ignored: 0 };
  }
}

/** @param {string} packed base64url */
async function inflated(packed) {
  if (packed.length > MAX_LINK || !/^[\w-]+$/.test(packed)) throw new RangeError("no link of ours");
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (let total = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    total += value.length;
    if (total > MAX_TEXT) { // a small link that swells is stopped here, not when memory is full
      await reader.cancel();
      throw new RangeError("too long");
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** @param {unknown} parsed @returns {Opened} */
function validate(parsed) {
  if (!isObject(parsed)) return { setUp: null, ignored: 0 };
  let ignored = Object.keys(parsed).filter((key) => key !== "photo" && key !== "settings").length;
  const given = Object.hasOwn(parsed, "photo") ? parsed.photo : null;
  const photo = typeof given === "string" && PHOTO.test(given) ? given : null;
  if (given !== null && !photo) ignored += 1;
  const list = isObject(parsed.settings) ? Object.entries(parsed.settings) : [];
  /** @type {Record<string, any>} */
  const settings = {};
  for (const [key, value] of list.slice(0, MAX_SETTINGS)) {
    if (KEY.test(key) && (isCode(key) ? typeof value === "string" && value.length <= MAX_CODE : isPlain(value, 0))) settings[key] = value;
    else ignored += 1;
  }
  return { setUp: { photo, settings }, ignored: ignored + Math.max(0, list.length - MAX_SETTINGS) };
}

/** @param {unknown} value @returns {value is Record<string, any>} */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Small values as elements remember them. @param {unknown} value @param {number} depth @returns {boolean} */
function isPlain(value, depth) {
  if (value === null || typeof value === "boolean") return true;
  if (typeof value === "number") return Math.abs(value) <= LARGEST;
  if (typeof value === "string") return value.length <= MAX_WORDS;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.length <= MAX_ITEMS && value.every((item) => isPlain(item, depth + 1));
  const items = Object.entries(/** @type {object} */ (value));
  return items.length <= MAX_ITEMS && items.every(([key, item]) => NAME.test(key) && !INHERITED.has(key) && isPlain(item, depth + 1));
}
