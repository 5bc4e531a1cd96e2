// The studio's page side: makes the elements known, restores the last visit, and starts the engine.
import { StudioCell } from "labs/cell/element.js";
import { StudioClassic } from "labs/classic/element.js";
import { StudioEffects } from "labs/effects/element.js";
import { engine } from "studio/engine/engine.js";
import { startAppearanceMenu } from "studio/ui/appearance_menu.js";
import { StudioExchange } from "labs/exchange/element.js";
import { StudioGrow } from "labs/grow/element.js";
import { startOffline } from "studio/offline/offline.js";
import { StudioInstances } from "labs/instances/element.js";
import { StudioLossLab } from "labs/loss_lab/element.js";
import { fixThemeAccessibility } from "studio/ui/theme_a11y_fixes.js";
import { keepCodeUntranslated } from "studio/ui/untranslated.js";
import { StudioLive } from "labs/live/element.js";
import { StudioMetricLab } from "labs/metric_lab/element.js";
import { StudioMicroscope } from "labs/microscope/element.js";
import { StudioOwnNetwork } from "labs/own_network/element.js";
import { loadUserNetworks } from "studio/state/user_network_store.js";
import { StudioSmallDevices } from "labs/small_devices/element.js";
import { StudioPaint } from "labs/paint/element.js";
import { StudioQuiz } from "labs/quiz/element.js";
import { StudioReport } from "labs/report/element.js";
import { StudioSegment } from "labs/segment/element.js";
import { StudioSteps } from "labs/steps/element.js";
import { openLink, startSharing } from "studio/share/share.js";
import { store } from "studio/state/store.js";
import { StudioTaskCode } from "labs/task_code/element.js";
import { StudioTaskPaint } from "labs/task_paint/element.js";

const ELEMENTS = { "studio-segment": StudioSegment, "studio-paint": StudioPaint, "studio-grow": StudioGrow, "studio-classic": StudioClassic, "studio-metric-lab": StudioMetricLab, "studio-instances": StudioInstances, "studio-exchange": StudioExchange, "studio-loss-lab": StudioLossLab, "studio-microscope": StudioMicroscope, "studio-small-devices": StudioSmallDevices, "studio-effects": StudioEffects, "studio-live": StudioLive, "studio-own-network": StudioOwnNetwork, "studio-cell": StudioCell };

/** Exercises: they start no engine, unless their work needs one. */
const TASKS = { "studio-quiz": StudioQuiz, "studio-steps": StudioSteps, "studio-task-paint": StudioTaskPaint, "studio-task-code": StudioTaskCode, "studio-report": StudioReport };

async function main() {
  for (const [name, element] of Object.entries(TASKS)) customElements.define(name, element);
  const first = document.querySelector(Object.keys(ELEMENTS).join(","));
  if (!first) return;
  engine.start(first.getAttribute("data-network") ?? undefined); // before all else: it takes longest
  const visit = await openLink();
  const [, unusable] = await Promise.all([store.load(visit.linkSetup), loadUserNetworks()]);
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
startAppearanceMenu();
fixThemeAccessibility();
keepCodeUntranslated();
