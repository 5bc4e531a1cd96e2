// Sharing a set-up of the page by link: the control that makes the link, and the visit that one opens. A link's set-up is kept beside
// the visitor's own work and never over it; how it is written down and read is share_link.js.
import { button, h, icon, integer, announce, uid } from "studio/dom/dom.js";
import { hosted, MANIFEST } from "studio/files/loader.js";
import { isCode, isLink, MAX_LINK as MAX_LINK, read, write } from "./share_link.js";
import { store } from "studio/state/store.js";

/** Some programs cut addresses that are longer. */
const LONG = 2000;
const BROKEN = "The set-up in this link cannot be read: it is damaged, cut off, or too long. The page opens as it always does.";
const OPENED = "This page was set up by a link. Your own work here is kept aside, untouched.";
const PARTLY = "Some of what the link says has no meaning on this page and is left out.";
const WITHOUT = "Your own photos and painted masks are not in it.";
const FROM_FILE = "This page was opened from a file, so the link works on this computer only.";

/**
 * @typedef {import("studio/state/memory.js").LinkSetup} LinkSetup
 * @typedef {{linkSetup: LinkSetup|null, words: string}} Visit  words: what to tell the visitor, "" when there is no link
 */

/** Read the link that opened this page, before its elements are made. @returns {Promise<Visit>} */
export async function openLink() {
  const { hash } = location;
  if (!isLink(hash)) return { linkSetup: null, words: "" };
  const { setUp, ignored } = await read(hash);
  if (!setUp) return { linkSetup: null, words: BROKEN };
  const known = Object.entries(setUp.settings).filter(([key]) => elementOf(key));
  const photo = MANIFEST.photos.some(({ name }) => name === setUp.photo) ? setUp.photo : null;
  const all = ignored === 0 && known.length === Object.keys(setUp.settings).length && photo === setUp.photo;
  const settings = Object.fromEntries(known.map(([key, value]) => [key, isCode(key) ? { code: value, author: authorsCode(key), shared: true } : value]));
  return { linkSetup: { mark: markOf(hash), photo, settings }, words: all ? OPENED : `${OPENED} ${PARTLY}` };
}

/** The element of this page that a setting belongs to. @param {string} key @returns {Element|undefined} */
function elementOf(key) {
  const [name, place] = key.split(".");
  const elements = [...document.querySelectorAll(".ps[data-state]")];
  const found = /^\d+$/.test(place) ? elements[Number(place)] : elements.find((each) => each.getAttribute("data-id") === place);
  return found?.localName === name ? found : undefined;
}

/** A cell's code as the page has it, read before the editor takes its place. @param {string} key */
function authorsCode(key) {
  return elementOf(key)?.querySelector(".ps-cell-still code")?.textContent ?? "";
}

/** A short name for a link (FNV-1a); two that share one would share what is kept of them, no more. @param {string} text */
function markOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `${(hash >>> 0).toString(36)}.${text.length}`;
}

/** What the page is now. @returns {import("./share_link.js").SetUp} */
function present() {
  const { key } = store.photo ?? { key: "" };
  const settings = Object.entries(store.memory.settings)
    .filter(([name, value]) => elementOf(name) && value !== null && !isOfOwnPhoto(value) && (!isCode(name) || typeof value.code === "string"))
    .map(([name, value]) => [name, isCode(name) ? value.code : value]);
  return { photo: key.startsWith("name:") ? key.slice(5) : null, settings: Object.fromEntries(settings) };
}

/** Work on a photo that does not travel. @param {any} value */
function isOfOwnPhoto(value) {
  return typeof value === "object" && typeof value.key === "string" && !value.key.startsWith("name:");
}

/** The control, and a word where a link has opened this page. Call once the elements are made. @param {Visit} visit */
export function startSharing({ linkSetup, words }) {
  const article = document.querySelector(".md-content__inner") ?? document.body;
  article.prepend(new ShareControl().element);
  if (words) article.append(notice(words, linkSetup));
  const opened = location.hash;
  addEventListener("hashchange", () => isLink(location.hash) && location.hash !== opened && location.reload());
}

