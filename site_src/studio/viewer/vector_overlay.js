// Sharp marks over a View: rings, paths and a seed, given in the image frame, drawn by the browser at any zoom. Touching one costs nothing
// of the picture, since none of its pixels are redrawn.

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string|number>} attributes @param {...Node} children */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** A dark line with a light one on it: seen on every photo. @param {string} tag */
function pair(tag) {
  return [svg(tag, { class: "ps-mark-dark" }), svg(tag, { class: "ps-mark-light" })];
}

export class VectorOverlay {
  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    this.ringShapes = pair("circle");
    this.pathShapes = pair("polyline");
    this.scaled = svg("g", {}, ...this.ringShapes, ...this.pathShapes);
    this.seedShape = svg("g", { class: "ps-mark-seed" },
      ...pair("path").map((path) => (path.setAttribute("d", "M-14 0h9M5 0h9M0-14v9M0 5v9"), path)));
    this.element = svg("svg", { class: "ps-marks", "aria-hidden": "true" }, this.scaled, this.seedShape);
    view.overlay.append(this.element);
    view.on("transform", () => this.follow());
    this.ring(null);
    this.path([]);
    this.seed(null);
    this.follow();
  }

  /** Follow zoom and pan. */
  follow() {
    const { x, y } = this.view.toScreen(0, 0);
    const { scale } = this.view;
    this.scaled.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    if (this.seedAt) this.seed(this.seedAt);
  }

  /** The outline of the brush at its true size. @param {{row: number, column: number, radius: number}|null} at */
  ring(at) {
    for (const circle of this.ringShapes) {
      circle.style.display = at ? "" : "none";
      if (!at) continue;
      circle.setAttribute("cx", String(at.column));
      circle.setAttribute("cy", String(at.row));
      circle.setAttribute("r", String(at.radius));
    }
  }

  /** An open path, such as a lasso on its way. @param {[number, number][]} points (row, column) */
  path(points) {
    const text = points.map(([row, column]) => `${column.toFixed(1)},${row.toFixed(1)}`).join(" ");
    for (const line of this.pathShapes) line.setAttribute("points", text);
  }

  /** The seed of a region, the same size at every zoom. @param {{row: number, column: number}|null} at */
  seed(at) {
    this.seedAt = at;
    this.seedShape.style.display = at ? "" : "none";
    if (!at) return;
    const { x, y } = this.view.toScreen(at.row, at.column);
    this.seedShape.setAttribute("transform", `translate(${x} ${y})`);
  }
}
