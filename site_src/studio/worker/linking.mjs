// How Python's memory is laid out before it starts. The browser and the build (pystudio/builder/snapshot/make.mjs) both do it with this file,
// since a memory snapshot fits only where code and tables lie at the same places. Nothing is fetched here.

/** Where packages lie in Python's file system. */
export const PACKAGES = "/lib/python3.14/site-packages";

/** The files of a tar archive, by their names. @param {Uint8Array<ArrayBuffer>} tar @returns {Map<string, Uint8Array<ArrayBuffer>>} */
export function unpacked(tar) {
  const files = new Map();
  const words = new TextDecoder();
  const text = (at, length) => words.decode(tar.subarray(at, at + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length && tar[at]; ) {
    const folder = text(at + 345, 155); // names above 100 letters are split in two (POSIX ustar)
    const size = parseInt(text(at + 124, 12), 8);
    files.set((folder ? `${folder}/` : "") + text(at, 100), tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** Write files into Python's file system, which keeps the arrays. @param {any} FS @param {Iterable<[string, Uint8Array]>} files by absolute path */
export function writeFiles(FS, files) {
  const made = new Set();
  for (const [path, data] of files) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(folder)) made.add(FS.mkdirTree(folder) ?? folder);
    FS.writeFile(path, data, { canOwn: true });
  }
}

/**
 * Link compiled modules (NumPy's) into a Pyodide whose main() has not run: from then on they lie at the same addresses in every process.
 * Python finds them already there when it imports them.
 * @param {any} pyodide its Emscripten module
 * @param {Map<string, WebAssembly.Module>} modules by their paths in Python's file system, always in the same order
 * @param {{table: number, heap?: number}} room size of the function table before the first module, and of the memory
 *   (Pyodide 314.0 itself takes no heed of INITIAL_MEMORY, pyodide#6254). A browser with JS promise integration has one entry more than one
 *   without: rounding up makes them equal.
 */
export function link(pyodide, modules, { table, heap = 0 }) {
  if (heap > pyodide.HEAP8.length) pyodide.growMemory(heap);
  if (heap > pyodide.HEAP8.length) throw new RangeError(`The browser gave no ${heap} bytes of memory.`);
  if (table < pyodide.wasmTable.length) throw new RangeError(`The function table of this browser has ${pyodide.wasmTable.length} entries, not ${table} at most.`);
  pyodide.wasmTable.grow(table - pyodide.wasmTable.length);
  for (const [path, module] of modules) {
    const library = pyodide.newDSO(path, undefined, "loading");
    library.global = false;
    library.exports = pyodide.loadWebAssemblyModule(module, { global: false, nodelete: true }, path, {});
  }
}

/** After waking: the C library asked for the time zone when the memory was made, and asks no more. @param {any} pyodide its Emscripten module */
export function setZone({ __tzset_js: set, _timezone: seconds, _daylight: summer, _tzname: names, HEAPU32: words }) {
  set(seconds, summer, words[names / 4], words[names / 4 + 1]);
}

/**
 * What code itself has put into memory so far: the constants of Python and of the linked modules. The browser has them with the code, so
 * the snapshot travels without them.
 * @param {any} pyodide its Emscripten module, when all is linked and nothing has run
 * @param {number} [length] in bytes, a multiple of four; left out: up to the last that is not zero
 * @returns {Uint32Array}
 */
export function constantsOf(pyodide, length) {
  let end = length ? length / 4 : pyodide.HEAPU32.length;
  while (!length && pyodide.HEAPU32[end - 1] === 0) end -= 1;
  return pyodide.HEAPU32.slice(0, end);
}

/** A number that tells two rows of numbers apart. @param {Uint32Array} words */
export function sumOf(words) {
  let sum = 0;
  for (let i = 0; i < words.length; i += 1) sum = (Math.imul(sum, 31) + words[i]) | 0;
  return sum;
}

/** Take the constants out of a snapshot, or put them in: the second time undoes the first. @param {Uint8Array} memory @param {Uint32Array} constants */
export function toggle(memory, constants) {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const start = words[1] >> 2; // where Pyodide's own header ends
  for (let i = 0; i < constants.length; i += 1) words[start + i] ^= constants[i];
}
