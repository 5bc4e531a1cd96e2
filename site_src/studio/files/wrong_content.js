// What is said when other bytes than the site's arrive in place of a file. Used by the page and by the engine's worker.

/** @param {string} path @param {import("studio/types/shared").Remedies} remedies @returns {Error & {kind: string, remedy: string, damaged: string}} */
export const wrongContent = (path, { wrong }) => Object.assign(new Error(`Something else arrived in place of a file of the studio: ${path}.`), {
  kind: "engine",
  remedy: wrong,
  damaged: path,
});
