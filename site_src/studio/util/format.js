// Numbers as a person reads them. Nothing here knows of the page or of segmentation.

const THIN = "\u202f"; // narrow no-break space: groups digits without ending a line

/**
 * 1234567 -> "1 234 567" (narrow no-break spaces).
 * @param {number} value
 */
export function integer(value) {
  const digits = Math.abs(Math.round(value)).toString();
  return (value < 0 ? "−" : "") + digits.replace(/\B(?=(\d{3})+$)/g, THIN);
}

/**
 * 0.3721 -> "37.2%"; null or NaN (undefined, such as the IoU of an absent class) -> "–".
 * @param {number|null|undefined} share between 0 and 1
 */
export function percent(share, digits = 1) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const least = 10 ** -digits;
  if (share > 0 && share * 100 < least) return `<${least.toFixed(digits)}%`;
  return `${(share * 100).toFixed(digits)}%`;
}

/**
 * 3145728 -> "3.1 MB".
 * @param {number} count
 */
export function bytes(count) {
  if (count < 1000) return `${count}${THIN}bytes`;
  if (count < 1e6) return `${Math.round(count / 1e3)}${THIN}kB`;
  return `${(count / 1e6).toFixed(1)}${THIN}MB`;
}

/**
 * 0.326 -> "326 ms"; 1.172 -> "1.17 s".
 * @param {number} value in seconds
 */
export function seconds(value) {
  if (value < 1) return `${Math.round(value * 1000)}${THIN}ms`;
  return `${value.toFixed(value < 10 ? 2 : 1)}${THIN}s`;
}

/**
 * [1, 3, 385, 513] -> "1 × 3 × 385 × 513".
 * @param {readonly number[]} shape
 */
export function dimensions(shape) {
  return shape.map(integer).join(" × ");
}
