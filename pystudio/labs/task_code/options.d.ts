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
  /** The name of the function to write. */
  function: string;
  /** The code that the reader begins with. */
  start: string;
  /** Your own code, which has to pass. It is shown after some tries. */
  solution: string;
  /** Random arguments, such as `mask: mask 6x8`. The answers are compared with those of the solution. */
  arguments?: Record<string, string>;
  /** How many random cases. */
  cases: number;
  /** Another seed makes other random cases. */
  seed: number;
  /** How far a number with a fraction may be off. */
  tolerance: number;
  /** Photos for the function to find the object in, in place of `arguments`: it gets the photo and gives back a mask. */
  photos?: string[];
  /** The class of the object. Left out: anything that is not background. */
  label?: string;
  /** What the object is compared with: the network's answer, or a label PNG of yours (drawn: the one in site_src/truth that is named as the photo). */
  truth: string;
  /** The network that labels the photo. */
  network: string;
  /** The mean IoU to reach on the photos. */
  target: number;
  /** The photos are made smaller until their longest side has so many pixels. */
  longest: number;
  /** Time for all cases or photos together. */
  seconds: number;
  /** After so many tries the solution may be seen. */
  tries: number;
};
