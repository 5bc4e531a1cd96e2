"""Training in the loss lab: steps per second of every loss, in the browser's Python and in this machine's own, in turns; the same run in both."""
from __future__ import annotations

import time

import numpy as np
from lab import Lab
from report import Result, median, number, spread
from stage import photo

from pystudio import image
from pystudio.networks import network as networks
from pystudio.builder import SOURCES
from pystudio.networks.pixel_classifier import GROUPS
from pystudio.networks.losses import LOSSES
from pystudio.session.session import Session

PHOTO = "kitten"
PAGE = "about.html"
STEPS = 20

OPEN = """async (url) => {
    await bench.studio("deeplab_s16");
    await bench.open(await bench.pixels(url));
}"""
TRAIN = """async ([loss, groups, steps]) => {
    const { engine } = window.pystudio;
    const opened = await engine.call("loss_lab.open", { run: "a", loss, teacher: "network", network: "deeplab_s16", groups, rate: 0.01, seed: 1 });
    const losses = [opened.loss];
    let seconds = 0;
    while (losses.length <= steps) {
        const trained = await engine.call("loss_lab.train", { run: "a", steps: steps + 1 - losses.length, seconds: 0.06 });
        losses.push(...trained.losses);
        seconds += trained.seconds;
    }
    return [seconds, losses, opened.rows, opened.columns, opened.weights];
}"""


def measure(lab: Lab, repeats: int = 3) -> Result:
    """Train every loss `repeats` times in both places, in turns, after one run to warm up."""
    handler, rows, ratios = _handler(), [], []
    with lab.page(PAGE) as page:
        page.evaluate(OPEN, lab.host.url + photo(PHOTO))
        for loss in LOSSES.values():
            lab.say(f"loss: {loss.title}")
            browser, native = [], []
            for turn in range(-1, repeats):
                seconds, there, m, n, weights = page.evaluate(TRAIN, [loss.name, list(GROUPS), STEPS])
                own, here = _train(handler, loss.name)
                if turn >= 0:
                    browser.append(STEPS / seconds)
                    native.append(STEPS / own)
            ratios.append(median(native) / median(browser))
            apart = max(abs(a - b) / abs(b) for a, b in zip(there, here, strict=True))
            rows.append([loss.title, spread(browser), spread(native), number(ratios[-1]), f"{apart:.1e}"])
    result = Result(f"Loss lab: {weights} weights, all {m} × {n} pixels a step, one thread")
    result.table(["steps a second: median (quartiles)", "browser", "native", "native / browser", "losses differ by"], rows)
    result.notes.append(f"{STEPS} steps {repeats} times each, in turns, after one run to warm up. Middle ratio: {number(median(ratios))}. "
                        "“Differ by” is the largest relative difference between the losses of both runs, step by step.")
    return result


def _handler():
    pixels = image.load(SOURCES / "photos" / f"{PHOTO}.webp")
    prediction = networks.segment(pixels)

    async def run(network, tensor):
        return prediction.logits[None]

    session = Session(run)
    session.open_photo(*pixels.shape[:2], np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).tobytes())
    return session.handler("loss_lab")


def _train(handler, loss: str) -> tuple[float, list[float]]:
    opened = _answer(handler.open("a", loss, "network", "deeplab_s16", list(GROUPS), 0.01, 1))
    losses, seconds = [opened["loss"]], 0.0
    while len(losses) <= STEPS:
        start = time.perf_counter()
        losses += handler.train("a", STEPS + 1 - len(losses), 0.06)["losses"]
        seconds += time.perf_counter() - start
    return seconds, losses


def _answer(coroutine):
    """What a coroutine returns that waits for nobody; Playwright has the thread's event loop."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value
