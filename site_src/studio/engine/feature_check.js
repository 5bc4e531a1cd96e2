// What a browser must be able to do before the engine is started in it, and what is said where it cannot.
import { problem } from "studio/util/problem.js";

const CURRENT = "Chrome, Edge and Firefox can since July 2023, Safari since version 17: update this browser, or open the page in another one.";
const header = [0, 97, 115, 109, 1, 0, 0, 0];
/** The smallest WebAssembly functions that use what Python and the networks were compiled with. */
const EXCEPTIONS = new Uint8Array([...header, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11]);
const SIMD = new Uint8Array([...header, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]);

/** @type {[string, () => boolean][]} */
const NEEDS = [
  ["WebAssembly as Python needs it", () => [EXCEPTIONS, SIMD].every(code => globalThis.WebAssembly?.validate(code))],
  ["module workers", moduleWorkers],
  ["unpacking files (DecompressionStream)", () => "DecompressionStream" in globalThis],
  ["drawing off the screen (OffscreenCanvas)", () => "OffscreenCanvas" in globalThis],
  ["decoding pictures (createImageBitmap)", () => "createImageBitmap" in globalThis],
];

/** @returns {Error & {kind: string, remedy: string} | null} what this browser lacks, in words for the visitor */
export function missingFeatures() {
  const absent = NEEDS.filter(([, there]) => !there()).map(([name]) => name);
  return absent.length ? problem(`This browser cannot run Python in a page, because it is too old or was told not to. It lacks: ${absent.join(", ")}.`, CURRENT, "engine") : null;
}

/** Whoever understands module workers looks for the type, before it refuses the address. */
function moduleWorkers() {
  let typeWasRead = false;
  try {
    new Worker("http://[", { get type() { typeWasRead = true; return /** @type {"module"} */ ("module"); } });
  } catch { /* always: the address is none */ }
  return typeWasRead;
}
