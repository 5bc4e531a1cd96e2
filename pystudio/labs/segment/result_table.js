// The table of what happened to the photo, and two numbers: the decisions, one a pixel, and the scores that the network gave for them.
import { dimensions, h, integer, seconds } from "studio/dom/dom.js";

const STATUS = { loading: "starting", running: "the network is at work", ready: "ready", error: "stopped" };
const ROWS = { status: "Status", input: "Input type", mode: "Mode", output: "Output type", classes: "Number of classes", active: "Active labels", time: "Inference time" };

export class ResultTable {
  constructor() {
    this.cells = Object.fromEntries(Object.keys(ROWS).map((key) => [key, h("dd", { dataset: { fact: key } }, "–")]));
    this.element = h("section", { class: "ps-factbox", role: "group", "aria-label": "What the network did" },
      h("dl", { class: "ps-facts" }, Object.entries(ROWS).map(([key, words]) => h("div", null, h("dt", null, words), this.cells[key]))));
    this.number = h("output", { class: "ps-number-big", dataset: { fact: "predictions" } }, "–");
    this.arithmetic = h("span", { class: "ps-number-sum" }, "rows × columns");
    this.scores = h("output", { dataset: { fact: "scores" } }, "–");
    this.grid = h("span", null, "classes × rows × columns of its grid");
    this.big = h("section", { class: "ps-number" }, h("span", { class: "ps-number-words" }, "Decisions: one label for each pixel"), this.number, this.arithmetic,
      h("span", { class: "ps-number-sum" }, "Scores from the network: ", this.scores), h("span", { class: "ps-number-sum" }, this.grid));
  }

  /** @param {string} state the element's data-state */
  status(state) {
    this.cells.status.textContent = STATUS[state] ?? state;
    this.cells.status.dataset.state = state;
  }

  /** @param {string[]} names of the classes that are switched on */
  active(names) {
    this.cells.active.textContent = names.join(", ") || "none";
  }

  /** @param {import("studio/state/store.js").Prediction} prediction */
  show({ input, mode, output, n_classes, seconds: spent, predictions, scores, rows, columns }) {
    this.cells.input.replaceChildren(...tensor(input));
    this.cells.mode.textContent = mode;
    this.cells.output.replaceChildren(...tensor(output));
    this.cells.classes.textContent = integer(n_classes);
    this.cells.time.textContent = seconds(spent.inference);
    this.cells.time.title = `preparing ${seconds(spent.prepare)}, network ${seconds(spent.inference)}, labels ${seconds(spent.decode)}`;
    this.number.textContent = integer(predictions);
    this.arithmetic.textContent = `${integer(rows)} rows × ${integer(columns)} columns`;
    this.scores.textContent = integer(scores);
    this.grid.textContent = `${dimensions(output.shape.slice(1))}: ${output.shape[1] === 1 ? "one" : integer(output.shape[1])} for each point of its grid`;
  }

  /** Nothing is known of this photo yet. */
  clear() {
    for (const [key, cell] of Object.entries(this.cells)) if (key !== "status") cell.textContent = "–";
    this.number.textContent = this.scores.textContent = "–";
    this.arithmetic.textContent = "rows × columns";
    this.grid.textContent = "classes × rows × columns of its grid";
  }
}

/** @param {{type: string, shape: number[]}} shown */
function tensor({ type, shape }) {
  return [h("span", null, type), " ", h("small", null, dimensions(shape))];
}
