// The studio's page side: makes the elements of the labs known, restores the last visit, and starts the engine.
// The build writes the script that imports every lab and calls start() with them all: pystudio/builder/site/entry.py.
import { engine } from "studio/engine/engine.js";
import { startAppearanceMenu } from "studio/ui/appearance_menu.js";
import { startOffline } from "studio/offline/offline.js";
import { fixThemeAccessibility } from "studio/ui/theme_a11y_fixes.js";
import { keepCodeUntranslated } from "studio/ui/untranslated.js";
import { loadUserNetworks } from "studio/state/user_network_store.js";
import { openLink, startSharing } from "studio/share/share.js";
import { store } from "studio/state/store.js";

/**
 * A lab, as its folder has it: the class is the default export of element.js, the rest stands in lab.toml. A lab with startsEngine false (an exercise, the
 * report) needs no engine, or only when its work does.
 * @typedef {import("studio/ui/options.js").Schema} Schema
 * @typedef {{tag: string, startsEngine: boolean, schema: Schema, element: CustomElementConstructor & {schema?: Schema}}} LabEntry
 */

/** Begin, with every lab that a page may hold. @param {LabEntry[]} labs */
export function start(labs) {
  // For the curious at the console, and for the tests: the same objects that the elements use.
  Object.assign(window, { pystudio: { engine, store } });
  openPage(labs);
  startOffline();
  startAppearanceMenu();
  fixThemeAccessibility();
  keepCodeUntranslated();
}

/** @param {LabEntry[]} labs */
async function openPage(labs) {
  labs.filter(({ startsEngine }) => !startsEngine).forEach(define);
  const others = inPageOrder(labs.filter(({ startsEngine }) => startsEngine));
  const first = document.querySelector(others.map(({ tag }) => tag).join(","));
  if (!first) return;
  engine.start(first.getAttribute("data-network") ?? undefined); // before all else: it takes longest
  const visit = await openLink();
  const [, unusable] = await Promise.all([store.load(visit.linkSetup), loadUserNetworks()]);
  if (unusable) store.memory.drop("network");
  others.forEach(define);
  startSharing(visit);
  store.start(first.getAttribute("data-network") ?? undefined);
  const wanted = document.querySelector("[data-photo]")?.getAttribute("data-photo");
  await store.openFirst(wanted ?? undefined);
}

/** @param {LabEntry} lab */
function define({ tag, element, schema }) {
  element.schema = schema;
  customElements.define(tag, element);
}

/** The elements that stand first on the page ask first. @param {LabEntry[]} labs */
function inPageOrder(labs) {
  const elements = [...document.querySelectorAll(".ps")].map(({ localName }) => localName);
  const place = ({ tag }) => (elements.includes(tag) ? elements.indexOf(tag) : elements.length);
  return [...labs].sort((one, other) => place(one) - place(other));
}
