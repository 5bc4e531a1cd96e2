// The wave of a grown region on the screen: which layers are drawn, and the clock that plays them. The layers come from Python in order
// of arrival; here they only become pixels and time.

import { boxOf, word } from "studio/viewer/raster.js";

/** @typedef {{indices: Int32Array, wave_starts: Int32Array}} Wave flat pixel indices in order of arrival; where each layer starts */

const TINT = word(0, 190, 255, 118);
const FRONT = word(255, 236, 60, 255);
const DASH = [word(255, 255, 255, 255), word(10, 20, 40, 255)];

/** Draws a region layer by layer into one canvas; going forward or back costs the pixels that change. */
export class RegionPainter {
  /** @param {CanvasRenderingContext2D} context */
  constructor(context) {
    this.context = context;
    this.forget();
  }

  /** Forget the region without touching the canvas (which was resized, and so is clear). */
  forget() {
    /** @type {Wave|null} */
    this.wave = null;
    this.box = { row: 0, column: 0, rows: 0, columns: 0 };
    this.shown = 0;
    /** @type {Int32Array|null} offsets in the box that are drawn as outline now */
    this.outline = null;
  }

  clear() {
    const { row, column, rows, columns } = this.box;
    if (rows) this.context.clearRect(column, row, columns, rows);
    this.forget();
  }

  /** @param {Wave} wave @param {number} rows of the picture @param {number} columns of the picture */
  load(wave, rows, columns) {
    this.clear();
    this.wave = wave;
    this.columns = columns;
    this.box = boxOf(wave.indices, columns);
    this.dash = Math.max(3, Math.round(Math.max(rows, columns) / 160));
    /** So many of the newest layers are bright. */
    this.glow = Math.max(1, Math.round(Math.max(rows, columns) / 250));
    this.thickness = Math.max(1, Math.round(Math.max(rows, columns) / 800));
    this.image = new ImageData(this.box.columns, this.box.rows);
    this.words = new Uint32Array(this.image.data.buffer);
  }

  get waves() { return this.wave ? this.wave.wave_starts.length : 0; }

  /** Where a layer starts in `indices`; the end of the region for the layer after the last. @param {number} layer */
  start(layer) {
    if (!this.wave || layer <= 0) return 0;
    return layer < this.waves ? this.wave.wave_starts[layer] : this.wave.indices.length;
  }

