// What the elements of a page share: one photo, its predictions, the painted mask, and their memory across reloads.
// It asks the engine and mirrors the answers; it draws nothing and decides nothing about segmentation.
import { engine } from "studio/engine/engine.js";
import { CACHED_PHOTOS_HINT, CONNECTION_HINT, MANIFEST, read } from "studio/files/loader.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { Memory } from "./memory.js";
import { ensure } from "./user_network_store.js";
import { decode, keyOf, pixelsAreNoisy, pixelsOf } from "studio/photo/photo.js";
import { problem } from "studio/util/problem.js";
import { writePatch } from "studio/viewer/raster.js";

/** @typedef {import("studio/types/protocol").Calls} Calls */
/**
 * @typedef {{key: string, title: string, rows: number, columns: number, bitmap: ImageBitmap,
 *   original: {rows: number, columns: number}, credit: {author: string, licence: string, source: string}|null, alt: string}} Photo
 * @typedef {{name: string}|{file: Blob, title: string}|{bitmap: ImageBitmap, title: string}} PhotoSource
 * @typedef {import("studio/types/protocol").ClassShare} FoundClass
 * @typedef {import("studio/types/protocol").Segmented} Prediction
 * @typedef {import("studio/types/protocol").Patch} Patch
 * @typedef {import("studio/types/protocol").Painted} Painted
 * @typedef {"photo"|"prediction"|"mask"|"busy"|"error"|"notice"|"versions"|"labels"|"reopened"|"recent"} StoreEvent
 *   photo(Photo): shown from now on; predictions and mask are empty, or the mask follows at once from an earlier visit.
 *   prediction(Prediction). mask(Painted): already applied to store.mask. busy({what, busy}). labels({names, colours}).
 *   error({message, remedy, kind}): say it. notice({message}): worth knowing, nothing is wrong with the work.
 *   versions(count): so many masks of other tabs are kept beside this one.
 *   reopened(): the engine crashed and has photo and mask again, but neither truth nor undo history.
 *   recent(): store.recent changed.
 */

/** Calls worth stopping in the engine when their photo is gone; the others are over before they could be. */
const CANCELLABLE = new Set(["segment.run", "grow.run"]);
const NOISE = "This browser hides the true pixels of pictures from pages, against tracking, so the network sees noise. Allow this page to read canvas data (in the address bar), then reload.";

