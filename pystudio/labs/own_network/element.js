// <studio-own-network>: an ONNX file of the visitor's becomes a network like the others. This file takes the file and shows what comes of it.
import { bytes, button, h, integer, announce } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { Legend, colourLookup } from "studio/ui/legend.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { addUserNetwork, onUserNetworksChange, listUserNetworks, removeUserNetwork } from "studio/state/user_network_store.js";
import { OwnForm } from "./form.js";
import { problem } from "studio/util/problem.js";
import { drawLabels } from "studio/viewer/raster.js";
import { Lab } from "studio/ui/lab.js";
import { store } from "studio/state/store.js";
import { View } from "studio/viewer/view.js";

/** As in pystudio.networks.user_network. */
const MAX_BYTES = 200_000_000;
const BACKGROUND = 0;

/** @extends {Lab<import("./options").Options>} */
export default class StudioOwnNetwork extends Lab {
  build() {
    this.off = new Set([BACKGROUND]);
    this.shown = "";
    this.input = h("input", { type: "file", accept: ".onnx", class: "ps-sr", tabindex: "-1", "aria-label": "ONNX file", onchange: () => this.chosen() });
    this.zone = h("div", { class: "ps-own-zone" }, button({ label: "Choose an ONNX file", icon: "file", kind: "primary", onClick: () => this.input.click() }), this.input,
      h("p", { class: "ps-hint" }, "or drop one on this page. It is opened in your browser; nothing of it leaves this device."));
    this.summary = h("p", { class: "ps-own-told", role: "status" });
    this.place = h("div", { class: "ps-own-place" });
    this.list = h("ul", { class: "ps-own-list", "aria-label": "Networks you brought" });
    this.view = new View({ label: "The photo, labelled by your network" });
    this.photoLayer = this.view.layer("photo");
    this.labelLayer = this.view.layer("labels");
    this.labelLayer.canvas.style.opacity = "0.6";
    this.legend = new Legend((id, shown) => this.toggleClass(id, shown));
    this.facts = h("p", { class: "ps-hint ps-own-facts" });
    this.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.acceptFiles();
    onUserNetworksChange(() => this.showList());
    store.on("reopened", () => this.label());
    this.showList();
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-own-top" }, this.zone, this.summary, this.place, this.list),
      h("div", { class: "ps-columns" }, h("div", { class: "ps-picture" }, this.view.element, this.facts), h("aside", { class: "ps-side", "aria-label": "Labels" }, this.legend.element)));
  }

  /** A network dropped anywhere on the page comes here, and not to those who wait for photos. */
  acceptFiles() {
    document.addEventListener("drop", (event) => {
      const file = [...(event.dataTransfer?.files ?? [])].find((each) => /\.onnx$/i.test(each.name) || this.zone.contains(/** @type {Node} */ (event.target)));
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      for (const host of document.querySelectorAll(".ps-dropping")) for (let depth = 0; depth < 9; depth += 1) host.dispatchEvent(new DragEvent("dragleave", { dataTransfer: event.dataTransfer }));
      this.openFile(file);
    }, true);
    this.zone.addEventListener("dragover", (event) => event.preventDefault());
  }

  chosen() {
    const [file] = this.input.files ?? [];
    this.input.value = "";
    if (file) this.openFile(file);
  }

  /** @param {File} file */
  async openFile(file) {
    this.clearError();
    this.place.replaceChildren();
    this.summary.textContent = `Reading ${file.name} (${bytes(file.size)}) …`;
    const ticket = (this.ticket = {}), read = await this.work(this.header(file));
    if (ticket !== this.ticket) return; // another file came meanwhile
    if (!read) return (this.summary.textContent = "");
    this.summary.textContent = `${file.name}: ${read.summary}`;
    this.ask(file, read);
  }

  /** @param {File} file */
  async header(file) {
    if (file.size > MAX_BYTES) throw problem(`“${file.name}” has ${bytes(file.size)}, more than the ${integer(MAX_BYTES / 1e6)} MB that fit here.`, "Bring a smaller network.");
    const model = await file.arrayBuffer().catch(() => null);
    if (!model) throw problem(`“${file.name}” could not be read from the disk.`, "Check that it still exists and may be read.");
    return engine.call("own_network.read", { model }, { transfer: [model] });
  }

  /** @param {File} file @param {import("studio/types/protocol").NetworkInspection} read */
  ask(file, read) {
    const form = new OwnForm(read, file.name.replace(/\.onnx$/i, "").slice(0, 40));
    const use = button({ label: "Use this network", icon: "check", kind: "primary", onClick: () => {
      use.disabled = true; // twice the same network would be one too many
      this.use(form, file).finally(() => (use.disabled = false));
    } });
    this.place.replaceChildren(h("p", { class: "ps-heading" }, "What its file does not say"), form.element, h("div", { class: "ps-own-row" }, use));
  }

  /** @param {OwnForm} form @param {File} file */
  async use(form, file) {
    this.clearError();
    if (form.open) return this.showError(form.open);
    const added = await this.work(addUserNetwork(form.recipe, file));
    if (!added) return;
    const words = `${form.recipe.title} is now offered wherever a network can be chosen.`;
    this.summary.textContent = added.inStore ? words : `${words} This browser keeps nothing, so bring it again next time.`;
    announce(this.summary.textContent);
    this.pick(added.name);
  }

  showList() {
    this.list.replaceChildren(...listUserNetworks().map(({ name, recipe, file }) => h("li", null, h("strong", null, recipe.title), ` ${bytes(file.size)}, ${recipe.labels.length} classes `,
      button({ label: "Show", pressed: this.shown === name, onClick: () => this.pick(name) }),
      button({ label: `Remove ${recipe.title}`, icon: "trash", iconOnly: true, kind: "quiet", onClick: () => this.drop(name) }))));
    this.list.hidden = !listUserNetworks().length;
  }

  /** @param {string} name */
  async drop(name) {
    if (this.shown === name) this.shown = "";
    await removeUserNetwork(name);
    if (!this.shown) this.clear();
  }

  /** @param {string} name */
  pick(name) {
    this.shown = name;
    this.off = new Set([BACKGROUND]);
    this.showList();
    this.label();
  }

  /** @param {import("studio/state/store.js").Photo} photo */
  onPhoto(photo) {
    this.view.open(photo, this.photoLayer);
    this.clear();
    this.label();
  }

  clear() {
    this.prediction = null;
    this.labelLayer.clearRect(0, 0, this.view.columns, this.view.rows);
    this.legend.show([], this.off);
    if (!this.shown) this.legend.list.replaceChildren(h("li", { class: "ps-hint" }, "None yet: they are those of your network."));
    this.facts.textContent = this.shown ? "" : "Your network’s labels will appear here.";
    delete this.dataset.classes;
  }

  async label() {
    const { shown } = this;
    if (!shown || !store.photo) return;
    const prediction = await this.work(store.predict(shown));
    if (!prediction || shown !== this.shown || store.predictions.get(shown) !== prediction) return;
    this.prediction = prediction;
    this.legend.show(prediction.classes, this.off);
    this.paint();
    this.facts.textContent = `It saw the photo as ${prediction.input.shape.join(" × ")} numbers and took ${Math.round(1000 * prediction.seconds.inference)} ms.`;
    this.dataset.classes = prediction.classes.map((each) => each.name.replaceAll(" ", "-")).join(" ");
  }

  /** @param {number} id @param {boolean} shown */
  toggleClass(id, shown) {
    if (shown) this.off.delete(id);
    else this.off.add(id);
    if (this.prediction) this.paint();
  }

  onAppearanceChange() {
    if (this.prediction) this.paint();
  }

  paint() {
    const { rows, columns, label_map, classes } = this.prediction;
    const table = colourLookup(classes, this.off);
    drawLabels(this.labelLayer, { row: 0, column: 0, rows, columns }, label_map, table, classAppearance.hatch(table, { rows, columns }));
  }
}
