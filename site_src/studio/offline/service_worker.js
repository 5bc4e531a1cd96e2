// The service worker: answers from the copy of the site on this device, fills it, and keeps one page visit to one version. The build
// writes it to the site's own folder as sw.js, with the list of all files (pystudio/builder/site/offline.py).
//
// The rules:
// - The shell (pages, scripts, styles, small pictures: `shell`) is fetched whole when a version is installed; everything heavy (`later`)
//   is kept when it was used. Content is proved by SHA-256 before it is kept and whenever it is taken: a damaged copy is fetched again.
// - What is not kept is proved before it is answered: no login page stands in for a script. Only files of the engine go to the page as they
//   come, since Python is compiled while it arrives; the engine proves them itself.
// - A version answers only for files of its own. Others (an old page's, a newer page's, other hosts', ranges, HEAD) go to the network as
//   if there were no service worker. Names of engine files hold their hash or version, so no page gets another version's worker or wheel.
// - A new version waits until no page of the old one is open, the visitor asks for it, or the only open page is reloaded.
// - Nothing here needs to go well: without room or without its cache the site is what it was, a folder on a server.
//
// Why not Workbox: its precaching compares no content on the way out (a cut file would stay cut), fetches one file after the other and
// past the browser's own cache, and knows nothing of the room left. What is needed beside it would be most of this file; the three
// modules alone are 16 kB bundled, this file is 6 kB with site_cache.js.
//
// Why no isolation headers (COOP, COEP) for threads: answers from here could carry them from the second visit on, without a reload. On two
// quiet cores (medians of 3 of 3 runs, 385 × 513, ONNX Runtime Web 1.30, Chromium) two threads took 200 ms against 170 ms of one with
// DeepLab at stride 16, the usual network, and 272 ms against 461 ms at stride 8. When the cores were busy, two were slower at both. What
// most visitors run would not gain, and a first visit and every later one would be two different environments. What a host sends itself
// is kept with its files.
import { SiteCache, isCacheable, OtherVersion } from "./site_cache.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const scope = new URL("./", location.href).href;
const siteCache = new SiteCache(scope, __SITE__);
const AT_ONCE = 6; // requests; what browsers allow a plain host
const FALLBACK = "offline.html";
const STREAMED = /^studio\/.+\//; // engine, networks, packages: a page's own scripts and styles lie in studio/ itself

/** The browser's own cache may have a wrong answer too, even a redirection to a login page: then the host is asked past it. @type {RequestCache[]} */
const FROM_ANYWHERE = ["force-cache", "reload"];
/** @type {RequestCache[]} */
const FROM_HOST = ["reload"];

/** Files on their way into the cache: path to a promise. */
const storing = new Map();
/** Files that were passed on as they came and were not ours: the browser's own cache is not asked for them again. */
const distrusted = new Set();
/** Pages of a newer version that were let through, because ours could not be had any more. */
const newer = new Set();

worker.addEventListener("install", event => event.waitUntil(install()));
worker.addEventListener("activate", event => event.waitUntil(activate()));
worker.addEventListener("message", event => event.waitUntil(onMessage(event)));
worker.addEventListener("fetch", event => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("range") || (request.cache === "only-if-cached" && request.mode !== "same-origin")) return;
  const path = siteCache.pathOf(request.url);
  if (path === null || path === "sw.js") return;
  if (request.mode === "navigate") return event.respondWith(page(event, path));
  if (!siteCache.entry(path)) return; // not of this version: the network knows, or says that it is gone
  event.respondWith(fromNewerPage(request) ? fetch(new Request(request, { cache: "no-cache" })).catch(() => file(event, path)) : file(event, path));
});

// ---------------------------------------------------------------- the life of a version

/** Fetch the shell. What an attempt before this one brought, or the version before, is not fetched again. */
async function install() {
  const waiting = Object.keys(siteCache.site.shell);
  const older = await Promise.all((await caches.keys()).filter(name => name.startsWith(`${siteCache.prefix}shell`)).map(name => caches.open(name)));
  const work = async () => {
    for (let path = waiting.shift(); path; path = waiting.shift()) if (!(await siteCache.readVerified(path))) await inherit(path, older) || await fetchAndStore(path, { full: rethrow });
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } catch (error) {
    await reportFull(error);
    throw error; // the browser asks again at the next visit
  }
}

