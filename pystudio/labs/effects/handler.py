"""The handler of “Use it”: a matte from scores or paint, an effect on a small copy, then the whole photo band by band, and many photos into one zip."""

import io
import time
import zipfile
from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...image import MAX_PIXELS
from ...labels import VOC
from ...networks import network as networks
from ...render import effects
from ...segment import matting
from ...session.labs import LabHandler
from ...session.wire_types import Buffer, Colour, Nothing, Uint8Array

BAND = 400_000
"""About so many pixels are worked on at once: what a full-size photo costs in memory does not depend on its size."""


class EffectDescription(TypedDict):
    name: str
    title: str
    summary: str
    target: Literal["rest", "thing", "both"]
    low: float | None
    high: float | None
    default: float | None
    unit: str
    colour: bool
    transparent: bool


class EffectsAbout(TypedDict):
    effects: list[EffectDescription]
    longest: int


class EffectRequest(TypedDict):
    effect: str
    edge: Literal["guided", "scores", "hard"]
    swap: bool
    strength: NotRequired[float]
    colour: list[int]


class EffectSource(TypedDict):
    source: Literal["network", "paint"]
    network: str


class ForegroundClass(TypedDict):
    id: int
    name: str
    colour: Colour
    share: float


class EffectClasses(TypedDict):
    classes: list[ForegroundClass]


class EffectPreview(TypedDict):
    source: Literal["network", "paint"]
    network: str
    labels: list[int]
    request: EffectRequest
    alpha: bool


class EffectShown(TypedDict):
    rows: int
    columns: int
    pixels: Uint8Array
    share: float
    seconds: float


class EffectBegin(TypedDict):
    source: Literal["network", "paint", "batch"]
    network: str
    labels: list[int]
    request: EffectRequest
    rows: int
    columns: int


class BandSpan(TypedDict):
    top: int
    end: int
    first: int
    past: int


class EffectBegun(TypedDict):
    bands: list[BandSpan]
    share: float


class EffectBand(TypedDict):
    top: int
    pixels: Buffer


class EffectBandDone(TypedDict):
    rows: int


class EffectFile(TypedDict):
    bytes: Uint8Array
    transparent: bool


class EffectPicture(TypedDict):
    rows: int
    columns: int
    pixels: Buffer


class EffectBatchPhoto(TypedDict):
    rows: int
    columns: int
    pixels: Buffer
    network: str


class ZipAdd(TypedDict):
    name: str
    bytes: Buffer
    first: bool


class ZipPart(TypedDict):
    bytes: Uint8Array


CALLS = {
    "effects.about": (Nothing, EffectsAbout),
    "effects.classes": (EffectSource, EffectClasses),
    "effects.preview": (EffectPreview, EffectShown),
    "effects.picture": (EffectPicture, Nothing),
    "effects.batch_photo": (EffectBatchPhoto, EffectClasses),
    "effects.begin": (EffectBegin, EffectBegun),
    "effects.band": (EffectBand, EffectBandDone),
    "effects.finish": (Nothing, EffectFile),
    "effects.zip_add": (ZipAdd, ZipPart),
    "effects.zip_end": (Nothing, ZipPart),
}


class _Growing(io.RawIOBase):
    """A file that only grows: what is written to it is handed over and forgotten."""

    def __init__(self):
        self._parts = []

    def writable(self):
        return True

    def write(self, data):
        self._parts.append(bytes(data))
        return len(data)

    def taken(self):
        parts, self._parts = self._parts, []
        return np.frombuffer(b"".join(parts), np.uint8)


