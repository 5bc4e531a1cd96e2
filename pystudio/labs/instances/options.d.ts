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
  /** Two objects that touch are split where the way between them is narrower than this share of the narrower one. 0: never. */
  waist: number;
  /** Pieces of fewer pixels are left out as fragments. */
  least: number;
  /** What is drawn first. */
  view: "classes" | "things" | "panoptic";
};
