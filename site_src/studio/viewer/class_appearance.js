// How classes are told apart on the screen: the set of colours, and patterns over them. One choice for the whole site, remembered by the
// browser. Which colours there are is said by Python (pystudio/labels.py); files that are saved keep the standard ones.
import { word } from "./raster.js";

/** @typedef {"standard"|"clear"} ColourSet */
/** @typedef {{inks: Uint32Array, unit: number}} Hatch  a pixel for each label, and the side of the smallest pattern in image pixels */

const NAME = "pystudio.looks";
const SETS = ["standard", "clear"];

class ClassAppearance {
  constructor() {
    const stored = recall();
    /** @type {ColourSet} */
    this.set = SETS.includes(stored?.set) ? stored.set : "standard";
    this.patterns = stored?.patterns === true;
    /** @type {Map<string, number[]>} the clear colour of a standard one */
    this.clear = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.#mark();
  }

  /** The colours of both sets, class by class. @param {{colours: number[][], clear?: number[][]}} labels */
  setColours({ colours, clear = [] }) {
    this.clear = new Map(clear.map((colour, id) => [String(colours[id]), colour]));
    this.#mark();
    if (this.set === "clear") this.#notify();
  }

  /** @param {{set?: ColourSet, patterns?: boolean}} wish */
  choose({ set = this.set, patterns = this.patterns }) {
    Object.assign(this, { set, patterns });
    save({ set, patterns });
    this.#mark();
    this.#notify();
  }

  /** The colour on the screen for a class's own. @param {ArrayLike<number>} colour @returns {ArrayLike<number>} */
  shown(colour) {
    return (this.set === "clear" && this.clear.get(`${colour[0]},${colour[1]},${colour[2]}`)) || colour;
  }

  /** Call back when classes look different from now on. @param {() => void} listener @returns {() => void} stops it */
  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The patterns for a table of colourLookup(), or null when they are off. @param {Uint32Array} table @param {{rows: number, columns: number}} size @returns {Hatch|null} */
  hatch(table, { rows, columns }) {
    if (!this.patterns) return null;
    const inks = table.map((pixel) => (pixel ? (isDark([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]) ? word(255, 255, 255, 255) : word(0, 0, 0, 255)) : 0));
    return { inks, unit: Math.max(4, Math.round(Math.max(rows, columns) / 60)) };
  }

  #notify() {
    for (const listener of [...this.listeners]) listener();
  }

  /** What the style sheets go by: patches of colour follow without being drawn again. */
  #mark() {
    const { dataset, style } = document.documentElement;
    dataset.psPatterns = String(this.patterns);
    for (const [standard, colour] of this.clear) {
      const name = standard.replaceAll(",", "-");
      if (this.set === "clear") {
        style.setProperty(`--ps-c-${name}`, `rgb(${colour.join(" ")})`);
        style.setProperty(`--ps-t-${name}`, isDark(colour) ? "#fff" : "#000");
      } else for (const kind of ["c", "t"]) style.removeProperty(`--ps-${kind}-${name}`);
    }
  }
}

/** Whether white is read better on a colour than black is (relative luminance, as in WCAG 2). @param {ArrayLike<number>} colour */
export function isDark(colour) {
  const [red, green, blue] = [0, 1, 2].map((channel) => (colour[channel] / 255 <= 0.04045 ? colour[channel] / 255 / 12.92 : ((colour[channel] / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179;
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "null");
  } catch {
    return null; // nothing is kept here, or something else is
  }
}

/** @param {{set: ColourSet, patterns: boolean}} choice */
function save(choice) {
  try {
    localStorage.setItem(NAME, JSON.stringify(choice));
  } catch { /* a browser that keeps nothing: the choice holds for this page */ }
}

export const classAppearance = new ClassAppearance();
