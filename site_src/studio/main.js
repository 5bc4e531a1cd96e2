// The studio's page side: makes the elements known, restores the last visit, and starts the engine.
import { StudioCell } from "./cell.js";
import { StudioClassic } from "./classic.js";
import { StudioEffects } from "./effects.js";
import { engine } from "./engine.js";
import { startDisplay } from "./display.js";
import { StudioExchange } from "./exchange.js";
import { StudioGrow } from "./grow.js";
import { startOffline } from "./offline.js";
import { StudioInstances } from "./instances.js";
import { StudioLossLab } from "./loss_lab.js";
import { mendTheme } from "./mends.js";
import { StudioLive } from "./live.js";
import { StudioMetricLab } from "./metric_lab.js";
import { StudioMicroscope } from "./microscope.js";
import { StudioOwnNetwork } from "./own_network.js";
import { loadOwn } from "./own_networks.js";
import { StudioSmallDevices } from "./small_devices.js";
import { StudioPaint } from "./paint.js";
import { StudioQuiz } from "./quiz.js";
import { StudioReport } from "./report.js";
import { StudioSegment } from "./segment.js";
import { StudioSteps } from "./steps.js";
import { openLink, startSharing } from "./share.js";
import { store } from "./store.js";
import { StudioTaskCode } from "./task_code.js";
import { StudioTaskPaint } from "./task_paint.js";

const ELEMENTS = { "studio-segment": StudioSegment, "studio-paint": StudioPaint, "studio-grow": StudioGrow, "studio-classic": StudioClassic, "studio-metric-lab": StudioMetricLab, "studio-instances": StudioInstances, "studio-exchange": StudioExchange, "studio-loss-lab": StudioLossLab, "studio-microscope": StudioMicroscope, "studio-small-devices": StudioSmallDevices, "studio-effects": StudioEffects, "studio-live": StudioLive, "studio-own-network": StudioOwnNetwork, "studio-cell": StudioCell };

/** Exercises: they start no engine, unless their work needs one. */
const TASKS = { "studio-quiz": StudioQuiz, "studio-steps": StudioSteps, "studio-task-paint": StudioTaskPaint, "studio-task-code": StudioTaskCode, "studio-report": StudioReport };

async function main() {
  for (const [name, element] of Object.entries(TASKS)) customElements.define(name, element);
  const first = document.querySelector(Object.keys(ELEMENTS).join(","));
  if (!first) return;
  engine.start(first.getAttribute("data-network") ?? undefined); // before all else: it takes longest
  const visit = await openLink();
  const [, unusable] = await Promise.all([store.load(visit.borrowed), loadOwn()]);
  if (unusable) store.memory.drop("network");
  for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element);
  startSharing(visit);
  store.start(first.getAttribute("data-network") ?? undefined);
  const wanted = document.querySelector("[data-photo]")?.getAttribute("data-photo");
  await store.openFirst(wanted ?? undefined);
}

// For the curious at the console, and for the tests: the same objects that the elements use.
Object.assign(window, { pystudio: { engine, store } });
main();
startOffline();
startDisplay();
mendTheme();
