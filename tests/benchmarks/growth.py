"""Growing a region fast against the readable `grow_by_hand`, in the same Pyodide, from the same seeds; both must be the same region."""
from __future__ import annotations

import inside
from lab import Lab
from report import NotMeasured, Result, median, number, spread
from stage import photo

EXPECTED = 30.0

# photo, (row, column), tolerance, reference, neighbours: small and large regions, wide and narrow waves; mostly the tolerance
# that the home page starts with (60), both references, both neighbourhoods
CASES = [
    ("astronaut", (450, 250), 60, "seed", 4),
    ("astronaut", (200, 230), 60, "mean", 8),
    ("kitten", (380, 500), 20, "seed", 4),
    ("kitten", (100, 100), 60, "seed", 4),
    ("chelsea", (150, 220), 60, "mean", 4),
    ("cows", (100, 500), 40, "mean", 8),
    ("horses", (60, 500), 20, "seed", 8),
]


def measure(lab: Lab, repeats: int = 3) -> Result:
    """Grow every region `repeats` times by hand and many times fast, in turns."""
    grown = []
    with lab.page(inside.PAGE) as page:
        lab.say("growth: starting Python")
        version = inside.boot(lab, page)
        opened, set_up = None, []
        for k, (name, seed, *options) in enumerate(CASES):
            lab.say(f"growth: {name}, region {k + 1} of {len(CASES)}")
            if name != opened:
                inside.open_photo(lab, page, photo(name))
                set_up += inside.call(page, "set_up", 5)
                if opened is None:
                    inside.call(page, "warm_up", [*seed, *options])
                opened = name
            found = inside.call(page, "grow", [*seed, *options, repeats])
            if not found["same"]:
                raise NotMeasured(f"The fast region in {name} from {seed} {options} is not the one grown by hand: a mistake in pystudio/segment/region_growing.py.")
            grown.append(found)
    return _report(grown, set_up, version, repeats)


def _report(grown: list[dict], set_up: list[float], version: str, repeats: int) -> Result:
    result = Result("Growth: a region from a seed, readable BFS against the fast one, same Pyodide, same seeds")
    ratios = [median(found["by_hand"]) / median(found["fast"]) for found in grown]
    result.table(["", "pixels", "layers", "by hand, ms (quartiles)", "fast, ms (quartiles)", "ratio"], [
        [f"{name} {seed}, tolerance {tolerance}, {reference}, {connectivity} neighbours", str(found["size"]), str(found["waves"]),
         spread(found["by_hand"], 1000), spread(found["fast"], 1000), number(ratio)]
        for (name, seed, tolerance, reference, connectivity), found, ratio in zip(CASES, grown, ratios)
    ])
    result.notes.append(f"Ratio of the middle region: {number(median(ratios))}. A wave costs the fast one much the same whether it is narrow or wide, so narrow waves gain least.")
    overall = sum(median(found["by_hand"]) for found in grown) / sum(median(found["fast"]) for found in grown)
    result.notes.append(f"Pyodide {version}; {repeats} times by hand each, in turns; all {len(grown)} pairs of regions are equal pixel for pixel. "
                        f"The fast one counts forgetting the region before it; what it prepares once a photo, not counted, is {spread(set_up, 1000)} ms.")
    result.expect("all regions together, by hand / fast", overall, at_least=EXPECTED)
    return result
