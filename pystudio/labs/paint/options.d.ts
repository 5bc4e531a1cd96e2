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
  /** The class in hand at the start. Left out: the largest class in the photo. */
  label?: string;
  /** Width of the brush in pixels of the photo. Left out: it suits the photo. */
  size?: number;
  /** What the mask is compared with at the start: the network's answer, or a label PNG of yours for the photo named here. */
  truth: string;
  /** An IoU to reach, as a goal for the visitor. */
  target?: number;
};
