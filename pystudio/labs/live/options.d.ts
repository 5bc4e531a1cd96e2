// Written by `build.py labs` from lab.toml.

export type Options = {
  /** A heading inside the element. */
  title?: string;
  /** The network that labels the film. */
  network: string;
  /** What is done with the film at first. */
  look: "mask" | "blur" | "colour" | "picture" | "cutout";
};
