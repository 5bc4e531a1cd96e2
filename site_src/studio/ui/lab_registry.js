// The labs of this page. The page links one script for each of them, after the studio's own; here they say that they have come.

/**
 * A lab: the class is the default export of its element.js, the rest stands in its lab.toml. A lab with startsEngine false (an exercise, the report)
 * needs no engine, or only when its work does.
 * @typedef {import("./options.js").Schema} Schema
 * @typedef {{tag: string, startsEngine: boolean, schema: Schema, element: CustomElementConstructor & {schema?: Schema}}} LabEntry
 */

/** @type {LabEntry[]} */
const labs = [];

/** What a lab's script ends with. @param {LabEntry} lab */
export function addLab(lab) {
  labs.push(lab);
}

/** The labs of the page, when all its scripts have run. @returns {Promise<LabEntry[]>} */
export async function arrivedLabs() {
  if (document.readyState === "loading") await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve, { once: true }));
  return labs;
}
