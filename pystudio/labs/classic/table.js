// All methods on one photo, beside the network: run one after the other, sorted by what is clicked. A row opens its method.
import { button, h, integer, percent, announce, seconds } from "studio/dom/dom.js";

/** @typedef {import("studio/types/protocol").ClassicMethod} Method */
/** @typedef {{name: string, title: string, network?: boolean, time?: number, regions?: number, best?: number, union?: number, mask?: number,
 *   trouble?: string}} Row  a number that is not known is left out */

const COLUMNS = [
  { key: "title", words: "Method", ascending: true },
  { key: "best", words: "IoU, best region", ascending: false },
  { key: "union", words: "IoU, best union", ascending: false },
  { key: "mask", words: "IoU with your mask", ascending: false },
  { key: "regions", words: "Regions", ascending: true },
  { key: "time", words: "Time", ascending: true },
];

const INVITATION = "Each method runs on this photo, one after the other, with the parameters it has now. It can take a minute; the page stays usable.";

export class MethodTable {
  /**
   * @param {{run: (name: string, signal: AbortSignal) => Promise<Row>, network: () => Promise<Row>, open: (name: string) => void}} host
   *   run: one method, as a row; it rejects when stopped or when nothing more can be asked; network: the row to compare with
   */
  constructor(host) {
    this.host = host;
    /** @type {Method[]} */
    this.methods = [];
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.sorting = { key: "union", ascending: false };
    /** @type {AbortController|null} */
    this.running = null;
    this.#build();
  }

  #build() {
    this.start = button({ label: "Run them all", icon: "play", kind: "primary", onClick: () => this.runAll() });
    this.stop = button({ label: "Stop", icon: "close", onClick: () => this.cancel() });
    this.stop.hidden = true;
    this.fill = h("div", { class: "ps-bar-fill" });
    this.bar = h("div", { class: "ps-bar", role: "progressbar", "aria-label": "Running all methods", "aria-valuemin": 0, hidden: true }, this.fill);
    this.words = h("p", { class: "ps-hint" }, INVITATION);
    this.heads = COLUMNS.map(({ key, words }) => h("th", { scope: "col", dataset: { column: key } }, button({ label: words, kind: "quiet", onClick: () => this.sortBy(key) })));
    this.body = h("tbody");
    this.caption = h("caption");
    this.table = h("table", { class: "ps-scores ps-method-table" }, this.caption, h("thead", null, h("tr", null, this.heads)), this.body);
    this.frame = h("div", { class: "ps-table-frame", tabindex: "0", role: "group", "aria-label": "Table", hidden: true }, this.table);
    this.element = h("section", { class: "ps-all", role: "group", "aria-label": "All methods on this photo" },
      h("div", { class: "ps-toolbar" }, this.start, this.stop, this.words), this.bar, this.frame);
  }

  /** @param {Method[]} methods */
  show(methods) {
    this.methods = methods;
    this.clear();
  }

  /** Another photo: nothing is known of it. */
  clear() {
    this.cancel();
    this.running = null; // what was under way has nothing to say any more
    this.#busy(false);
    this.rows = new Map(this.methods.map(({ name, title }) => [name, { name, title }]));
    this.frame.hidden = true;
    this.words.textContent = INVITATION;
    this.comparedWith("");
    this.#draw();
  }

  /** @param {string} name of the class */
  comparedWith(name) {
    this.caption.textContent = name ? `All methods on this photo. IoU: with ${name} as the network sees it.` : "All methods on this photo.";
  }

  cancel() { this.running?.abort(); }

  async runAll() {
    const running = (this.running = new AbortController());
    this.#busy(true);
    this.frame.hidden = false;
    let done = 0;
    try {
      for (const { name, title } of this.methods) {
        this.#progress(done, `${done + 1} of ${this.methods.length}: ${title}…`);
        const row = await this.host.run(name, running.signal);
        if (running.signal.aborted) break;
        this.rows.set(name, row);
        done += 1;
        if (done === 1) await this.#compare(running.signal);
        this.#draw();
      }
      if (!running.signal.aborted) await this.#compare(running.signal);
    } catch { // the element has told why
    } finally {
      if (this.running === running) this.#ended(done);
    }
  }

  /** The network's row. @param {AbortSignal} signal */
  async #compare(signal) {
    const row = await this.host.network();
    if (signal.aborted) return;
    this.rows.set(row.name, row);
    this.#draw();
  }

  #ended(done) {
    this.running = null;
    this.#busy(false);
    const words = done === this.methods.length ? "All methods have run." : `Stopped after ${done} of ${this.methods.length}.`;
    this.words.textContent = words;
    announce(words);
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.start.hidden = busy;
    this.stop.hidden = this.bar.hidden = !busy;
  }

  /** @param {number} done @param {string} words */
  #progress(done, words) {
    this.words.textContent = words;
    this.fill.style.inlineSize = `${(100 * done) / this.methods.length}%`;
    this.bar.setAttribute("aria-valuemax", String(this.methods.length));
    this.bar.setAttribute("aria-valuenow", String(done));
    this.bar.setAttribute("aria-valuetext", words);
  }

  /** A second click turns the order around. @param {string} key */
  sortBy(key) {
    const { ascending } = COLUMNS.find((column) => column.key === key);
    this.sorting = { key, ascending: this.sorting.key === key ? !this.sorting.ascending : ascending };
    this.#draw();
  }

  #draw() {
    const { key, ascending } = this.sorting;
    for (const head of this.heads) {
      if (head.dataset.column === key) head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    const focused = document.activeElement?.closest?.("tr")?.dataset.method;
    this.body.replaceChildren(...[...this.rows.values()].sort(by(key, ascending)).map((row) => this.#row(row)));
    if (focused && this.element.contains(document.activeElement) === false) /** @type {HTMLElement|null} */ (this.body.querySelector(`[data-method="${focused}"] button`))?.focus({ preventScroll: true });
  }

  /** @param {Row} row */
  #row({ name, title, network, time, regions, best, union, mask, trouble }) {
    const head = h("th", { scope: "row" }, network ? h("span", { class: "ps-network-name" }, title) : button({ label: title, kind: "quiet", hint: "Open this method", onClick: () => this.host.open(name) }));
    if (trouble) return h("tr", { dataset: { method: name } }, head, h("td", { colspan: COLUMNS.length - 1, class: "ps-trouble" }, trouble));
    const cells = network ? [h("td", { colspan: 2, class: "ps-trouble" }, "the yardstick")] : [best, union].map((share) => iou(share));
    return h("tr", { dataset: { method: name }, class: network && "ps-network-row" }, head, cells, iou(mask),
      h("td", { class: "ps-figure" }, regions === undefined ? "–" : integer(regions)), h("td", { class: "ps-figure" }, time === undefined ? "–" : seconds(time)));
  }
}

/** @param {number|undefined} share */
function iou(share) {
  const bar = share !== undefined && h("span", { class: "ps-share", "aria-hidden": "true", style: { "--value": share } }, h("span", { class: "ps-share-fill" }));
  return h("td", { class: "ps-iou" }, percent(share), bar);
}

/** Order of rows; what is not known comes last either way. @param {string} key @param {boolean} ascending */
function by(key, ascending) {
  return (/** @type {Row} */ one, /** @type {Row} */ other) => {
    const [a, b] = [one[key], other[key]];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return ascending ? order : -order;
  };
}
