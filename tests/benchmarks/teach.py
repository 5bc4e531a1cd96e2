"""Teach it: how well strokes teach a thing on every bundled photo, on photos never seen, against a random forest, and what it costs on this machine.

A stroke is simulated by a rule, not drawn at random: it goes through the innermost pixel of the largest wrongly labelled area of its side (at first, of the
side itself), in that of 16 directions in which it stays longest on its side, at most 6 % of the photo's longer side long and 3 pixels wide. So each method gets
the strokes that its own mistakes ask for, as in the literature on interactive segmentation (K. Sofiiuk et al., "Reviving Iterative Training with Mask
Guidance for Interactive Segmentation", 2021). The two sides are the thing, which is everything that has a class in the truth, and the rest.

By itself: ``python tests/benchmarks/teach.py [photo …]``, without a browser.
"""
from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from report import Result, spread
from scipy import ndimage

from pystudio import image
from pystudio.builder import SOURCES
from pystudio.formats.outlines import fill
from pystudio.labels import VOID
from pystudio.networks import network as networks
from pystudio.networks import stages
from pystudio.teach import Head, PhotoFeatures, class_set, refined_labels, teach

COUNTS = (1, 2, 5, 10)
LONGEST = 1024  # photos are reduced to this, truth and all
LENGTH, WIDTH = 0.06, 3
TRUTH = SOURCES / "truth"
CLASSES = class_set(["rest", "thing"], [[0, 0, 0], [220, 60, 60]])
REST, THING = 0, 1


@dataclass
class Scene:
    """A photo with its truth: (M, N) uint8, `VOID` where nobody judges."""

    name: str
    photo: np.ndarray
    truth: np.ndarray
    origin: str
    classes: tuple[int, ...]
    features: dict[str, PhotoFeatures]


# ---------------------------------------------------------------- photos and their truth
def scenes(names: list[str] | None, networks_: tuple[str, ...], say: Callable[[str], None]) -> list[Scene]:
    listed = json.loads((SOURCES / "photos" / "credits.json").read_text(encoding="utf-8"))
    found = []
    for each in listed:
        if names and each["name"] not in names:
            continue
        say(f"teach: {each['name']}")
        pixels = image.load(SOURCES / "photos" / each["file"])
        truth, origin = truth_of(each["name"], pixels)
        step = max(1.0, max(pixels.shape) / LONGEST)
        shape = tuple(round(side / step) for side in pixels.shape[:2])
        rows, columns = (((np.arange(side) + 0.5) * step).astype(int) for side in shape)
        photo = np.rint(image.resize(pixels, shape)).astype(np.uint8)
        kept = {name: stages.features(photo, name, tuple(dict.fromkeys(stage for group in stages.GROUPS.values() for stage in group))) for name in networks_}
        classes = tuple(int(k) for k in np.unique(truth) if k not in (0, VOID))
        small = truth[rows][:, columns]
        found.append(Scene(each["name"], photo, np.where(small == VOID, VOID, small > 0).astype(np.uint8), origin, classes, kept))
    return found


def truth_of(name: str, photo: np.ndarray) -> tuple[np.ndarray, str]:
    """The truth of a photo and where it is from: outlines, a label picture, else what the fine network says."""
    outlines, picture = TRUTH / "outlines" / "first" / f"{name}.json", TRUTH / f"{name}.png"
    if outlines.is_file():
        label_map = np.zeros(photo.shape[:2], np.uint8)
        for shape in json.loads(outlines.read_text(encoding="utf-8"))["shapes"]:  # later ones lie above earlier ones
            label_map[fill([np.array(shape["points"], float)], label_map.shape)] = shape["label"]
        return label_map, "outlines"
    if picture.is_file():
        return image.load_labels(picture), "label picture"
    return networks.segment(photo, "deeplab").label_map, "network"


