// The photo with its things: each in a colour of its own, with its number where it grew from, and the box of the chosen one. Which pixel belongs to
// which thing is said by Python.
import { h } from "studio/dom/dom.js";
import { drawLabels, word } from "studio/viewer/raster.js";
import { View } from "studio/viewer/view.js";

/** @typedef {import("studio/types/protocol").InstancesFound} Found */
/** @typedef {"classes"|"things"|"panoptic"} Shown */

/** A press this near to a seed, in screen pixels, means the seed. */
const REACH = 16;
const STRONG = 205;
const FAINT = 60;
const STUFF = word(96, 104, 120, 175);
const LINE = word(255, 255, 255, 255);

export class ThingPicture {
  /** @param {(place: {row: number, column: number}) => void} onTap */
  constructor(onTap) {
    this.view = new View({ label: "The photo and its objects: press to add or take away a seed", interactive: true, touch: "tap" });
    this.photo = this.view.layer("photo");
    this.things = this.view.layer("things");
    this.watershedLines = this.view.layer("dams");
    this.box = h("div", { class: "ps-thing-box", hidden: true });
    this.badges = h("div", { class: "ps-thing-badges" });
    this.view.overlay.append(this.box, this.badges);
    /** @type {Shown} */
    this.shown = "things";
    /** @type {Found|null} */
    this.found = null;
    this.marked = 0;
    this.view.on("down", ({ inside, pixel }) => inside && onTap(pixel));
    this.view.on("transform", () => this.place());
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  open(photo) {
    this.source = photo;
    this.size(photo.rows, photo.columns);
    this.clear();
  }

  /** The photo at the size of the lab. @param {number} rows @param {number} columns */
  size(rows, columns) {
    this.view.setSize(rows, columns);
    this.photo.clearRect(0, 0, columns, rows);
    this.photo.imageSmoothingQuality = "high";
    this.photo.drawImage(this.source.bitmap, 0, 0, columns, rows);
  }

  clear() {
    this.found = null;
    this.marked = 0;
    this.draw();
  }

  /** @param {Found} found */
  show(found) {
    if (found.rows !== this.view.rows || found.columns !== this.view.columns) this.size(found.rows, found.columns);
    this.found = found;
    this.marked = 0;
    this.draw();
  }

  /** @param {Shown} shown */
  choose(shown) {
    this.shown = shown;
    this.draw();
  }

  /** One thing stands out. @param {number} number 0: all alike */
  mark(number) {
    this.marked = number;
    this.draw();
  }

  draw() {
    const { view, found } = this;
    for (const layer of [this.things, this.watershedLines]) layer.clearRect(0, 0, view.columns, view.rows);
    if (found) {
      const table = new Uint32Array(found.instances.length + 1);
      if (this.shown === "panoptic") table[0] = STUFF;
      for (const { number, colour, kind } of found.instances) {
        const [red, green, blue] = this.shown === "classes" ? kind : colour;
        table[number] = word(red, green, blue, this.marked && this.marked !== number ? FAINT : STRONG);
      }
      drawLabels(this.things, { row: 0, column: 0, rows: found.rows, columns: found.columns }, found.map, table);
      if (this.shown !== "classes") drawWatershedLines(this.watershedLines, found);
    }
    this.number();
  }

  /** A badge for every seed. */
  number() {
    const things = this.found?.instances ?? [];
    this.badges.replaceChildren(...things.map(({ number, colour }) => h("span", { class: `ps-thing-badge ${number === this.marked ? "ps-marked" : ""}`.trim(), dataset: { thing: number },
      style: { "--ps-class": `rgb(${colour.join(" ")})` } }, number)));
    this.place();
  }

  /** Badges and box follow zoom and pan. */
  place() {
    const things = this.found?.instances ?? [];
    things.forEach(({ seed }, i) => {
      const { x, y } = this.view.toScreen(seed[0], seed[1]);
      /** @type {HTMLElement} */ (this.badges.children[i]).style.transform = `translate(${x}px, ${y}px)`;
    });
    const chosen = things.find(({ number }) => number === this.marked);
    this.box.hidden = !chosen;
    if (!chosen) return;
    const [top, bottom, left, right] = chosen.box;
    const from = this.view.toScreen(top - 0.5, left - 0.5), to = this.view.toScreen(bottom - 0.5, right - 0.5);
    this.box.style.transform = `translate(${from.x}px, ${from.y}px)`;
    this.box.style.width = `${to.x - from.x}px`;
    this.box.style.height = `${to.y - from.y}px`;
  }

  /** The seed that a press means, if any. @param {number} row @param {number} column @returns {number[]|null} */
  seedNear(row, column) {
    const here = this.view.toScreen(row, column);
    const far = ({ seed }) => {
      const { x, y } = this.view.toScreen(seed[0], seed[1]);
      return Math.hypot(x - here.x, y - here.y);
    };
    const near = (this.found?.instances ?? []).filter((thing) => far(thing) <= REACH).sort((a, b) => far(a) - far(b));
    return near[0]?.seed ?? null;
  }
}

/** A light line where a thing ends. @param {CanvasRenderingContext2D} context @param {Found} found */
function drawWatershedLines(context, { rows, columns, map }) {
  const image = new ImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const here = map[i];
      if (here <= 0) continue;
      const beside = (column + 1 < columns && map[i + 1] !== here) || (column > 0 && map[i - 1] !== here);
      if (beside || (row + 1 < rows && map[i + columns] !== here) || (row > 0 && map[i - columns] !== here)) words[i] = LINE;
    }
  }
  context.putImageData(image, 0, 0);
}
