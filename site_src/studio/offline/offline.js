// Working without a connection, the page's side: starts the service worker once the lesson is at work, has kept what the lesson used, and
// says when a new version is there, when there is no room and when there is no connection. The control in the footer is cache_control.js.
import { button, h, announce } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { SiteCache } from "./site_cache.js";
import { CacheControl } from "./cache_control.js";
import { hosted, MANIFEST, urlOf } from "studio/files/loader.js";

const OLD = "This page is of an older version of the site.";
const FULL = "This device has no room left for a copy of the site. Everything works as before, as long as there is a connection; to make room, delete files or other sites’ data.";

const DAMAGED = "A file of this site that this device kept was damaged, and there is no connection to fetch it again. Connect this device, and reload the page.";
const WRONG = "Something else arrived in place of a file of this site: perhaps a login page, or the page of a filter. Check the connection, then reload; your work is kept.";

/** Call once, on every page. Does nothing where browsers have no service workers: from a folder, or over plain http from another machine. */
export async function startOffline() {
  const root = urlOf("../");
  try {
    const workers = navigator.serviceWorker; // reading it throws where the browser lets pages keep nothing
    if (!hosted || !workers) return;
    if (!document.querySelector("link[rel=manifest]")) return await retire(workers, root); // `build.py serve`
    await new Visit(workers, root).start();
  } catch (error) {
    console.warn("This browser keeps no copy of the site:", error); // it works as a site does
  }
}

/** An earlier site at this address may have left its service worker. @param {ServiceWorkerContainer} workers @param {string} root */
async function retire(workers, root) {
  for (const registration of await workers.getRegistrations()) if (registration.scope === root) await registration.unregister();
}

/** One page's dealings with the service worker. */
class Visit {
  /** @param {ServiceWorkerContainer} workers @param {string} root */
  constructor(workers, root) {
    this.workers = workers;
    this.root = root;
    /** Until a service worker answers, nothing was kept while it was used. */
    this.alone = !workers.controller;
    /** Files that the engine fetched after its start, which only its worker saw. @type {Set<string>} */
    this.later = new Set();
    this.wantsNew = false;
  }

  async start() {
    engine.on("progress", ({ step }) => this.later.add(`studio/${step}`));
    this.workers.addEventListener("message", ({ data }) => this.#onMessage(data));
    this.workers.addEventListener("controllerchange", () => this.#changed());
    addEventListener("offline", () => this.#disconnected());
    const first = this.alone;
    await atRest();
    const registration = await this.workers.register(urlOf("../sw.js"), { scope: this.root });
    if (!registration) return; // a browser that is told to refuse service workers
    this.registration = registration;
    this.#watch();
    if (!(await active(registration))) return;
    const control = new CacheControl(await this.#openCache(), this.workers);
    document.querySelector(".md-footer-meta")?.prepend(control.element);
    await this.#whenControlled();
    if (first) await control.siteCache.fill(await control.siteCache.missing(this.#usedFiles(control.siteCache)));
    else await this.#reachable();
    await control.start();
  }

  /** The list of this version's files, from the service worker that has it. */
  async #openCache() {
    const siteCache = new PageCache(this.root, await ask(this.registration.active, "about"));
    siteCache.settled = () => ask(this.registration.active, "settled");
    return siteCache;
  }

  /** A page that was loaded past the service worker (the first, or one reloaded with Shift) is answered by it from now on. */
  async #whenControlled() {
    if (this.workers.controller) return;
    const claimed = new Promise(resolve => this.workers.addEventListener("controllerchange", resolve, { once: true }));
    this.registration.active.postMessage("claim");
    await claimed;
  }

  /** What was fetched before anybody could keep it; it lies in the browser's own cache. @param {SiteCache} siteCache @returns {string[]} */
  #usedFiles(siteCache) {
    const paths = performance.getEntriesByType("resource").map(({ name }) => siteCache.pathOf(name));
    const network = document.querySelector("[data-network]")?.getAttribute("data-network") ?? Object.keys(MANIFEST.networks)[0];
    const { engine: first, spare } = siteCache.site.sets;
    if (engine.state === "ready")
      paths.push(...first, ...(engine.startedFrom === "snapshot" ? [] : spare), `studio/${MANIFEST.networks[network].file}`, ...this.later);
    return [...new Set(paths)].filter(path => path !== null && Object.hasOwn(siteCache.site.later, path));
  }

  // ---------------------------------------------------------------- versions

  #watch() {
    const { registration } = this;
    if (registration.waiting && this.workers.controller) this.#offerNew();
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => worker.state === "installed" && this.workers.controller && this.#offerNew());
    });
  }

