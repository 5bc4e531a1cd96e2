// What is said when other bytes than the site's arrive in place of a file. Used by the page and by the engine's worker.

/** @param {string} path @returns {Error & {kind: string, remedy: string, damaged: string}} */
export const intruder = path => Object.assign(new Error(`Something else arrived in place of a file of the studio: ${path}.`), {
  kind: "engine",
  remedy: "A login page or a filter of this network may have answered, or the file is damaged. Open another page to see whether it asks you to sign in, then try again; what you did is kept.",
  damaged: path,
});
