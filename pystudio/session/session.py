"""The session: one photo, what networks said of it, the mask being painted, the region being grown.

One expensive step (`open`, then `segment` once a network), many cheap questions.  Every public coroutine or method
answers one call of `pystudio.session.protocol`, by that call's name with dots as underscores.  No browser here: the network
is run by a coroutine that the caller brings, so that the same session is tested on the desktop.
"""
from __future__ import annotations

import ast
import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from ..errors import StudioError
from ..image import load_labels
from ..labels import VOC, clear_colours, label_set
from ..measure import metrics
from ..networks import network as networks
from ..render import colour, png
from ..segment import classic, region_growing
from ..segment.canvas import Canvas, Change
from . import labs
from .host import Host

Run = Callable[..., Awaitable[Any]]


class Session:
    """One visitor's session.

    Parameters
    ----------
    run : coroutine function
        ``await run(network, tensor)`` with a float32 `tensor` (1, 3, h, w) returns the network's output
        (1, C, h', w') float32. ``await run(network, tensor, outputs)`` returns a list of its outputs of those names.
    ensure_package : coroutine function, optional
        ``await need(package)`` makes a package importable before it is used ("pillow"); nothing to do on the desktop.
    host : function that returns a Host, optional
        What the place where the session runs can do; called when it is needed first.
    adopt : coroutine function, optional
        ``await adopt(name, model, output)`` makes `run` know the network of that name by its file, a bytes-like ONNX `model`,
        and answer with the output of that name.
    """

    def __init__(self, run: Run, ensure_package: Callable[[str], Awaitable[None]] | None = None, host: Callable[[], Host] = Host,
                 adopt: Callable[[str, memoryview, str], Awaitable[None]] | None = None):
        self._run = run
        self._ensure_package = ensure_package
        self._make_host = host
        self._adopt = adopt
        self._photo: np.ndarray | None = None
        self._handlers: dict[str, labs.LabHandler] = {}

    def method(self, call: str):
        """The method that answers a call of the protocol: one of this session, or of a lab's handler, which is made at its first call."""
        name = labs.lab_of(call)
        if name is None:
            return getattr(self, call.replace(".", "_"))
        if name not in self._handlers:
            self._handlers[name] = labs.handler_module(name).Handler(self)
        return getattr(self._handlers[name], call.partition(".")[2])

    # ------------------------------------------------------------ what handlers may ask
    @property
    def photo(self) -> np.ndarray:
        """(M, N, 3) array of uint8: the open photo. Raises StudioError when none is."""
        return self._open_photo

    @property
    def has_photo(self) -> bool:
        """Whether a photo is open."""
        return self._photo is not None

    @property
    def mask(self) -> np.ndarray:
        """(M, N) array of uint8: the painted mask, VOC classes; not to be written to."""
        return self._ready_canvas.mask

    @property
    def region(self) -> np.ndarray | None:
        """(M, N) array of bool: the region grown last, or None."""
        self._open_photo
        return self._region.mask() if self._region else None

    async def predict(self, network: str) -> networks.Prediction:
        """What a network says of the open photo: computed once, then remembered."""
        await self.segment_run(network)
        return self._predictions[network]

    def predicted(self, network: str) -> networks.Prediction | None:
        """What a network has said of the open photo, or None when it was not asked yet."""
        self._open_photo
        return self._predictions.get(network)

    async def infer(self, network: networks.Network, tensor: np.ndarray, outputs: tuple[str, ...] | None = None):
        """Run a network on a float32 tensor (1, 3, h, w); its output (1, C, h', w') float32, or a list of those named in `outputs`."""
        return await (self._run(network, tensor) if outputs is None else self._run(network, tensor, outputs))

    async def adopt(self, name: str, model: memoryview, output: str) -> None:
        """Make a network that the visitor brought ready to be run under a name; raises NetworkError where it cannot be."""
        if self._adopt:
            await self._adopt(name, model, output)

    def forget(self, name: str) -> None:
        """What a network of that name has said of the photo no longer counts: another one bears the name now."""
        if self._photo is not None:
            self._predictions.pop(name, None)

    async def ensure_package(self, package: str) -> None:
        """Make a package importable; in the browser it is installed from the site's own files when it is needed first."""
        if self._ensure_package:
            await self._ensure_package(package)

    @functools.cached_property
    def host(self) -> Host:
        """The place where the session runs: tells the page something while a call is at work, interrupts it, waits for it."""
        return self._make_host()

    def take_mask(self, mask: np.ndarray, joins: bool = False) -> dict:
        """Put a whole mask, (M, N) of VOC classes, in place of the painted one; what `Painted` of the protocol holds.

        It opens a step of the undo history, or joins the one that the last of these calls opened.
        """
        canvas = self._ready_canvas
        if not joins:
            canvas.begin()
        return self._painted(canvas.replace(mask, joins=True))

    # ------------------------------------------------------------ photo
    def photo_open(self, rows, columns, pixels):
        """Take a photo (rows, columns, 4) uint8 RGBA, opaque, flat; forget everything about the last one."""
        if rows < 1 or columns < 1 or len(pixels) != rows * columns * 4:
            raise StudioError(f"A photo of {rows} × {columns} pixels cannot have {len(pixels)} bytes.", "Choose the photo again.")
        rgba = np.frombuffer(pixels, np.uint8).reshape(rows, columns, 4)
        self._photo = np.ascontiguousarray(rgba[..., :3])
        self._predictions: dict[str, networks.Prediction] = {}
        self._canvas = Canvas((rows, columns), len(VOC))
        self._truth: np.ndarray | None = None
        self._grader: metrics.Grader | None = None
        self._grower: region_growing.Grower | None = None
        self._region: region_growing.Region | None = None
        for handler in self._handlers.values():
            handler.on_photo()
        return {"rows": rows, "columns": columns}

    @property
    def _open_photo(self):
        if self._photo is None:
            raise StudioError("No photo is open.", "Choose a photo first.")
        return self._photo

    # ------------------------------------------------------------ segment
    async def segment_run(self, network: str):
        """Label every pixel; the answer is kept until another photo is opened."""
        photo = self._open_photo
        cached = network in self._predictions
        if not cached:
            prediction = await self._predict(photo, network)
            if photo is not self._photo:
                raise asyncio.CancelledError
            self._predictions[network] = prediction
        return _segmented(self._predictions[network], cached)

    async def _predict(self, photo, name):
        net = networks.network(name)
        start = time.perf_counter()
        tensor = networks.prepare(photo, net)
        await asyncio.sleep(0)  # a place where a cancelled call can end
        prepared = time.perf_counter()
        output = await self._run(net, tensor)
        inferred = time.perf_counter()
        prediction = networks.decode(output, photo.shape[:2], net, input_shape=tensor.shape)
        prediction.seconds.update(prepare=prepared - start, inference=inferred - prepared, decode=time.perf_counter() - inferred)
        return prediction

    def _prediction(self, name):
        self._open_photo
        if name not in self._predictions:
            raise StudioError(f"The network {name!r} has not labelled this photo yet.", "Run the network first.")
        return self._predictions[name]

    def segment_at(self, network, row, column):
        """The class of one pixel and its three best scores (softmax of the interpolated logits)."""
        prediction = self._prediction(network)
        rows, columns = prediction.label_map.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise StudioError(f"Row {row}, column {column} lies outside the photo of {rows} × {columns}.", "Point inside the photo.")
        scores = prediction.scores_at(row, column)
        names = prediction.network.labels.names
        best = np.argsort(-scores, kind="stable")[:3]
        label = int(prediction.label_map[row, column])
        return {
            "row": row, "column": column, "id": label, "name": names[label],
            "best": [{"id": int(i), "name": names[i], "score": float(scores[i])} for i in best],
        }

    def labels(self, set):
        labels = label_set(set)
        clear = clear_colours()[[VOC.id(name) for name in labels.names]]
        return {"names": list(labels.names), "colours": labels.colours.tolist(), "clear": clear.tolist()}

    # ------------------------------------------------------------ paint and grade
    def paint_stroke(self, points, radius, label, begin, end):
        canvas = self._ready_canvas
        if begin:
            canvas.begin()
        try:
            return self._painted(canvas.brush(points, radius, label))
        finally:
            if end:
                canvas.end()

    def paint_lasso(self, points, label):
        return self._painted(self._ready_canvas.lasso(points, label))

    def paint_fill(self, row, column, label):
        return self._painted(self._ready_canvas.fill(row, column, label))

    def paint_clear(self):
        return self._painted(self._ready_canvas.clear())

    def paint_undo(self):
        return self._painted(self._ready_canvas.undo())

    def paint_redo(self):
        return self._painted(self._ready_canvas.redo())

    def paint_from_network(self, network):
        canvas, prediction = self._ready_canvas, self._prediction(network)
        _same_labels(prediction)
        return self._painted(canvas.replace(prediction.label_map))

    def paint_set(self, mask):
        """Take a whole mask, as kept from an earlier visit. There is nothing before it to undo."""
        shape = self._ready_canvas.mask.shape
        mask = np.frombuffer(mask, np.uint8)
        if mask.size != shape[0] * shape[1] or mask.max() >= len(VOC):
            raise StudioError("The kept mask does not belong to this photo.", "Nothing to do: the mask starts empty.")
        self._canvas = Canvas(shape, len(VOC))
        self._canvas.mask[:] = mask.reshape(shape)
        self._grade()
        return self._painted([Change((0, shape[0], 0, shape[1]), self._canvas.mask)])

    async def paint_truth(self, source, network=None, bytes=None, name=None):
        """Grade against a network's output, or against a label picture that the visitor brings."""
        canvas = self._ready_canvas
        if source == "network":
            prediction = self._prediction(network)
            _same_labels(prediction)
            truth = prediction.label_map
        else:
            if bytes is None:
                raise StudioError("The label picture did not arrive.", "Choose the file again.")
            if self._ensure_package:
                await self._ensure_package("pillow")
            truth = load_labels(bytearray(bytes), shape=canvas.mask.shape, name=name)
        self._truth = truth
        self._grade()
        return {
            "scores": _scores(self._grader.scores()),
            "classes": _class_shares(*np.unique(truth, return_counts=True), VOC),
            "difference": metrics.difference(truth, canvas.mask).ravel(),
        }

    @property
    def _ready_canvas(self):
        self._open_photo
        return self._canvas

    def _grade(self):
        """Grade the whole mask; later changes cost only what they cover."""
        self._grader = None if self._truth is None else metrics.Grader(self._truth, self._canvas.mask, len(VOC))

    def _painted(self, changes):
        mask, graded = self._canvas.mask, self._grader is not None
        if graded:
            for change in changes:
                self._grader.update(change.box, change.before)
        return {
            "patches": [_patch(c.box, "labels", _cut(mask, c.box)) for c in changes],
            "differences": [_patch(c.box, "values", metrics.difference(_cut(self._truth, c.box), _cut(mask, c.box))) for c in changes] if graded else None,
            "scores": _scores(self._grader.scores()) if graded else None,
            "can_undo": self._canvas.can_undo,
            "can_redo": self._canvas.can_redo,
        }

    # ------------------------------------------------------------ grow
    def grow_run(self, row, column, tolerance, reference, neighbours, afresh):
        """Grow a region; unless `afresh`, a larger tolerance goes on from the rim of the last one."""
        photo = self._open_photo
        if self._grower is None:
            self._grower = region_growing.Grower(photo)
        start = time.perf_counter()
        grown = self._region = self._grower.grow((row, column), tolerance, reference, neighbours, afresh)
        seconds = time.perf_counter() - start
        return {
            "size": grown.size, "share": grown.size / (photo.shape[0] * photo.shape[1]), "waves": len(grown.wave_starts),
            "indices": grown.indices, "wave_starts": grown.wave_starts,
            "seed_colour": [int(v) for v in grown.seed_colour], "reference_colour": [float(v) for v in grown.reference_colour],
            "seconds": seconds, "truth": self._seed_truth(row, column, grown),
        }

    def _seed_truth(self, row, column, grown):
        """IoU of a region with the network's class at its seed, from the network with the VOC classes that was asked last."""
        prediction = next((p for p in reversed(self._predictions.values()) if p.network.labels is VOC), None)
        if prediction is None:
            return None
        label_map = prediction.label_map
        label = int(label_map[row, column])
        inside = int(np.count_nonzero(label_map.ravel()[grown.indices] == label))
        union = grown.size + int(np.count_nonzero(label_map == label)) - inside
        return {"id": label, "name": prediction.network.labels.names[label], "iou": inside / union}

    def grow_listing(self):
        """The source of `region_growing.grow_by_hand` without its docstring: the few lines that the page shows."""
        lines = inspect.getsource(region_growing.grow_by_hand).splitlines(keepends=True)
        docstring = ast.parse("".join(lines)).body[0].body[0]
        return {"source": "".join(lines[: docstring.lineno - 1] + lines[docstring.end_lineno :])}

    # ------------------------------------------------------------ classic methods
    async def classic_methods(self):
        """What every classic method takes, assumes and fails at."""
        return {"methods": [_method(m) for m in classic.METHODS.values()]}

    async def classic_histogram(self, classes):
        """The histogram of luminance (256 levels) and Otsu's thresholds for so many classes."""
        found = classic.histogram(self._open_photo, classes)
        return {"counts": found.counts.astype(np.int32), "thresholds": list(found.thresholds), "explained": found.explained.tolist(), "separability": found.separability}

    async def classic_run(self, method, parameters, markers, network=None, label=None):
        """Run a classic method on the photo and compare its regions with a class of the network and of the painted mask.

        Without `label` the class is the largest that is not background.
        """
        photo = self._open_photo
        if self._ensure_package and classic.uses(method, parameters):
            await self._ensure_package("scikit-image")
            if photo is not self._photo:
                raise asyncio.CancelledError
        painted = self._canvas.mask
        found = classic.run(method, photo, parameters, markers=painted if markers == "paint" else None)
        rows = classic.find_boundaries(found.label_map)
        predicted = self._predictions.get(network)
        return {
            "method": method, "parameters": found.parameters,
            "label_map": found.label_map.ravel(), "boundaries": rows.ravel().astype(np.uint8), "keys": found.keys,
            "colours": classic.mean_colours(photo, found.label_map, found.n).ravel(),
            "n_regions": found.n, "worked_at": [int(n) for n in found.shape], "seconds": found.seconds,
            "network": predicted and _match(found.label_map, predicted.label_map, predicted.network.labels, label),
            "paint": _match(found.label_map, painted, VOC, label),
        }

    def classic_network(self, network, label=None):
        """The same comparison for a network's classes, taken as regions: how well they can stand for a class that is painted."""
        label_map = self._prediction(network).label_map
        return {"n_regions": len(np.unique(label_map[label_map != 0])), "paint": _match(label_map, self._canvas.mask, VOC, label)}

    # ------------------------------------------------------------ export
    async def export(self, what, network=None, opacity=0.6, hidden=(), label=None, **source):
        photo = self._open_photo
        if self._ensure_package:
            await self._ensure_package("pillow")
        origin = source["from"]
        label_map, labels = self._exported_labels(origin, network)
        if what == "mask":
            data = png.palette_png(label_map, labels)
        elif what == "overlay":
            data = png.png(colour.overlay(photo, label_map, labels, opacity, hidden))
        else:
            chosen = label_map == label if label is not None else (label_map != 0) & ~np.isin(label_map, list(hidden))
            data = png.png(colour.cutout(photo, chosen))
        return {"name": f"{origin}-{what}.png", "type": "image/png", "bytes": np.frombuffer(data, np.uint8)}

    def _exported_labels(self, origin, network):
        if origin == "network":
            prediction = self._prediction(network)
            return prediction.label_map, prediction.network.labels
        if origin == "paint":
            return self._canvas.mask, VOC
        if self._region is None:
            raise StudioError("No region has been grown yet.", "Click a seed in the photo first.")
        return self._region.mask().astype(np.uint8), label_set("person")


