// What a lesson's block says to its element: the attributes that the fence has written, read by the types that the lab's lab.toml declares.

/**
 * @typedef {{type: "string"|"number"|"boolean"|"list", default?: any, allowed?: (string|number)[], low?: number, high?: number}} Option
 * @typedef {Record<string, Option>} Schema  by the option's name
 */

/** @type {Record<Option["type"], (text: string) => any>} undefined where the text is no such value */
const READERS = {
  string: (text) => text,
  number: (text) => (text.trim() && Number.isFinite(Number(text)) ? Number(text) : undefined),
  boolean: (text) => ({ true: true, false: false })[text],
  list: (text) => /^\[.*\]$/s.test(text) ? JSON.parse(text) : undefined,
};

/**
 * The options of an element, defaults filled in. An option without default that is not given is absent.
 * @param {Element} element @param {Schema} schema @returns {Record<string, any>}
 */
export function readOptions(element, schema) {
  const read = Object.entries(schema).map(([name, option]) => {
    const text = element.getAttribute(`data-${name}`);
    if (text === null) return [name, option.default];
    const value = READERS[option.type](text);
    if (value === undefined) throw new TypeError(`<${element.localName} data-${name}="${text}">: this has to be a ${option.type}.`);
    return [name, value];
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** Whether a value, remembered or from a link, may stand for an option. @param {Option} option @returns {(value: unknown) => boolean} */
export function isOption({ type, allowed, low = -Infinity, high = Infinity }) {
  if (allowed) return (value) => allowed.includes(/** @type {any} */ (value));
  return (value) => typeof value === type && (typeof value !== "number" || (value >= low && value <= high));
}
