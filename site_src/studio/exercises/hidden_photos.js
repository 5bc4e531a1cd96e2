// Hidden photos on their way to Python: read and decoded here, shown nowhere.
import { engine } from "studio/engine/engine.js";
import { CONNECTION_HINT, MANIFEST, read } from "studio/files/loader.js";
import { decode, pixelsOf } from "studio/photo/photo.js";
import { problem } from "studio/util/problem.js";

/** What the engine has already, by key. @type {Map<string, Promise<unknown>>} */
const sent = new Map();
engine.on("restart", () => sent.clear());

/** Bytes that the build wrote as text. @param {string} text @returns {ArrayBuffer} */
export function unpacked(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
}

/**
 * Give photos to Python, each once.
 * @param {{photos: string[], longest: number, label?: string, network: string, truth: string, truths?: Record<string, string>}} options of the exercise
 * @returns {Promise<string[]>} the keys that Python keeps them under
 */
export function loadHiddenPhotos({ photos, longest, label = "", network, truth, truths }) {
  return Promise.all(photos.map(async (name) => {
    const key = [name, longest, label, truth, network].join("|");
    if (!sent.has(key)) sent.set(key, sendPhoto(name, { key, longest, label, network, ...(truths ? { truth: unpacked(truths[name]) } : {}) }));
    try {
      await sent.get(key);
    } catch (error) {
      sent.delete(key); // the next try may be luckier
      throw error;
    }
    return key;
  }));
}

async function sendPhoto(name, about) {
  const entry = MANIFEST.photos.find((photo) => photo.name === name);
  const file = entry && (await read(entry.file).catch(() => null));
  if (!file) throw problem("A photo of this exercise could not be loaded.", `${CONNECTION_HINT} and try again.`);
  const { bitmap, rows, columns } = await decode(file, "the photo");
  const pixels = await pixelsOf(bitmap);
  bitmap.close();
  return engine.call("task_code.photo", { ...about, rows, columns, pixels }, { transfer: [pixels] });
}
