// What the mask is graded against: the network's output, or a label picture that the visitor brings. Python reads the picture and judges it;
// when it refuses one, the truth before it stays.
import { button, h } from "studio/dom/dom.js";
import { copyOf } from "studio/photo/photo.js";
import { store } from "studio/state/store.js";

const NONE = "Nothing to grade against yet.";

export class TruthChoice {
  /**
   * @param {{network: string, own?: {photo: string, file: File}|null, host: import("studio/ui/lab.js").Lab & {opened: boolean}, settled: () => Promise<unknown>,
   *          graded: (reply: {scores: any, difference: Uint8Array}) => void, waiting: (words: string) => void}} options
   *   settled: resolves when no stroke is under way; own: the label picture that the page has for a photo; graded: a truth is set; waiting: why there are no scores yet, or "".
   */
  constructor({ network, own = null, host, settled, graded, waiting }) {
    this.network = network;
    this.own = own;
    this.host = host;
    this.settled = settled;
    this.graded = graded;
    this.waiting = waiting;
    /** @type {File|null} the label picture in use; null: the network */
    this.file = null;
    this.set = false;
    /** Of the truth that was chosen last. */
    this.ticket = {};
    this.near = false;
    this.input = h("input", { type: "file", accept: "image/png,.png", hidden: true, onchange: () => this.readPicture() });
    this.name = h("span", { class: "ps-truth-name" }, NONE);
    this.back = button({ label: "Use the network’s output", icon: "retry", kind: "quiet", onClick: () => this.useNetwork() });
    this.load = button({ label: "Load a label PNG", icon: "file", kind: "quiet", hint: "A palette, grey or colour PNG with the 21 VOC classes, as large as the photo",
      onClick: () => this.input.click() });
    this.element = h("div", { class: "ps-truth", role: "group", "aria-label": "Truth" },
      h("p", { class: "ps-truth-line" }, h("span", { class: "ps-truth-title" }, "Truth: "), this.name), this.load, this.back, this.input);
    this.observe(host);
    this.notify();
  }

  /** The network is not asked before the visitor comes near. @param {HTMLElement} host */
  observe(host) {
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      this.near = true;
      this.ready();
    }, { rootMargin: "300px" });
    watch.observe(host);
  }

  /** Another photo: its truth is not known. */
  reset() {
    this.file = null;
    this.set = false;
    this.ticket = {};
    this.notify();
  }

  /** The engine has the photo: grade against the network once the element is in sight. */
  ready() {
    if (!this.near || !this.host.opened || this.set) return;
    if (this.own && store.photo?.key === `name:${this.own.photo}`) this.usePicture(this.own.file);
    else this.useNetwork();
  }

  /** The engine has started anew and forgotten the truth. */
  again() {
    if (!this.set) return this.ready();
    if (this.file) this.usePicture(this.file);
    else this.useNetwork();
  }

  async readPicture() {
    const [file] = this.input.files ?? [];
    this.input.value = "";
    if (!file) return;
    const { photo } = store;
    const copy = await this.host.work(copyOf(file));
    if (!copy) this.host.alert.scrollIntoView({ block: "nearest" });
    else if (photo === store.photo) this.usePicture(copy);
  }

  useNetwork() {
    const { network } = this;
    return this.grade(null, "The network labels the photo: its output is the truth here…", async () => {
      await store.predict(network);
      return { args: { source: "network", network }, transfer: [] };
    });
  }

  /** @param {File} file */
  usePicture(file) {
    return this.grade(file, `Reading ${file.name}…`, async () => {
      const bytes = await file.arrayBuffer();
      return { args: { source: "png", bytes, name: file.name }, transfer: [bytes] };
    });
  }

  /** @param {File|null} file @param {string} words @param {() => Promise<{args: any, transfer: Transferable[]}>} prepare */
  async grade(file, words, prepare) {
    if (!this.set) this.waiting(words);
    const ticket = (this.ticket = {});
    const reply = await this.host.work(this.ask(prepare, ticket));
    if (reply === null) return;
    if (reply) {
      this.file = file;
      this.set = true;
      this.graded(reply);
    } else {
      this.host.alert.scrollIntoView({ block: "nearest" });
      if (file && !this.set && ticket === this.ticket) return this.useNetwork(); // whose answer was not waited for
    }
    this.notify();
  }

  /** The grades; null when another truth was chosen while this one was prepared. @param {() => Promise<{args: any, transfer: Transferable[]}>} prepare @param {object} ticket */
  async ask(prepare, ticket) {
    const { args, transfer } = await prepare();
    await this.settled();
    if (ticket !== this.ticket) return null;
    return store.call("paint.truth", args, { transfer });
  }

  notify() {
    const words = this.file ? this.file.name : "the network’s output";
    this.name.textContent = this.set ? words : NONE;
    this.back.hidden = this.set && !this.file;
    this.waiting(this.set ? "" : "Scores appear as soon as there is something to grade against.");
  }
}
