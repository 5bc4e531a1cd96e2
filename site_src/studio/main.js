// The studio's page side: makes the elements known, restores the last visit, and starts the engine.
import { StudioClassic } from "./classic.js";
import { engine } from "./engine.js";
import { StudioGrow } from "./grow.js";
import { StudioPaint } from "./paint.js";
import { StudioSegment } from "./segment.js";
import { store } from "./store.js";

const ELEMENTS = { "studio-segment": StudioSegment, "studio-paint": StudioPaint, "studio-grow": StudioGrow, "studio-classic": StudioClassic };

async function main() {
  const first = document.querySelector(Object.keys(ELEMENTS).join(","));
  if (!first) return;
  await store.load();
  for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element);
  store.start(first.getAttribute("data-network") ?? undefined);
  const wanted = document.querySelector("[data-photo]")?.getAttribute("data-photo");
  await store.openFirst(wanted ?? undefined);
}

// For the curious at the console, and for the tests: the same objects that the elements use.
Object.assign(window, { pystudio: { engine, store } });
main();
