// The patterns that tell classes apart without colour: which strokes a class has, and which pixels they cover.

/** Strokes of the patterns: falling, rising, level, upright, crossed, crossed aslant, dots. */
const KINDS = 7;

/** Which of the patterns a class has, and how coarse: classes with near ids differ in it. @param {number} label */
export function patternOf(label) {
  return { kind: (label + KINDS - 1) % KINDS, times: 1 + 0.6 * (Math.floor((label + KINDS - 1) / KINDS) - 1) };
}

/** Whether a stroke of a class's pattern covers a pixel. @param {number} label @param {number} row @param {number} column @param {number} unit */
export function stroked(label, row, column, unit) {
  const { kind, times } = patternOf(label);
  const period = Math.round(unit * times), width = Math.max(1, Math.round(unit / 5));
  const level = row % period < width, upright = column % period < width;
  const rising = (row + column) % period < width, falling = (row + period * 4096 - column) % period < width;
  if (kind === 6) return row % period < 2 * width && column % period < 2 * width;
  return [falling, rising, level, upright, level || upright, falling || rising][kind];
}
