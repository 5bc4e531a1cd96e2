// Written by `build.py labs` from lab.toml.

export type Options = {
  /** A heading inside the element. */
  title?: string;
};