  /** Show the first `layers` layers, the newest bright; all of them: tint and outline. @param {number} layers */
  seek(layers) {
    if (!this.wave || layers === this.shown) return;
    const dirty = { start: Infinity, end: -1 };
    const mark = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ colour) => {
      if (to <= from) return;
      this.write(from, to, colour);
      dirty.start = Math.min(dirty.start, from);
      dirty.end = Math.max(dirty.end, to);
    };
    const hadOutline = this.dropOutline();
    const before = this.start(this.shown), now = this.start(layers);
    mark(now, before, 0);
    mark(Math.min(before, this.start(this.shown - this.glow)), Math.min(before, now), TINT);
    mark(before, now, TINT);
    const complete = layers >= this.waves;
    if (!complete) mark(this.start(layers - this.glow), now, FRONT);
    this.shown = layers;
    if (complete) this.drawOutline();
    if (complete || hadOutline) this.flush(0, this.wave.indices.length);
    else if (dirty.end >= 0) this.flush(dirty.start, dirty.end);
  }

  /** @param {number} flat index in the picture @returns {number} offset in the box */
  offset(flat) {
    const row = Math.floor(flat / this.columns);
    return (row - this.box.row) * this.box.columns + (flat - row * this.columns - this.box.column);
  }

  /** @param {number} from @param {number} to positions in `indices` @param {number} colour */
  write(from, to, colour) {
    const { indices } = /** @type {Wave} */ (this.wave);
    for (let i = from; i < to; i++) this.words[this.offset(indices[i])] = colour;
  }

  /** Put the rectangle around some pixels on the canvas. @param {number} from @param {number} to positions in `indices` */
  flush(from, to) {
    const { indices } = /** @type {Wave} */ (this.wave);
    const whole = from === 0 && to === indices.length;
    const dirty = whole ? this.box : boxOf(indices, this.columns, from, to);
    this.context.putImageData(this.image, this.box.column, this.box.row,
      dirty.column - this.box.column, dirty.row - this.box.row, dirty.columns, dirty.rows);
  }

  /** Draw the rim in dark and light dashes, inside the region. It is seen on every photo, with or without colour. */
  drawOutline() {
    const outline = this.boundary();
    const width = this.box.columns;
    for (const offset of outline) {
      const row = Math.floor(offset / width);
      this.words[offset] = DASH[Math.floor((row + offset - row * width) / this.dash) & 1];
    }
    this.outline = outline;
  }

  /** Give the rim its tint back. @returns {boolean} there was an outline */
  dropOutline() {
    if (!this.outline) return false;
    for (const offset of this.outline) this.words[offset] = TINT;
    this.outline = null;
    return true;
  }

  /** Offsets of the pixels of the region within `thickness` of its edge. */
  boundary() {
    const { words } = this;
    const boundary = [];
    const inRim = new Uint8Array(words.length);
    const take = (/** @type {number} */ offset) => { inRim[offset] = 1; boundary.push(offset); };
    const { rows, columns } = this.box;
    for (const flat of /** @type {Wave} */ (this.wave).indices) {
      const offset = this.offset(flat);
      const column = offset % columns;
      if (offset < columns || offset >= (rows - 1) * columns || column === 0 || column === columns - 1
        || !words[offset - columns] || !words[offset + columns] || !words[offset - 1] || !words[offset + 1]) take(offset);
    }
    for (let pass = 1, start = 0; pass < this.thickness; pass++) {
      const end = boundary.length;
      for (; start < end; start++) {
        for (const n of this.neighbours(boundary[start])) if (n >= 0 && words[n] && !inRim[n]) take(n);
      }
    }
    return Int32Array.from(boundary);
  }

  /** The four neighbours of an offset; -1 where the box ends. @param {number} offset @returns {number[]} */
  neighbours(offset) {
    const width = this.box.columns, column = offset % width;
    const list = this.around || (this.around = [0, 0, 0, 0]);
    list[0] = offset - width;
    list[1] = offset + width < this.words.length ? offset + width : -1;
    list[2] = column ? offset - 1 : -1;
    list[3] = column < width - 1 ? offset + 1 : -1;
    return list;
  }
}

/** Any region takes between one and three seconds. @param {number} waves */
export function playTime(waves) {
  return Math.min(3000, Math.max(1000, waves * 16));
}

/** The clock of the wave: play, pause, replay, scrub. */
export class WavePlayer {
  /** @param {(layers: number, playing: boolean) => void} show called with the number of layers to show */
  constructor(show) {
    this.show = show;
    this.waves = 0;
    this.layers = 0;
    this.frame = 0;
  }

  get playing() { return this.frame !== 0; }
  get atEnd() { return this.layers >= this.waves; }

  /** @param {number} waves @param {boolean} play from the seed, or show the end at once */
  load(waves, play) {
    this.pause();
    this.waves = waves;
    this.seek(play ? Math.min(1, waves) : waves);
    if (play) this.play();
  }

  /** @param {number} layers */
  seek(layers) {
    this.layers = Math.min(this.waves, Math.max(0, Math.round(layers)));
    this.show(this.layers, this.playing);
  }

  play() {
    if (this.playing || !this.waves) return;
    const from = this.atEnd ? 0 : this.layers;
    const perMillisecond = this.waves / playTime(this.waves);
    let began = 0;
    const step = (/** @type {number} */ now) => {
      began = began || now;
      const layers = Math.min(this.waves, from + Math.floor((now - began) * perMillisecond));
      this.frame = layers < this.waves ? requestAnimationFrame(step) : 0;
      this.seek(layers);
    };
    this.frame = requestAnimationFrame(step);
    this.layers = from;
    this.show(from, true);
  }

  pause() {
    if (!this.playing) return;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.show(this.layers, false);
  }
}
