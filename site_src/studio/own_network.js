// <studio-own-network>: an ONNX file of the visitor's becomes a network like the others. This file takes the file and shows what comes of it.
import { bytes, button, h, integer, say } from "./dom.js";
import { engine } from "./engine.js";
import { Legend, palette } from "./legend.js";
import { looks } from "./looks.js";
import { addOwn, onOwnNetworks, ownNetworks, removeOwn } from "./own_networks.js";
import { OwnForm } from "./own_network_form.js";
import { problem } from "./problem.js";
import { drawLabels } from "./raster.js";
import { StudioElement } from "./shell.js";
import { store } from "./store.js";
import { View } from "./view.js";

/** As in pystudio.networks.user_network. */
const MOST_BYTES = 200_000_000;
const BACKGROUND = 0;

export class StudioOwnNetwork extends StudioElement {
  build() {
    this.off = new Set([BACKGROUND]);
    this.shown = "";
    this.input = h("input", { type: "file", accept: ".onnx", class: "ps-sr", tabindex: "-1", "aria-label": "ONNX file", onchange: () => this.chosen() });
    this.zone = h("div", { class: "ps-own-zone" }, button({ label: "Choose an ONNX file", icon: "file", kind: "primary", onClick: () => this.input.click() }), this.input,
      h("p", { class: "ps-hint" }, "or drop one on this page. It is opened in your browser; nothing of it leaves this device."));
    this.told = h("p", { class: "ps-own-told", role: "status" });
    this.place = h("div", { class: "ps-own-place" });
    this.list = h("ul", { class: "ps-own-list", "aria-label": "Networks you brought" });
    this.view = new View({ label: "The photo, labelled by your network" });
    this.photoLayer = this.view.layer("photo");
    this.labelLayer = this.view.layer("labels");
    this.labelLayer.canvas.style.opacity = "0.6";
    this.legend = new Legend((id, shown) => this.turn(id, shown));
    this.facts = h("p", { class: "ps-hint ps-own-facts" });
    this.view.overlay.append(h("div", { class: "ps-working", "aria-hidden": "true" }), this.bootPanel());
    this.acceptFiles();
    onOwnNetworks(() => this.showList());
    store.on("reopened", () => this.label());
    this.showList();
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-own-top" }, this.zone, this.told, this.place, this.list),
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
      this.take(file);
    }, true);
    this.zone.addEventListener("dragover", (event) => event.preventDefault());
  }

  chosen() {
    const [file] = this.input.files ?? [];
    this.input.value = "";
    if (file) this.take(file);
  }

  /** @param {File} file */
  async take(file) {
    this.clearTrouble();
    this.place.replaceChildren();
    this.told.textContent = `Reading ${file.name} (${bytes(file.size)}) …`;
    const ticket = (this.ticket = {}), read = await this.work(this.header(file));
    if (ticket !== this.ticket) return; // another file came meanwhile
    if (!read) return (this.told.textContent = "");
    this.told.textContent = `${file.name}: ${read.summary}`;
    this.ask(file, read);
  }

  /** @param {File} file */
  async header(file) {
    if (file.size > MOST_BYTES) throw problem(`“${file.name}” has ${bytes(file.size)}, more than the ${integer(MOST_BYTES / 1e6)} MB that fit here.`, "Bring a smaller network.");
    const model = await file.arrayBuffer().catch(() => null);
    if (!model) throw problem(`“${file.name}” could not be read from the disk.`, "Check that it still exists and may be read.");
    return engine.call("own.read", { model }, { transfer: [model] });
  }

  /** @param {File} file @param {import("./protocol").OwnRead} read */
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
    this.clearTrouble();
    const added = await this.work(addOwn(form.recipe, file));
    if (!added) return;
    const words = `${form.recipe.title} is now offered wherever a network can be chosen.`;
    this.told.textContent = added.kept ? words : `${words} This browser keeps nothing, so bring it again next time.`;
    say(this.told.textContent);
    this.pick(added.name);
  }

  showList() {
    this.list.replaceChildren(...ownNetworks().map(({ name, recipe, file }) => h("li", null, h("strong", null, recipe.title), ` ${bytes(file.size)}, ${recipe.labels.length} classes `,
      button({ label: "Show", pressed: this.shown === name, onClick: () => this.pick(name) }),
      button({ label: `Remove ${recipe.title}`, icon: "trash", iconOnly: true, kind: "quiet", onClick: () => this.drop(name) }))));
    this.list.hidden = !ownNetworks().length;
  }

  /** @param {string} name */
  async drop(name) {
    if (this.shown === name) this.shown = "";
    await removeOwn(name);
    if (!this.shown) this.clear();
  }

  /** @param {string} name */
  pick(name) {
    this.shown = name;
    this.off = new Set([BACKGROUND]);
    this.showList();
    this.label();
  }

  /** @param {import("./store.js").Photo} photo */
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
  turn(id, shown) {
    if (shown) this.off.delete(id);
    else this.off.add(id);
    if (this.prediction) this.paint();
  }

  onLooks() {
    if (this.prediction) this.paint();
  }

  paint() {
    const { rows, columns, label_map, classes } = this.prediction;
    const table = palette(classes, this.off);
    drawLabels(this.labelLayer, { row: 0, column: 0, rows, columns }, label_map, table, looks.hatch(table, { rows, columns }));
  }
}
