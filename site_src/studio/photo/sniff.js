// What a file is by its first bytes, how large its picture is, and whether its end is missing. It decodes nothing.

/**
 * @typedef {{format: string, readable: boolean, rows: number|null, columns: number|null, cut: boolean, damaged: boolean}} Sniffed
 *   readable: browsers decode it. rows and columns: null where the header does not say. cut: the file ends too early.
 *   damaged: its checksums say so.
 */

/** @param {Uint8Array} bytes the whole file @returns {Sniffed|null} null: not a picture that we know */
export function sniff(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const reader of [png, jpeg, webp, gif, bmp, ico, isobmff, tiff, svg]) {
    const found = reader(bytes, view);
    if (found) return found;
  }
  return null;
}

/** @returns {Sniffed} */
function picture(format, rows = null, columns = null, cut = false, readable = true) {
  return { format, readable, rows, columns, cut, damaged: false };
}

function starts(bytes, text, at = 0) {
  if (bytes.length < at + text.length) return false;
  for (let index = 0; index < text.length; index += 1) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

function png(bytes, view) {
  if (!starts(bytes, "\x89PNG\r\n\x1a\n")) return null;
  if (bytes.length < 33) return picture("PNG", null, null, true);
  return { ...picture("PNG", view.getUint32(20), view.getUint32(16)), ...pngChunks(bytes, view) };
}

/** Walk the chunks to IEND, holding each to its checksum (PNG specification, 5.3): some browsers show damaged ones half. */
function pngChunks(bytes, view) {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    const needed = bytes[at + 4] < 97; // a capital: a chunk that matters to the pixels
    if (needed && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) return { damaged: true };
    if (view.getUint32(at + 4) === 0x49454e44) return {};
    at = end + 4;
  }
  return { cut: true };
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let value = 0xffffffff;
  for (let index = 0; index < bytes.length; index += 1) value = CRC[(value ^ bytes[index]) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function jpeg(bytes, view) {
  if (!starts(bytes, "\xff\xd8\xff")) return null;
  const cut = !jpegEnds(bytes, view);
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1];
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker); // SOFn, ITU T.81 table B.1
    if (frame) return picture("JPEG", view.getUint16(at + 5), view.getUint16(at + 7), cut);
  }
  return picture("JPEG", null, null, cut);
}

/** Walk the segments and scans to the end-of-image marker; cameras append films of their own behind it. @param {DataView} view */
function jpegEnds(bytes, view) {
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1];
    if (marker === 0xd9) return true;
    const alone = marker === 0 || (marker >= 0xd0 && marker <= 0xd7); // a stuffed 0xff of the scan, or a restart
    if (marker === 0xff) at += 1;
    else if (alone) at += 2;
    else if (at + 4 > bytes.length) return false;
    else at += 2 + view.getUint16(at + 2);
  }
  return false;
}

function webp(bytes, view) {
  if (!starts(bytes, "RIFF") || !starts(bytes, "WEBP", 8)) return null;
  const cut = bytes.length < view.getUint32(4, true) + 8;
  if (bytes.length < 30) return picture("WebP", null, null, true);
  const at14 = (offset) => view.getUint16(offset, true) & 0x3fff;
  const at24 = (offset) => view.getUint16(offset, true) + (bytes[offset + 2] << 16) + 1;
  if (starts(bytes, "VP8 ", 12)) return picture("WebP", at14(28), at14(26), cut);
  if (starts(bytes, "VP8X", 12)) return picture("WebP", at24(27), at24(24), cut);
  const packed = view.getUint32(21, true);
  return picture("WebP", ((packed >>> 14) & 0x3fff) + 1, (packed & 0x3fff) + 1, cut);
}

function gif(bytes, view) {
  if (!starts(bytes, "GIF8")) return null;
  if (bytes.length < 14) return picture("GIF", null, null, true);
  return picture("GIF", view.getUint16(8, true), view.getUint16(6, true), !gifEnds(bytes));
}

/** Walk the blocks to the end of the first picture, the only one that is shown (GIF89a, 18 to 26). @param {Uint8Array} bytes */
function gifEnds(bytes) {
  const colours = (flags) => (flags & 128 ? 6 << (flags & 7) : 0);
  for (let at = 13 + colours(bytes[10]); at < bytes.length; at += 1) {
    const shown = bytes[at] === 0x2c;
    if (!shown && bytes[at] !== 0x21) return true; // the file's own end, or nothing that a GIF has: the browser judges
    at += shown ? 11 + colours(bytes[at + 9]) : 2;
    while (bytes[at]) at += bytes[at] + 1;
    if (shown) return at < bytes.length;
  }
  return false;
}

function bmp(bytes, view) {
  if (!starts(bytes, "BM") || bytes.length < 26) return null;
  const early = view.getUint32(14, true) === 12; // the header of OS/2, with numbers of two bytes
  const [rows, columns] = early ? [view.getUint16(20, true), view.getUint16(18, true)] : [view.getInt32(22, true), view.getInt32(18, true)];
  return picture("BMP", Math.abs(rows), Math.abs(columns), bytes.length < view.getUint32(2, true));
}

function ico(bytes, view) {
  return starts(bytes, "\0\0\x01\0") && bytes.length > 22 && view.getUint16(4, true) > 0 ? picture("ICO") : null;
}

/** Boxes of boxes (ISO/IEC 14496-12): AVIF, HEIC, films. */
function isobmff(bytes, view) {
  if (!starts(bytes, "ftyp", 4)) return null;
  const brands = new TextDecoder("latin1").decode(bytes.subarray(8, Math.min(view.getUint32(0), 256)));
  if (brands.startsWith("crx ")) return null; // what some cameras call raw
  const format = /^avi[fs]|^m[is]f1.*avif/.test(brands) ? "AVIF" : /^hei[cxms]|^hev[cxms]|^m[is]f1/.test(brands) ? "HEIC" : "video";
  return picture(format, ...sizeOfBoxes(bytes, view), !boxesEnd(view), format !== "video");
}

/** @param {DataView} view @returns {[number|null, number|null]} rows and columns of the largest picture that is described */
function sizeOfBoxes(bytes, view) {
  /** @type {[number|null, number|null]} */
  let largest = [null, null];
  const last = Math.min(bytes.length - 20, 1 << 16); // descriptions come before pixels
  for (let at = 0; at <= last; at += 1) {
    if (!starts(bytes, "\0\0\0\x14ispe", at)) continue;
    const rows = view.getUint32(at + 16), columns = view.getUint32(at + 12);
    if (rows * columns > largest[0] * largest[1]) largest = [rows, columns];
  }
  return largest;
}

/** @param {DataView} view */
function boxesEnd(view) {
  let at = 0;
  while (at + 16 <= view.byteLength) {
    const size = view.getUint32(at) === 1 ? Number(view.getBigUint64(at + 8)) : view.getUint32(at);
    if (size < 8) return true; // 0: it goes on to the end of the file
    at += size;
  }
  return at <= view.byteLength;
}

function tiff(bytes) {
  const known = starts(bytes, "II*\0") || starts(bytes, "MM\0*");
  return known ? picture("TIFF") : null;
}

function svg(bytes) {
  const head = new TextDecoder().decode(bytes.subarray(0, 1 << 16)).trimStart();
  if (!head.startsWith("<") || !/<svg[\s>]/.test(head)) return null;
  return picture("SVG");
}