/** Take a file over from another version that has the same. @returns {Promise<boolean>} */
async function inherit(path, older) {
  for (const cache of older) {
    const same = await cache.match(siteCache.address(path), { ignoreVary: true });
    if (same && await siteCache.verify(path, same).then(bytes => siteCache.put(path, bytes, same.headers)).then(() => true, () => false)) return true;
  }
  return false;
}

/** No page of another version is open: theirs can go. */
async function activate() {
  for (const name of await caches.keys())
    if (name.startsWith(`${siteCache.prefix}shell`) && name !== siteCache.shellName) await caches.delete(name);
  const files = await caches.open(siteCache.filesName);
  for (const { url } of await files.keys()) if (!Object.hasOwn(siteCache.site.later, siteCache.pathOf(url) ?? "")) await files.delete(url);
  await worker.clients.claim();
}

/** @param {ExtendableMessageEvent} event */
async function onMessage({ data, ports: [port] }) {
  if (data === "skip") await worker.skipWaiting();
  if (data === "claim") await worker.clients.claim();
  if (data === "about") port.postMessage(siteCache.site);
  if (data === "settled") port.postMessage(await Promise.allSettled(storing.values()).then(() => true));
}

// ---------------------------------------------------------------- pages

async function page(event, path) {
  const refreshed = await takeOver(event);
  if (refreshed) return refreshed;
  if (!siteCache.entry(path)) return fetch(event.request).catch(() => instead());
  newer.delete(path);
  const stored = await siteCache.readVerified(path).catch(() => null);
  if (stored) return stored;
  return fetchAndStore(path).catch(error => passThrough(event, path, error));
}

/**
 * A new version waits, and the only page of this one is being reloaded, that is left: the new one may begin. (Browsers count a page
 * that is being reloaded as open, and so would never change over.)
 */
async function takeOver({ request }) {
  const reload = request.isReloadNavigation ?? request.cache === "no-cache";
  if (!reload || !worker.registration.waiting || (await worker.clients.matchAll({ type: "window" })).length > 1) return null;
  return new Response(BETWEEN, { headers: { "content-type": "text/html; charset=utf-8" } });
}

/**
 * The page between two versions: it lets the new one begin, and is reloaded when that answers. (This worker cannot wait for it: the new one
 * begins when this one has no work.) It asks for nothing, no icon either: a request at that moment wakes this worker again, and Chromium
 * then forgets that another is to begin.
 */
const BETWEEN = `<!doctype html><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><script>
navigator.serviceWorker.getRegistration().then(({ waiting }) => {
  if (!waiting) return location.reload();
  waiting.onstatechange = () => ["activated", "redundant"].includes(waiting.state) && location.reload();
  waiting.postMessage("skip");
});
</script>`;

/**
 * We have no copy of a page, and what the host answers is not ours: the page of a newer version, with files of its own, or the login page of
 * a network, which the visitor needs to see. An empty answer is neither.
 */
function passThrough(event, path, error) {
  if (error instanceof OtherVersion) {
    if (error.size === 0) return instead();
    newer.add(path);
    worker.registration.update().catch(() => undefined); // without a network it stays as it is
  }
  return fetch(event.request).catch(() => instead());
}

/** Whether a page asks that is not of this version, so that even files without a hash in their name must be its own. */
function fromNewerPage(request) {
  const from = siteCache.pathOf(request.referrer);
  return from !== null && /\.html$|^[^.]*$/.test(from) && (newer.has(from) || !siteCache.entry(from));
}

