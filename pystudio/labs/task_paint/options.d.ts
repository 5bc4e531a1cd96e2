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
  /** The photo to paint on. */
  photo: string;
  /** The class of the object. Left out: anything that is not background. */
  label?: string;
  /** What the object is compared with: the network's answer, or a label PNG of yours (drawn: the one in site_src/truth that is named as the photo). */
  truth: string;
  /** The network that labels the photo. */
  network: string;
  /** The IoU to reach. */
  target: number;
  /** After so many tries the solution may be seen. */
  tries: number;
};
