// The networks that the visitor brought: kept in the browser's own database, given to the engine when one is asked for.
// What the files say and whether they can be used is told by Python (pystudio/networks/user_network.py).
import { withTimeout, completed, Database } from "./database.js";
import { engine } from "studio/engine/engine.js";
import { MANIFEST } from "studio/files/loader.js";
import { isPlain, isRecord } from "./records.js";

/** @typedef {import("studio/types/protocol").NetworkRecipe} Recipe */
/** @typedef {{name: string, recipe: Recipe, file: Blob}} UserNetwork */

/** More would only fill the disk. */
const MAX_NETWORKS = 8;
const NAME_PATTERN = /^own[0-9]{1,6}$/;

/** @type {Map<string, UserNetwork>} */
const userNetworks = new Map();
/** Those that the engine knows in this life of its. */
const inEngine = new Set();
/** @type {Set<(name: string|null) => void>} told the name of a new one, or null when one is gone */
const listeners = new Set();

engine.on("restart", () => inEngine.clear());
engine.on("state", (state) => state !== "ready" && inEngine.clear());

const database = new Database("pystudio-networks", 1, { networks: { keyPath: "name" } });

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask @returns {Promise<T>} */
function inStore(mode, ask) {
  return withTimeout(async () => {
    const transaction = (await database.open()).transaction("networks", mode);
    const request = ask(transaction.objectStore("networks"));
    await completed(transaction, request);
    return request.result;
  });
}

/** What earlier visits left. Call once, before the elements are made. A browser that keeps nothing has none. @returns {Promise<number>} how many records cannot be used */
export async function loadUserNetworks() {
  const found = (await inStore("readonly", (store) => store.getAll()).catch(() => [])) ?? [];
  const valid = found.filter(isUserNetwork);
  valid.forEach(register);
  return found.length - valid.length;
}

/** @param {any} record @returns {record is UserNetwork} */
function isUserNetwork(record) {
  return isRecord(record) && NAME_PATTERN.test(record.name) && record.file instanceof Blob && isRecord(record.recipe) && isPlain(record.recipe) && typeof record.recipe.title === "string";
}

/** @param {UserNetwork} own */
function register(own) {
  userNetworks.set(own.name, own);
  MANIFEST.networks[own.name] = { file: "", bytes: own.file.size, title: `Yours: ${own.recipe.title}`, recipe: own.recipe };
}

/** @returns {UserNetwork[]} */
export const listUserNetworks = () => [...userNetworks.values()];

/** Whether there is such a network here. @param {unknown} name */
export const isNetwork = (name) => typeof name === "string" && Object.hasOwn(MANIFEST.networks, name);

/** @param {(name: string|null) => void} listener */
export const onUserNetworksChange = (listener) => void listeners.add(listener);

/** Before a network is asked for: one of the visitor's has to be in the engine. @param {string} name */
export async function ensure(name) {
  const own = userNetworks.get(name);
  if (!own || inEngine.has(name)) return;
  await open(own);
}

/** @param {UserNetwork} own */
async function open({ name, recipe, file }) {
  const model = await file.arrayBuffer();
  const opened = await engine.call("own_network.open", { name, recipe, model }, { transfer: [model] });
  inEngine.add(name);
  return opened;
}

/**
 * Try a network, and keep it if it works. Rejects in words where it does not.
 * @param {Recipe} recipe @param {Blob} file
 * @returns {Promise<{name: string, inStore: boolean}>} kept: whether the browser keeps it for the next visit
 */
export async function addUserNetwork(recipe, file) {
  const numbers = [...userNetworks.keys()].map((each) => Number(each.slice(3)));
  const own = { name: `own${Math.max(0, ...numbers) + 1}`, recipe, file };
  await open(own);
  register(own);
  while (userNetworks.size > MAX_NETWORKS) await removeUserNetwork(userNetworks.keys().next().value);
  const remembered = await inStore("readwrite", (store) => store.put(own)).then(() => true, () => false);
  listeners.forEach((listener) => listener(own.name));
  return { name: own.name, inStore: remembered };
}

/** @param {string} name */
export async function removeUserNetwork(name) {
  userNetworks.delete(name);
  delete MANIFEST.networks[name];
  await inStore("readwrite", (store) => store.delete(name)).catch(() => undefined);
  listeners.forEach((listener) => listener(null));
}
