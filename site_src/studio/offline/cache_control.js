// The control in the footer: how much of the lesson and of the site this device keeps, and fetching the rest. What is kept is site_cache.js's.
import { bytes, button, h, icon, announce } from "studio/dom/dom.js";

/** @typedef {import("./site_cache.js").SiteCache & {fill: (paths: string[], options?: {signal?: AbortSignal, onBytes?: (count: number) => void}) => Promise<void>}} PageCache */

const WORDS = {
  everything: "The whole site is kept on this device and works without a connection.",
  lesson: "This lesson is kept on this device and works without a connection.",
  page: "This page is kept on this device and opens without a connection.",
  part: "Part of this lesson is kept on this device. Keep the rest, and it works without a connection.",
  stopped: "Stopped. What has come is kept.",
  broken: "The connection broke off. What has come is kept; go on when it is back.",
  full: "This device has no room for all of it. What has come is kept; to make room, delete files or other sites’ data.",
};

export class CacheControl {
  /** @param {PageCache} siteCache @param {ServiceWorkerContainer} workers */
  constructor(siteCache, workers) {
    this.siteCache = siteCache;
    this.status = h("p", { class: "ps-keep-status" });
    this.buttons = h("div", { class: "ps-keep-buttons" });
    this.bar = h("div", { class: "ps-bar", role: "progressbar", "aria-label": "Keeping a copy on this device", "aria-valuemin": 0, "aria-valuemax": 100, hidden: true },
      h("div", { class: "ps-bar-fill" }));
    this.element = h("section", { class: "ps ps-keep md-grid", "aria-label": "Without a connection", hidden: true },
      h("div", { class: "ps-keep-head" }, icon("save"), h("div", null, h("h2", { class: "ps-keep-title" }, "Without a connection"), this.status)), this.buttons, this.bar);
    workers.addEventListener("message", ({ data }) => { if (data?.full) this.full = true; });
    const { sets, pages } = siteCache.site;
    /** What can be asked for: this page's lesson, and everything. @type {Record<string, string[]>} */
    this.wanted = { lesson: (pages[siteCache.pathOf(location.href)] ?? []).flatMap(name => sets[name]), everything: Object.values(sets).flat() };
  }

  /** Show the state; go on with what an earlier visit began. */
  async start() {
    await this.refresh();
    this.element.hidden = !this.siteCache.entry(this.siteCache.pathOf(location.href)); // a page that is not of this version, or the one that stands in for it
    const request = savedRequest(this.siteCache.prefix);
    const what = request === "everything" ? request : request === location.pathname && this.wanted.lesson.length ? "lesson" : null;
    if (what && navigator.onLine && ![what, "everything"].includes(this.element.dataset.kept)) await this.fetch(what);
  }

  /** Say what is kept now, and offer what is not. @param {string} [said] a sentence in place of the usual */
  async refresh(said) {
    const missing = await this.siteCache.missing(this.wanted.everything);
    const lesson = missing.filter(path => this.wanted.lesson.includes(path));
    this.status.textContent = said ?? WORDS[!missing.length ? "everything" : !this.wanted.lesson.length ? "page" : lesson.length ? "part" : "lesson"];
    const offer = (what, label, paths) => paths.length > 0 && button({ label: `${label} (${bytes(this.siteCache.sizeOf(paths))})`, onClick: () => this.fetch(what) });
    this.buttons.replaceChildren(...[
      lesson.length < missing.length && offer("lesson", "Keep this lesson", lesson),
      offer("everything", "Keep everything", missing),
    ].filter(Boolean));
    this.element.dataset.kept = !missing.length ? "everything" : lesson.length ? "part" : "lesson";
  }

  /** Fetch what is missing, with progress, until done or cancelled. @param {"lesson"|"everything"} what */
  async fetch(what) {
    const stop = new AbortController();
    this.full = false;
    request(this.siteCache.prefix, what === "everything" ? what : location.pathname);
    navigator.storage?.persist?.().catch(() => undefined); // a wish; the browser decides whether it may throw the copy away
    const cancel = button({ label: "Cancel", onClick: () => stop.abort() });
    const moved = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(cancel);
    if (moved) cancel.focus();
    this.element.dataset.kept = "coming";
    const said = await this.#fill(what, stop.signal);
    this.bar.hidden = true;
    // After a broken connection it goes on at the next visit; who has everything gets everything of a new version too.
    if (said ? said !== WORDS.broken : what === "lesson") request(this.siteCache.prefix, null);
    const focused = document.activeElement === cancel;
    await this.refresh(said);
    if (focused) this.buttons.querySelector("button")?.focus();
    announce(this.status.textContent);
  }

  /** @param {"lesson"|"everything"} what @param {AbortSignal} signal @returns {Promise<string|undefined>} a sentence if something is missing still */
  async #fill(what, signal) {
    const paths = await this.siteCache.missing(this.wanted[what], { verified: true });
    const total = this.siteCache.sizeOf(paths);
    if (await lacksRoom(total)) return WORDS.full;
    announce(`Keeping ${bytes(total)} on this device.`);
    let done = 0;
    this.#progress(done, total);
    try {
      await this.siteCache.fill(paths, { signal, onBytes: count => this.#progress(done += count, total) });
    } catch (error) {
      return signal.aborted ? WORDS.stopped : this.full ? WORDS.full : WORDS.broken;
    }
    return (await this.siteCache.missing(paths)).length ? (this.full ? WORDS.full : WORDS.broken) : undefined;
  }

  #progress(done, total) {
    const share = total ? Math.min(1, done / total) : 1;
    this.bar.hidden = false;
    /** @type {HTMLElement} */ (this.bar.firstChild).style.inlineSize = `${share * 100}%`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    this.status.textContent = `Keeping a copy on this device: ${bytes(Math.min(done, total))} of ${bytes(total)}`;
    this.bar.setAttribute("aria-valuetext", this.status.textContent);
  }
}

/** Whether the browser says beforehand that so many bytes will not fit. @param {number} needed */
async function lacksRoom(needed) {
  const room = await navigator.storage?.estimate?.().catch(() => undefined);
  return room?.quota !== undefined && room.quota - room.usage < needed;
}

/** What was asked to be kept: "everything", or the page of a lesson. @param {string} prefix @returns {string|null} */
function savedRequest(prefix) {
  try {
    return localStorage.getItem(`${prefix}wish`);
  } catch { // the browser keeps nothing: nothing to go on with
    return null;
  }
}

/** @param {string} prefix @param {string|null} what */
function request(prefix, what) {
  try {
    if (what === null) localStorage.removeItem(`${prefix}wish`);
    else localStorage.setItem(`${prefix}wish`, what);
  } catch { /* the browser keeps nothing: it will not go on by itself at the next visit */ }
}
