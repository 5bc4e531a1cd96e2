// What a remembered value has to be like before it is used: it may have come with a link that anybody wrote. For store.setting().

/** A number from `low` to `high`. @param {number} low @param {number} high @returns {(value: unknown) => boolean} */
export function within(low, high) {
  return (value) => typeof value === "number" && value >= low && value <= high;
}

/** One of these. @param {readonly unknown[]} allowed @returns {(value: unknown) => boolean} */
export function oneOf(allowed) {
  return (value) => allowed.includes(value);
}

/** @param {unknown} value */
export function isSwitch(value) {
  return typeof value === "boolean";
}
