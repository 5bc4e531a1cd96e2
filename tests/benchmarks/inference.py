"""One forward pass of DeepLab: ONNX Runtime Web in our engine's worker against TensorFlow.js's wasm backend, one thread each, in turns."""
from __future__ import annotations

import numpy as np
from lab import Lab, first_mask
from report import Result, median, number, spread
from stage import OUT, SITE, photo

from pystudio.image import load
from pystudio.networks.network import decode, network, prepare

PHOTO = "astronaut"  # square: our network then sees it at 513 x 513, the one size to which the published graph is fixed
PAGE = "about.html"  # a page of ours without elements, so that nothing else asks the engine
EXPECTED = 5.0

OURS = """async ([name, photo]) => {
    await bench.studio(name);
    bench.photo ??= await bench.pixels(photo);
    await bench.open(bench.photo);
    const reply = await window.pystudio.engine.call("segment.run", { network: name });
    return { seconds: reply.seconds, shape: reply.input.shape, labels: Array.from(reply.label_map) };
}"""
PEER = """async ([tensor, rows, columns]) => {
    bench.tensor ??= new Float32Array(await (await fetch(tensor)).arrayBuffer());
    const { logits, shape, seconds } = await window.peer.run(bench.tensor, rows, columns);
    return { logits: Array.from(logits), shape, seconds };
}"""


def measure(lab: Lab, repeats: int = 12) -> Result:
    """Interleave `repeats` passes of deeplab (stride 8), deeplab_s16 and the peer, and compare their labels.

    The peer is fed the very tensor that `pystudio.networks.network.prepare` makes, and its logits are read by
    `pystudio.networks.network.decode`: what is compared is the networks and nothing around them.
    """
    net = network("deeplab")
    image = load(SITE / photo(PHOTO))
    tensor = prepare(image, net)
    _, _, rows, columns = tensor.shape
    inputs = OUT / "inputs"
    inputs.mkdir(exist_ok=True)
    (inputs / "tensor.f32").write_bytes(np.ascontiguousarray(tensor.transpose(0, 2, 3, 1)).tobytes())

    with lab.page(PAGE) as ours, lab.page(f"bench/peer/index.html?photo=/{photo(PHOTO)}") as peer:
        first_mask(peer, "peer-segment")
        runtime = peer.evaluate("window.peer.runtime")
        ask = {name: lambda name=name: ours.evaluate(OURS, [name, lab.host.url + photo(PHOTO)]) for name in ("deeplab", "deeplab_s16")}
        ask["peer"] = lambda: peer.evaluate(PEER, [lab.host.url + "bench/inputs/tensor.f32", rows, columns])
        warm = {name: run() for name, run in ask.items()}
        seconds: dict[str, list[float]] = {name: [] for name in ask}
        for turn in range(repeats):
            lab.say(f"inference: turn {turn + 1} of {repeats}")
            for name, run in ask.items():
                took = run()["seconds"]
                seconds[name].append(took if name == "peer" else took["inference"])

    theirs = decode(np.array(warm["peer"]["logits"], np.float32).reshape(warm["peer"]["shape"]).transpose(0, 3, 1, 2), image.shape[:2], net)
    labels = {name: np.array(warm[name]["labels"], np.uint8).reshape(image.shape[:2]) for name in ("deeplab", "deeplab_s16")}
    return _report(seconds, {name: float((found == theirs.label_map).mean()) for name, found in labels.items()},
                   warm["deeplab"]["shape"], runtime)


def _report(seconds: dict[str, list[float]], agreement: dict[str, float], shape: list[int], runtime: dict) -> Result:
    result = Result(f"Inference: one pass of DeepLab (MobileNetV2, PASCAL VOC) over {shape[3]} × {shape[2]} pixels, one thread, wasm")
    ratio = {name: median(seconds["peer"]) / median(seconds[name]) for name in agreement}
    pairs = {name: [b / a for a, b in zip(seconds[name], seconds["peer"])] for name in agreement}
    titles = {"deeplab": "ours, stride 8 (the same network), ONNX Runtime Web", "deeplab_s16": "ours, stride 16 (the site's default), ONNX Runtime Web"}
    result.table(["", "ms: median (quartiles)", "peer takes, times", "same label as the peer"], [
        *([titles[name], spread(seconds[name], 1000), spread(pairs[name]), f"{agreement[name]:.2%}"] for name in titles),
        [f"peer, stride 8, TensorFlow.js 4.22 wasm, {'SIMD' if runtime['simd'] else 'no SIMD'}, {runtime['threads']} thread", spread(seconds["peer"], 1000), "1", "–"],
    ])
    result.notes.append(f"{len(seconds['peer'])} passes each, in turns, after one to warm up; photo: {PHOTO}. Ours includes the way from Python to the runtime and back.")
    result.expect("same network, TensorFlow.js / ours", ratio["deeplab"], at_least=EXPECTED)
    result.notes.append(f"Ratio of medians: {number(ratio['deeplab'])} (stride 16: {number(ratio['deeplab_s16'])}).")
    result.expect("share of pixels with the same label, stride 8 (else the comparison means nothing)", agreement["deeplab"], at_least=0.99)
    return result
