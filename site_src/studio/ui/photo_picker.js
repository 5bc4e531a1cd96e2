// The photo strip: the bundled photos, the visitor's own by file, drop, paste or camera, and whose work each photo is.
import { button, h, icon, integer, announce, typing } from "studio/dom/dom.js";
import { MANIFEST, urlOf } from "studio/files/loader.js";
import { copyOf } from "studio/photo/photo.js";
import { problem } from "studio/util/problem.js";
import { store } from "studio/state/store.js";
import { takeStill } from "./webcam.js";

export class PhotoPicker {
  /** @param {HTMLElement} host the studio element it belongs to */
  constructor(host) {
    this.host = host;
    this.file = h("input", { type: "file", accept: "image/*,.svg", class: "ps-sr", tabindex: "-1", "aria-label": "Picture file", onchange: () => this.#chosen() });
    this.own = h("li", { hidden: true });
    this.tiles = new Map(MANIFEST.photos.map((photo) => [`name:${photo.name}`, tile(photo)]));
    this.list = h("ul", { class: "ps-strip-list", "aria-label": "Photos" }, this.own, [...this.tiles.values()].map((each) => h("li", null, each)));
    this.credit = h("p", { class: "ps-credit" });
    this.element = h("section", { class: "ps-strip", id: "ps-photos", "aria-label": "Choose a photo" },
      h("div", { class: "ps-strip-row" }, this.list, this.#sources()), this.credit);
    store.on("photo", (photo) => this.#show(photo));
    store.on("recent", () => this.#showOwn());
    this.#showOwn();
    if (store.photo) this.#show(store.photo);
    acceptDrop(host);
    acceptPaste();
  }

  #sources() {
    return h("div", { class: "ps-strip-sources", role: "group", "aria-label": "Your own photo" },
      button({ label: "Open", icon: "file", hint: "Open a picture from this device; you can also drop one here or paste it", onClick: () => this.file.click() }),
      button({ label: "Camera", icon: "camera", hint: "Take a photo with the camera", onClick: () => this.#camera() }),
      this.file);
  }

  #chosen() {
    const [file] = this.file.files ?? [];
    this.file.value = "";
    if (file) openFile(file);
  }

  async #camera() {
    if (this.filming) return;
    this.filming = true;
    try {
      const blob = await takeStill();
      if (blob) await store.openPhoto({ file: blob, title: "Camera photo" });
    } catch (error) {
      store.fail(error);
    } finally {
      this.filming = false;
    }
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  #show(photo) {
    for (const [key, each] of this.tiles) each.setAttribute("aria-pressed", String(key === photo.key));
    this.own.firstElementChild?.setAttribute("aria-pressed", String(photo.key === store.recent?.key));
    this.#reveal(this.tiles.get(photo.key) ?? this.own);
    this.credit.replaceChildren(...creditOf(photo));
    announce(`Photo: ${photo.title}, ${photo.columns} by ${photo.rows} pixels.`);
  }

  /** Scroll the strip alone, never the page. @param {HTMLElement} item */
  #reveal(item) {
    const left = item.getBoundingClientRect().left - this.list.getBoundingClientRect().left + this.list.scrollLeft;
    const middle = left - (this.list.clientWidth - item.clientWidth) / 2;
    if (left < this.list.scrollLeft || left + item.clientWidth > this.list.scrollLeft + this.list.clientWidth) this.list.scrollLeft = middle;
  }

  #showOwn() {
    const { recent } = store;
    this.own.hidden = !recent;
    if (!recent) return;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(recent.blob);
    const face = h("img", { src: this.address, alt: "", decoding: "async", draggable: "false" });
    const pressed = store.photo?.key === recent.key;
    this.own.replaceChildren(h("button", { type: "button", class: "ps-tile", "aria-pressed": pressed, title: recent.title,
      onclick: () => store.openPhoto({ file: recent.blob, title: recent.title }) }, face, h("span", null, "Yours")));
  }
}

/** @param {import("studio/types/shared").Photo} photo */
function tile(photo) {
  const face = h("img", { src: urlOf(photo.thumb), alt: "", loading: "lazy", decoding: "async", width: 96, height: 72, draggable: "false" });
  return h("button", { type: "button", class: "ps-tile", "aria-pressed": "false", title: photo.alt || photo.title,
    onclick: () => store.openPhoto({ name: photo.name }) }, face, h("span", null, photo.title));
}

/** Title, size, and the author of the photo that is shown. @param {import("studio/state/store.js").Photo} photo */
function creditOf({ title, rows, columns, original, credit }) {
  const parts = [h("strong", null, title), ` ${integer(columns)} × ${integer(rows)}`];
  if (original.rows !== rows) parts.push(` (reduced from ${integer(original.columns)} × ${integer(original.rows)})`);
  if (!credit) return [...parts, " · stays on this device"];
  const source = /^https?:/.test(credit.source ?? "") && h("a", { href: credit.source, rel: "noopener noreferrer", target: "_blank" }, "source");
  return [...parts, ` · ${credit.author}, ${credit.licence}`, ...(source ? [" · ", source] : [])];
}

/**
 * For an element that has the strip above it: which photo, and the way there.
 * @param {HTMLElement} host
 */
export function photoLine(host) {
  const name = h("strong", { title: store.photo?.title }, store.photo?.title ?? "…");
  store.on("photo", ({ title }) => (name.textContent = name.title = title));
  acceptDrop(host);
  return h("p", { class: "ps-photo-line" }, icon("photo"), "Photo: ", name, " · ", h("a", { href: "#ps-photos" }, "change"));
}

/** @param {File} file */
async function openFile(file) {
  const title = file.name || "Pasted picture";
  try {
    return await store.openPhoto({ file: await copyOf(file, title), title });
  } catch (error) {
    store.fail(error);
    return false;
  }
}

/** What was dropped or pasted: the first picture of its files, or a sentence where there is none. @param {DataTransfer} data */
async function openTransfer(data) {
  const folder = [...data.items].map((item) => item.webkitGetAsEntry?.()).find((entry) => entry?.isDirectory);
  if (folder) return store.fail(problem(`“${folder.name}” is a folder.`, "Open it and choose one of its pictures."));
  const files = [...data.files];
  const file = files.find(isPicture) ?? files[0];
  const address = linkIn(data);
  if (!file && address.startsWith("data:image/")) return openAddress(address);
  if (!file) return store.fail(problem("This is a link to another page, not a file, and this page asks no other for anything.", "Save the picture on this device and open that file."));
  if ((await openFile(file)) && files.length > 1) store.fail(problem(`Of the ${files.length} files only “${file.name}” was opened.`, "One photo is shown at a time."));
}

/** @param {File} file */
function isPicture(file) {
  return file.type.startsWith("image/");
}

/** The address of a link or of another page's picture; empty where there is none, and for words. @param {DataTransfer} data */
function linkIn(data) {
  const words = (data.getData("URL") || data.getData("text/plain")).trim();
  if (/^(?:https?|file|blob|data):\S+$/i.test(words)) return words;
  const image = new DOMParser().parseFromString(data.getData("text/html"), "text/html").querySelector("img[src]"); // inert: it fetches nothing
  return words ? "" : image?.getAttribute("src") ?? "";
}

/** A picture that its own address holds. @param {string} address */
async function openAddress(address) {
  const blob = await fetch(address).then((answer) => answer.blob()).catch(() => new Blob());
  return openFile(new File([blob], "", { type: blob.type }));
}

/** Files dropped on an element. @param {HTMLElement} host */
export function acceptDrop(host) {
  keepPage();
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    host.classList.toggle("ps-dropping", depth > 0);
  };
  host.addEventListener("dragenter", (event) => brings(event) && over(1));
  host.addEventListener("dragleave", (event) => brings(event) && over(-1));
  host.addEventListener("dragover", (event) => brings(event) && event.preventDefault());
  host.addEventListener("drop", (event) => {
    over(-Infinity);
    if (event.defaultPrevented || !brings(event)) return;
    event.preventDefault();
    openTransfer(event.dataTransfer);
  });
}

/** Whether what is dragged would open in place of the page: files, links, pictures of other pages. @param {DragEvent} event */
function brings({ target, dataTransfer }) {
  const kinds = dataTransfer?.types ?? [];
  return (kinds.includes("Files") || kinds.includes("text/uri-list")) && !inText(target);
}

/** Whether something is in a field that takes words, or in code. @param {EventTarget|null} target */
function inText(target) {
  return /** @type {Element} */ (target).closest("input, textarea, [contenteditable]") !== null;
}

let keeping = false;

/** What is dropped beside the elements is not taken, and the page stays; a picture that is dropped on code is the photo, not text. */
function keepPage() {
  if (keeping) return;
  keeping = true;
  document.addEventListener("dragover", (event) => {
    if (event.defaultPrevented || !brings(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
  document.addEventListener("drop", (event) => {
    if (inText(event.target) && event.dataTransfer && [...event.dataTransfer.files].some(isPicture)) takeOver(event, event.dataTransfer);
  }, true);
}

/** Ours, and not the field's or the editor's that it came to. @param {Event} event @param {DataTransfer} data */
function takeOver(event, data) {
  event.preventDefault();
  event.stopPropagation();
  openTransfer(data);
}

let accepting = false;

/** A picture pasted anywhere on the page, into code too; words are for the field that has the focus. */
function acceptPaste() {
  if (accepting) return;
  accepting = true;
  document.addEventListener("paste", (event) => {
    const data = event.clipboardData;
    if (!data || (typing() && ["text/plain", "text/uri-list"].some((kind) => data.getData(kind)))) return;
    if (data.files.length || linkIn(data)) takeOver(event, data);
  }, true);
}
