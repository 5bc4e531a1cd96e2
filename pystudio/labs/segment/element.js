// <studio-segment>: a network labels every pixel of the photo. This file joins the picture, the controls and the
// answers; which label a pixel has is decided in Python.
import { h, percent, announce, segmented, slider } from "studio/dom/dom.js";
import { ResultTable } from "./result_table.js";
import { Legend, colourLookup } from "studio/ui/legend.js";
import { MANIFEST } from "studio/files/loader.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { isNetwork } from "studio/state/user_network_store.js";
import { networkSelect } from "studio/ui/network_select.js";
import { drawEdges, drawLabels } from "studio/viewer/raster.js";
import { Readout } from "./readout.js";
import { saveMenu } from "studio/ui/save.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { Divider } from "./swipe.js";
import { View } from "studio/viewer/view.js";

const BACKGROUND = 0;
const VIEWS = [
  { value: "photo", label: "Photo", icon: "photo" },
  { value: "mask", label: "Mask", icon: "mask" },
  { value: "overlay", label: "Overlay", icon: "overlay" },
  { value: "swipe", label: "Swipe", icon: "swipe" },
];

/** @extends {Lab<import("./options").Options>} */
export default class StudioSegment extends Lab {
  build() {
    const { options } = this;
    /** Class ids switched off by the visitor, or by us: the background, so that the photo shows. */
    this.off = new Set([BACKGROUND]);
    /** @type {import("studio/state/store.js").Prediction|null} */
    this.prediction = null;
    this.network = this.#known(this.setting("network", options.network, isNetwork));
    this.view = new View({ label: "The photo and its labels" });
    this.photoLayer = this.view.layer("photo");
    this.labelLayer = this.view.layer("labels");
    this.edgeLayer = this.view.layer("edges");
    this.divider = new Divider(this.view, (share) => this.#clip(share));
    this.chip = h("div", { class: "ps-chip", hidden: true, "aria-hidden": "true" });
    this.view.overlay.append(this.chip, h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.resultTable = new ResultTable();
    this.legend = new Legend((id, shown) => this.#switch(id, shown));
    this.readout = new Readout((error) => this.work(Promise.reject(error)));
    this.#makeControls();
    if (options.hover) this.#listenToPointer();
    store.on("reopened", () => this.#run());
    this.#showView(this.choice.value);
    return this.#arrange();
  }

  #makeControls() {
    this.choice = segmented({ label: "View", options: VIEWS, value: this.optionOrSetting("view"), onChange: (view) => this.#choose("view", view) });
    this.opacity = slider({ label: "Opacity", min: 0, max: 100, value: Math.round(100 * this.optionOrSetting("opacity")),
      format: (value) => percent(value / 100, 0), onInput: (value) => this.#choose("opacity", value / 100) });
    this.networks = networkSelect({ value: this.network, onChange: (network) => this.#choose("network", network) });
    this.saves = saveMenu({ work: (task) => this.work(task),
      args: () => ({ from: "network", network: this.prediction.network, opacity: this.opacity.value / 100, hidden: [...this.off] }) });
    this.saves.disabled = true;
  }

  #arrange() {
    const toolbar = h("div", { class: "ps-toolbar", role: "group", "aria-label": "Display" },
      this.choice.element, this.opacity.element, this.networks.element, this.saves.element);
    const picture = h("div", { class: "ps-picture" }, this.view.element, this.options.hover && this.readout.element);
    if (!this.options.controls) return h("div", { class: "ps-desk" }, picture);
    const side = h("div", { class: "ps-side", role: "group", "aria-label": "Labels" }, this.resultTable.big, this.legend.element);
    return h("div", { class: "ps-desk" }, toolbar, h("div", { class: "ps-columns" }, picture, side), this.resultTable.element);
  }

  #known(network) {
    return Object.hasOwn(MANIFEST.networks, network) ? network : Object.keys(MANIFEST.networks)[0];
  }

  /** @param {"view"|"opacity"|"network"} what @param {any} value */
  #choose(what, value) {
    this.remember(what, value);
    if (what === "network") return (this.clearError(), (this.network = value), this.#run());
    this.#showView(this.choice.value);
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.prediction = null;
    this.off = new Set([BACKGROUND]);
    this.view.open(photo, this.photoLayer);
    this.labelLayer.clearRect(0, 0, photo.columns, photo.rows);
    this.edgeLayer.clearRect(0, 0, photo.columns, photo.rows);
    this.legend.show([], this.off);
    this.readout.clear();
    this.chip.hidden = true;
    this.resultTable.clear();
    this.saves.disabled = true;
    delete this.dataset.classes;
    this.#run();
  }

  /** Ask the chosen network, unless its answer is already there. */
  async #run() {
    const { network } = this;
    this.failed = false;
    const prediction = await this.work(store.predict(network));
    if (prediction && network === this.network && prediction !== this.prediction && store.predictions.get(network) === prediction) this.#show(prediction);
  }

  /** @param {import("studio/state/store.js").Prediction} prediction */
  #show(prediction) {
    if (this.prediction && this.prediction.n_classes !== prediction.n_classes) this.off = new Set([BACKGROUND]);
    this.prediction = prediction;
    this.colours = new Map(prediction.classes.map((each) => [each.id, each.colour]));
    for (const [id, colour] of store.labels?.colours.entries() ?? []) if (!this.colours.has(id)) this.colours.set(id, colour);
    this.legend.show(prediction.classes, this.off);
    this.resultTable.show(prediction);
    this.readout.clear();
    this.#paint();
    this.saves.disabled = false;
    const found = prediction.classes.filter((each) => each.id !== BACKGROUND).map((each) => each.name);
    this.dataset.classes = found.map((name) => name.replaceAll(" ", "-")).join(" ");
    announce(found.length ? `Found ${found.join(", ")}.` : "Found nothing that this network knows.");
    this.refresh();
  }

  #switch(id, shown) {
    if (shown) this.off.delete(id);
    else this.off.add(id);
    this.#paint();
  }

  #paint() {
    const { classes, label_map, rows, columns } = this.prediction;
    const table = colourLookup(classes, this.off);
    drawLabels(this.labelLayer, { row: 0, column: 0, rows, columns }, label_map, table, classAppearance.hatch(table, { rows, columns }));
    drawEdges(this.edgeLayer, { rows, columns }, label_map, table);
    this.resultTable.active(classes.filter((each) => !this.off.has(each.id)).map((each) => each.name));
  }

  onAppearanceChange() {
    if (this.prediction) this.#paint();
  }

  /** @param {string} view */
  #showView(view) {
    this.dataset.shows = view;
    this.divider.shown = view === "swipe";
    this.opacity.input.disabled = view === "photo" || view === "mask";
    this.photoLayer.canvas.style.visibility = view === "mask" ? "hidden" : "";
    this.labelLayer.canvas.style.visibility = view === "photo" ? "hidden" : "";
    this.edgeLayer.canvas.style.visibility = view === "photo" || view === "mask" ? "hidden" : "";
    this.labelLayer.canvas.style.opacity = view === "mask" ? "1" : String(this.opacity.value / 100);
    this.#clip(this.divider.share);
  }

  /** Swipe: the labels begin right of the divider. @param {number} share */
  #clip(share) {
    const clip = this.divider?.shown ? `inset(0 0 0 ${share * 100}%)` : "";
    for (const layer of [this.labelLayer, this.edgeLayer]) layer.canvas.style.clipPath = clip;
  }

  #listenToPointer() {
    this.view.on("hover", (event) => this.#point(event));
    this.view.on("tap", (event) => this.#point(event));
    this.view.on("leave", () => (this.chip.hidden = true));
  }

  /** @param {import("studio/viewer/view.js").ViewEvent} event */
  #point({ pixel, inside, keyboard, event }) {
    const touched = event instanceof PointerEvent && event.pointerType === "touch";
    this.chip.hidden = !inside || !this.prediction || touched;
    if (!inside || !this.prediction) return;
    this.readout.ask(this.prediction.network, pixel, { colours: this.colours, speak: keyboard });
    this.#chipAt(pixel);
  }

  /** The class's name beside the pointer. @param {{row: number, column: number}} pixel */
  #chipAt({ row, column }) {
    const { label_map, columns, classes } = this.prediction;
    const id = label_map[row * columns + column];
    const { x, y } = this.view.toScreen(row, column);
    const flip = x > this.view.width - 140;
    this.chip.textContent = classes.find((each) => each.id === id)?.name ?? "";
    this.chip.style.transform = `translate(${x}px, ${y}px) translate(${flip ? "calc(-100% - 14px)" : "14px"}, ${y < 44 ? "14px" : "calc(-100% - 10px)"})`;
  }

  refresh() {
    super.refresh();
    this.resultTable?.status(this.dataset.state);
  }
}
