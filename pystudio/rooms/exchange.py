"""The room of masks from and for other programs: writes what the session has, reads what a visitor brings, and makes a painted mask of it."""

from typing import Literal, NotRequired, TypedDict

import numpy as np

from .. import exchange
from ..errors import StudioError
from ..exchange.sheet import guess
from ..labels import VOC, VOID
from ..protocol import Buffer, Nothing, Painted, Uint8Array
from . import BaseRoom


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
    "format": Literal["png", "colours", "coco", "coco-rle", "coco-polygons", "labelme", "labelstudio", "yolo", "cvat", "npz", "svg"],
    "network": NotRequired[str],
    "photo": str,
})


class ExchangeWritten(TypedDict):
    name: str
    type: str
    bytes: Uint8Array
    notes: list[str]


class ExchangeRead(TypedDict):
    name: str
    bytes: Buffer
    picture: NotRequired[str]
    legend: NotRequired[Buffer]


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
    "exchange.write": (ExchangeWrite, ExchangeWritten),
    "exchange.read": (ExchangeRead, ExchangeFile),
    "exchange.take": (ExchangeTake, Painted),
}

WORDS = {
    "png": "Classes only, every pixel exact. For paint programs, and for the painter’s truth.",
    "colours": "Classes only, every pixel exact, each in its colour; the names stand in the file as text.",
    "coco": "Classes and things, every pixel exact, short. Read by pycocotools.",
    "coco-rle": "Classes and things, every pixel exact: the run lengths as plain numbers.",
    "coco-polygons": "Classes and things as outlines along the pixels. A thing with a hole is cut through the hole, as COCO knows no holes.",
    "labelme": "Classes and things as outlines, to be edited in LabelMe.",
    "labelstudio": "Classes and things, every pixel exact, as strokes of Label Studio’s brush.",
    "yolo": "Classes and things as outlines in text files, for training with YOLO. A zip with the names of the classes.",
    "cvat": "Classes and things as pictures of colours, with a legend. A zip that CVAT reads as “segmentation mask”.",
    "npz": "Classes and things as arrays, every pixel exact, for numpy.load.",
    "svg": "Classes and things as outlines, holes included, for drawing programs.",
}
READ = {
    "png": "label PNG", "picture": "label picture", "coco": "COCO JSON", "labelme": "LabelMe JSON", "labelstudio": "Label Studio JSON", "yolo": "YOLO segmentation", "archive": "export as zip",
    "npz": "NPZ", "npy": "NPY", "svg": "SVG",
}  # fmt: skip


class Room(BaseRoom):
    """Remembers the file that was read last, also when another photo is opened: only its size says whether it fits."""

    def __init__(self, studio):
        super().__init__(studio)
        self._sheet: exchange.Sheet | None = None

    def about(self):
        return {"formats": [{"name": name, "title": title, "ending": ending, "words": WORDS[name]} for name, (title, ending, _) in exchange.FORMATS.items()]}

    async def write(self, format, photo, network=None, **source):
        """What the session has, as a file."""
        origin = source["from"]
        sheet = await self._sheet_of(origin, network)
        if not ((sheet.ids != 0) & (sheet.ids != VOID)).any():
            raise StudioError("There is nothing to save: all of it is background.", "Paint something, or choose another photo.")
        if format in ("png", "colours", "cvat"):
            await self.studio.need("pillow")
        _, ending, kind = exchange.FORMATS[format]
        data = exchange.write(sheet, format, sheet.photo or photo[:200] or "photo")
        return {"name": f"{origin}-{format}.{ending}", "type": kind, "bytes": np.frombuffer(data, np.uint8), "notes": list(exchange.losses(sheet, format))}

    async def _sheet_of(self, origin, network):
        if origin == "file":
            return self._read_last()
        if origin == "paint":
            return exchange.Sheet(self.studio.mask, VOC.names)
        if origin == "region":
            if self.studio.region is None:
                raise StudioError("No region has been grown yet.", "Grow one first: click a seed where a page lets regions grow.")
            return exchange.Sheet(self.studio.region.astype(np.uint8), ("background", "region"))
        if origin == "instances":
            counted = self.studio.method("instances.run").__self__.counted
            if counted is None:
                raise StudioError("Nothing has been counted yet.", "Count the things first, on the page “Counting things”, with this photo.")
            label_map, things, _ = counted
            return exchange.Sheet(np.where(things > 0, label_map, 0).astype(np.uint8), VOC.names, things)
        prediction = await self.studio.predict(network or "deeplab_s16")
        return exchange.Sheet(prediction.label_map, tuple(prediction.network.labels.names))

    async def read(self, name, bytes, picture=None, legend=None):
        """What a file holds, and which of our classes its names may mean. Of several pictures one may be asked for; colours may come with a legend."""
        data, name = memoryview(bytes).tobytes(), name[:80] or "The file"
        kind = exchange.kind_of(data, name)
        if exchange.needs_pillow(data, kind):
            await self.studio.need("pillow")
        shape = self.studio.photo.shape[:2]
        sheet = self._sheet = exchange.read(data, name, shape, picture, None if legend is None else memoryview(legend).tobytes())
        counts = np.bincount(sheet.ids.ravel(), minlength=256)
        things = {place: sum(number > 0 for number in numbers) for place, numbers in sheet.marked()}
        rows, columns = sheet.ids.shape
        fits = "" if (rows, columns) == shape else f"The mask has {columns} × {rows} pixels, the photo {shape[1]} × {shape[0]}. A mask belongs to one photo at one size: open its photo first."
        return {
            "title": READ[kind], "rows": rows, "columns": columns, "fits": fits, "notes": list(sheet.notes), "void": int(counts[VOID]),
            "classes": [{"name": each, "pixels": int(counts[k]), "things": things.get(k, 0), "voc": guess(each)} for k, each in enumerate(sheet.names)],
        }

    def _read_last(self):
        if self._sheet is None:
            raise StudioError("No file has been opened yet.", "Open a mask first.")
        return self._sheet

    def take(self, mapping):
        """The file that was read last becomes the painted mask; it can be undone."""
        sheet, shape = self._read_last(), self.studio.photo.shape[:2]
        if sheet.ids.shape != shape:
            raise StudioError(f"The mask has {sheet.ids.shape[1]} × {sheet.ids.shape[0]} pixels, the photo {shape[1]} × {shape[0]}.", "Open the photo that the mask was made for.")
        return self.studio.take_mask(exchange.to_voc(sheet, [k if k >= 0 else None for k in mapping]))
