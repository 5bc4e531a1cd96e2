// A start that makes no progress, told beside it: what does not arrive or takes long, and a button that starts it again.
import { button, h, icon, announce } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";

const words = () => engine.stalled && (engine.computing
  ? `${engine.stalled} takes long to start on this device. It may still come; you can also start it again.`
  : `${engine.stalled} is not arriving at the moment; it goes on by itself when the connection does.`);

engine.on("stall", () => engine.stalled && announce(words()));

/** A note that shows itself while nothing comes, for a place where progress is shown. @returns {HTMLElement} */
export function stallNotice() {
  const text = h("p");
  const again = button({ label: "Try again", icon: "retry", onClick: () => engine.again() });
  const note = h("div", { class: "ps-quiet", role: "note", hidden: true }, icon("alert"), text, again);
  for (const event of ["pointerdown", "keydown", "keyup"]) note.addEventListener(event, (each) => each.stopPropagation()); // it may lie over a picture that is drawn on
  const show = () => {
    note.hidden = !engine.stalled;
    text.textContent = words() ?? "";
  };
  engine.on("stall", show);
  show();
  return note;
}
