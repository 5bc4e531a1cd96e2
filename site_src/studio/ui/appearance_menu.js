// The control in the header for how classes look: its words and its menu. What it changes is in viewer/class_appearance.js.
import { h, icon, announce, segmented, toggle, uid } from "studio/dom/dom.js";
import { classAppearance } from "studio/viewer/class_appearance.js";

const SETS = [
  { value: "standard", label: "Standard", hint: "The colours of PASCAL VOC, as in most books and files" },
  { value: "clear", label: "Easy to tell apart", hint: "Colours that differ for every eye, also in lightness" },
];

/** Put the control into the header. Call once, on every page. */
export function startAppearanceMenu() {
  const header = document.querySelector(".md-header__inner");
  if (!header) return;
  const id = uid("ps-display");
  const colours = segmented({ label: "Class colours", showLabel: true, options: SETS, value: classAppearance.set,
    onChange: (set) => (classAppearance.choose({ set: /** @type {import("studio/viewer/class_appearance.js").ColourSet} */ (set) }), announce(`Class colours: ${set === "clear" ? "easy to tell apart" : "standard"}.`)) });
  const patterns = toggle({ label: "Patterns on the classes", checked: classAppearance.patterns, onChange: (on) => (classAppearance.choose({ patterns: on }), announce(`Patterns ${on ? "on" : "off"}.`)) });
  const panel = h("div", { class: "ps-display-panel", id, role: "group", "aria-label": "How classes look", hidden: true },
    colours.element, patterns.element,
    h("p", { class: "ps-hint" }, "For the screen only: files that you save keep the standard colours, so that other programs know the classes."));
  const open = (/** @type {boolean} */ wanted) => ((panel.hidden = !wanted), toggler.setAttribute("aria-expanded", String(wanted)));
  const toggler = h("button", { type: "button", class: "md-header__button md-icon", title: "How classes look", "aria-label": "How classes look",
    "aria-expanded": "false", "aria-controls": id, onclick: () => open(Boolean(panel.hidden)) }, icon("eye"));
  const box = h("div", { class: "ps ps-display", onfocusout: (event) => event.relatedTarget && !box.contains(event.relatedTarget) && open(false),
    onkeydown: (event) => event.key === "Escape" && !panel.hidden && (open(false), toggler.focus()) }, toggler, panel);
  document.addEventListener("pointerdown", (event) => !event.composedPath().includes(box) && open(false));
  header.append(box);
}
