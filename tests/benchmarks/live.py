"""The live film: pictures a second and how late each is seen, through Python, beside the same network with no Python at all in the same browser."""
from __future__ import annotations

from lab import Lab, first_mask
from report import NotMeasured, Result, number, spread

# The same film, the same network, one frame after the other: what our page would be without Python. The page's own ONNX Runtime is used.
PLAIN = """async ([frames, runtime, wasm, model]) => {
    const ort = await import(new URL(runtime, location).href);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: new URL(wasm, location).href };
    const session = await ort.InferenceSession.create(new Uint8Array(await (await fetch(model)).arrayBuffer()), { executionProviders: ["wasm"] });
    const film = document.createElement("canvas"), canvas = new OffscreenCanvas(256, 256);
    Object.assign(film, { width: 640, height: 480 });
    const drawn = film.getContext("2d"), context = canvas.getContext("2d", { willReadFrequently: true });
    const times = [];
    for (let frame = 0; frame < frames + 5; frame++) {
        drawn.fillStyle = `hsl(${frame * 7} 60% 50%)`;
        drawn.fillRect(0, 0, 640, 480);
        const begun = performance.now();
        context.drawImage(film, 0, 0, 256, 256);
        const { data } = context.getImageData(0, 0, 256, 256);
        const input = new Float32Array(3 * 65536);
        for (let i = 0; i < 65536; i++) for (let c = 0; c < 3; c++) input[c * 65536 + i] = data[4 * i + c] / 255;
        const answer = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", input, [1, 3, 256, 256]) });
        const found = answer[session.outputNames[0]].data, image = new ImageData(256, 256);
        for (let i = 0; i < 65536; i++) image.data[4 * i + 3] = 255 * found[i];
        context.putImageData(image, 0, 0);
        drawn.drawImage(canvas, 0, 0, 640, 480);
        if (frame >= 5) times.push(performance.now() - begun);
        await new Promise(requestAnimationFrame);
    }
    return times;
}"""

OURS = """async frames => {
    const { engine } = window.pystudio, canvas = new OffscreenCanvas(256, 256), film = document.createElement("canvas");
    Object.assign(film, { width: 640, height: 480 });
    const drawn = film.getContext("2d"), context = canvas.getContext("2d", { willReadFrequently: true });
    const all = [], python = [], inference = [];
    for (let frame = 0; frame < frames + 5; frame++) {
        drawn.fillStyle = `hsl(${frame * 7} 60% 50%)`;
        drawn.fillRect(0, 0, 640, 480);
        const begun = performance.now();
        context.drawImage(film, 0, 0, 256, 256);
        const { data } = context.getImageData(0, 0, 256, 256);
        const found = await engine.call("live.frame", { network: "selfie_segmentation", rows: 256, columns: 256, pixels: data.buffer, label: 1, smoothing: 0.3 }, { transfer: [data.buffer] });
        const image = new ImageData(256, 256);
        for (let i = 0; i < 65536; i++) image.data[4 * i + 3] = found.alpha[i];
        context.putImageData(image, 0, 0);
        drawn.drawImage(canvas, 0, 0, 640, 480);
        if (frame >= 5) { all.push(performance.now() - begun); python.push(1000 * found.python); inference.push(1000 * found.inference); }
        await new Promise(requestAnimationFrame);
    }
    return { all, python, inference };
}"""


def measure(lab: Lab, repeats: int = 60) -> Result:
    """Time `repeats` pictures through Python and as many without, in the same page, then look at memory over a longer film."""
    with lab.page("live.html") as page:
        lab.say("live: starting the studio")
        first_mask(page, "studio-live")
        lab.say("live: through Python")
        ours = page.evaluate(OURS, repeats)
        files = list((lab.folders[""] / "studio").rglob("*"))
        address = lambda start, ending: next((f"studio/{file.relative_to(lab.folders[''] / 'studio').as_posix()}" for file in files if file.name.startswith(start) and file.name.endswith(ending)), None)
        paths = [address("ort.wasm", ".mjs"), address("ort-wasm", ".wasm"), address("selfie_segmentation-", ".onnx")]
        if None in paths:
            raise NotMeasured("The site lacks ONNX Runtime or the network. Build it again: python3 build.py site")
        lab.say("live: without Python")
        plain = page.evaluate(PLAIN, [repeats, *paths])
        before = lab.memory()
        lab.say("live: a longer film")
        page.evaluate(OURS, 600)
        after = lab.memory()
    return _report(ours, plain, before, after, repeats)


def _report(ours: dict, plain: list[float], before: float | None, after: float | None, repeats: int) -> Result:
    middle = lambda values: sorted(values)[len(values) // 2]
    result = Result("Live: one picture of a film through the selfie network (256 × 256), with Python and without, in the same page")
    result.table(["", "ms a picture (quartiles)", "pictures a second, at most"], [
        ["PyStudio: page, worker, Python, network, back", spread(ours["all"]), number(1000 / middle(ours["all"]))],
        ["  of which the network", spread(ours["inference"]), ""],
        ["  of which Python", spread(ours["python"]), ""],
        ["the network alone, in the page, no Python", spread(plain), number(1000 / middle(plain))],
    ])
    if before is not None and after is not None:
        result.notes.append(f"All processes of the browser used {before:.0f} MB before a film of 600 pictures and {after:.0f} MB after it.")
    result.notes.append(f"{repeats} pictures each, after 5 that do not count.")
    result.expect("a picture through Python / without", middle(ours["all"]) / middle(plain), at_most=2.0)
    return result