  #offerNew() {
    if (this.isOld) return;
    word("A new version of this site is here.", button({ label: "Reload", kind: "primary", onClick: () => this.#activateNew() }));
  }

  /** Let the new version begin, then load this page from it. The work is kept as at any reload. */
  async #activateNew() {
    this.wantsNew = true;
    const registration = await this.workers.getRegistration(this.root);
    if (!registration.waiting) {
      word("The new version is on its way; the page reloads when it is here.");
      await registration.update().catch(() => undefined); // without a connection: reloaded as it is
    }
    const { installing, waiting } = registration;
    const next = waiting ?? (installing && (await reached(installing, "installed")) && installing);
    if (next) next.postMessage("skip"); // and #changed() reloads
    else location.reload();
  }

  #changed() {
    if (this.wantsNew) return location.reload();
    if (!this.alone) this.#offerReload(); // another page let the new version begin
    this.alone = false;
  }

  #offerReload(why = "") {
    this.isOld = true;
    word(`${OLD}${why} Reload it; your work is kept.`, button({ label: "Reload", kind: "primary", onClick: () => this.#activateNew() }));
  }

  #onMessage(data) {
    if (data?.full) word(FULL);
    if (data?.gone) this.#offerReload(" A file it needs is no longer there.");
    if (data?.damaged) word(DAMAGED);
    if (data?.wrong) word(WRONG, button({ label: "Reload", kind: "primary", onClick: () => location.reload() }));
  }

  // ---------------------------------------------------------------- connection

  /** Asking for a new version is the one thing that always goes over the network. */
  async #reachable() {
    if (navigator.onLine && (await this.registration.update().then(() => true, () => false))) return;
    this.#disconnected();
  }

  #disconnected() {
    if (!this.workers.controller || notifiedOnce("disconnected")) return;
    word("There is no connection now. You see the copy on this device.");
  }
}

/** The page's half of keeping: it fetches, through the service worker, which keeps. */
class PageCache extends SiteCache {
  /** Wait until the service worker has put away what came. @type {() => Promise<any>} */
  settled = async () => undefined;

  /**
   * Fetch files, one after the other, so that they are kept.
   * @param {string[]} paths @param {{signal?: AbortSignal, onBytes?: (count: number) => void}} [options]
   */
  async fill(paths, { signal, onBytes = () => {} } = {}) {
    for (const path of paths) {
      const answer = await fetch(this.address(path), { signal });
      if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
      const reader = answer.body.getReader();
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) onBytes(chunk.value.byteLength);
    }
    await this.settled();
  }
}

const BUSY = ".ps[data-state=loading], .ps[data-state=running]";

/** When the page has loaded and nothing on it is at work any more: the first mask must not wait for a copy of the site. */
async function atRest() {
  if (document.readyState !== "complete") await new Promise(resolve => addEventListener("load", resolve, { once: true }));
  await new Promise(resolve => {
    const check = () => document.querySelector(BUSY) || (watch.disconnect(), resolve(undefined));
    const watch = new MutationObserver(check);
    watch.observe(document.body, { subtree: true, attributeFilter: ["data-state"] });
    check();
  });
}

/** @param {ServiceWorkerRegistration} registration @returns {Promise<boolean>} false: this version could not be installed */
async function active(registration) {
  return registration.active !== null || reached(registration.installing ?? registration.waiting, "activated");
}

/** Wait until a service worker is in a state. @param {ServiceWorker} worker @param {ServiceWorkerState} state @returns {Promise<boolean>} false: it was given up */
function reached(worker, state) {
  return new Promise(resolve => {
    const check = () => worker.state === state ? resolve(true) : worker.state === "redundant" && resolve(false);
    worker.addEventListener("statechange", check);
    check();
  });
}

/** @param {ServiceWorker} worker @param {string} what @returns {Promise<any>} */
function ask(worker, what) {
  const { port1, port2 } = new MessageChannel();
  return new Promise(resolve => {
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(what, [port2]);
  });
}

/** Whether this was said before in this tab. @param {string} what */
function notifiedOnce(what) {
  try {
    const before = sessionStorage.getItem(`pystudio.told.${what}`);
    sessionStorage.setItem(`pystudio.told.${what}`, "yes");
    return before !== null;
  } catch { // the browser keeps nothing: said once more
    return false;
  }
}

/** @type {HTMLElement|null} */
let banner = null;

/** One quiet sentence at the edge of the window, until it is dismissed or another takes its place. @param {string} text @param {HTMLElement} [action] */
function word(text, action) {
  banner?.remove();
  const dismiss = button({ label: "Dismiss", icon: "close", iconOnly: true, kind: "quiet", onClick: () => banner.remove() });
  banner = h("div", { class: "ps ps-word" }, h("p", null, text), action, dismiss);
  document.body.append(banner);
  announce(text);
}
