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
  /** The set-up to begin with. */
  preset: "background" | "superset" | "wire" | "average" | "stray";
  /** Draw the grades against the strength of the step that was touched last. */
  curve: boolean;
};
