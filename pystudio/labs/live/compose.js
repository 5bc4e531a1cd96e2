// A frame and its matte to a picture: pixels only. What belongs to the person is said by Python.
//
// One canvas each, made once: a film must not grow the memory.

const AMBER = [255, 176, 0];

/** @typedef {"mask"|"blur"|"colour"|"picture"|"cutout"} Look */

export class Composer {
  /** @param {HTMLCanvasElement} canvas what is seen */
  constructor(canvas) {
    this.canvas = canvas;
    this.out = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.matte = context();
    this.person = context();
    this.small = context();
    /** @type {ImageBitmap|null} */
    this.picture = null;
    this.colour = "#00b140";
  }

  /**
   * @param {OffscreenCanvas} frame @param {{rows: number, columns: number, alpha: Uint8Array}} found @param {Look} look @param {number} strength 1..30
   */
  draw(frame, found, look, strength) {
    const { width, height } = frame;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.out.imageSmoothingQuality = "high";
    this.#take(found, look === "mask");
    if (look === "mask") {
      this.out.drawImage(frame, 0, 0);
      return this.out.drawImage(this.matte.canvas, 0, 0, width, height);
    }
    this.#ground(frame, look, strength);
    const { canvas, context: person } = sized(this.person, width, height);
    person.globalCompositeOperation = "source-over";
    person.drawImage(this.matte.canvas, 0, 0, width, height);
    person.globalCompositeOperation = "source-in";
    person.drawImage(frame, 0, 0);
    this.out.drawImage(canvas, 0, 0);
  }

  /** The matte as a picture whose transparency it is. */
  #take({ rows, columns, alpha }, tinted) {
    const { context } = sized(this.matte, columns, rows);
    if (this.image?.width !== columns || this.image?.height !== rows) this.image = new ImageData(columns, rows);
    const { data } = this.image;
    for (let i = 0, k = 0; i < alpha.length; i++, k += 4) {
      data[k] = AMBER[0];
      data[k + 1] = AMBER[1];
      data[k + 2] = AMBER[2];
      data[k + 3] = tinted ? 0.6 * alpha[i] : alpha[i];
    }
    context.putImageData(this.image, 0, 0);
  }

  /** What lies behind the person. */
  #ground(frame, look, strength) {
    const { width, height } = frame;
    if (look === "cutout") return this.out.clearRect(0, 0, width, height);
    if (look === "colour") {
      this.out.fillStyle = this.colour;
      return this.out.fillRect(0, 0, width, height);
    }
    if (look === "picture" && this.picture) {
      const scale = Math.max(width / this.picture.width, height / this.picture.height);
      const w = this.picture.width * scale, h = this.picture.height * scale;
      return this.out.drawImage(this.picture, (width - w) / 2, (height - h) / 2, w, h);
    }
    // A small copy enlarged is a blur that every browser has, and that costs little.
    const { canvas, context } = sized(this.small, Math.max(4, Math.round(width / strength)), Math.max(3, Math.round(height / strength)));
    context.imageSmoothingQuality = "high";
    context.drawImage(frame, 0, 0, canvas.width, canvas.height);
    this.out.drawImage(canvas, 0, 0, width, height);
  }
}

function context() {
  const canvas = new OffscreenCanvas(1, 1);
  return { canvas, context: /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d")) };
}

function sized(held, width, height) {
  if (held.canvas.width !== width || held.canvas.height !== height) Object.assign(held.canvas, { width, height });
  return held;
}
