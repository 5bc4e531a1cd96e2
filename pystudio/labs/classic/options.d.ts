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
  /** The method to begin with. Left out: the first one offered. */
  method?: string;
  /** The methods to offer, in this order. Left out: all of them. */
  methods?: string[];
  /** Draw regions in their mean colours, in colours of their own, or those that fit the class best. */
  colours: "mean" | "own" | "best";
  /** Draw where regions meet. */
  boundaries: boolean;
  /** How strongly the regions cover the photo. */
  opacity: number;
  /** Show everything but the picture and its histogram. */
  controls: boolean;
  /** Offer a table that runs all the methods, one after the other. */
  table: boolean;
};