/** The page that says that a page is not kept, in place of the browser's own. */
async function instead() {
  const stored = await siteCache.readVerified(FALLBACK).catch(() => null);
  if (!stored) return Response.error();
  const text = (await stored.text()).replace(/<meta name="?viewport/, `<base href="${scope}">$&`); // it may stand at any address; after the policy, which allows this one
  return new Response(text, { status: 503, headers: { "content-type": "text/html; charset=utf-8" } });
}

// ---------------------------------------------------------------- files

async function file(event, path) {
  const stored = await siteCache.readVerified(path).catch(() => null);
  if (stored) return stored;
  return (STREAMED.test(path) ? stream(event, path) : fetchAndStore(path)).catch(error => refuse(path, error));
}

/** A file of the engine, as it comes. */
async function stream(event, path) {
  const { cache: requested, signal } = event.request;
  let failure;
  for (const cache of distrusted.has(path) || requested === "reload" || requested === "no-store" ? FROM_HOST : FROM_ANYWHERE) {
    const answer = await fetch(siteCache.address(path), { cache, signal }).catch(error => void (failure = error));
    if (!answer) continue;
    if (isCacheable(answer) && plausible(path, answer)) {
      store(event, path, answer.clone());
      return answer;
    }
    failure = wrong(path, answer);
  }
  throw failure;
}

/** Whether the head of an answer fits the file: a login page says that it is HTML. @param {string} path @param {Response} answer */
function plausible(path, { headers }) {
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  return !/^text\/html/i.test(headers.get("content-type") ?? "") && (length === null || Number(length) === siteCache.entry(path)[1]);
}

/** Keep a file that was used; nobody waits for it. */
function store(event, path, answer) {
  const task = siteCache.verify(path, answer).then(bytes => siteCache.put(path, bytes, answer.headers).then(() => distrusted.delete(path)), async error => {
    if (!(error instanceof OtherVersion)) throw error;
    distrusted.add(path);
    await fetchAndStore(path);
  }).catch(reportFull).finally(() => storing.delete(path));
  storing.set(path, task);
  event.waitUntil(task);
}

/**
 * Fetch a file, prove and keep it: first from the browser's own cache, which the page has just filled, then from the host.
 * @param {string} path @param {{full?: (error: Error) => any}} [options] full: called when there is no room; throws, or the answer is given all the same
 * @returns {Promise<Response>} @throws {OtherVersion} the host has no such file, or another content under its name
 */
async function fetchAndStore(path, { full = reportFull } = {}) {
  let failure;
  for (const cache of FROM_ANYWHERE) {
    const answer = await fetch(siteCache.address(path), { cache }).catch(error => void (failure = error));
    if (!answer) continue;
    const bytes = isCacheable(answer) ? await siteCache.verify(path, answer).catch(error => void (failure = error)) : void (failure = wrong(path, answer));
    if (!bytes) continue;
    await siteCache.put(path, bytes, answer.headers).catch(full);
    distrusted.delete(path);
    return siteCache.answer(path, bytes, answer.headers);
  }
  throw failure;
}

/** The host answered with an error, or somebody did in its place. */
class Refused extends Error {}

/** What an answer that is no file of ours is thrown as. @param {string} path @param {Response} answer */
function wrong(path, { status, type }) {
  if (status === 404 || status === 410) return new OtherVersion(path, { gone: true });
  return status === 200 && type === "basic" ? new OtherVersion(path, {}) : new Refused(`${path}: status ${status}`);
}

/**
 * A file that cannot be had, in place of whatever came; the pages are told why.
 * @param {string} path @param {Error} error @returns {Promise<Response>}
 */
async function refuse(path, error) {
  if (error.name === "AbortError") return Response.error();
  if (error instanceof OtherVersion) {
    const moved = error.gone || (await worker.registration.update().then(({ installing, waiting }) => installing || waiting, () => null));
    if (moved) return gone(path);
  }
  if (error instanceof OtherVersion || error instanceof Refused || (await redirected(path))) return refusal(path, "wrong", 502);
  return siteCache.damaged.has(path) ? refusal(path, "damaged", 503) : Response.error();
}

/** Whether what failed like a lost connection was a redirection to another host, as a network's login page begins. @param {string} path */
const redirected = path => fetch(siteCache.address(path), { cache: "reload", redirect: "manual" }).then(({ type }) => type === "opaqueredirect", () => false);

/** @param {string} path @param {"wrong"|"damaged"} why @param {number} status */
async function refusal(path, why, status) {
  await broadcast({ [why]: path });
  return new Response("", { status, headers: { "x-pystudio-reason": why } });
}

/** A file of this version is no longer on the host. The engine says so in words; the page offers the new version. */
async function gone(path) {
  worker.registration.update().catch(() => undefined);
  await broadcast({ gone: path });
  return new Response("", { status: 410, statusText: "of an older version" });
}

// ---------------------------------------------------------------- words

/** What went wrong with keeping, for the pages: only that there is no room is news. A file that never came is not. */
async function reportFull(error) {
  if (error?.name === "QuotaExceededError") await broadcast({ full: true });
}

async function broadcast(message) {
  for (const client of await worker.clients.matchAll({ type: "window", includeUncontrolled: true })) client.postMessage(message);
}

function rethrow(error) {
  throw error;
}
