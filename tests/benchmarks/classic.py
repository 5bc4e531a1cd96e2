"""Every classic method on one photo: in the browser's Python against the same function on this machine's own, in turns."""
from __future__ import annotations

import base64

import numpy as np
from lab import Lab
from playwright.sync_api import Page
from report import Result, median, number, spread
from stage import photo

from pystudio.segment import classic
from pystudio.segment.canvas import Canvas
from pystudio import image, labels
from pystudio.builder import SOURCES

PHOTO = "kitten"
PAGE = "about.html"
# Strokes for the methods that start from markers: one on the cat, one on the blanket, as (points, radius, label).
MARKERS = [([[330.0, 420.0], [420.0, 700.0]], 14.0, 8), ([[80.0, 150.0], [650.0, 150.0], [700.0, 850.0]], 14.0, 18)]

OPEN = """async ([url, markers]) => {
    await bench.studio("deeplab_s16");
    await bench.open(await bench.pixels(url));
    for (const [points, radius, label] of markers)
        await window.pystudio.engine.call("paint.stroke", { points, radius, label, begin: true, end: true });
}"""
RUN = """async ([method, markers]) => {
    const reply = await window.pystudio.engine.call("classic.run", { method, parameters: {}, markers });
    const bytes = new Uint8Array(reply.label_map.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return [reply.seconds, btoa(text)];
}"""


def measure(lab: Lab, repeats: int = 5) -> Result:
    """Run each method `repeats` times in both places, after one run to warm up; compare the regions they find."""
    pixels = image.load(SOURCES / "photos" / f"{PHOTO}.webp")
    canvas = Canvas(pixels.shape[:2], len(labels.VOC))
    for stroke in MARKERS:
        canvas.brush(*stroke)
    rows, ratios = [], []
    with lab.page(PAGE) as page:
        page.evaluate(OPEN, [lab.host.url + photo(PHOTO), MARKERS])
        for method in classic.METHODS.values():
            lab.say(f"classic: {method.title}")
            browser, native, same = _in_turns(page, method, pixels, canvas.mask, repeats)
            ratios.append(median(browser) / median(native))
            rows.append([method.title, spread(browser, 1000), spread(native, 1000), number(ratios[-1]), f"{same:.2%}"])
    result = Result(f"Classic methods on {PHOTO}, {pixels.shape[1]} × {pixels.shape[0]}, one thread")
    result.table(["ms: median (quartiles)", "browser", "native", "browser / native", "same regions"], rows)
    result.notes.append(f"{repeats} runs each, in turns, after one to warm up; libraries are loaded before the clock starts. Middle ratio: {number(median(ratios))}.")
    return result


def _in_turns(page: Page, method: classic.Method, pixels: np.ndarray, mask: np.ndarray, repeats: int):
    """Seconds in the browser, seconds here, and the share of pixels whose region is the same."""
    painted = method.markers == "required"
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(-1, repeats):
        seconds, packed = page.evaluate(RUN, [method.name, "paint" if painted else "none"])
        found = classic.run(method.name, pixels, markers=mask if painted else None)
        if turn >= 0:
            times[0].append(seconds)
            times[1].append(found.seconds)
    there = np.frombuffer(base64.b64decode(packed), np.int32)
    return *times, float((there == found.label_map.ravel()).mean())
