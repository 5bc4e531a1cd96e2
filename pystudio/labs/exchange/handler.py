"""The handler of masks from and for other programs: writes what the session has, reads what a visitor brings, and makes a painted mask of it."""

from typing import Literal, NotRequired, TypedDict

import numpy as np

from ... import formats
from ...errors import StudioError
from ...formats.annotation import guess_voc_class
from ...labels import VOC, VOID
from ...segment.instances import upsample_instances
from ...session.labs import LabHandler
from ...session.wire_types import Buffer, Nothing, Painted, Uint8Array


class ExchangeFormat(TypedDict):
    name: str
    title: str
    extension: str
    summary: str


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
    instances: int
    voc: int | None


class ExchangeFile(TypedDict):
    title: str
    rows: int
    columns: int
    fits: str
    classes: list[ReadClass]
    void: int
    notes: list[str]


class ExchangePaint(TypedDict):
    mapping: list[int]


CALLS = {
    "exchange.about": (Nothing, ExchangeAbout),
    "exchange.write": (ExchangeWrite, ExchangeWritten),
    "exchange.read": (ExchangeRead, ExchangeFile),
    "exchange.paint": (ExchangePaint, Painted),
}

SUMMARIES = {
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


class Handler(LabHandler):
    """Remembers the file that was read last, also when another photo is opened: only its size says whether it fits."""

    def __init__(self, session):
        super().__init__(session)
        self._annotation: formats.Annotation | None = None

    def about(self):
        return {"formats": [{"name": name, "title": title, "extension": extension, "summary": SUMMARIES[name]} for name, (title, extension, _) in formats.FORMATS.items()]}

    async def write(self, format, photo, network=None, **source):
        """What the session has, as a file."""
        origin = source["from"]
        annotation = await self._annotation_of(origin, network)
        if not ((annotation.ids != 0) & (annotation.ids != VOID)).any():
            raise StudioError("There is nothing to save: all of it is background.", "Paint something, or choose another photo.")
        if format in ("png", "colours", "cvat"):
            await self.session.ensure_package("pillow")
        _, extension, kind = formats.FORMATS[format]
        data = formats.write(annotation, format, annotation.photo or photo[:200] or "photo")
        return {"name": f"{origin}-{format}.{extension}", "type": kind, "bytes": np.frombuffer(data, np.uint8), "notes": list(formats.unsupported_features(annotation, format))}

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
            return self._counted()
        prediction = await self.session.predict(network or "deeplab_s16")
        return formats.Annotation(prediction.label_map, tuple(prediction.network.labels.names))

    def _counted(self):
        """The instances that were counted last, at the size of the photo."""
        counted = self.session.results.get("instances")
        if counted is None:
            raise StudioError("Nothing has been counted yet.", "Count the objects first, on the page “Counting objects”, with this photo.")
        numbers = upsample_instances(counted.numbers, counted.label_map, counted.instances)
        return formats.Annotation(np.where(numbers > 0, counted.label_map, 0).astype(np.uint8), VOC.names, numbers)

    async def read(self, name, bytes, picture=None, legend=None):
        """What a file holds, and which of our classes its names may mean. Of several pictures one may be asked for; colours may come with a legend."""
        data, name = memoryview(bytes).tobytes(), name[:80] or "The file"
        kind = formats.kind_of(data, name)
        if formats.needs_pillow(data, kind):
            await self.session.ensure_package("pillow")
        shape = self.session.photo.shape[:2]
        annotation = self._annotation = formats.read(data, name, shape, picture, None if legend is None else memoryview(legend).tobytes(), kind)
        counts = np.bincount(annotation.ids.ravel(), minlength=256)
        things = {place: sum(number > 0 for number in numbers) for place, numbers in annotation.marked()}
        rows, columns = annotation.ids.shape
        fits = "" if (rows, columns) == shape else f"The mask has {columns} × {rows} pixels, the photo {shape[1]} × {shape[0]}. A mask belongs to one photo at one size: open its photo first."
        return {
            "title": READ[kind], "rows": rows, "columns": columns, "fits": fits, "notes": list(annotation.notes), "void": int(counts[VOID]),
            "classes": [{"name": each, "pixels": int(counts[k]), "instances": things.get(k, 0), "voc": guess_voc_class(each)} for k, each in enumerate(annotation.names)],
        }

    def _read_last(self):
        if self._annotation is None:
            raise StudioError("No file has been opened yet.", "Open a mask first.")
        return self._annotation

    def paint(self, mapping):
        """The file that was read last becomes the painted mask; it can be undone."""
        annotation, shape = self._read_last(), self.session.photo.shape[:2]
        if annotation.ids.shape != shape:
            raise StudioError(f"The mask has {annotation.ids.shape[1]} × {annotation.ids.shape[0]} pixels, the photo {shape[1]} × {shape[0]}.", "Open the photo that the mask was made for.")
        return self.session.replace_mask(formats.to_voc(annotation, [k if k >= 0 else None for k in mapping]))
