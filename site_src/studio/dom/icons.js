// The icons of the studio, drawn for it: 24-unit line drawings that take the colour of the text.

const SVG = "http://www.w3.org/2000/svg";

/** Outlines by name; "." before a path means that it is filled. */
const DRAWINGS = {
  photo: ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", ".M15.5 8.5m-1.4 0a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0"],
  mask: ["M4 5h16v14H4z", ".M4 19l6-9 4 5 2-2 4 6z"],
  overlay: ["M4 5h11v10H4z", "M9 9h11v10H9z", ".M9 9h6v6H9z"],
  swipe: ["M4 5h16v14H4z", "M12 3v18", ".M12 5h8v14h-8z"],
  file: ["M12 15V4", "M7.5 8.5L12 4l4.5 4.5", "M4 14v5a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-5"],
  paste: ["M8 5H5v15h14V5h-3", "M8 3.5h8v3.5H8z", "M8.5 12h7", "M8.5 16h5"],
  camera: ["M4 8h3.5L9 5.5h6L16.5 8H20v11H4z", "M12 13m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0"],
  save: ["M12 4v11", "M7.5 10.5L12 15l4.5-4.5", "M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"],
  plus: ["M12 5v14", "M5 12h14"],
  minus: ["M5 12h14"],
  fit: ["M4 9V4h5", "M20 9V4h-5", "M4 15v5h5", "M20 15v5h-5"],
  undo: ["M9 5L4.5 9.5 9 14", "M5 9.5h9a5.5 5.5 0 0 1 0 11h-3"],
  redo: ["M15 5l4.5 4.5L15 14", "M19 9.5h-9a5.5 5.5 0 0 0 0 11h3"],
  brush: ["M20 4L10.5 13.5", "M9 13c-2.5 0-3 2-3 3.5S5 19 4 19.5c3 1.2 8 .7 8-3.5z"],
  eraser: ["M14 5l6 6-8.5 8.5H8L4.5 16z", "M9 10l6 6", "M12 20h8"],
  lasso: ["M12 5c5 0 8 2.3 8 5s-3 5-8 5-8-2.3-8-5 3-5 8-5z", "M7 14.5c-1.5 1-1.5 3 0 3.5s1 2.5-1 3"],
  fill: ["M10 4l8.5 8.5-6.5 6.5a1.5 1.5 0 0 1-2 0L4.5 13.5a1.5 1.5 0 0 1 0-2z", "M4 12.5h14", ".M20.5 16c1.2 1.8 1.5 2.5 1.5 3.2a1.6 1.6 0 0 1-3.2 0c0-.7.5-1.4 1.7-3.2z"],
  hand: ["M8 12V6.5a1.5 1.5 0 0 1 3 0V11m0-5.5a1.5 1.5 0 0 1 3 0V11m0-3.5a1.5 1.5 0 0 1 3 0V14c0 4-2 6.5-5.5 6.5S7 18.5 5.5 16L4 13.5c-.7-1.4 1-2.4 2-1.3l2 2.3"],
  eye: ["M3 12c3-5 6-6.5 9-6.5s6 1.5 9 6.5c-3 5-6 6.5-9 6.5S6 17 3 12z", "M12 12m-2.7 0a2.7 2.7 0 1 0 5.4 0a2.7 2.7 0 1 0-5.4 0"],
  eye_off: ["M4 4l16 16", "M9 6c1-.4 2-.5 3-.5 3 0 6 1.5 9 6.5-.9 1.5-1.8 2.7-2.8 3.6", "M15.5 17.8c-1.2.5-2.3.7-3.5.7-3 0-6-1.5-9-6.5 1-1.7 2.1-3 3.2-4"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  retry: ["M19 12a7 7 0 1 1-2.1-5", "M17.5 3v4.5H13"],
  info: ["M12 12m-8.5 0a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0", "M12 11v5.5", ".M12 7.8m-1.1 0a1.1 1.1 0 1 0 2.2 0a1.1 1.1 0 1 0-2.2 0"],
  alert: ["M12 4l9 16H3z", "M12 10v4.5", ".M12 17.3m-1.1 0a1.1 1.1 0 1 0 2.2 0a1.1 1.1 0 1 0-2.2 0"],
  play: [".M8 5l11 7-11 7z"],
  stop: [".M7 7h10v10H7z"],
  restart: ["M12 3.5v7.5", "M7 7a7 7 0 1 0 10 0"],
  above: ["M12 20V9", "M7.5 13.5L12 9l4.5 4.5", "M5 4.5h14"],
  pause: [".M7 5h3.5v14H7z", ".M13.5 5H17v14h-3.5z"],
  seed: ["M12 12m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", "M12 3v5", "M12 16v5", "M3 12h5", "M16 12h5"],
  trash: ["M5 7h14", "M9 7V4.5h6V7", "M6.5 7l1 13h9l1-13", "M10.5 11v5.5", "M13.5 11v5.5"],
  wand: ["M4 20L14 10", "M17 3v4", "M15 5h4", "M19.5 12v3", "M18 13.5h3", "M9 4v3", "M7.5 5.5h3"],
  link: ["M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.5 1.5", "M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1.5-1.5"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  chevron: ["M7 10l5 5 5-5"],
  cutout: ["M12 5c3 0 4 2 4 4.5 0 1.5-.7 2.5-1.5 3.3 3 .8 5 2.7 5.5 6.2H4c.5-3.5 2.5-5.4 5.5-6.2C8.7 12 8 11 8 9.5 8 7 9 5 12 5z"],
  difference: ["M9.5 12m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0", "M14.5 12m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0"],
};

/**
 * A decorative icon: hidden from assistive technology, the control carries the words.
 * @param {keyof typeof DRAWINGS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "ps-icon", "aria-hidden": "true", focusable: "false" }))
    svg.setAttribute(key, value);
  for (const drawing of DRAWINGS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    const filled = drawing.startsWith(".");
    path.setAttribute("d", filled ? drawing.slice(1) : drawing);
    if (filled) path.setAttribute("class", "ps-icon-filled");
    svg.append(path);
  }
  return svg;
}
