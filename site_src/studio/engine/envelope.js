// The shape of what the engine's worker may say. Readers' code runs in that worker and can post anything: what has another shape is ignored.

const isText = (/** @type {any} */ value) => typeof value === "string";
const isTextOrNone = (/** @type {any} */ value) => value === null || value === undefined || isText(value);
const isObject = (/** @type {any} */ value) => typeof value === "object" && value !== null;
const isStep = (/** @type {any} */ step) => isObject(step) && isText(step.step) && isText(step.title) && Number.isFinite(step.done) && Number.isFinite(step.total);
const isFailure = (/** @type {any} */ error) => isObject(error) && [error.kind, error.message, error.remedy].every(isText);

/** @typedef {import("studio/types/protocol").FromWorker} FromWorker */

/** @type {Record<Exclude<FromWorker["event"], "answer"|undefined>, (message: any) => boolean>} */
const EVENTS = {
  boot: ({ steps }) => Array.isArray(steps) && steps.every(isStep),
  ready: ({ startedFrom }) => startedFrom === "snapshot" || startedFrom === "files",
  dead: ({ message, remedy, damaged }) => isText(message) && isText(remedy) && isTextOrNone(damaged),
  damaged: ({ file }) => isText(file),
  stall: ({ file }) => isTextOrNone(file),
  fatal: ({ cause }) => isTextOrNone(cause),
  output: ({ key, output }) => isText(key) && isObject(output) && isText(output.kind),
  stop: ({ port }) => port instanceof MessagePort,
};

/** @param {any} message @returns {message is FromWorker} */
export function isWellFormed(message) {
  if (!isObject(message)) return false;
  if (message.event !== undefined) return Object.hasOwn(EVENTS, message.event) && EVENTS[/** @type {keyof typeof EVENTS} */ (message.event)](message);
  if (!Number.isInteger(message.id)) return false;
  if (message.error !== undefined) return isFailure(message.error);
  return message.progress === undefined || isStep(message.progress);
}
