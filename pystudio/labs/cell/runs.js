// Whose turn it is: Python runs one cell at a time. Tells the visitor when it is busy with a cell that is out of sight.
import { button, h } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";

/** Whoever waits longer than this (ms) wonders. */
const BUSY_NOTICE_DELAY_MS = 1200;

class Runs {
  constructor() {
    /** Cells that run or wait, the running one first. @type {any[]} */
    this.cells = [];
    this.count = 0;
    this.listeners = new Set();
    this.turns = new Map();
    /** Cells have worked something out in the Python that is there now. */
    this.begun = false;
    /** What cells had worked out went with an earlier Python, and the cells that ran since do not know. */
    this.lost = false;
    engine.on("state", (state) => state !== "ready" && this.#onRestart());
  }

  #onRestart() {
    this.lost ||= this.begun;
    this.begun = false;
  }

  get now() { return this.cells[0] ?? null; }

  /** @param {() => void} listener */
  on(listener) { this.listeners.add(listener); }

  /** @param {any} cell */
  has(cell) { return this.cells.includes(cell); }

  /** Wait until it is this cell's turn. @param {any} cell @returns {Promise<void>} */
  turn(cell) {
    this.cells.push(cell);
    this.count += 1;
    const turn = this.now === cell ? Promise.resolve() : new Promise((resolve) => this.turns.set(cell, resolve));
    this.#notify();
    return turn;
  }

  /** It does not want its turn any longer: what waits for it goes on at once. @param {any} cell */
  leave(cell) {
    const turn = this.turns.get(cell);
    this.turns.delete(cell);
    turn?.();
  }

  /** @param {any} cell */
  done(cell) {
    this.cells = this.cells.filter((each) => each !== cell);
    const next = this.turns.get(this.now);
    this.turns.delete(this.now);
    this.#notify();
    next?.();
  }

  #notify() { for (const listener of this.listeners) listener(); }
}

export const runs = new Runs();

/** A note at the foot of the window while Python is busy with a cell that cannot be seen, with a button to stop it. */
export function busyNote() {
  const stop = button({ label: "Stop", icon: "stop", onClick: () => runs.now?.stop() });
  const note = h("div", { class: "ps ps-cell-busy", role: "status", hidden: true }, h("span", null, "Python is busy with your cell."), stop);
  /** @type {number|undefined} */
  let timer;
  const update = () => {
    clearTimeout(timer);
    note.hidden = true;
    if (runs.now) timer = setTimeout(showIfHidden, BUSY_NOTICE_DELAY_MS);
  };
  const showIfHidden = () => {
    if (!note.isConnected) document.body.append(note);
    const bar = runs.now.querySelector(".ps-cell-bar").getBoundingClientRect();
    note.hidden = bar.bottom > 0 && bar.top < innerHeight;
    timer = setTimeout(showIfHidden, 500);
  };
  runs.on(update);
}