class Store {
  constructor() {
    /** @type {Photo|null} */
    this.photo = null;
    /** @type {Map<string, Prediction>} */
    this.predictions = new Map();
    /** Mirror of the painted mask, rows * columns class ids. */
    this.mask = new Uint8Array(0);
    /** @type {{names: string[], colours: [number, number, number][], clear: [number, number, number][]}|null} */
    this.labels = null;
    this.listeners = new Map();
    this.visit = new AbortController();
    /** Settles when the engine has the photo (and its mask). @type {Promise<void>} */
    this.opened = Promise.resolve();
    this.running = new Map();
    this.inEngine = new Set();
    this.memory = new Memory(() => this.photo && { ...this.photo, mask: this.mask }, (kind, message) => this.#notice(kind, message));
    this.memory.onVersions = () => this.emit("versions", this.memory.others);
    this.memory.onRecentPhoto = () => this.emit("recent");
    /** A link set this page up: what it brought was not chosen by the visitor. */
    this.shared = false;
    /** The last notice of each kind, for an element that is made after it. @type {Map<string, string>} */
    this.notices = new Map();
    engine.on("restart", () => this.#reopen());
  }

  /** @param {StoreEvent} name @param {(detail: any) => void} listener @returns {() => void} stops listening */
  on(name, listener) {
    const all = this.listeners.get(name) ?? this.listeners.set(name, new Set()).get(name);
    all.add(listener);
    return () => all.delete(listener);
  }

  /** @param {StoreEvent} name @param {any} [detail] */
  emit(name, detail) {
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(detail);
  }

  /** Tell the visitor. @param {any} error */
  fail(error) {
    if (isIgnorable(error)) return;
    const known = typeof error?.kind === "string";
    if (!known) console.error(error);
    this.emit("error", {
      kind: known ? error.kind : "internal",
      message: known ? error.message : "Something went wrong in the studio.",
      remedy: known ? (error.remedy ?? "") : `Reload the page; your work is kept. (${error?.message ?? error})`,
    });
  }

  /**
   * Read what an earlier visit left. Call once, before the elements are made.
   * @param {import("./memory.js").LinkSetup|null} [linkSetup] what a link says, to be shown in its place
   */
  async load(linkSetup = null) {
    this.shared = linkSetup !== null;
    await this.memory.load(linkSetup);
    if (pixelsAreNoisy()) this.#notice("noise", NOISE);
  }

  /** The last photo that the visitor brought. @returns {{key: string, title: string, blob: Blob}|null} */
  get recent() { return this.memory.own; }

  /**
   * Ask the engine to start, and for the labels. Its own failures show as engine.state "error".
   * @param {string} [network] the one that the page needs first
   */
  async start(network) {
    engine.start(network);
    await this.#fetchLabels();
  }

  /** After engine.state "error", when the visitor asks for it: everything again, with the photo and the mask. */
  async retry() {
    engine.retry();
    await Promise.all([this.#fetchLabels(), this.#reopen()]);
  }

  async #fetchLabels() {
    if (this.labels) return;
    try {
      this.labels = await engine.call("labels", { set: "voc" });
      classAppearance.setColours(this.labels);
      this.emit("labels", this.labels);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The photo of the last visit, else the page's own. @param {string} [name] a bundled photo */
  async openFirst(name) {
    const { own, current } = this.memory;
    const isKnown = (each) => MANIFEST.photos.some((photo) => photo.name === each);
    if (own && own.key === current) {
      if (!(await readable(own.blob))) this.memory.forgetOwn();
      else if (await this.openPhoto({ file: own.blob, title: own.title })) return;
    }
    const last = current?.startsWith("name:") ? current.slice(5) : undefined;
    if (last !== undefined && !isKnown(last)) this.memory.drop("shown");
    const known = [last, name, "kitten"].find(isKnown);
    await this.openPhoto({ name: known ?? MANIFEST.photos[0].name });
  }

  /**
   * Show a photo and give it to the engine. The photo before it stays when this one cannot be read.
   * @param {PhotoSource} source
   * @returns {Promise<boolean>} whether it is shown now (the engine may still be busy with it: store.opened)
   */
  async openPhoto(source) {
    const ticket = (this.ticket = {});
    this.#busy("photo", true);
    try {
      if ("name" in source && this.photo?.key === `name:${source.name}`) return true; // it is there: a second click undoes nothing
      const photo = await this.#read(source);
      await this.memory.saveMaskNow();
      const stored = await this.memory.maskOf(photo);
      if (ticket !== this.ticket) return photo.bitmap.close(), false;
      this.#show(photo, source, stored);
      return true;
    } catch (error) {
      if (ticket === this.ticket) this.fail(error);
      return false;
    } finally {
      if (ticket === this.ticket) this.#busy("photo", false);
    }
  }

  /** @param {PhotoSource} source @returns {Promise<Photo>} */
  async #read(source) {
    if ("bitmap" in source) return { ...(await decode(source.bitmap, source.title)), key: `still:${Date.now()}`, title: source.title, credit: null, alt: "" };
    if ("file" in source) {
      const decoded = await decode(source.file, source.title);
      return { ...decoded, key: await keyOf(source.file), title: source.title, credit: null, alt: "" };
    }
    const entry = MANIFEST.photos.find((photo) => photo.name === source.name);
    if (!entry) throw problem(`There is no bundled photo named “${source.name}”.`, `The names are ${MANIFEST.photos.map((photo) => photo.name).join(", ")}.`);
    const file = await read(entry.file).catch(() => null);
    if (!file) throw problem(`The photo “${entry.title}” could not be loaded.`, `${CONNECTION_HINT} and choose it again.${CACHED_PHOTOS_HINT}`);
    const decoded = await decode(file, entry.title);
    const { author, licence, source: page } = entry;
    return { ...decoded, key: `name:${entry.name}`, title: entry.title, alt: entry.alt ?? "", credit: { author, licence, source: page } };
  }

  /** @param {Photo} photo @param {PhotoSource} source @param {{mask: Uint8Array<ArrayBuffer>|null, others: number}} kept of an earlier visit */
  #show(photo, source, { mask, others }) {
    this.memory.saveMaskNow(); // what was painted while this photo was on its way
    this.visit.abort();
    this.visit = new AbortController();
    this.photo?.bitmap.close();
    this.photo = photo;
    this.predictions = new Map();
    this.running = new Map();
    this.mask = mask ?? new Uint8Array(photo.rows * photo.columns);
    this.painted = mask !== null;
    this.memory.shows(photo.key, "file" in source ? { title: photo.title, blob: source.file } : null);
    this.opened = this.#sendPhoto(photo);
    this.emit("photo", photo);
    if ("file" in source) this.emit("recent");
    this.memory.others = others;
    this.emit("versions", others);
    if (mask) this.emit("mask", { patches: [this.#whole()], can_undo: false, can_redo: false, scores: null, differences: null });
    this.memory.savePage();
  }

  /** Photo and mask into the engine. @param {Photo} photo */
  #sendPhoto(photo) {
    this.inEngine = new Set();
    const sent = pixelsOf(photo.bitmap).then((pixels) =>
      engine.call("photo.open", { rows: photo.rows, columns: photo.columns, pixels }, { transfer: [pixels] }));
    const mask = this.painted && this.mask.slice().buffer;
    const whole = mask ? sent.then(() => engine.call("paint.set", { mask }, { transfer: [mask] })) : sent;
    whole.catch((error) => photo === this.photo && this.fail(error));
    const opened = whole.then(() => undefined);
    opened.catch(() => {}); // told above; those who wait for it hear of it themselves
    return opened;
  }

  /** The engine died and lives again: give it what the page still has. */
  async #reopen() {
    const { photo } = this;
    if (!photo) return;
    this.running = new Map();
    this.opened = this.#sendPhoto(photo);
    await this.opened.then(() => photo === this.photo && this.emit("reopened"), () => undefined);
  }

  #whole() {
    return { row: 0, column: 0, rows: this.photo.rows, columns: this.photo.columns, labels: this.mask };
  }

  /**
   * Ask the engine about the present photo. Waits until the engine has it; rejects with kind "cancelled" when another
   * photo is opened meanwhile.
   * @template {keyof Calls} K
   * @param {K} name
   * @param {Calls[K]["arguments"]} [args]
   * @param {{transfer?: Transferable[], signal?: AbortSignal}} [options]
   * @returns {Promise<Calls[K]["reply"]>}
   */
  async call(name, args = /** @type {any} */ ({}), { transfer, signal } = {}) {
    const { network } = /** @type {{network?: string}} */ (args);
    const visit = this.visit.signal;
    await unlessAborted(visit, this.opened);
    if (network) await unlessAborted(visit, ensure(network));
    if (name !== "segment.run" && this.predictions.has(network) && !this.inEngine.has(network)) await this.#runAgain(network);
    const cancel = CANCELLABLE.has(name) ? AbortSignal.any([visit, ...(signal ? [signal] : [])]) : signal;
    return unlessAborted(visit, engine.call(name, args, { transfer, signal: cancel }));
  }

  /** After a crash the engine has forgotten what the page still shows. @param {string} network */
  async #runAgain(network) {
    await this.call("segment.run", { network });
    this.inEngine.add(network);
  }

  /**
   * What a network says of the photo: run once, then remembered. Rejects with kind "cancelled" when the photo changes.
   * @param {string} network
   * @returns {Promise<Prediction>}
   */
  predict(network) {
    const known = this.predictions.get(network);
    if (known) return Promise.resolve(known);
    const running = this.running.get(network);
    if (running) return running;
    const table = this.running;
    const work = this.#predict(network).finally(() => table.delete(network));
    table.set(network, work);
    return work;
  }

  /** @param {string} network */
  async #predict(network) {
    this.#busy(`predict:${network}`, true);
    try {
      const result = await this.call("segment.run", { network });
      this.inEngine.add(network);
      this.predictions.set(network, result);
      this.emit("prediction", result);
      return result;
    } finally {
      this.#busy(`predict:${network}`, false);
    }
  }

  /**
   * A paint.* call; its patches are applied to store.mask before "mask" is emitted and before this resolves.
   * @template {"stroke"|"lasso"|"fill"|"clear"|"from_network"|"undo"|"redo"|"set"} K
   * @param {K} call
   * @param {Calls[`paint.${K}`]["arguments"]} [args]
   * @returns {Promise<Painted>}
   */
  async paint(call, args) {
    const painted = await this.call(/** @type {`paint.${K}`} */ (`paint.${call}`), args);
    this.mirror(painted);
    return painted;
  }

  /** Python has painted. @param {Painted} painted */
  mirror(painted) {
    for (const patch of painted.patches) writePatch(this.mask, this.photo.columns, patch, patch.labels);
    this.painted = true;
    this.emit("mask", painted);
    this.memory.saveMaskSoon();
  }

  /** Show the next of the masks that other tabs have painted on this photo; the present one is kept in its place. */
  async exchangeMask() {
    const { photo } = this;
    await this.opened;
    const mask = await this.memory.exchange();
    if (mask && photo === this.photo) await this.paint("set", { mask: mask.buffer });
  }

  /**
   * A remembered choice of this page. It may have come with a link from anybody: say what is sound, and anything else gives the standard.
   * @template T @param {string} key @param {T} standard @param {(stored: any) => boolean} [isValid] else: of the same kind as the standard
   * @param {(stored: any) => boolean} [fits] whether it is for what is on the page now; if not, nothing is wrong with it
   * @returns {T}
   */
  setting(key, standard, isValid = (stored) => standard === null || standard === undefined || typeof stored === typeof standard, fits = () => true) {
    const { settings } = this.memory;
    if (!Object.hasOwn(settings, key) || settings[key] === null) return standard;
    const stored = settings[key];
    if (isValid(stored)) return fits(stored) ? stored : standard;
    this.memory.remember(key, null);
    this.memory.drop("setting");
    return standard;
  }

  /** @param {string} key @param {any} value */
  remember(key, value) {
    this.memory.remember(key, value);
  }

  /** The notices that hold. @returns {string|null} */
  get notice() { return [...this.notices.values()].join(" ") || null; }

  /** @param {"noise"|"kept"|"dropped"} kind @param {string} message */
  #notice(kind, message) {
    this.notices.set(kind, message);
    this.emit("notice", { message: this.notice });
  }

  #busy(what, busy) {
    this.emit("busy", { what, busy });
  }
}

/**
 * Whether the visitor need not be told: work dropped on purpose is no news, and of an engine that stopped its "state" and its "restart" tell,
 * not each of the calls that it took with it.
 * @param {any} error
 */
export function isIgnorable(error) {
  return error?.kind === "cancelled" || error?.name === "AbortError" || error === engine.failure || (error?.kind === "engine" && engine.state !== "ready");
}

/** Whether a file that was kept can still be read. @param {Blob} blob */
function readable(blob) {
  return blob.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

/** A promise's answer, unless the signal is aborted first. @template T @param {AbortSignal} signal @param {Promise<T>} promise */
function unlessAborted(signal, promise) {
  return new Promise((resolve, reject) => {
    const leave = () => reject(problem("Another photo was opened.", "", "cancelled"));
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

export const store = new Store();
