// Hands a file to the browser's downloads.
import { h } from "./dom.js";

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a large file is still being copied when click() returns
}