# ---------------------------------------------------------------- arrays and records to the protocol's types
def _segmented(prediction, cached):
    labels, net, (rows, columns) = prediction.network.labels, prediction.network, prediction.label_map.shape
    pairs = prediction.classes()
    return {
        "network": net.name, "rows": rows, "columns": columns, "label_map": prediction.label_map.ravel().copy(),
        "classes": _class_shares([i for i, _ in pairs], [n for _, n in pairs], labels),
        "n_classes": len(labels),
        "input": {"type": "float32", "shape": list(prediction.input_shape)},
        "mode": net.title,
        "output": {"type": "float32 " + net.kind, "shape": list(prediction.output_shape)},
        "predictions": prediction.label_map.size,
        "scores": prediction.n_scores,
        "seconds": {k: float(prediction.seconds[k]) for k in ("prepare", "inference", "decode")},
        "cached": cached,
    }


def _class_shares(ids, counts, labels):
    """Classes with their pixels, largest first; VOID (255) is not a class."""
    total = max(1, int(np.sum(counts)))
    found = sorted(((int(n), int(i)) for i, n in zip(ids, counts) if i < len(labels)), key=lambda p: (-p[0], p[1]))
    return [{"id": i, "name": labels.names[i], "colour": labels.colours[i].tolist(), "pixels": n, "share": n / total} for n, i in found]


