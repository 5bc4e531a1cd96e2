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
  /** The effect to begin with. */
  effect: "blur" | "colour" | "green" | "picture" | "grey" | "pixelate" | "posterise" | "pencil" | "oil" | "outline" | "sticker";
  /** Offer to treat many photos at once. */
  batch: boolean;
};
