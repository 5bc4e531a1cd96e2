// Run the published DeepLab graph in TensorFlow.js and write its logits. Used by make.py only.
//   node run_tfjs.mjs model.json in.bin out.bin rows columns stride
// in.bin: float32 rows × columns × 3, already scaled, fed at the tensor sub_7. out.bin: float32 (h, w, 21).
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const [modelFile, inFile, outFile, ...numbers] = process.argv.slice(2);
const [rows, columns, stride] = numbers.map(Number);
const LOGITS = "logits/semantic/BiasAdd";
const CONV = "MobilenetV2/expanded_conv_";

wasm.setWasmPaths(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + "/");
await tf.setBackend("wasm");
const model = await loadGraphModel({ load: async () => artifacts() });
const image = tf.tensor(new Float32Array(readFileSync(inFile).buffer.slice(0)), [1, rows, columns, 3]);
const logits = model.execute({ sub_7: image }, LOGITS);
writeFileSync(outFile, Buffer.from((await logits.data()).slice().buffer));

/** The published graph, with the sizes that are fixed in it set to this picture and this stride. */
function artifacts() {
  const spec = JSON.parse(readFileSync(modelFile, "utf8"));
  const nodes = new Map(spec.modelTopology.node.map((node) => [node.name, node]));
  const weightSpecs = spec.weightsManifest.flatMap((group) => group.weights);
  const shards = spec.weightsManifest.flatMap((group) => group.paths);
  const bytes = Buffer.concat(shards.map((shard) => readFileSync(join(dirname(modelFile), shard))));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const set = constantWriter(weightSpecs, weightData);

  const grid = [(rows - 1) / stride + 1, (columns - 1) / stride + 1];
  const window = ["1", ...grid.map(String), "1"];
  nodes.get("AvgPool2D/AvgPool").attr.ksize.list.i = window;
  nodes.get("AvgPool2D/AvgPool").attr.strides.list.i = window;
  set("ResizeBilinear_1/size", grid);
  if (stride === 16) nodes.get(`${CONV}6/depthwise/depthwise`).attr.strides.list.i = ["1", "2", "2", "1"];
  for (const [first, atStride8] of [[7, 2], [14, 4]]) {      // the later blocks share the constants of these two
    dilate(set, `${CONV}${first}/depthwise/depthwise`, (atStride8 * 8) / stride, grid);
  }
  return { modelTopology: spec.modelTopology, weightSpecs, weightData, format: "graph-model" };
}

/** SpaceToBatchND for a 3 × 3 convolution: `rate` cells of padding around, then filled up to whole blocks. */
function dilate(set, name, rate, grid) {
  const fill = grid.map((side) => (rate - ((side + 2 * rate) % rate)) % rate);
  set(`${name}/SpaceToBatchND/block_shape`, [rate, rate]);
  set(`${name}/SpaceToBatchND/paddings`, fill.flatMap((more) => [rate, rate + more]));
  set(`${name}/BatchToSpaceND/crops`, fill.flatMap((more) => [0, more]));
}

/** A function that overwrites an int32 constant among the weights, in place. It says what it changes. */
function constantWriter(specs, data) {
  const offsets = new Map();
  let at = 0;
  for (const { name, shape } of specs) {
    offsets.set(name, at);
    at += 4 * shape.reduce((product, side) => product * side, 1);
  }
  return (name, values) => {
    const old = new Int32Array(data, offsets.get(name), values.length);
    if (old.join() !== values.join()) console.log(`${name}: ${old.join()} -> ${values.join()}`);
    old.set(values);
  };
}
