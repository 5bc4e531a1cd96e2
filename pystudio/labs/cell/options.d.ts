// Written by `build.py labs` from lab.toml.

export type Options = {
  /** A heading above the code. */
  title?: string;
  /** When it runs: when the reader asks for it, or also once when the page is ready. */
  run: "click" | "start";
  /** The photo to start with. Left out: the photo the page already shows. */
  photo?: string;
  /** A name for links to the cell. What a reader wrote stays with it when cells are moved about. */
  id?: string;
};
