// The peer's page: a photo is labelled by TensorFlow.js and its mask drawn, as plainly as a good first page of that library would.
// The photo's address is in the page's own: ?photo=…  The graph is fixed to pictures of 513 x 513 points.
const SIDE = 513;
const element = document.querySelector("peer-segment");
const worker = new Worker("worker.js", { type: "module" });
const waiting = [];
worker.onmessage = ({ data }) => waiting.shift()(data);

const ask = (message, transfer = []) => new Promise((resolve, reject) => {
  waiting.push(({ reply, error }) => (error ? reject(new Error(error)) : resolve(reply)));
  worker.postMessage(message, transfer);
});

/** The network's input: red, green, blue / 127.5 - 1. */
async function prepare(photo) {
  const bitmap = await createImageBitmap(await (await fetch(photo)).blob());
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, SIDE, SIDE);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const pixels = new Float32Array(SIDE * SIDE * 3);
  for (let i = 0, o = 0; i < data.length; i += 4) for (let c = 0; c < 3; c += 1) pixels[o++] = data[i + c] / 127.5 - 1;
  return pixels;
}

/** The likeliest class at each point of the grid, drawn as one colour each. */
function draw({ logits, shape: [, rows, columns, classes] }) {
  const canvas = element.querySelector("canvas");
  Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let point = 0; point < rows * columns; point += 1) {
    const scores = logits.subarray(point * classes, (point + 1) * classes);
    const best = scores.indexOf(Math.max(...scores));
    image.data.set([best * 67, best * 131, best * 199, best ? 200 : 0], point * 4);
  }
  context.putImageData(image, 0, 0);
}

async function main() {
  const photo = new URLSearchParams(location.search).get("photo");
  const [pixels, runtime] = await Promise.all([prepare(photo), ask({ open: new URL("model/model.json", location.href).href })]);
  draw(await ask({ pixels, rows: SIDE, columns: SIDE }, [pixels.buffer]));
  window.peer = { runtime, run: (values, rows, columns) => ask({ pixels: values, rows, columns }) };
  element.dataset.state = "ready";
}

main().catch(error => {
  element.textContent = error.message;
  element.dataset.state = "error";
  throw error;
});
