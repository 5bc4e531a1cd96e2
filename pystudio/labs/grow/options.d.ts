// Written by `build.py labs` from lab.toml.

export type Options = {
  /** A heading inside the element. */
  title?: string;
  /** The photo to start with. Left out: the photo the page already shows. */
  photo?: string;
  /** The network that labels the photo. */
  network: string;
  /** Height of the picture in CSS pixels. Left out: it follows the photo. */
  height?: number;
  /** How far a colour may be from the reference to belong (distance in RGB). */
  tolerance: number;
  /** Compare with the colour of the seed, or with the mean of the region so far. */
  reference: "seed" | "mean";
  /** Neighbours of a pixel: 4 (sides) or 8 (corners as well). */
  neighbours: 4 | 8;
  /** Grow from this pixel at once. */
  seed?: [number, number];
  /** Show the region spreading, wave after wave. */
  watch: boolean;
};