class Handler(LabHandler):
    """Remembers the last matte and guided matte: only the effect changes while a thumb moves."""

    def __init__(self, session):
        super().__init__(session)
        self._other: np.ndarray | None = None
        self._job = None
        self._batch_photo = None
        self._zip = None
        self.on_photo()

    def on_photo(self):
        self._small: np.ndarray | None = None
        self._last: tuple | None = None  # (what it was made of, rough, refined)

    def about(self):
        """The effects there are."""
        reply = []
        for each in effects.EFFECTS.values():
            low, high, default = each.strength or (None, None, None)
            reply.append({"name": each.name, "title": each.title, "summary": each.words, "target": each.target, "low": low, "high": high, "default": default,
                         "unit": each.unit, "colour": each.colour, "transparent": each.transparent})
        return {"effects": reply, "longest": effects.LONGEST}

    async def classes(self, source, network):
        """The classes that can be chosen, the largest first, without the background."""
        if source == "paint":
            return {"classes": _classes(self.session.mask, VOC)}
        prediction = await self.session.predict(network)
        return {"classes": _classes(prediction.label_map, prediction.network.labels)}

    async def preview(self, source, network, labels, request, alpha):
        """The effect on the small copy; or the alpha matte itself, as grey."""
        start = time.perf_counter()
        rough, refined = await self._mattes(source, network, labels)
        plan = self._plan(self._small_photo(), rough, refined, request, effect="grey" if alpha else None)
        shape = plan.small.shape[:2]
        pixels = np.full((*shape, 4), 255, np.uint8)
        if alpha:
            pixels[..., :3] = (effects.matte_of(plan, plan.small, shape) * 255 + 0.5).astype(np.uint8)[..., None]
        else:
            result = effects.apply(plan, (plan.small * 255 + 0.5).astype(np.uint8), shape)
            pixels[..., : result.shape[2]] = result
        return {"rows": shape[0], "columns": shape[1], "pixels": pixels.ravel(), "share": float(rough.mean()), "seconds": time.perf_counter() - start}

    def picture(self, rows, columns, pixels):
        """Take the picture that a thing may be put into."""
        self._other = _photo(rows, columns, pixels)
        return {}

    async def batch_photo(self, rows, columns, pixels, network):
        """Take a photo of a batch, as large as the network needs it, and ask the network."""
        photo = _photo(rows, columns, pixels)
        net = networks.network(network)
        tensor = networks.prepare(photo, net)
        prediction = networks.decode(await self.session.infer(net, tensor), photo.shape[:2], net)
        self._batch_photo = photo, prediction
        return {"classes": _classes(prediction.label_map, prediction.network.labels)}

    async def begin(self, source, network, labels, request, rows, columns):
        """Make ready for a photo of full size; the page then brings its rows, band by band."""
        if rows < 1 or columns < 1 or rows * columns > MAX_PIXELS:
            raise StudioError(f"A photo of {columns} × {rows} pixels cannot be saved.", "Choose a smaller one.")
        if source == "batch":
            if self._batch_photo is None:
                raise StudioError("No photo of the batch is here.", "Begin the batch again.")
            photo, prediction = self._batch_photo
            small = effects.small_of(photo)
            rough, refined = matting.score_share(prediction.logits, prediction.network.stride, labels, small.shape[:2]), None
        else:
            rough, refined = await self._mattes(source, network, labels)
            small = self._small_photo()
        plan = self._plan(small, rough, refined, request)
        spans = list(effects.bands(plan, (rows, columns), max(16, BAND // columns)))
        self._job = plan, (rows, columns), {span[0]: span for span in spans}, effects.PngWriter((rows, columns), 4 if plan.effect.transparent else 3)
        return {"bands": [dict(zip(("top", "end", "first", "past"), span)) for span in spans], "share": float(rough.mean())}

    def band(self, top, pixels):
        """Apply the effect to the next band, and write it into the file."""
        if self._job is None or top not in self._job[2]:
            raise StudioError("These rows were not asked for.", "Save the picture again.")
        plan, shape, spans, writer = self._job
        _, end, first, past = spans[top]
        band = _photo(past - first, shape[1], pixels)
        writer.add(effects.apply(plan, band, shape, top, top - first, past - end))
        return {"rows": end - top}

    def finish(self):
        """The file."""
        if self._job is None:
            raise StudioError("There is nothing to save.", "Save the picture again.")
        plan, _, _, writer = self._job
        self._job = None
        return {"bytes": np.frombuffer(writer.finish(), np.uint8), "transparent": plan.effect.transparent}

    def zip_add(self, name, bytes, first):
        """Add a file to the zip; what the zip has grown by. Its files are packed already, so they are only stored."""
        if first or self._zip is None:
            stream = _Growing()
            self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED), stream
        archive, stream = self._zip
        archive.writestr(zipfile.ZipInfo(name, time.localtime()[:6]), memoryview(bytes).tobytes())
        return {"bytes": stream.taken()}

    def zip_end(self):
        """The end of the zip."""
        if self._zip is None:
            raise StudioError("The zip was not begun.", "Begin the batch again.")
        archive, stream = self._zip
        self._zip = None
        archive.close()
        return {"bytes": stream.taken()}

    # ------------------------------------------------------------ within
    def _small_photo(self):
        if self._small is None:
            self._small = effects.small_of(self.session.photo)
        return self._small

    async def _mattes(self, source, network, labels):
        """The rough and the guided matte of the open photo; worked out again only when the thing has changed."""
        if source == "paint":
            mask = np.isin(self.session.mask, labels)
            if not mask.any():
                raise StudioError("Nothing of this is painted yet.", "Paint something on this page, or take what the network sees.")
            made_of, rough = ("paint", mask.tobytes()), None
        else:
            prediction = await self.session.predict(network)
            made_of, rough = (id(prediction), network, tuple(sorted(labels))), None
        if self._last is None or self._last[0] != made_of:
            small = self._small_photo()
            rough = effects.resize_mask(mask, small.shape[:2]) if source == "paint" else matting.score_share(prediction.logits, prediction.network.stride, labels, small.shape[:2])
            self._last = made_of, rough, effects.guide(rough, small)
        return self._last[1], self._last[2]

    def _plan(self, small, rough, refined, request, effect=None):
        colour = request["colour"]
        if len(colour) != 3 or not all(0 <= each <= 255 for each in colour):
            raise StudioError("This is not a colour.", "Choose another one.")
        wanted = effect or request["effect"]
        return effects.plan(wanted, small, rough, edge=request["edge"], refined=refined, swap=request["swap"], strength=None if effect else request.get("strength"),
                            colour=tuple(colour), picture=self._other)


def _classes(label_map, labels):
    counts = np.bincount(label_map.ravel(), minlength=len(labels))[: len(labels)]
    there = sorted((int(k) for k in np.flatnonzero(counts) if k), key=lambda k: (-counts[k], k))
    return [{"id": k, "name": labels.names[k], "colour": labels.colours[k].tolist(), "share": float(counts[k] / label_map.size)} for k in there]


def _photo(rows, columns, pixels):
    if rows < 1 or columns < 1 or len(pixels) != rows * columns * 4:
        raise StudioError("A part of the photo did not arrive whole.", "Try again.")
    return np.ascontiguousarray(np.frombuffer(pixels, np.uint8).reshape(rows, columns, 4)[..., :3])
