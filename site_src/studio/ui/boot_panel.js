// The engine's start, shown: one calm bar, the step at work, and the bytes. A button to try again when it failed.
import { bytes, button, h } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { stallNotice } from "./stall_notice.js";
import { store } from "studio/state/store.js";

/**
 * A panel for the overlay of a view; it shows itself while the engine starts and hides when it is ready.
 * @returns {HTMLElement}
 */
export function bootPanel() {
  const bar = h("div", { class: "ps-bar", role: "progressbar", "aria-label": "Starting Python in your browser", "aria-valuemin": 0, "aria-valuemax": 100 },
    h("div", { class: "ps-bar-fill" }));
  const title = h("strong", null, "Starting Python in your browser");
  const detail = h("span", { class: "ps-boot-detail" });
  const steps = h("ol", { class: "ps-boot-steps", "aria-hidden": "true" });
  const panel = h("div", { class: "ps-boot" }, h("div", { class: "ps-boot-head" }, title, detail), bar, steps, stallNotice());
  const show = () => {
    panel.hidden = engine.state === "ready" || engine.state === "error";
    if (!panel.hidden) progress(engine.steps, { bar, detail, steps });
  };
  engine.on("boot", show);
  engine.on("state", show);
  show();
  return panel;
}

/** @param {import("studio/types/protocol").BootStep[]} list */
function progress(list, { bar, detail, steps }) {
  const done = sum(list, "done");
  const total = sum(list, "total");
  const share = total ? Math.min(1, done / total) : 0;
  const finished = list.filter((step) => step.finished).length;
  bar.firstChild.style.inlineSize = `${share * 100}%`;
  bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  const working = list.find((step) => !step.finished);
  const text = working ? `${working.title} · ${finished + 1} of ${list.length}` : "";
  const loaded = total && done < total ? `${bytes(done)} of ${bytes(total)}` : "";
  detail.textContent = [text, loaded].filter(Boolean).join(" · ");
  bar.setAttribute("aria-valuetext", detail.textContent || "starting");
  steps.replaceChildren(...list.map((step) => h("li", { class: step.finished ? "ps-done" : step === working ? "ps-now" : null }, step.title)));
}

/** @param {import("studio/types/protocol").BootStep[]} list @param {"done"|"total"} key */
function sum(list, key) {
  return list.reduce((all, step) => all + (step[key] || 0), 0);
}

/** What a dead engine tells the visitor. */
export function engineFailure() {
  const { failure } = engine;
  return {
    message: failure?.message ?? "The engine that runs Python in your browser did not start.",
    remedy: failure?.remedy ?? "Your photo and your mask are kept.",
    action: button({ label: "Try again", icon: "retry", onClick: () => store.retry() }),
  };
}