def _scores(scores):
    return {
        "pixels": int(scores.pixels),
        "pixel_accuracy": _number(scores.pixel_accuracy),
        "mean_iou": _number(scores.mean_iou),
        "mean_iou_without_background": _number(scores.mean_iou_without_background),
        "classes": [{
            "id": int(i), "name": VOC.names[i], "colour": VOC.colours[i].tolist(),
            "intersection": int(scores.intersection[i]), "union": int(scores.union[i]),
            "iou": _number(scores.iou[i]), "dice": _number(scores.dice[i]),
        } for i in np.flatnonzero(scores.present)],
    }


def _number(value):
    return None if np.isnan(value) else float(value)


def _cut(array, box):
    row0, row1, column0, column1 = box
    return array[row0:row1, column0:column1]


def _patch(box, name, pixels):
    row0, row1, column0, column1 = box
    return {"row": row0, "column": column0, "rows": row1 - row0, "columns": column1 - column0, name: pixels.ravel().copy()}


def _method(method):
    parameters = [{
        "name": p.name, "title": p.title, "kind": p.kind, "default": p.default, "low": p.low, "high": p.high, "step": p.step,
        "choices": list(p.choices), "help": p.help,
    } for p in method.parameters]
    record = {k: getattr(method, k) for k in ("name", "title", "summary", "assumes", "fails_when", "paper", "markers")}
    return {**record, "least_markers": method.least_markers, "uses": list(method.uses), "parameters": parameters}


def _match(label_map, truth, labels, label):
    """How well regions can stand for one class of a label map; None where there is nothing to stand for."""
    if label is None:
        counts = np.bincount(truth.ravel(), minlength=len(labels))[1 : len(labels)]
        label = 1 + int(counts.argmax()) if counts.any() else 0
    wanted = truth == label
    if label == 0 or not wanted.any():
        return None
    best = classic.best_iou(label_map, wanted)
    return {
        "id": label, "name": labels.names[label], "best_region": int(best.region), "best_region_iou": float(best.region_iou),
        "best_union": [int(r) for r in best.union], "best_union_iou": float(best.union_iou),
    }


def _same_labels(prediction):
    if prediction.network.labels is not VOC:
        raise StudioError(
            f"The network {prediction.network.name!r} knows other classes than the ones you paint with.",
            "Choose a network with the 21 VOC classes: deeplab_s16 or deeplab.")

