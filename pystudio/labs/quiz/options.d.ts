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
  /** The answers to choose from. Where several are right, all of them are wanted. */
  choices: { answer: string; why: string; right?: boolean }[];
  /** After so many tries the solution may be seen. */
  tries: number;
};
