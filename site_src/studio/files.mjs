// The worker's files: a fetch that counts what comes, names types, checks hashes and tries again. What a file is for is not known here.

const TYPES = { wasm: "application/wasm", mjs: "text/javascript", json: "application/json" };
export const OFFLINE = "Check the connection and try again; what you did is kept.";

/** A failure of the engine itself, in words for the visitor. */
export class EngineError extends Error {
  constructor(message, remedy) {
    super(message);
    this.kind = "engine";
    this.remedy = remedy;
  }
}

let base;
/** @type {import("./silence.mjs").Silence} */
let silence;
const early = new Map(); // path -> promise of an answer, asked for before anybody wanted it

/**
 * From now on every fetch of a file below `at` is counted in the ledger.
 * @param {string} at the folder's address
 * @param {import("./ledger.js").Ledger} ledger
 * @param {import("./silence.mjs").Silence} watch hears of every file that is awaited, and of what comes
 * @param {(error: EngineError, path: string) => void} broke told when a file broke off on its way
 */
export function countFiles(at, ledger, watch, broke) {
  base = at;
  silence = watch;
  self.fetch = countingFetch(self.fetch.bind(self), ledger, broke);
}

/** Ask now for a file that somebody will fetch later. @param {string} path @returns {Promise<Response>} what they will get */
export function ahead(path) {
  const answer = fetch(base + path);
  answer.catch(() => {}); // whoever fetches it hears of it
  early.set(path, answer);
  return answer;
}

/** A script of ours, by its path. How modules are imported here, the page's loader.js has said. @param {string} path */
export const load = path => self.importModule(base + path).catch(error => {
  throw error instanceof EngineError ? error : new EngineError(`A file of the studio did not arrive: ${path}.`, OFFLINE);
}).finally(silence.awaits(path));

/** The address of a file. @param {string} path */
export const addressOf = path => base + path;

/** @param {string} path @returns {Promise<ArrayBuffer>} */
export const bytesOf = async path => (await fetch(base + path)).arrayBuffer();

function countingFetch(net, ledger, broke) {
  return async (input, init) => {
    const url = String(input?.url ?? input);
    if (!url.startsWith(base)) return net(input, init);
    const path = url.slice(base.length).replace(/[?#].*$/, "");
    const { integrity, ...asked } = init ?? {};
    const coming = early.get(path);
    if (early.delete(path)) return coming;
    const arrived = silence.awaits(path);
    const response = await withRetries(() => net(input, asked), path).catch(error => { arrived(); throw error; });
    count(path, response.clone().body.getReader(), ledger, broke).finally(arrived);
    if (integrity) return proven(response, integrity, net);
    const type = TYPES[path.split(".").pop()];
    if (!type || response.headers.get("content-type")?.startsWith(type)) return response; // the answer itself: only that has compiled code kept for it
    return new Response(response.body, { status: response.status, headers: { "content-type": type } }); // this host sends .mjs or .wasm under another type
  };
}

async function count(path, reader, ledger, broke) {
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      silence.noise();
      ledger.add(path, chunk.value.byteLength);
    }
  } catch { // whoever reads the answer itself hears of it too, but Pyodide would then wait for its own files for ever
    broke(new EngineError(`The connection broke while a file of the studio was on its way: ${path}.`, OFFLINE), path);
  }
}

/**
 * An answer whose bytes have the hash that Pyodide asks for: the browser's own check, made after they came. Told of the hash sooner, it
 * would hold every byte back until the last is there, and there were nothing to count.
 */
async function proven(response, integrity, net) {
  const address = URL.createObjectURL(await response.blob());
  try {
    return await net(address, { integrity });
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function withRetries(ask, path, pauses = [500, 2000]) {
  for (const pause of [...pauses, null]) {
    const response = await ask().catch(() => null);
    if (response?.ok) return response;
    if (response?.status === 410) throw new EngineError(`This page is of an older version of the site, and a file it needs is gone: ${path}.`, "Reload the page; your work is kept."); // said by sw.mjs
    if (response && response.status < 500) throw new EngineError(`A file of the studio is missing on this site: ${path} (status ${response.status}).`, "Tell whoever keeps this site; if it lies on a stick or in a folder, see whether that is still there, or copy the whole folder again.");
    if (pause !== null) await new Promise(resolve => setTimeout(resolve, pause));
  }
  throw new EngineError(`A file of the studio did not arrive: ${path}.`, OFFLINE);
}