# ---------------------------------------------------------------- strokes by the rule
def next_stroke(wrong: np.ndarray, side: np.ndarray) -> np.ndarray:
    """The pixels of the next stroke on a side, (M, N) array of bool."""
    parts, n = ndimage.label(wrong if wrong.any() else side)
    largest = parts == np.bincount(parts.ravel())[1:].argmax() + 1 if n else side
    depth = ndimage.distance_transform_edt(np.pad(largest, 1))[1:-1, 1:-1]
    middle = np.array(np.unravel_index(int(depth.argmax()), depth.shape))
    along = np.arange(-(reach := round(LENGTH * max(side.shape) / 2)), reach + 1)
    best = np.zeros((0, 2), int)
    for angle in np.arange(16) * np.pi / 16:
        line = np.rint(middle + np.outer(along, [np.sin(angle), np.cos(angle)])).astype(int)
        inside = ((line >= 0) & (line < side.shape)).all(axis=1)
        good = inside & side[tuple(line.clip(0, np.array(side.shape) - 1).T)]
        first = reach - int(np.argmin(np.append(good[reach::-1], False))) + 1
        past = reach + int(np.argmin(np.append(good[reach:], False)))
        if past - first > len(best):
            best = line[first:past]
    stroke = np.zeros(side.shape, bool)
    stroke[tuple(best.T)] = True
    return ndimage.binary_dilation(stroke, np.ones((WIDTH, WIDTH))) & side


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    judged = truth != VOID
    union = ((found == THING) | (truth == THING)) & judged
    return float(((found == THING) & (truth == THING)).sum() / union.sum())


def course(scene: Scene, learn: Callable[[np.ndarray], np.ndarray], counts: tuple[int, ...] = COUNTS) -> list[float]:
    """IoU after some numbers of strokes a side; `learn` gives labels for sparse labels."""
    drawn, found, scores = np.full(scene.truth.shape, -1), np.full(scene.truth.shape, VOID, np.uint8), []
    for k in range(1, max(counts) + 1):
        for side in (THING, REST):
            own = scene.truth == side
            drawn[next_stroke(own & (found != side), own)] = side
        found = learn(drawn)
        if k in counts:
            scores.append(iou(found, scene.truth))
    return scores


