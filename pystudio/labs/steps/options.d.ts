// Written by `build.py labs` from lab.toml.

export type Options = {
  /** The name that progress and reports know the exercise by. */
  id: string;
  /** What the exercise is called. */
  title: string;
  /** What to do. An empty line begins a paragraph; `code` and **strong** work as in Markdown. */
  text: string;
  /** Hints, shown one by one when the reader asks. */
  hints?: string[];
  /** The steps in the right order; the page mixes them. */
  steps: string[];
  /** What to tell somebody who has found the order. */
  explanation?: string;
  /** After so many tries the solution may be seen. */
  tries: number;
};
