"""Counting and exchange as the picture grows: pieces and things of a drawn mask, and that mask written and read, in the browser's Python and here."""
from __future__ import annotations

import json
import sys

import inside
from lab import Lab
from report import Result, median, number, spread
from stage import HERE, photo

SIZES = [(240, 320), (480, 640), (960, 1280)]


def measure(lab: Lab, repeats: int = 3) -> Result:
    """Time every size `repeats` times in both places."""
    sys.path.append(str(HERE / "python"))
    import timed

    rows = []
    with lab.page(inside.PAGE) as page:
        lab.say("counting: starting Python")
        inside.boot(lab, page)
        inside.open_photo(lab, page, photo("chelsea"))
        for shape in SIZES:
            lab.say(f"counting: {shape[1]} × {shape[0]}")
            there, here = inside.call(page, "count_things", [*shape, repeats]), json.loads(timed.count_things(json.dumps([*shape, repeats])))
            for name in there:
                rows.append([f"{shape[1]} × {shape[0]}, {name}", spread(there[name], 1000), spread(here[name], 1000), number(median(there[name]) / median(here[name]))])
    result = Result("Counting and exchange: cost as the picture grows")
    result.table(["ms: median (quartiles)", "browser", "native", "browser / native"], rows)
    result.notes.append("The lab itself counts on a copy of 640 × 640 or less. NumPy alone: SciPy and scikit-image would add 16 MB to the page. The mask is rows of discs, of which each touches the next.")
    return result
