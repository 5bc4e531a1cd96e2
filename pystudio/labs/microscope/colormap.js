// One scale of colours for numbers, from dark to bright: told apart also without colour. Which number is which shade is said by Python.
import { h } from "studio/dom/dom.js";
import { word } from "studio/viewer/raster.js";

/** From 0 to 255: dark violet, blue, green-blue, green, yellow; each brighter than the one before. */
const STOPS = [[56, 8, 84], [58, 76, 140], [28, 132, 142], [82, 188, 104], [250, 230, 60]];

/** One word for each shade. */
export const COLOURMAP = Uint32Array.from({ length: 256 }, (_, shade) => word(...colour(shade), 255));

/** @param {number} shade @returns {[number, number, number]} */
function colour(shade) {
  const place = (shade / 255) * (STOPS.length - 1), low = Math.min(Math.floor(place), STOPS.length - 2);
  const mix = (/** @type {number} */ k) => Math.round(STOPS[low][k] + (STOPS[low + 1][k] - STOPS[low][k]) * (place - low));
  return [mix(0), mix(1), mix(2)];
}

const CSS = `linear-gradient(90deg, ${STOPS.map((stop) => `rgb(${stop.join(" ")})`).join(", ")})`;

/** The colour bar with its two ends in words. */
export class ColourBar {
  constructor() {
    this.low = h("span", { class: "ps-heat-end" });
    this.high = h("span", { class: "ps-heat-end" });
    this.element = h("div", { class: "ps-heat-bar" }, this.low, h("span", { class: "ps-heat-ramp", "aria-hidden": "true", style: { background: CSS } }), this.high);
  }

  /** @param {string} low @param {string} high */
  show(low, high) {
    this.low.textContent = low;
    this.high.textContent = high;
    this.element.hidden = false;
  }

  hide() { this.element.hidden = true; }
}

/**
 * A picture of shades on a canvas of its own, one pixel for each.
 * @param {HTMLCanvasElement} canvas @param {number} rows @param {number} columns @param {Uint8Array} shades
 */
export function paintShades(canvas, rows, columns, shades) {
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = COLOURMAP[shades[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
