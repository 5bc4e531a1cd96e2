// Save what Python made: asks for `export` and hands the bytes to the browser's downloads.
import { button, h, icon, announce, uid } from "studio/dom/dom.js";
import { download } from "studio/dom/download.js";
import { store } from "studio/state/store.js";

const WORDS = {
  mask: { label: "Mask", note: "palette PNG, class ids", icon: "mask" },
  overlay: { label: "Overlay", note: "PNG, colours over the photo", icon: "overlay" },
  cutout: { label: "Cut-out", note: "PNG, transparent around", icon: "cutout" },
};

/**
 * @param {"mask"|"overlay"|"cutout"} what
 * @param {Record<string, any> & {from: "network"|"paint"|"region"}} args the rest of `export`
 */
export async function save(what, args) {
  const { name, type, bytes } = await store.call("export", { what, ...args });
  download(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type }), name);
  announce(`Saved ${name}.`);
}

/**
 * A menu with one entry for each thing that can be saved.
 * @typedef {Record<string, any> & {from: "network"|"paint"|"region"}} Wanted
 * @param {{args: () => Wanted|Promise<Wanted>, what?: ("mask"|"overlay"|"cutout")[], work: (task: Promise<void>) => Promise<unknown>}} options
 *   `args` is asked at the moment of saving; work: shows that something is under way, and tells when it fails
 * @returns {{element: HTMLElement, disabled: boolean}} disabled can be set
 */
export function saveMenu({ args, what = ["mask", "overlay", "cutout"], work }) {
  const id = uid("ps-save");
  const close = () => (toggle.setAttribute("aria-expanded", "false"), (panel.hidden = true));
  const choose = async (each) => {
    close();
    toggle.focus();
    await work((async () => save(each, await args()))());
  };
  const panel = h("div", { class: "ps-menu-panel", id, role: "group", "aria-label": "Save", hidden: true }, what.map((each) => entry(each, () => choose(each))));
  const toggle = button({ label: "Save", icon: "save", onClick: () => {
    panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) panel.querySelector("button")?.focus();
  } });
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", id);
  const element = h("div", { class: "ps-menu", onkeydown: (event) => event.key === "Escape" && !panel.hidden && (close(), toggle.focus()),
    onfocusout: (event) => !element.contains(event.relatedTarget) && close() }, toggle, panel);
  document.addEventListener("pointerdown", (event) => !event.composedPath().includes(element) && close());
  return {
    element,
    get disabled() { return toggle.disabled; },
    set disabled(disabled) { toggle.disabled = disabled; },
  };
}

function entry(what, onClick) {
  const words = WORDS[what];
  return h("button", { type: "button", class: "ps-menu-item", onclick: onClick }, icon(words.icon), h("span", null, words.label), h("small", null, words.note));
}
