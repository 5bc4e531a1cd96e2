"""Runs in Pyodide, in the bench's worker (python/worker.js): strokes and regions timed where nothing but Python is. Answers are JSON."""
import json
import time

import numpy as np
from pystudio.segment import region_growing
from pystudio.session.session import Session

photo = grower = lone = None
sessions = {}


def open_photo(pixels, rows, columns):
    """The photo in which regions are grown, from RGBA of the browser."""
    global photo, grower, lone
    photo = np.frombuffer(pixels.to_py(), np.uint8).reshape(rows, columns, 4)[..., :3].copy()
    grower = region_growing.Grower(photo)
    lone = lone_pixel()


def lone_pixel():
    """(row, column) of a pixel unlike its four neighbours: with tolerance 0, the cheapest region there is."""
    middle = photo[1:-1, 1:-1]
    around = photo[:-2, 1:-1], photo[2:, 1:-1], photo[1:-1, :-2], photo[1:-1, 2:]
    unlike = np.all([(side != middle).any(axis=2) for side in around], axis=0)
    return tuple(int(k) + 1 for k in np.argwhere(unlike)[0])


# ---------------------------------------------------------------- strokes
async def open_session(arguments):
    """A studio with a photo of the given size, graded against labels of blobs from a made-up network."""
    rows, columns = json.loads(arguments)

    async def run(network, tensor):
        # any labels will do as truth; coarse ones, as a network's are
        grid = [1, len(network.labels), *((side - 1) // network.stride + 1 for side in tensor.shape[2:])]
        coarse = np.random.default_rng(0).normal(size=(*grid[:2], 9, 9))
        pick = [np.arange(n) * 9 // n for n in grid[2:]]
        return coarse[:, :, pick[0]][:, :, :, pick[1]].astype(np.float32)

    session = sessions[rows] = Session(run)
    session.open_photo(rows, columns, bytes(rows * columns * 4))
    await session.method("segment.run")("deeplab_s16")
    await session.method("paint.truth")("network", network="deeplab_s16")
    return json.dumps({"rows": rows, "columns": columns})


def stroke(arguments):
    """One stroke, call by call; the seconds of each call."""
    rows, calls = json.loads(arguments)
    paint, seconds = sessions[rows].method("paint.stroke"), []
    for arguments in calls:
        start = time.perf_counter()
        paint(**arguments)
        seconds.append(time.perf_counter() - start)
    return json.dumps(seconds)


# ---------------------------------------------------------------- regions
def grow(arguments):
    """One region by hand and fast, in turns; seconds of each and whether both are the same region."""
    row, column, tolerance, reference, connectivity, repeats = json.loads(arguments)
    case = (row, column), tolerance, reference, connectivity
    by_hand, fast = [], []
    time_fast(case, 2)  # the browser compiles in two steps, the better one while the code already runs
    many = max(1, min(200, int(0.02 / time_fast(case, 1))))  # its clock ticks in tenths of a millisecond
    for _ in range(repeats):
        start = time.perf_counter()
        expected = region_growing.grow_by_hand(photo, *case)
        by_hand.append(time.perf_counter() - start)
        fast += [time_fast(case, many) for _ in range(5)]
    grown = grower.grow(*case)
    same = bool(np.array_equal(grown.mask(), expected))
    return json.dumps({"by_hand": by_hand, "fast": fast, "same": same, "size": grown.size, "waves": len(grown.wave_starts)})


def time_fast(case, many):
    """Seconds of one region. Before each a lone pixel is grown, so that the Grower has no region of this seed to go on from; that,
    and forgetting the region before, is counted."""
    start = time.perf_counter()
    for _ in range(many):
        grower.grow(lone, 0, "mean", 4)
        grower.grow(*case)
    return max(time.perf_counter() - start, 1e-4) / many


def warm_up(arguments):
    """Both ways once over the given region, untimed."""
    row, column, *options = json.loads(arguments)
    region_growing.grow_by_hand(photo, (row, column), *options)
    return json.dumps(time_fast(((row, column), *options), 20))


def set_up(arguments):
    """What a Grower costs when a photo is opened, in seconds."""
    seconds = []
    for _ in range(json.loads(arguments)):
        start = time.perf_counter()
        region_growing.Grower(photo)
        seconds.append(time.perf_counter() - start)
    return json.dumps(seconds)


# ---------------------------------------------------------------- the metric lab
def grade(arguments):
    """What a truth costs once and a spoiled mask each time, in seconds."""
    from pystudio.measure import boundary, report, perturb

    rows, columns, repeats, steps = json.loads(arguments)
    truth = perturb.scene("disc", (rows, columns))
    reference = boundary.Reference(truth == 1)
    seconds = {"the truth": [seconds_of(lambda: boundary.Reference(truth == 1)) for _ in range(repeats)]}
    for kind, strength in steps:
        step = perturb.Perturbation(kind, strength)
        once = lambda step=step: report.compare(truth, perturb.perturb(truth == 1, [step]).astype(np.uint8), 1, 2, 2, reference)
        seconds[f"a mask ({kind})"] = [seconds_of(once) for _ in range(repeats)]
    return json.dumps(seconds)


# ---------------------------------------------------------------- counting and exchange
def count_things(arguments):
    """What it costs to find pieces and things of a drawn mask, and to write and read it in every format, in seconds."""
    from pystudio import formats
    from pystudio.segment import instances
    from pystudio.labels import VOC

    rows, columns, repeats = json.loads(arguments)
    row, column = np.indices((rows, columns))
    unit = rows / 24  # rows of discs, side by side, each of which touches the next
    mask = np.where((row % (8 * unit) - 4 * unit) ** 2 + (column % (7 * unit) - 3.5 * unit) ** 2 <= (3.6 * unit) ** 2, np.uint8(3), np.uint8(0))
    works = {"pieces": lambda: instances.components(mask), "things": lambda: instances.find_instances(mask, split_ratio=0.9)}
    sheet = formats.Annotation(mask, VOC.names)
    for kind in ("coco", "coco-polygons", "npz", "svg"):
        data = formats.write(sheet, kind)
        works |= {f"write {kind}": lambda kind=kind: formats.write(sheet, kind), f"read {kind}": lambda data=data: formats.read(data)}
    return json.dumps({name: [seconds_of(work) for _ in range(repeats)] for name, work in works.items()})


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
