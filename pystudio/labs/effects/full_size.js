// From a photo to a file at full size: the original's pixels go to Python in bands of rows, so that memory does not grow with the photo.
import { engine } from "studio/engine/engine.js";
import { MANIFEST, read } from "studio/files/loader.js";
import { pixelsOf } from "studio/photo/photo.js";
import { problem } from "studio/util/problem.js";
import { store } from "studio/state/store.js";

/** @typedef {{bitmap: ImageBitmap, rows: number, columns: number, reduced: boolean, close: () => void}} Original */
/** @typedef {import("studio/types/protocol").EffectBegin} Begin */

/**
 * The photo as large as it came; the studio itself works on at most 4096 pixels.
 * @param {{rows: number, columns: number, bitmap: ImageBitmap, original: {rows: number, columns: number}}} photo
 * @param {Blob|null} file that it came in
 * @returns {Promise<Original>}
 */
export async function originalOf({ rows, columns, bitmap, original }, file) {
  if (original.rows === rows && original.columns === columns) return { bitmap, rows, columns, reduced: false, close() {} };
  const whole = file && (await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" }).catch(() => null));
  if (!whole || whole.height !== original.rows || whole.width !== original.columns) return { bitmap, rows, columns, reduced: true, close: () => whole?.close() };
  return { bitmap: whole, rows: whole.height, columns: whole.width, reduced: false, close: () => whole.close() };
}

/** The file of the photo that is open. @param {import("studio/state/store.js").Photo} photo @returns {Promise<Blob|null>} */
export async function fileOf(photo) {
  if (store.recent?.key === photo.key) return store.recent.blob;
  const bundled = MANIFEST.photos.find(({ name }) => `name:${name}` === photo.key);
  return bundled ? read(bundled.file) : null;
}

/** Rows of a picture over white, RGBA. @param {ImageBitmap} bitmap @param {number} first @param {number} rows */
async function rowsOf(bitmap, first, rows) {
  const canvas = new OffscreenCanvas(bitmap.width, rows);
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  if (!context) throw problem("The browser has no memory left for this picture.", "Close other tabs, or choose a smaller picture.", "memory");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, bitmap.width, rows);
  context.drawImage(bitmap, 0, -first);
  const band = canvas.transferToImageBitmap();
  const pixels = await pixelsOf(band);
  band.close();
  return pixels;
}

/**
 * A picture at most so long, as Python takes it.
 * @param {ImageBitmap} bitmap @param {number} longest
 */
export async function reducedPixels(bitmap, longest) {
  const factor = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const columns = Math.max(1, Math.round(bitmap.width * factor)), rows = Math.max(1, Math.round(bitmap.height * factor));
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, columns, rows);
  const small = canvas.transferToImageBitmap();
  const pixels = await pixelsOf(small);
  small.close();
  return { rows, columns, pixels };
}

/**
 * Apply an effect to all rows of a picture; the PNG.
 * @param {ImageBitmap} bitmap @param {Omit<Begin, "rows"|"columns">} request
 * @param {{progress?: (share: number) => void, signal?: AbortSignal, begin?: (args: Begin) => Promise<import("studio/types/protocol").EffectBegun>}} options
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function applyWhole(bitmap, request, { progress = () => {}, signal, begin = (args) => engine.call("effects.begin", args) }) {
  const { bands } = await begin({ ...request, rows: bitmap.height, columns: bitmap.width });
  for (const { top, end, first, past } of bands) {
    if (signal?.aborted) throw problem("Stopped.", "", "cancelled");
    const pixels = await rowsOf(bitmap, first, past - first);
    await engine.call("effects.band", { top, pixels }, { transfer: [pixels] });
    progress(end / bitmap.height);
  }
  const { bytes } = await engine.call("effects.finish", {});
  return /** @type {any} */ (bytes);
}

/** A name for a file, from the title of a photo. @param {string} title @param {string} effect */
export function nameFor(title, effect) {
  const stem = title.replace(/\.[a-z0-9]{1,5}$/i, "").replace(/[\\/:*?"<>|\u0000-\u001f]+/g, " ").trim().slice(0, 80) || "photo";
  return `${stem}-${effect}.png`;
}
