// <studio-task-paint>: paint a thing until its IoU is good enough, with the paint element of the page. Python grades; nothing is drawn here
// but the solution.
import { button, h, integer, prefersStill } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { MANIFEST } from "studio/files/loader.js";
import { problem } from "studio/util/problem.js";
import { store } from "studio/state/store.js";
import { Task } from "studio/exercises/task.js";
import { unpacked } from "studio/exercises/hidden_photos.js";

/** Wait this long (ms) after the last stroke before the meter follows. */
const DEBOUNCE_MS = 400;
/** The widest picture of a solution, in pixels. */
const WIDEST = 720;
/** The paint element went to another exercise. */
const MOVED = "ps-painter-moved";
const TINT = [255, 196, 0];

/** @extends {Task<import("./options").Options & {truths?: Record<string, string>}>} */
export default class StudioTaskPaint extends Task {
  build() {
    const painters = [...document.querySelectorAll("studio-paint")];
    const own = this.querySelector("studio-paint");
    const other = painters.find((painter) => painter !== own && !painter.closest("studio-task-paint")) ?? painters[0];
    if (own && own !== other) own.remove(); // one for the page: its own, else that of the first exercise
    this.photo = MANIFEST.photos.find(({ name }) => name === this.options.photo);
    this.goal = Math.round(this.options.target * 100);
    this.fill = h("div", { class: "ps-bar-fill" });
    this.bar = h("div", { class: "ps-bar ps-task-bar", role: "meter", "aria-label": "IoU of your mask", "aria-valuemin": 0, "aria-valuemax": 100, style: { "--ps-goal": `${this.goal}%` } }, this.fill);
    this.number = h("output", { class: "ps-task-number" });
    this.where = h("p");
    this.other = h("div", { class: "ps-task-question", hidden: true }, this.where, button({ label: "Paint here", icon: "brush", onClick: () => this.#paintHere() }));
    store.on("photo", () => this.#placed());
    document.addEventListener(MOVED, () => this.#placed());
    store.on("mask", () => this.#followSoon());
    this.meter(0);
    return [this.other, h("div", { class: "ps-task-meter" }, h("span", null, "IoU"), this.bar, this.number)];
  }

  get checkWords() { return "Check my mask"; }

  get ours() { return store.photo?.key === `name:${this.options.photo}`; }

  get params() {
    const { label = "", network, photo, truths } = this.options;
    return { label, network, ...(truths ? { truth: unpacked(truths[photo]) } : {}) };
  }

  /** The one paint element of the page. */
  get painter() { return document.querySelector("studio-paint"); }

  /** Tell where to paint, unless all is in place. */
  #placed() {
    const near = this.painter?.parentElement === this || !this.painter?.closest("studio-task-paint");
    this.where.textContent = this.ours ? "The picture to paint on stands elsewhere on this page now." : `This exercise is about the photo “${this.photoTitle}”, and another one is open.`;
    this.other.hidden = this.ours && near;
    this.meter(0);
  }

  /** The photo, and the paint element above this exercise if it belongs to no other place. */
  async #paintHere() {
    const { painter } = this;
    if (painter?.closest("studio-task-paint")) this.prepend(painter);
    document.dispatchEvent(new Event(MOVED));
    if (!this.ours) await store.openPhoto({ name: this.options.photo });
    painter?.scrollIntoView({ block: "start", behavior: prefersStill() ? "instant" : "smooth" });
  }

  get photoTitle() { return this.photo?.title ?? this.options.photo; }

  /** The meter follows when the hand rests: grading the whole mask is no work for every stroke. */
  #followSoon() {
    clearTimeout(this.following);
    this.work();
    if (this.ours && engine.state === "ready" && (this.options.truths || store.predictions.has(this.options.network))) this.following = setTimeout(() => this.#follow(), DEBOUNCE_MS);
  }

  async #follow() {
    const grade = await store.call("task_paint.grade", this.params).catch(() => null); // a try tells what is wrong
    if (grade && this.ours) this.meter(grade.iou);
  }

  /** @param {number} iou */
  meter(iou) {
    const percent = Math.floor(iou * 100);
    this.fill.style.inlineSize = `${percent}%`;
    this.bar.setAttribute("aria-valuenow", String(percent));
    this.bar.setAttribute("aria-valuetext", `${percent}%, the goal is ${this.goal}%`);
    this.number.textContent = `${percent}% of ${this.goal}%`;
  }

  restore(state) { if (state === null) this.meter(0); }

  /** @returns {Promise<import("studio/exercises/task.js").Grade>} */
  async grade() {
    if (!this.ours) throw problem(`The photo “${this.photoTitle}” is not open.`, "Open it first, with the button “Paint here”.");
    const { iou, missed, extra, copied } = await store.call("task_paint.grade", this.params);
    this.meter(iou);
    if (copied) throw problem("The edge of this mask is the network’s own, pixel for pixel.", "Clear the mask and paint it with your own hand: that is the exercise.");
    const passed = iou >= this.options.target;
    const shares = `You missed ${integer(missed)} pixels and painted ${integer(extra)} too many.`;
    const answer = `IoU ${Math.floor(100 * Math.max(iou, this.progress.best ?? 0))}% on ${this.options.photo}`;
    return { passed, score: iou, answer, message: `IoU ${(iou * 100).toFixed(1)}%, the goal is ${this.goal}%. ${shares}` };
  }

  async solution() {
    if (!this.ours) throw problem(`The photo “${this.photoTitle}” is not open.`, "Open it first, with the button “Paint here”.");
    const { rows, columns, mask } = await store.call("task_paint.truth", this.params);
    return [h("p", null, "This is what your mask is compared with:"), drawn(store.photo.bitmap, rows, columns, mask)];
  }
}

/** The photo with the thing tinted. @param {ImageBitmap} bitmap @param {number} rows @param {number} columns @param {Uint8Array} mask */
function drawn(bitmap, rows, columns, mask) {
  const tint = new ImageData(columns, rows);
  for (let index = 0; index < mask.length; index++) if (mask[index]) tint.data.set([...TINT, 150], index * 4);
  const layer = new OffscreenCanvas(columns, rows);
  layer.getContext("2d")?.putImageData(tint, 0, 0);
  const factor = Math.min(1, WIDEST / columns);
  const canvas = h("canvas", { class: "ps-task-picture", width: Math.round(columns * factor), height: Math.round(rows * factor), role: "img", "aria-label": "The photo, with the thing in yellow" });
  const context = canvas.getContext("2d");
  for (const picture of [bitmap, layer]) context?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
