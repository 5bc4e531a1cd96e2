// The libraries that a method waits for, shown while they come: the page stays usable meanwhile.
import { bytes, h } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { MANIFEST } from "studio/files/loader.js";

/** @typedef {import("studio/types/protocol").BootStep} BootStep */

const networks = new Set(["network", ...Object.values(MANIFEST.networks).map(({ file }) => file)]);
/** Everything that calls of this page have waited for, but networks. @type {Map<string, BootStep>} */
const steps = new Map();
engine.on("progress", (/** @type {BootStep} */ step) => networks.has(step.step) || steps.set(step.step, step));
engine.on("restart", () => steps.clear());

/**
 * A panel for the overlay of a view. It shows itself when a call waits for libraries.
 * @returns {{element: HTMLElement, wait: (surely: boolean) => void, rest: () => void}} wait: a call begins (that surely needs
 *   libraries, so that those on their way are shown at once); rest: it has ended
 */
export function loadingPanel() {
  const fill = h("div", { class: "ps-bar-fill" });
  const bar = h("div", { class: "ps-bar", role: "progressbar", "aria-label": "Loading scikit-image", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const title = h("strong"), detail = h("span", { class: "ps-boot-detail" });
  const element = h("div", { class: "ps-boot ps-loading", hidden: true }, h("div", { class: "ps-boot-head" }, title, detail), bar);
  let waiting = false;
  engine.on("progress", () => waiting && show());
  const show = () => {
    const all = [...steps.values()];
    const done = all.reduce((sum, step) => sum + step.done, 0), total = all.reduce((sum, step) => sum + step.total, 0);
    if (!total) return;
    element.hidden = false;
    title.textContent = done < total ? "Loading scikit-image" : "Starting scikit-image";
    detail.textContent = done < total ? `${bytes(done)} of ${bytes(total)}` : "a few seconds, once";
    fill.style.inlineSize = `${(100 * done) / total}%`;
    bar.setAttribute("aria-valuenow", String(Math.round((100 * done) / total)));
    bar.setAttribute("aria-valuetext", `${title.textContent}: ${detail.textContent}`);
  };
  const wait = (/** @type {boolean} */ surely) => {
    waiting = true;
    if (surely && [...steps.values()].some((step) => !step.finished)) show();
  };
  return { element, wait, rest: () => ((waiting = false), (element.hidden = true)) };
}
