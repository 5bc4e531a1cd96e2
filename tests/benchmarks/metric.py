"""The metric lab as the picture grows: what the truth costs once and a spoiled mask each time, in the browser's Python and here; and SciPy's transform beside ours."""
from __future__ import annotations

import time

import inside
import numpy as np
from lab import Lab
from report import Result, median, number, spread
from scipy.ndimage import distance_transform_edt
from stage import photo

from pystudio.measure import boundary, report, perturb

SIZES = [(240, 320), (480, 640), (960, 1280), (1920, 2560)]
STEPS = [("grow", 12), ("speckle", 0.05)]


def measure(lab: Lab, repeats: int = 3) -> Result:
    """Time every size `repeats` times in both places."""
    rows = []
    with lab.page(inside.PAGE) as page:
        lab.say("metric: starting Python")
        inside.boot(lab, page)
        inside.open_photo(lab, page, photo("chelsea"))
        for shape in SIZES:
            lab.say(f"metric: {shape[1]} × {shape[0]}")
            there, here = inside.call(page, "grade", [*shape, repeats, STEPS]), grade(shape, repeats)
            for name in there:
                rows.append([f"{shape[1]} × {shape[0]}, {name}", spread(there[name], 1000), spread(here[name], 1000), number(median(there[name]) / median(here[name]))])
            truth = boundary.edge(perturb.scene("disc", shape) == 1)
            scipys = [_seconds(lambda truth=truth: distance_transform_edt(~truth)) for _ in range(repeats)]
            rows.append([f"{shape[1]} × {shape[0]}, SciPy's distance transform", "", spread(scipys, 1000), ""])
    result = Result("Metric lab: cost as the picture grows")
    result.table(["ms: median (quartiles)", "browser", "native", "browser / native"], rows)
    result.notes.append("The lab itself works at 640 × 480 or less. “The truth” is its exact distance map, made once; a mask is spoiled and given all its grades at every move of a thumb. "
                        "SciPy would add 16 MB to the page.")
    return result


def grade(shape, repeats):
    truth = perturb.scene("disc", shape)
    seconds = {"the truth": [_seconds(lambda: boundary.Reference(truth == 1)) for _ in range(repeats)]}
    reference = boundary.Reference(truth == 1)
    for kind, strength in STEPS:
        step = perturb.Perturbation(kind, strength)
        once = lambda step=step: report.compare(truth, perturb.perturb(truth == 1, [step]).astype(np.uint8), 1, 2, 2, reference)
        seconds[f"a mask ({kind})"] = [_seconds(once) for _ in range(repeats)]
    return seconds


def _seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
