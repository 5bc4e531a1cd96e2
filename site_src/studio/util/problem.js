// The one shape of an error that a visitor may read: a sentence of what was wrong and a sentence of what to do.

/**
 * @param {string} message what was wrong, one plain sentence
 * @param {string} [remedy] what to do, one plain sentence
 * @param {"input"|"memory"|"cancelled"|"internal"|"engine"} [kind]
 * @returns {Error & {kind: string, remedy: string}}
 */
export function problem(message, remedy = "", kind = "input") {
  return Object.assign(new Error(message), { kind, remedy });
}
