// The networks that the visitor brought: kept in the browser's own database, given to the engine when one is asked for, offered wherever networks are chosen.
// What the files say and whether they can be used is told by Python (pystudio/networks/user_network.py).
import { answered, carriedOut, Database } from "./database.js";
import { h, select } from "./dom.js";
import { engine } from "./engine.js";
import { MANIFEST } from "./loader.js";
import { isPlain, isRecord } from "./records.js";

/** @typedef {import("./protocol").OwnRecipe} Recipe */
/** @typedef {{name: string, recipe: Recipe, file: Blob}} Own */

/** More would only fill the disk. */
const MOST = 8;
const OWN = /^own[0-9]{1,6}$/;

/** @type {Map<string, Own>} */
const brought = new Map();
/** Those that the engine knows in this life of its. */
const inEngine = new Set();
/** @type {Set<(name: string|null) => void>} told the name of a new one, or null when one is gone */
const listeners = new Set();

engine.on("restart", () => inEngine.clear());
engine.on("state", (state) => state !== "ready" && inEngine.clear());

const database = new Database("pystudio-networks", 1, { networks: { keyPath: "name" } });

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask @returns {Promise<T>} */
function kept(mode, ask) {
  return answered(async () => {
    const transaction = (await database.open()).transaction("networks", mode);
    const request = ask(transaction.objectStore("networks"));
    await carriedOut(transaction, request);
    return request.result;
  });
}

/** What earlier visits left. Call once, before the elements are made. A browser that keeps nothing has none. @returns {Promise<number>} how many records cannot be used */
export async function loadOwn() {
  const found = (await kept("readonly", (store) => store.getAll()).catch(() => [])) ?? [];
  const sound = found.filter(isOwn);
  sound.forEach(offer);
  return found.length - sound.length;
}

/** @param {any} kept @returns {kept is Own} */
function isOwn(kept) {
  return isRecord(kept) && OWN.test(kept.name) && kept.file instanceof Blob && isRecord(kept.recipe) && isPlain(kept.recipe) && typeof kept.recipe.title === "string";
}

/** @param {Own} own */
function offer(own) {
  brought.set(own.name, own);
  MANIFEST.networks[own.name] = { file: "", bytes: own.file.size, title: `Yours: ${own.recipe.title}`, recipe: own.recipe };
}

/** @returns {Own[]} */
export const ownNetworks = () => [...brought.values()];

/** Whether there is such a network here. @param {unknown} name */
export const isNetwork = (name) => typeof name === "string" && Object.hasOwn(MANIFEST.networks, name);

/** @param {(name: string|null) => void} listener */
export const onOwnNetworks = (listener) => void listeners.add(listener);

/** Before a network is asked for: one of the visitor's has to be in the engine. @param {string} name */
export async function ensure(name) {
  const own = brought.get(name);
  if (!own || inEngine.has(name)) return;
  await open(own);
}

/** @param {Own} own */
async function open({ name, recipe, file }) {
  const model = await file.arrayBuffer();
  const opened = await engine.call("own.open", { name, recipe, model }, { transfer: [model] });
  inEngine.add(name);
  return opened;
}

/**
 * Try a network, and keep it if it works. Rejects in words where it does not.
 * @param {Recipe} recipe @param {Blob} file
 * @returns {Promise<{name: string, kept: boolean}>} kept: whether the browser keeps it for the next visit
 */
export async function addOwn(recipe, file) {
  const numbers = [...brought.keys()].map((each) => Number(each.slice(3)));
  const own = { name: `own${Math.max(0, ...numbers) + 1}`, recipe, file };
  await open(own);
  offer(own);
  while (brought.size > MOST) await removeOwn(brought.keys().next().value);
  const remembered = await kept("readwrite", (store) => store.put(own)).then(() => true, () => false);
  listeners.forEach((listener) => listener(own.name));
  return { name: own.name, kept: remembered };
}

/** @param {string} name */
export async function removeOwn(name) {
  brought.delete(name);
  delete MANIFEST.networks[name];
  await kept("readwrite", (store) => store.delete(name)).catch(() => undefined);
  listeners.forEach((listener) => listener(null));
}

/**
 * A choice of networks that follows what the visitor brings and takes away.
 * @param {{value: string, onChange: (name: string) => void, label?: string}} options
 */
export function networkSelect({ value, onChange, label = "Network" }) {
  const options = () => Object.entries(MANIFEST.networks).map(([name, { title }]) => ({ value: name, label: title }));
  const known = (/** @type {string} */ name) => (name in MANIFEST.networks ? name : Object.keys(MANIFEST.networks)[0]);
  const control = select({ label, options: options(), value: known(value), onChange });
  onOwnNetworks(() => {
    const before = control.value;
    control.select.replaceChildren(...options().map((option) => h("option", { value: option.value }, option.label)));
    control.value = known(before);
    if (control.value !== before) onChange(control.value);
  });
  return control;
}
