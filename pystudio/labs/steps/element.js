// <studio-steps>: put steps into order, by dragging (mouse, touch) or with the buttons beside each.
import { button, h, icon, announce } from "studio/dom/dom.js";
import { inline, Task } from "studio/exercises/task.js";

/** @extends {Task<import("./options").Options>} */
export default class StudioSteps extends Task {
  build() {
    /** In the right order. @type {string[]} */
    this.right = this.options.steps;
    const shown = [...this.querySelectorAll(".ps-step")].map((row) => row.textContent ?? "");
    /** As the page shows them first. */
    this.first = [...this.right].sort((one, other) => shown.indexOf(plain(one)) - shown.indexOf(plain(other)));
    this.rows = new Map(this.right.map((step) => [step, this.row(step)]));
    this.list = h("ol", { class: "ps-steps" });
    this.arrange(this.first);
    return [this.list];
  }

  /** @param {string} step */
  row(step) {
    const up = button({ label: `Move up: ${plain(step)}`, icon: "chevron", iconOnly: true, kind: "quiet", class: "ps-step-up", onClick: () => this.move(step, -1) });
    const down = button({ label: `Move down: ${plain(step)}`, icon: "chevron", iconOnly: true, kind: "quiet", onClick: () => this.move(step, 1) });
    const grip = h("span", { class: "ps-step-grip", "aria-hidden": "true" });
    const row = h("li", { class: "ps-step", onpointerdown: (event) => this.drag(event, row) },
      grip, h("span", { class: "ps-step-words" }, ...inline(step)), h("span", { class: "ps-step-mark" }), h("span", { class: "ps-step-buttons" }, up, down));
    return row;
  }

  get order() {
    const step = new Map([...this.rows].map(([words, row]) => [row, words]));
    return /** @type {HTMLLIElement[]} */ ([...this.list.children]).map((row) => step.get(row) ?? "");
  }

  /** @param {string[]} order */
  arrange(order) {
    this.list.replaceChildren(...order.map((step) => /** @type {Node} */ (this.rows.get(step))));
    this.settle();
  }

  /** One place up or down. The neighbour moves, so that the focus stays where it is. @param {string} step @param {1|-1} by */
  move(step, by) {
    const row = this.rows.get(step);
    const neighbour = by < 0 ? row?.previousElementSibling : row?.nextElementSibling;
    if (!row || !neighbour) return announce(`${plain(step)} is ${by < 0 ? "first" : "last"} already.`);
    if (by < 0) row.after(neighbour);
    else row.before(neighbour);
    this.settle();
    this.changed();
    announce(`${plain(step)}: now step ${this.order.indexOf(step) + 1} of ${this.right.length}`);
  }

  /** Follow a finger or a mouse until it lets go. @param {PointerEvent} event @param {HTMLLIElement} row */
  drag(event, row) {
    const target = /** @type {Element} */ (event.target);
    if (event.button !== 0 || target.closest("button") || (event.pointerType === "touch" && !target.closest(".ps-step-grip"))) return;
    event.preventDefault();
    row.classList.add("ps-step-held");
    const before = this.order.join();
    const done = new AbortController();
    const follow = (moved) => {
      if (moved.pointerId !== event.pointerId) return;
      const { previousElementSibling: above, nextElementSibling: below } = row;
      if (above && moved.clientY < middle(above)) row.after(above);
      else if (below && moved.clientY > middle(below)) row.before(below);
      this.settle();
    };
    const leave = (ended) => {
      if (ended.pointerId !== event.pointerId) return;
      done.abort();
      row.classList.remove("ps-step-held");
      if (this.order.join() !== before) this.changed();
    };
    document.addEventListener("pointermove", follow, { signal: done.signal });
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, leave, { signal: done.signal });
  }

  /** Marks are out of date when something moved. */
  settle() {
    for (const row of this.rows.values()) delete row.dataset.mark;
    for (const mark of this.list.querySelectorAll(".ps-step-mark")) mark.replaceChildren();
  }

  get state() { return this.order.map((step) => this.right.indexOf(step)); }

  restore(state) {
    const good = Array.isArray(state) && state.length === this.right.length && this.right.every((_, index) => state.includes(index));
    this.arrange(good ? state.map((index) => this.right[index]) : this.first);
  }

  get answer() { return this.order.map((step, index) => `${index + 1}. ${step}`).join("\n"); }

  async grade() {
    const { order } = this;
    const good = order.filter((step, index) => step === this.right[index]);
    for (const step of good) this.mark(step);
    const passed = good.length === this.right.length;
    const message = passed ? (this.options.explanation ?? "Every step is at its place.") : `At their place: ${good.length} of ${this.right.length} steps${good.length ? ", marked with a tick" : ""}. Move the others.`;
    return { passed, score: good.length / this.right.length, message };
  }

  /** @param {string} step which is at its place */
  mark(step) {
    const row = this.rows.get(step);
    if (!row) return;
    row.dataset.mark = "right";
    row.querySelector(".ps-step-mark")?.replaceChildren(icon("check"), h("span", { class: "ps-sr" }, "at its place"));
  }

  solution() {
    return [h("ol", { class: "ps-solution-steps" }, this.right.map((step) => h("li", null, ...inline(step))))];
  }
}

/** @param {Element} row */
function middle(row) {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
}

/** Without the signs of Markdown. @param {string} step */
function plain(step) {
  return step.trim().replace(/\s+/g, " ").replace(/`([^`]+)`/g, "$1").replace(/\*\*([^*]+)\*\*/g, "$1");
}
