// From a file to the pixels that the engine and the page share: decoded by the browser, upright, over white, at most
// 4096 pixels long. Every file that cannot be read ends in one sentence and one remedy.
//
// Colour profiles are ignored (colorSpaceConversion: "none"), because Pillow ignores them on the desktop and the same
// photo must give the same labels in both places.
import { integer } from "studio/util/format.js";
import { problem } from "studio/util/problem.js";
import { sniff } from "./sniff.js";
import { svgSource } from "./svg.js";

/** As in pystudio.image. */
const MAX_SIDE = 4096;
const MAX_PIXELS = 200_000_000;
const MAX_BYTES = 300_000_000;
const OTHER = "Choose a JPEG, PNG, WebP, AVIF, GIF, BMP or SVG picture.";

/**
 * @typedef {{bitmap: ImageBitmap, rows: number, columns: number, original: {rows: number, columns: number}}} Decoded
 */

/**
 * @param {Blob|ImageBitmap} source
 * @param {string} title how the sentence of an error names it
 * @returns {Promise<Decoded>}
 */
export async function decode(source, title) {
  if (source instanceof ImageBitmap) return flatten(source, source.width, source.height);
  const kind = await inspect(source, title);
  if (kind.format === "SVG") return decodeSvg(source, title);
  const full = await createImageBitmap(source, { imageOrientation: "from-image", colorSpaceConversion: "none" }).catch(() => null);
  if (!full && kind.rows * kind.columns > MAX_SIDE ** 2) return decodeReduced(source, title, kind);
  if (!full) throw unreadable(title, kind);
  return flatten(full, full.width, full.height);
}

/** @param {Blob} blob @param {string} title @returns {Promise<ArrayBuffer>} */
async function bytesOf(blob, title) {
  if (blob.size > MAX_BYTES) throw problem(`“${title}” is larger than ${integer(MAX_BYTES / 1e6)} MB.`, "Save a smaller copy of it and choose that.");
  const bytes = await blob.arrayBuffer().catch(() => null);
  if (!bytes) throw problem(`“${title}” could not be read from the disk.`, "Check that it is a file, that it still exists and that it may be read.");
  return bytes;
}

/**
 * A file as it is now: on the disk it may be changed, moved or unplugged before it is wanted again.
 * @param {File} file @param {string} [title]
 */
export async function copyOf(file, title = file.name) {
  return new File([await bytesOf(file, title)], file.name, { type: file.type });
}

/** What can be said of a file before decoding it. @param {Blob} blob @param {string} title */
async function inspect(blob, title) {
  const bytes = await bytesOf(blob, title);
  if (!bytes.byteLength) throw problem(`“${title}” is empty (0 bytes).`, OTHER);
  const kind = sniff(new Uint8Array(bytes));
  if (!kind) throw problem(`“${title}” is not a picture that can be read here.`, OTHER);
  if (!kind.readable) throw problem(`“${title}” is a video, not a picture.`, OTHER);
  if (kind.cut) throw problem(`“${title}” is cut short: the end of the ${kind.format} file is missing.`, "Copy or download it again.");
  if (kind.damaged) throw unreadable(title, kind);
  refuseHuge(kind.rows ?? 1, kind.columns ?? 1, title);
  return kind;
}

function refuseHuge(rows, columns, title) {
  if (rows * columns <= MAX_PIXELS) return;
  throw problem(`“${title}” has ${integer(columns)} × ${integer(rows)} pixels, more than the ${integer(MAX_PIXELS / 1e6)} million that fit here.`, "Save a smaller copy of it and choose that.");
}

function unreadable(title, kind) {
  if (kind.format === "TIFF" || kind.format === "HEIC")
    return problem(`This browser cannot read ${kind.format} pictures such as “${title}”.`, "Save it as JPEG or PNG and choose that.");
  return problem(`“${title}” looks like a ${kind.format} picture but is damaged.`, "Copy or download it again, or choose another.");
}

/**
 * A picture too large to hold whole: an <img> lets the browser scale while it decodes.
 * @param {Blob} blob @param {string} title @param {import("./sniff.js").Sniffed} kind
 */