/** @param {string} words @param {LinkSetup|null} linkSetup */
function notice(words, linkSetup) {
  const dismiss = button({ label: "Dismiss", icon: "close", iconOnly: true, kind: "quiet", onClick: () => banner.remove() });
  const banner = h("div", { class: "ps ps-link-word", role: "status" }, icon("link"), h("p", null, words), dismiss);
  if (linkSetup) banner.append(h("div", { class: "ps-link-buttons" },
    button({ label: "Back to my own", hint: "Leave the link’s set-up and show what you had here", onClick: () => leave() }),
    button({ label: "Keep the link’s", hint: "Replace what you had on this page by the link’s set-up", onClick: () => keep() })));
  return banner;
}

async function leave() {
  await store.memory.flush();
  reloadWithoutLink();
}

async function keep() {
  if (await store.memory.adopt()) reloadWithoutLink();
  else store.fail(Object.assign(new Error("The browser did not let the page keep this."), { kind: "input", remedy: "The link still works: keep it as a bookmark." }));
}

/** The page again, without the link. */
function reloadWithoutLink() {
  history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

class ShareControl {
  constructor() {
    this.panel = h("div", { class: "ps-link-panel", id: uid("ps-link"), role: "dialog", "aria-label": "Share this set-up", hidden: true });
    this.opener = button({ label: "Share", icon: "link", kind: "quiet", hint: "Share this page as it is set up now, by a link", onClick: () => (this.panel.hidden ? this.open() : this.close()) });
    this.opener.setAttribute("aria-expanded", "false");
    this.opener.setAttribute("aria-controls", this.panel.id);
    this.element = h("div", { class: "ps-link" }, h("div", { class: "ps" }, this.opener, this.panel)); // no sibling of the elements may be a .ps
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && !this.panel.hidden && (event.stopPropagation(), this.close(), this.opener.focus()));
    document.addEventListener("pointerdown", (event) => !this.element.contains(/** @type {Node} */ (event.target)) && this.close());
  }

  close() {
    this.panel.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
  }

  async open() {
    const setUp = present();
    const fragment = await write(setUp);
    if (fragment.length > MAX_LINK) return this.show([h("p", null, "There is too much code on this page for a link. Save it in a file and send that.")], "Too much for a link.");
    const link = `${location.href.split("#")[0]}#${fragment}`;
    const field = h("input", { type: "text", readonly: true, value: link, "aria-label": "The link", onfocus: () => field.select() });
    const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false) ?? false;
    const first = copied ? "The link is copied." : "Copy this link:";
    this.show([h("p", null, h("strong", null, first), ` ${contents(setUp)} ${WITHOUT}`), field,
      link.length > LONG && h("p", { class: "ps-hint" }, `It is ${integer(link.length)} characters long: some programs cut such addresses.`),
      !hosted && h("p", { class: "ps-hint" }, FROM_FILE)], first);
    if (!copied) field.focus();
  }

  /** @param {any[]} content @param {string} words spoken */
  show(content, words) {
    this.panel.replaceChildren(...content.filter(Boolean), button({ label: "Close", kind: "quiet", onClick: () => (this.close(), this.opener.focus()) }));
    this.panel.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    announce(words);
  }
}

/** What is in a link, in words. @param {import("./share_link.js").SetUp} setUp */
function contents({ photo, settings }) {
  const title = MANIFEST.photos.find(({ name }) => name === photo)?.title;
  const cells = Object.keys(settings).filter(isCode).length;
  const parts = [title && `the photo ${title}`, "what you have set on this page", cells > 0 && `your code of ${cells === 1 ? "one cell" : `${cells} cells`}`].filter(Boolean);
  return `It holds ${parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts[0]}.`;
}
