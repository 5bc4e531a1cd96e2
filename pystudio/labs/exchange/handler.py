"""The handler of masks from and for other programs: writes what the session has, reads what a visitor brings, and makes a painted mask of it."""

from typing import Literal, NotRequired, TypedDict

import numpy as np

from ... import formats
from ...errors import StudioError
from ...formats.annotation import guess_voc_class
from ...labels import VOC, VOID
from ...session.labs import LabHandler
from ...session.protocol import Buffer, Exported, Nothing, Painted


class ExchangeFormat(TypedDict):
    name: str
    title: str
    ending: str
    words: str


class ExchangeAbout(TypedDict):
    formats: list[ExchangeFormat]


# functional form: one field is called "from", a word that Python keeps for itself
ExchangeWrite = TypedDict("ExchangeWrite", {
    "from": Literal["network", "paint", "region", "instances", "file"],
    "format": Literal["png", "coco", "coco-rle", "coco-polygons", "labelme", "npz", "svg"],
    "network": NotRequired[str],
    "photo": str,
})


class ExchangeRead(TypedDict):
    name: str
    bytes: Buffer


class ReadClass(TypedDict):
    name: str
    pixels: int
    things: int
    voc: int | None


class ExchangeFile(TypedDict):
    title: str
    rows: int
    columns: int
    fits: str
    classes: list[ReadClass]
    void: int
    notes: list[str]


class ExchangeTake(TypedDict):
    mapping: list[int]


CALLS = {
    "exchange.about": (Nothing, ExchangeAbout),
    "exchange.write": (ExchangeWrite, Exported),
    "exchange.read": (ExchangeRead, ExchangeFile),
    "exchange.take": (ExchangeTake, Painted),
}

WORDS = {
    "png": "Classes only, every pixel exact. For paint programs, and for the painter’s truth.",
    "coco": "Classes and things, every pixel exact, short. Read by pycocotools.",
    "coco-rle": "Classes and things, every pixel exact: the run lengths as plain numbers.",
    "coco-polygons": "Classes and things as outlines along the pixels. A thing with a hole is cut through the hole, as COCO knows no holes.",
    "labelme": "Classes and things as outlines, to be edited in LabelMe.",
    "npz": "Classes and things as arrays, every pixel exact, for numpy.load.",
    "svg": "Classes and things as outlines, holes included, for drawing programs.",
}
READ = {"png": "label PNG", "coco": "COCO JSON", "labelme": "LabelMe JSON", "npz": "NPZ", "svg": "SVG"}


class Handler(LabHandler):
    """Remembers the file that was read last, also when another photo is opened: only its size says whether it fits."""

    def __init__(self, session):
        super().__init__(session)
        self._annotation: formats.Annotation | None = None

    def about(self):
        return {"formats": [{"name": name, "title": title, "ending": ending, "words": WORDS[name]} for name, (title, ending, _) in formats.FORMATS.items()]}

    async def write(self, format, photo, network=None, **source):
        """What the session has, as a file."""
        origin = source["from"]
        annotation = await self._annotation_of(origin, network)
        if not ((annotation.ids != 0) & (annotation.ids != VOID)).any():
            raise StudioError("There is nothing to save: all of it is background.", "Paint something, or choose another photo.")
        if format == "png":
            await self.session.ensure_package("pillow")
        _, ending, kind = formats.FORMATS[format]
        data = formats.write(annotation, format, photo[:200] or "photo")
        return {"name": f"{origin}-{format}.{ending}", "type": kind, "bytes": np.frombuffer(data, np.uint8)}

    async def _annotation_of(self, origin, network):
        if origin == "file":
            return self._read_last()
        if origin == "paint":
            return formats.Annotation(self.session.mask, VOC.names)
        if origin == "region":
            if self.session.region is None:
                raise StudioError("No region has been grown yet.", "Grow one first: click a seed where a page lets regions grow.")
            return formats.Annotation(self.session.region.astype(np.uint8), ("background", "region"))
        if origin == "instances":
            counted = self.session.method("instances.run").__self__.counted
            if counted is None:
                raise StudioError("Nothing has been counted yet.", "Count the objects first, on the page “Counting objects”, with this photo.")
            label_map, things, _ = counted
            return formats.Annotation(np.where(things > 0, label_map, 0).astype(np.uint8), VOC.names, things)
        prediction = await self.session.predict(network or "deeplab_s16")
        return formats.Annotation(prediction.label_map, tuple(prediction.network.labels.names))

    async def read(self, name, bytes):
        """What a file holds, and which of our classes its names may mean."""
        data, name = memoryview(bytes).tobytes(), name[:80] or "The file"
        if data.startswith(b"\x89PNG"):
            await self.session.ensure_package("pillow")
        shape = self.session.photo.shape[:2]
        annotation = self._annotation = formats.read(data, name, shape)
        counts = np.bincount(annotation.ids.ravel(), minlength=256)
        things = {place: sum(number > 0 for number in numbers) for place, numbers in annotation.marked()}
        rows, columns = annotation.ids.shape
        fits = "" if (rows, columns) == shape else f"The mask has {columns} × {rows} pixels, the photo {shape[1]} × {shape[0]}. A mask belongs to one photo at one size: open its photo first."
        return {
            "title": READ[formats.kind_of(data, name)], "rows": rows, "columns": columns, "fits": fits, "notes": list(annotation.notes), "void": int(counts[VOID]),
            "classes": [{"name": each, "pixels": int(counts[k]), "things": things.get(k, 0), "voc": guess_voc_class(each)} for k, each in enumerate(annotation.names)],
        }

    def _read_last(self):
        if self._annotation is None:
            raise StudioError("No file has been opened yet.", "Open a mask first.")
        return self._annotation

    def take(self, mapping):
        """The file that was read last becomes the painted mask; it can be undone."""
        annotation, shape = self._read_last(), self.session.photo.shape[:2]
        if annotation.ids.shape != shape:
            raise StudioError(f"The mask has {annotation.ids.shape[1]} × {annotation.ids.shape[0]} pixels, the photo {shape[1]} × {shape[0]}.", "Open the photo that the mask was made for.")
        return self.session.take_mask(formats.to_voc(annotation, [k if k >= 0 else None for k in mapping]))
