"""One brush stroke, graded against a truth, on a small and on a large picture: at the page, engine and all, and inside Python alone."""
from __future__ import annotations

import math
import random

import inside
from lab import Lab
from playwright.sync_api import Page
from report import Result, median, number, spread
from stage import photo

SMALL, LARGE = (400, 640), (2560, 4096)  # (rows, columns)
PAGE = "about.html"
RADIUS, LENGTH, CALLS, POINTS = 12, 240, 12, 4  # a stroke: so many px, in so many calls (the page asks once a frame) of so many points
EXPECTED = 1.5

PREPARE = """async ([url, rows, columns]) => {
    await bench.studio("deeplab_s16");
    await bench.open(await bench.pixels(url, rows, columns));
    await window.pystudio.engine.call("segment.run", { network: "deeplab_s16" });
    const { scores } = await window.pystudio.engine.call("paint.truth", { source: "network", network: "deeplab_s16" });
    return scores.pixels;
}"""
STROKE = """async calls => {
    const times = [];
    let changed = 0;
    for (const call of calls) {
        const start = performance.now();
        const { patches, scores } = await window.pystudio.engine.call("paint.stroke", call);
        times.push((performance.now() - start) / 1000);
        if (scores === null) throw new Error("the stroke was not graded");
        changed += patches.length;
    }
    if (!changed) throw new Error("the stroke changed nothing");
    return times;
}"""


def strokes(shape: tuple[int, int], seed: int = 0):
    """Endless strokes over a picture: the same shapes for every size, spread over all of it; the label changes with each, so every one paints."""
    chance = random.Random(seed)
    reach = LENGTH / 2 + RADIUS
    for number_ in range(10**9):
        centre = [reach + chance.random() * (side - 2 * reach) for side in shape]
        angle, bend = chance.uniform(0, 2 * math.pi), chance.uniform(-0.6, 0.6)
        yield _calls(_curve(centre, angle, bend), label=1 + number_ % 20)


def _curve(centre, angle: float, bend: float) -> list[list[float]]:
    """Points of an arc LENGTH px long that turns by 2 * bend around a direction."""
    steps = CALLS * (POINTS - 1)
    points = [[0.0, 0.0]]
    for k in range(steps):
        towards = angle + bend * (2 * (k + 0.5) / steps - 1)
        points.append([points[-1][0] + LENGTH / steps * math.sin(towards), points[-1][1] + LENGTH / steps * math.cos(towards)])
    middle = points[steps // 2]
    return [[row - middle[0] + centre[0], column - middle[1] + centre[1]] for row, column in points]


def _calls(points, label: int) -> list[dict]:
    """The stroke as the page sends it: each call repeats the last point of the one before."""
    step = POINTS - 1
    return [{"points": points[k * step:(k + 1) * step + 1], "radius": RADIUS, "label": label, "begin": k == 0, "end": k == CALLS - 1} for k in range(CALLS)]


def measure(lab: Lab, repeats: int = 60) -> Result:
    """Draw `repeats` strokes on each picture, in turns, at the page and then inside Python."""
    result = Result(f"Stroke: {LENGTH} px long, radius {RADIUS}, {CALLS} calls, graded after each")
    rows = []
    for where, times in (("page", _at_the_page(lab, repeats)), ("Python", _inside_python(lab, repeats))):
        whole = {shape: [sum(stroke) for stroke in times[shape]] for shape in times}
        ratio = median(whole[LARGE]) / median(whole[SMALL])
        rows += [_row(where, "whole stroke", whole), *(_row(where, title, {shape: [call for stroke in times[shape] for call in stroke[part]] for shape in times})
                 for title, part in (("first call", slice(0, 1)), ("a call between", slice(1, -1)), ("last call", slice(-1, None))))]
        result.expect(f"{'at the page, engine and all' if where == 'page' else 'inside Python'}: large / small picture, whole stroke", ratio, at_most=EXPECTED)
    result.table(["ms: median (quartiles)", *(f"{columns} × {rows_}" for rows_, columns in (SMALL, LARGE)), "ratio"], rows)
    result.notes.append(f"{repeats} strokes on each picture, in turns, spread over all of it; the pictures differ {LARGE[0] * LARGE[1] / (SMALL[0] * SMALL[1]):.0f} times in size.")
    return result


def _row(where: str, title: str, times: dict) -> list[str]:
    return [f"{where}: {title}", *(spread(times[shape], 1000) for shape in (SMALL, LARGE)), number(median(times[LARGE]) / median(times[SMALL]))]


def _at_the_page(lab: Lab, repeats: int) -> dict[tuple[int, int], list[list[float]]]:
    with lab.page(PAGE) as small, lab.page(PAGE) as large:
        pages: dict[tuple[int, int], Page] = {SMALL: small, LARGE: large}
        for shape, page in pages.items():
            lab.say(f"stroke: opening {shape[1]} × {shape[0]} in an engine of its own")
            page.evaluate(PREPARE, [lab.host.url + photo("kitten"), *shape])
        return _in_turns(lab, repeats, "at the page", lambda shape, calls: pages[shape].evaluate(STROKE, calls))


def _inside_python(lab: Lab, repeats: int) -> dict[tuple[int, int], list[list[float]]]:
    with lab.page(inside.PAGE) as page:
        lab.say("stroke: starting Python alone")
        inside.boot(lab, page)
        for shape in (SMALL, LARGE):
            inside.call(page, "open_session", list(shape))
        return _in_turns(lab, repeats, "inside Python", lambda shape, calls: inside.call(page, "stroke", [shape[0], calls]))


def _in_turns(lab: Lab, repeats: int, where: str, draw) -> dict[tuple[int, int], list[list[float]]]:
    """Times of every call of every stroke, after three strokes to warm up."""
    hands = {shape: strokes(shape) for shape in (SMALL, LARGE)}
    times: dict[tuple[int, int], list[list[float]]] = {SMALL: [], LARGE: []}
    for turn in range(-3, repeats):
        if turn % 20 == 0:
            lab.say(f"stroke: {where}, {turn} of {repeats}")
        for shape, hand in hands.items():
            took = draw(shape, next(hand))
            if turn >= 0:
                times[shape].append(took)
    return times