# ---------------------------------------------------------------- the methods
def ours(scene: Scene, network: str, group: str, refine: bool, hidden: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    features, last = scene.features[network].select(group), [None]

    def learn(drawn: np.ndarray) -> np.ndarray:
        last[0] = head = teach([(features, drawn)], CLASSES, hidden, start=last[0]).head
        prediction = head.predict(features)
        return refined_labels(prediction, scene.photo) if refine else prediction.label_map

    return learn


def forest(scene: Scene) -> Callable[[np.ndarray], np.ndarray]:
    """Random forest on multiscale features, with the settings of scikit-image's gallery ("Trainable segmentation using local features and random forests")."""
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    values = multiscale_basic_features(scene.photo, intensity=True, edges=False, texture=True, sigma_min=1, sigma_max=16, channel_axis=-1, num_workers=1)

    def learn(drawn: np.ndarray) -> np.ndarray:
        trees = RandomForestClassifier(n_estimators=50, max_depth=10, max_samples=0.05, random_state=0)
        known = drawn >= 0
        trees.fit(values[known], drawn[known])
        return trees.predict(values.reshape(-1, values.shape[-1])).reshape(drawn.shape).astype(np.uint8)

    return learn


def methods() -> dict[str, Callable[[Scene], Callable[[np.ndarray], np.ndarray]]]:
    listed = {
        "colour": lambda scene: ours(scene, "deeplab_s16", "colour", False),
        "first layers": lambda scene: ours(scene, "deeplab_s16", "first", False),
        "deep layers": lambda scene: ours(scene, "deeplab_s16", "deep", False),
        "all, fast network": lambda scene: ours(scene, "deeplab_s16", "all", False),
        "all, fine network": lambda scene: ours(scene, "deeplab", "all", False),
        "… and edges, fast": lambda scene: ours(scene, "deeplab_s16", "all", True),
        "… and edges, fine": lambda scene: ours(scene, "deeplab", "all", True),
    }
    try:
        import sklearn  # noqa: F401 - not among our dependencies: measured where it is there
    except ImportError:
        return listed
    return listed | {"random forest": forest}


# ---------------------------------------------------------------- what is printed
def measure(lab=None, repeats: int = 5, names: list[str] | None = None, say: Callable[[str], None] | None = None) -> Result:
    """All methods on all photos, in one process; `lab` is not asked for anything."""
    say = say or (lab.say if lab else lambda text: print(text, file=sys.stderr))
    found = scenes(names, ("deeplab_s16", "deeplab"), say)
    courses = {}
    for title, method in methods().items():
        for scene in found:
            say(f"teach: {title}, {scene.name}")
            courses[title, scene.name] = course(scene, method(scene))
    result = Result("Teach it: IoU of the thing, strokes by the rule")
    titles = list(dict.fromkeys(title for title, _ in courses))
    mean = {title: np.mean([courses[title, scene.name] for scene in found], axis=0) for title in titles}
    result.table(["mean IoU after strokes a side", *map(str, COUNTS)], [[title, *(f"{value:.3f}" for value in mean[title])] for title in titles])
    own = {network: [iou(np.where(networks.segment(scene.photo, network).label_map > 0, THING, REST), scene.truth) for scene in found] for network in ("deeplab_s16", "deeplab")}
    result.table(["IoU after five strokes a side", "truth", *titles, "network's own"],
                 [[scene.name, scene.origin, *(f"{courses[title, scene.name][COUNTS.index(5)]:.3f}" for title in titles), f"{own['deeplab'][k]:.3f}"] for k, scene in enumerate(found)])
    result.notes.append(f"The networks' own masks, without any stroke: {np.mean(own['deeplab_s16']):.3f} (fast), {np.mean(own['deeplab']):.3f} (fine).")
    _transfer(result, found, say)
    _cost(result, found, repeats)
    result.expect("mean IoU after five strokes a side, fine network and edges", float(mean["… and edges, fine"][COUNTS.index(5)]), at_least=0.88)
    other = "random forest" if "random forest" in mean else "colour"
    result.expect(f"the same less that of the {other}", float(mean["… and edges, fine"][COUNTS.index(5)] - mean[other][COUNTS.index(5)]), at_least=0.15)
    if other == "colour":
        result.notes.append("scikit-learn is not installed: its random forest was not measured.")
    return result


def _transfer(result: Result, found: list[Scene], say: Callable[[str], None]) -> None:
    """Taught on one photo with five strokes a side, graded on all others with the same class."""
    rows = []
    for group in ("colour", "first", "deep", "all"):
        say(f"teach: never seen, {group}")
        scores, same = [], []
        for scene in found:
            others = [other for other in found if other is not scene and set(other.classes) & set(scene.classes)]
            head = _taught(scene, group) if others else None
            same += [iou(head.predict(scene.features["deeplab"].select(group)).label_map, scene.truth)] if head else []
            scores += [iou(head.predict(other.features["deeplab"].select(group)).label_map, other.truth) for other in others]
        if scores:
            rows.append([group, f"{np.mean(same):.3f}", f"{np.mean(scores):.3f}", str(len(scores))])
    if rows:
        result.table(["fine network: mean IoU", "photo it was taught on", "photos never seen", "pairs"], rows)


def _taught(scene: Scene, group: str) -> Head:
    features = scene.features["deeplab"].select(group)
    heads: list[Head] = []

    def learn(drawn: np.ndarray) -> np.ndarray:
        heads.append(teach([(features, drawn)], CLASSES).head)
        return heads[-1].predict(features).label_map

    course(scene, learn, (5,))
    return heads[-1]


def _cost(result: Result, found: list[Scene], repeats: int) -> None:
    scene = max(found, key=lambda each: each.photo.size)
    rows = []
    for network in scene.features:
        features = scene.features[network].select("all")
        drawn = np.full(scene.truth.shape, -1, np.int8)
        for k in range(5):
            for side in (THING, REST):
                free = (scene.truth == side) & (drawn < 0)
                drawn[next_stroke(free, free)] = side
        head = teach([(features, drawn)], CLASSES).head
        grown = drawn.copy()
        grown[next_stroke(scene.truth == THING, scene.truth == THING)] = THING
        steps = {
            "learn from nothing": lambda: teach([(features, drawn)], CLASSES), "learn while a stroke grows": lambda: teach([(features, grown)], CLASSES, start=head),
            "scores of the photo": lambda: head.scores(features), "labels of every pixel": lambda: head.predict(features),
            "labels drawn to edges": lambda: refined_labels(head.predict(features), scene.photo),
        }  # fmt: skip
        rows += [[f"{network}: {what}", spread([_seconds(step) for _ in range(repeats)], 1000)] for what, step in steps.items()]
        rows.append([f"{network}: the features, once", spread([_seconds(lambda: stages.features(scene.photo, network)) for _ in range(repeats)], 1000)])
    result.table([f"ms on {scene.name}, {scene.photo.shape[1]} × {scene.photo.shape[0]}, this machine (quartiles)", "all stages"], rows)


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(measure(names=sys.argv[1:], say=lambda text: print(text, file=sys.stderr, flush=True)).text())
