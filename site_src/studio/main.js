// The studio's page side: starts the engine, makes the elements of the page's labs known, and restores the last visit.
// The build writes the scripts that begin here, this one's and those of the labs: pystudio/builder/site/entry.py.
import { engine } from "studio/engine/engine.js";
import { startAppearanceMenu } from "studio/ui/appearance_menu.js";
import { startOffline } from "studio/offline/offline.js";
import { arrivedLabs } from "studio/ui/lab_registry.js";
import { fixThemeAccessibility } from "studio/ui/theme_a11y_fixes.js";
import { keepCodeUntranslated } from "studio/ui/untranslated.js";
import { loadUserNetworks } from "studio/state/user_network_store.js";
import { openLink, startSharing } from "studio/share/share.js";
import { store } from "studio/state/store.js";

/** @typedef {import("studio/ui/lab_registry.js").LabEntry} LabEntry */

/** Begin. @param {string[]} engineTags the elements for which the engine starts at once, whether or not this page has them */
export function start(engineTags) {
  // For the curious at the console, and for the tests: the same objects that the elements use.
  Object.assign(window, { pystudio: { engine, store } });
  openPage(document.querySelector(engineTags.join(",")));
  startOffline();
  startAppearanceMenu();
  fixThemeAccessibility();
  keepCodeUntranslated();
}

/** @param {Element|null} first the first element that needs the engine */
async function openPage(first) {
  if (first) engine.start(first.getAttribute("data-network") ?? undefined); // before all else: it takes longest
  arrivedLabs().then((labs) => labs.filter(({ startsEngine }) => !startsEngine).forEach(define));
  if (!first) return;
  const visit = await openLink();
  const [labs, unusable] = await Promise.all([arrivedLabs(), loadUserNetworks(), store.load(visit.linkSetup)]);
  if (unusable) store.memory.drop("network");
  inPageOrder(labs.filter(({ startsEngine }) => startsEngine)).forEach(define);
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
