// A file of the USB edition as its script holds it (pystudio/builder/site/usb.py), and reading it. Used by the page and by the engine's worker.

/** @typedef {{type: string, gzipped: boolean, base64: string}} Packed */

/** @param {Packed} file @returns {Response} */
export function unpack({ type, gzipped, base64 }) {
  const bytes = /** @type {any} */ (Uint8Array).fromBase64?.(base64) ?? Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream();
  return new Response(gzipped ? stream.pipeThrough(new DecompressionStream("gzip")) : stream, { headers: { "content-type": type } });
}
