// <studio-exchange>: masks in and out in the formats of other programs. What a file holds and what its names mean is decided in Python.
import { button, h, icon, integer, announce, select } from "studio/dom/dom.js";
import { download } from "studio/dom/download.js";
import { engine } from "studio/engine/engine.js";
import { colourLookup, swatch } from "studio/ui/legend.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { drawLabels } from "studio/viewer/raster.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { View } from "studio/viewer/view.js";
import { ReadOptions } from "./read_options.js";

/** @typedef {import("studio/types/protocol").ExchangeFile} Read */

const SOURCES = [
  { value: "paint", label: "What you painted" }, { value: "network", label: "What the network sees" }, { value: "instances", label: "The objects that were counted" },
  { value: "region", label: "The region that was grown" }, { value: "file", label: "The file that was opened here" },
];
const MAX_BYTES = 64 * 2 ** 20;
const ACCEPTED = [".png", ".json", ".npz", ".npy", ".svg", ".zip", ".txt", ".tif", ".tiff", ".gif", ".bmp", ".webp", "image/png", "application/json", "image/svg+xml"].join();
const LEAVE_OUT = "-1";

/** @extends {Lab<import("./options").Options>} */
export default class StudioExchange extends Lab {
  // ------------------------------------------------------------------ building
  build() {
    this.network = this.options.network;
    this.near = this.opened = false;
    /** @type {{name: string, title: string, summary: string}[]} */
    this.formats = [];
    this.view = new View({ label: "The photo and the painted mask" });
    this.photo = this.view.layer("photo");
    this.mask = this.view.layer("mask");
    this.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.watchFor();
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-columns" },
      h("div", { class: "ps-picture" }, this.view.element, h("p", { class: "ps-hint ps-exchange-caption" }, "The photo with the painted mask.")),
      h("div", { class: "ps-side ps-exchange-side" }, this.inPart(), this.outPart())));
  }

  inPart() {
    this.input = h("input", { type: "file", accept: ACCEPTED, hidden: true, "aria-label": "A mask from another program", onchange: () => this.chosen() });
    this.open = button({ label: "Open a mask", icon: "file", kind: "primary", onClick: () => this.input.click() });
    this.drop = h("div", { class: "ps-drop", ondragover: (event) => (event.preventDefault(), this.drop.classList.add("ps-over")), ondragleave: () => this.drop.classList.remove("ps-over"),
      ondrop: (event) => this.dropped(event) }, icon("file"), h("p", null, "Drop a mask here: label PNG, JSON of COCO, LabelMe or Label Studio, YOLO, NPZ, SVG, or an export as zip."), this.open, this.input);
    this.readOptions = new ReadOptions(() => this.readAgain());
    this.summary = h("div", { class: "ps-exchange-told", role: "status" });
    this.table = h("tbody");
    this.names = h("table", { class: "ps-exchange-names", hidden: true }, h("caption", { class: "ps-sr" }, "Which class every name of the file means"),
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "In the file"), h("th", { scope: "col" }, "Means"))), this.table);
    this.makeMaskButton = button({ label: "Make it the painted mask", icon: "check", onClick: () => this.makeMask(), disabled: true });
    this.undo = button({ label: "Undo", icon: "undo", kind: "quiet", onClick: () => this.undone(), disabled: true });
    return h("section", { class: "ps-exchange-part", "aria-label": "In" }, h("p", { class: "ps-heading" }, "In"), this.drop, this.readOptions.element, this.summary, this.names, h("div", { class: "ps-exchange-buttons" }, this.makeMaskButton, this.undo));
  }

  outPart() {
    this.source = select({ label: "What", options: SOURCES, value: this.setting("source", "paint", (stored) => SOURCES.some(({ value }) => value === stored)), onChange: (value) => (this.remember("source", value), this.notes.replaceChildren()) });
    this.format = select({ label: "Format", options: [], value: "", onChange: (value) => (this.remember("format", value), this.tellFormat()) });
    this.words = h("p", { class: "ps-hint ps-exchange-words" });
    this.notes = h("div", { class: "ps-exchange-notes", role: "status" });
    this.saveIt = button({ label: "Save the file", icon: "save", disabled: true, onClick: () => this.save() });
    return h("section", { class: "ps-exchange-part", "aria-label": "Out" }, h("p", { class: "ps-heading" }, "Out"), this.source.element, this.format.element, this.words, h("div", { class: "ps-exchange-buttons" }, this.saveIt), this.notes);
  }

  watchFor() {
    this.whenNear((near) => near && this.loadAbout());
    store.on("mask", (painted) => (this.draw(), (this.undo.disabled = !painted.can_undo)));
    store.on("reopened", () => (this.clearError(), this.forget()));
    engine.on("restart", () => (this.opened = false));
  }

  /** What can be written is asked once. */
  async loadAbout() {
    if (!this.opened || this.formats.length || this.asking) return;
    this.asking = true;
    const about = await this.work(store.call("exchange.about"));
    this.asking = false;
    if (!about) return;
    this.formats = about.formats;
    this.format.select.replaceChildren(...this.formats.map(({ name, title }) => h("option", { value: name }, title)));
    this.format.value = this.setting("format", "png", (stored) => this.formats.some(({ name }) => name === stored));
    this.tellFormat();
    this.saveIt.disabled = false;
  }

  tellFormat() {
    this.words.textContent = this.formats.find(({ name }) => name === this.format.value)?.summary ?? "";
    this.notes.replaceChildren();
  }

  // ------------------------------------------------------------------ the photo
  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.opened = false;
    this.view.open(photo, this.photo);
    this.undo.disabled = true;
    this.forget();
    this.draw();
    store.opened.then(() => photo === store.photo && this.ready(), () => undefined);
  }

  ready() {
    this.opened = true;
    if (this.near) this.loadAbout();
  }

  onLabels() { this.draw(); }

  onAppearanceChange() { this.draw(); }

  draw() {
    const { photo, labels, mask } = store;
    if (!photo || !labels || mask.length !== photo.rows * photo.columns) return;
    const table = colourLookup(labels.colours.map((colour, id) => ({ id, colour })), new Set([0]));
    drawLabels(this.mask, { row: 0, column: 0, rows: photo.rows, columns: photo.columns }, mask, table, classAppearance.hatch(table, photo));
    this.mask.canvas.style.opacity = "0.7";
  }

  // ------------------------------------------------------------------ in
  chosen() {
    const [file] = this.input.files ?? [];
    this.input.value = "";
    if (file) this.openFile(file);
  }

  /** @param {DragEvent} event */
  dropped(event) {
    event.preventDefault();
    event.stopPropagation();
    this.drop.classList.remove("ps-over");
    this.dispatchEvent(new DragEvent("drop")); // the element itself takes photos: it hears that the dragging is over, and gets no file
    const file = event.dataTransfer?.files[0];
    if (file) this.openFile(file);
  }

  forget() {
    this.summary.replaceChildren();
    this.names.hidden = true;
    this.makeMaskButton.disabled = true;
  }

  /** @param {File} file */
  openFile(file) {
    if (this.file) this.readOptions.reset();
    this.file = file;
    this.read(file);
  }

  readAgain() {
    if (this.file) this.read(this.file);
  }

  /** @param {File} file */
  async read(file) {
    this.clearError();
    this.forget();
    if (file.size > MAX_BYTES) return this.showError({ message: `${file.name} is too large.`, remedy: `Files of up to ${MAX_BYTES / 2 ** 20} MB are read.` });
    const { photo } = store, ticket = (this.ticket = {});
    const found = await this.work(this.readFile(file, ticket));
    if (found && photo === store.photo && ticket === this.ticket) this.show(file.name, found);
  }

  /** @param {File} file @param {object} ticket of this request @returns {Promise<Read|null>} null: another file was chosen meanwhile */
  async readFile(file, ticket) {
    const [bytes, given] = await Promise.all([file.arrayBuffer(), this.readOptions.given()]);
    if (ticket !== this.ticket) return null;
    return store.call("exchange.read", { name: file.name, bytes, ...given }, { transfer: [bytes] });
  }

  /** @param {string} name @param {Read} found */
  show(name, { title, rows, columns, fits, classes, void: empty, notes }) {
    const marked = classes.map((each, place) => ({ ...each, place })).filter(({ pixels }) => pixels > 0);
    this.summary.replaceChildren(h("p", null, h("strong", null, name), `: ${title}, ${columns} × ${rows} pixels.`),
      ...(fits ? [h("p", { class: "ps-exchange-misfit" }, fits)] : []), ...notes.map((note) => h("p", { class: "ps-hint" }, note)),
      ...(empty ? [h("p", { class: "ps-hint" }, `${integer(empty)} pixels are void; they become background.`)] : []));
    this.size = classes.length;
    this.table.replaceChildren(...marked.map((each) => this.line(each)));
    this.names.hidden = false;
    this.makeMaskButton.disabled = fits !== "";
    announce(`${name}: ${marked.length} classes.`);
  }

  /** @param {Read["classes"][number] & {place: number}} each */
  line({ name, pixels, instances, voc, place }) {
    const chosen = h("select", { "aria-label": `What ${name} means`, dataset: { place }, onchange: () => patch() },
      h("option", { value: LEAVE_OUT }, "leave out"), (store.labels?.names ?? []).map((each, id) => h("option", { value: String(id) }, each)));
    chosen.value = voc === null ? LEAVE_OUT : String(voc);
    const colour = h("span", { class: "ps-exchange-colour" });
    const patch = () => colour.replaceChildren(...(chosen.value === LEAVE_OUT ? [] : [swatch(Number(chosen.value), store.labels.colours[Number(chosen.value)])]));
    patch();
    return h("tr", null, h("th", { scope: "row" }, name, h("small", null, `${integer(pixels)} px${instances ? `, ${instances} ${instances === 1 ? "object" : "objects"}` : ""}`)), h("td", null, colour, chosen));
  }

  async makeMask() {
    const mapping = new Array(this.size).fill(Number(LEAVE_OUT));
    for (const chosen of this.table.querySelectorAll("select")) mapping[Number(chosen.dataset.place)] = Number(chosen.value);
    this.clearError();
    this.summary.querySelector(".ps-exchange-done")?.remove();
    const painted = await this.work(store.call("exchange.paint", { mapping }));
    if (!painted) return;
    store.mirror(painted);
    this.summary.append(h("p", { class: "ps-exchange-done" }, icon("check"), "It is the painted mask now."));
  }

  async undone() {
    this.summary.querySelector(".ps-exchange-done")?.remove();
    await this.work(store.paint("undo"));
  }

  // ------------------------------------------------------------------ out
  async save() {
    this.clearError();
    this.notes.replaceChildren();
    const file = await this.work(this.written());
    if (!file) return;
    download(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (file.bytes)], { type: file.type }), file.name);
    this.notes.replaceChildren(...file.notes.map((note) => h("p", { class: "ps-hint" }, note)));
    announce(`Saved ${file.name}.`);
  }

  async written() {
    if (this.source.value === "network") await store.predict(this.network);
    return store.call("exchange.write", { from: /** @type {any} */ (this.source.value), format: /** @type {any} */ (this.format.value), network: this.network, photo: store.photo.title });
  }
}