async function decodeReduced(blob, title, kind) {
  const image = await loadImage(blob);
  if (!image) throw kind.rows ? problem(`“${title}” (${integer(kind.columns)} × ${integer(kind.rows)} pixels) does not fit in this browser's memory.`, "Save a smaller copy of it and choose that.", "memory") : unreadable(title, kind);
  return flatten(image, image.naturalWidth, image.naturalHeight);
}

/** @param {Blob} blob @param {string} title */
async function decodeSvg(blob, title) {
  const source = svgSource(await blob.text());
  if (source && !source.text) throw problem(`“${title}” draws too many parts for this page.`, "Save it as PNG and choose that.");
  const image = source && (await loadImage(new Blob([source.text], { type: "image/svg+xml" })));
  if (!image) throw problem(`“${title}” looks like an SVG picture but is damaged.`, "Open it in a drawing program and save it again.");
  refuseHuge(source.rows, source.columns, title);
  return flatten(image, source.columns, source.rows);
}

/** @param {Blob} blob @returns {Promise<HTMLImageElement|null>} */
async function loadImage(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/**
 * Draw over white, reduced to MAX_SIDE where it is longer.
 * @param {ImageBitmap|HTMLImageElement} source @param {number} width @param {number} height the size to draw it at
 * @returns {Decoded}
 */
function flatten(source, width, height) {
  const factor = Math.min(1, MAX_SIDE / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * factor));
  const rows = Math.max(1, Math.round(height * factor));
  const canvas = new OffscreenCanvas(columns, rows);
  const context = drawing(canvas);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, columns, rows);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, columns, rows);
  if (source instanceof ImageBitmap) source.close();
  return { bitmap: canvas.transferToImageBitmap(), rows, columns, original: { rows: height, columns: width } };
}

/** @param {OffscreenCanvas} canvas */
function drawing(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw problem("The browser has no memory left for a picture of this size.", "Close other tabs, or choose a smaller picture.", "memory");
  return context;
}

/**
 * The picture's pixels, RGBA, row by row, fresh each time (the caller may transfer them).
 * @param {ImageBitmap} bitmap
 * @returns {Promise<ArrayBuffer>}
 */
export async function pixelsOf(bitmap) {
  if (!canvasIsExact()) {
    const exact = await frameOf(bitmap);
    if (exact) return exact;
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = drawing(canvas);
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer;
}

/** @type {boolean|undefined} */
let exact;

/**
 * Whether this browser's canvas gives back the pixels that were drawn. Some add noise on purpose, against
 * fingerprinting (Firefox with resistFingerprinting, Brave).
 */
function canvasIsExact() {
  if (exact !== undefined) return exact;
  const context = drawing(new OffscreenCanvas(32, 32));
  const drawn = context.createImageData(32, 32);
  for (let index = 0; index < drawn.data.length; index += 1) drawn.data[index] = index % 4 === 3 ? 255 : (index * 7) % 256;
  context.putImageData(drawn, 0, 0);
  const read = context.getImageData(0, 0, 32, 32).data;
  exact = drawn.data.every((value, index) => value === read[index]);
  return exact;
}

/** True where neither a canvas nor a video frame gives the pixels as they are. */
export function pixelsAreNoisy() {
  return !canvasIsExact() && typeof VideoFrame === "undefined";
}

/** The same through a video frame, which carries no noise. @param {ImageBitmap} bitmap @returns {Promise<ArrayBuffer|null>} */
async function frameOf(bitmap) {
  if (typeof VideoFrame === "undefined") return null;
  const frame = new VideoFrame(bitmap, { timestamp: 0, alpha: "discard" });
  try {
    const pixels = new ArrayBuffer(bitmap.width * bitmap.height * 4);
    await frame.copyTo(pixels, { format: "RGBA" });
    return pixels;
  } catch {
    return null; // this browser cannot convert its frames: the canvas it is
  } finally {
    frame.close();
  }
}

/**
 * A name for a file's contents, the same after a reload (FNV-1a; it need not be cryptographic).
 * @param {Blob} blob
 */
export async function keyOf(blob) {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(await blob.arrayBuffer())) hash = Math.imul(hash ^ byte, 0x01000193);
  return `file:${blob.size}:${(hash >>> 0).toString(16)}`;
}
