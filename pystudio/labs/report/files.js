// The two files of a report: a JSON record (read by pystudio/exercises/reports.py) and a page that stands alone, without scripts.

/**
 * @typedef {{id: string, title: string, kind: string, page: string, state: "new"|"tried"|"done", tries: number, best: number|null, seconds: number,
 *   hints: number, solution: boolean, answer: string}} ReportTask
 * @typedef {{format: string, version: number, site: string, name: string, saved: string, tasks: ReportTask[], checksum: string}} Report
 * @typedef {import("./element.js").KnownTask & {progress: import("studio/exercises/progress.js").Progress}} TaskWithProgress
 */

/**
 * @param {{site: string, name: string, tasks: TaskWithProgress[]}} given
 * @returns {Report}
 */
export function reportJson({ site, name, tasks }) {
  const report = {
    format: "pystudio-report", version: 1, site: toWellFormed(site), name: toWellFormed(name), saved: `${new Date().toISOString().slice(0, 19)}Z`,
    tasks: tasks.map(({ id, title, kind, page, progress }) => record({ id, title: toWellFormed(title), kind, page }, progress)),
  };
  return { ...report, checksum: checksum(report) };
}

/** @returns {ReportTask} */
function record(known, { done, tries, best, seconds, hints, solution, answer }) {
  const score = best === null ? null : Math.floor(best * 1e4) / 1e4; // few digits, so that every language writes the number alike
  return { ...known, state: done ? "done" : tries ? "tried" : "new", tries, best: score, seconds, hints, solution, answer: toWellFormed(answer) };
}

/** Half of a surrogate pair is no text that can be written to a file. @param {string} text */
function toWellFormed(text) {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
}

/** CRC-32 of the compact JSON with sorted keys: finds accidents, and is no protection against anybody. @param {any} report */
export function checksum(report) {
  let crc = -1;
  for (const byte of new TextEncoder().encode(sorted(report))) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

/** @param {any} value @returns {string} */
function sorted(value) {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${sorted(value[key])}`).join(",")}}`;
}

const STYLE = `
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1c2b30; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; } p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; } th, td { padding: .4rem .6rem; border-bottom: 1px solid #cfd8d8; text-align: left; vertical-align: top; }
pre { padding: .8rem; background: #f1f5f4; border-radius: 6px; font: 14px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.note { color: #4d5f65; font-size: .9rem; }
@media print { body { margin: 0; max-width: none; } section { break-inside: avoid; } }
`;

/** A page that needs nothing else: no script, no file, no network. Every text is put in as text. @param {Report} report */
export function reportPage(report) {
  const page = document.implementation.createHTMLDocument(`Report of ${report.name}`);
  const make = (tag, text = "", ...children) => {
    const element = page.createElement(tag);
    element.append(...(text ? [text] : []), ...children);
    return element;
  };
  page.documentElement.lang = "en";
  const charset = make("meta");
  charset.setAttribute("charset", "utf-8");
  const policy = make("meta");
  policy.setAttribute("http-equiv", "Content-Security-Policy");
  policy.setAttribute("content", "default-src 'none'; style-src 'unsafe-inline'");
  page.head.prepend(charset, policy);
  page.head.append(make("style", STYLE));
  const done = report.tasks.filter(({ state }) => state === "done").length;
  const row = (cell, texts) => make("tr", "", ...texts.map((text) => make(cell, text)));
  const rows = report.tasks.map((task) => row("td", [task.title, words(task), triesWords(task.tries), percentWords(task.best), timeWords(task.seconds)]));
  const note = make("p", `Saved on ${report.saved.slice(0, 10)} from ${report.site}. Checksum ${report.checksum}: it finds accidents, and cannot show who did the work.`);
  note.className = "note";
  page.body.append(make("h1", report.name), make("p", `${done} of ${report.tasks.length} exercises done`), note,
    make("table", "", make("thead", "", row("th", ["Exercise", "State", "Tries", "Best", "Time"])), make("tbody", "", ...rows)),
    ...report.tasks.filter(({ answer }) => answer).map((task) => make("section", "", make("h2", task.title), make("pre", task.answer))));
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}

/** @param {ReportTask} task */
function words({ state, tries, answer, hints, solution }) {
  const notes = [hints && `${hints} hint${hints > 1 ? "s" : ""}`, solution && "solution seen"].filter(Boolean);
  return [stateWords({ done: state === "done", tries, work: answer || null }), ...notes].join(", ");
}

/** @param {{done: boolean, tries: number, work: any}} progress */
export function stateWords({ done, tries, work }) {
  return done ? "Done" : tries || work !== null ? "Begun" : "Not begun";
}

/** @param {number} tries none is no number to be read as a result */
export function triesWords(tries) {
  return tries ? String(tries) : "–";
}

/** @param {number|null} share rounded down: 89.9% of a goal of 90% is not 90% */
export function percentWords(share) {
  return share === null ? "–" : `${Math.floor(share * 100)}%`;
}

/** @param {number} seconds */
export function timeWords(seconds) {
  return seconds ? (seconds < 60 ? "under 1 min" : `${Math.round(seconds / 60)} min`) : "–";
}
