// Many photos, one after the other, into one zip: progress, stop, and every file that could not be used by its name.
import { button, h, announce } from "studio/dom/dom.js";
import { download } from "studio/dom/download.js";
import { applyWhole, nameFor, originalOf, reducedPixels } from "./full_size.js";
import { engine } from "studio/engine/engine.js";
import { decode } from "studio/photo/photo.js";
import { problem } from "studio/util/problem.js";

/** The network sees no more of a photo than this (longest side). */
const SEEN = 1024;

/** @typedef {{network: string, ids: number[]|null, options: import("studio/types/protocol").EffectRequest, things: string}} BatchRequest  ids null: everything but the background */

export class Batch {
  /** @param {{request: () => BatchRequest|null, busy: (busy: boolean) => void, prepare: () => Promise<void>}} owner request: null where a batch makes no sense */
  constructor({ request, busy, prepare }) {
    this.request = request;
    this.busy = busy;
    this.prepare = prepare;
    this.input = h("input", { type: "file", accept: "image/*", multiple: true, class: "ps-sr", tabindex: "-1", "aria-label": "Photos for the batch", onchange: () => this.chosen() });
    this.choose = button({ label: "Choose photos", icon: "file", onClick: () => this.input.click() });
    this.stop = button({ label: "Stop", icon: "stop", onClick: () => this.controller?.abort() });
    this.stop.hidden = true;
    this.bar = h("progress", { class: "ps-batch-bar", max: "1", "aria-label": "Photos done" });
    this.bar.value = 0;
    this.bar.hidden = true;
    this.words = h("p", { class: "ps-hint ps-batch-words", role: "status" });
    this.list = h("ul", { class: "ps-batch-list", "aria-label": "Files that were left out", hidden: true });
    this.left = h("p", { class: "ps-heading", hidden: true }, "Left out");
    this.element = h("section", { class: "ps-batch", "aria-label": "Many photos at once" }, h("p", { class: "ps-heading" }, "Many photos at once"),
      h("p", { class: "ps-hint" }, "The same effect on every photo you choose, each at its full size, in one zip file. Nothing leaves this device."),
      h("div", { class: "ps-batch-row" }, this.choose, this.input, this.stop, this.bar), this.words, this.left, this.list);
  }

  chosen() {
    const files = [...(this.input.files ?? [])];
    this.input.value = "";
    if (files.length) this.run(files);
  }

  /** @param {File[]} files */
  async run(files) {
    const request = this.request();
    if (!request) return (this.words.textContent = "A batch needs a network to find the object in every photo: choose “What the network sees” above.");
    this.controller = new AbortController();
    this.#begin();
    try {
      await this.prepare();
      await this.#all(files, request);
    } catch (error) {
      this.words.textContent = error?.kind === "cancelled" ? "Stopped. No file was saved." : `${error?.message ?? "Something went wrong."} ${error?.remedy ?? ""}`;
    } finally {
      this.#end();
    }
  }

  #begin() {
    this.busy(true);
    this.stop.hidden = this.bar.hidden = false;
    this.bar.value = 0;
    this.list.replaceChildren();
    this.list.hidden = this.left.hidden = true;
  }

  #end() {
    this.busy(false);
    this.stop.hidden = this.bar.hidden = true;
  }

  /** @param {File[]} files @param {BatchRequest} request */
  async #all(files, request) {
    const parts = [], taken = new Set();
    for (const [k, file] of files.entries()) {
      this.words.textContent = `Photo ${k + 1} of ${files.length}: ${file.name}`;
      try {
        const bytes = await this.#one(file, request, (share) => (this.bar.value = (k + share) / files.length));
        const name = uniqueName(nameFor(file.name, request.options.effect), taken);
        const { bytes: part } = await engine.call("effects.zip_add", { name, bytes: bytes.buffer, first: taken.size === 1 }, { transfer: [bytes.buffer] });
        parts.push(new Blob([/** @type {any} */ (part)])); // the browser may keep blobs on disk
      } catch (error) {
        if (error?.kind !== "input") throw error;
        this.#leaveOut(file.name, error);
      }
    }
    await this.#finish(parts, taken.size, files.length);
  }

  async #finish(parts, done, batchRequest) {
    if (!done) return (this.words.textContent = `None of the ${batchRequest} files could be used.`);
    const { bytes } = await engine.call("effects.zip_end", {});
    download(new Blob([...parts, /** @type {any} */ (bytes)], { type: "application/zip" }), "pystudio-photos.zip");
    this.words.textContent = `Saved ${done} of ${batchRequest} photos in pystudio-photos.zip.`;
    announce(this.words.textContent);
  }

  /** @param {File} file @param {BatchRequest} request @param {(share: number) => void} progress */
  async #one(file, request, progress) {
    const { signal } = this.controller;
    if (signal.aborted) throw problem("Stopped.", "", "cancelled");
    const working = await decode(file, file.name);
    const whole = await originalOf(working, file);
    try {
      const small = await reducedPixels(working.bitmap, SEEN);
      const { classes } = await engine.call("effects.batch_photo", { ...small, network: request.network }, { transfer: [small.pixels] });
      const labels = classes.map(({ id }) => id).filter((id) => !request.ids || request.ids.includes(id));
      if (!labels.length) throw problem(`The network sees no ${request.ids ? request.things : "object that it knows"} in it.`);
      return await applyWhole(whole.bitmap, { source: "batch", network: request.network, labels, request: request.options }, { progress, signal });
    } finally {
      whole.close();
      working.bitmap.close();
    }
  }

  /** @param {string} name @param {any} error */
  #leaveOut(name, error) {
    this.list.append(h("li", null, ...(error.message.includes(name) ? [error.message] : [h("strong", null, name), `: ${error.message}`])));
    this.list.hidden = this.left.hidden = false;
  }
}

/** A name that the zip does not have yet. @param {string} name @param {Set<string>} taken */
function uniqueName(name, taken) {
  let free = name;
  for (let n = 2; taken.has(free); n += 1) free = name.replace(/\.png$/, `-${n}.png`);
  taken.add(free);
  return free;
}
