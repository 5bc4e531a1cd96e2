"""The handler of the cells: gives a reader's Python the photo and the masks of the page, and takes a mask back. Running it is `pystudio.notebook`'s."""
import asyncio
import gc
import time
from dataclasses import asdict
from typing import NotRequired, TypedDict

import numpy as np

from ...labels import VOC
from ...networks import network as networks
from ...notebook.errors import CellError, CellFailure
from ...notebook.notebook import Notebook
from ...notebook.outputs import OutputStream
from ...notebook.packages import packages
from ...session.labs import LabHandler

LIVE = 0.08  # seconds between two masks that the page is shown while a cell runs
ROOM = 128 << 20  # bytes; with less left, the next photo or network finds no place


class CellRun(TypedDict):
    key: str
    title: str
    source: str
    network: str
    label: NotRequired[int]


class Step(TypedDict):
    cell: str
    line: int
    code: str


class CellErrorReport(TypedDict):
    kind: str
    message: str
    hint: str
    line: int | None
    column: int | None
    python: str
    path: list[Step]
    traceback: str


class CellResult(TypedDict):
    error: CellErrorReport | None
    seconds: float


CALLS: dict[str, tuple[type, type]] = {"cell.run": (CellRun, CellResult)}


class Handler(LabHandler):
    def __init__(self, session):
        super().__init__(session)
        self._notebook = Notebook()
        self._turn = asyncio.Lock()  # cells run one after the other: they share their names

    async def run(self, key, title, source, network, label=None):
        """Run a cell; what it prints and shows is told to the page under `key` while it runs."""
        async with self._turn:
            outputs = OutputStream(lambda output: self.session.host.send(key, output))
            start = time.perf_counter()
            painter = _Painter(self.session, key, label)
            try:
                names = await self._names(source, network, painter)
                failure = await self._notebook.run(source, names, outputs, title=title, guard=self.session.host.interruptible)
            except asyncio.CancelledError:
                failure = CellFailure("stopped", "Stopped.")
            finally:
                painter.finish()
            if failure is not None and failure.kind == "memory" and _exhausted():
                self.session.host.report_out_of_memory()
            return {"error": _as_reply(failure), "seconds": time.perf_counter() - start}

    async def _names(self, source, network, painter):
        """What the cell may use; the network is asked, and a package fetched, only for cells that mention them."""
        session, wanted = self.session, self._notebook.wanted(source)
        for package in packages(source):
            await session.ensure_package(package)
        names = {"classes": VOC.names, "set_mask": painter.set, "segment": self._segment(network)}
        if "photo" in wanted or ("show" in wanted and session.has_photo):
            names["photo"] = session.photo.copy()
        if "mask" in wanted:
            names["mask"] = session.mask.copy()
        if "region" in wanted:
            names["region"] = None if session.region is None else session.region.copy()
        if wanted & {"prediction", "logits"}:
            prediction = await session.predict(network)
            names |= {"prediction": prediction.label_map.copy(), "logits": prediction.logits.copy()}
        return names

    def _segment(self, standard):
        def segment(image, network=standard):
            """What the network says of a picture: (M, N) classes, with the scores in .logits."""
            answer = self._labelled(_checked(image), network)
            return LabelMap.of(self.session.host.wait(answer)) if self.session.host.can_wait else Later(answer)
        return segment

    async def _labelled(self, image, name):
        photo = self.session.photo
        if image is photo or (image.shape == photo.shape and np.array_equal(image, photo)):
            return await self.session.predict(name)
        net = networks.network(name)
        tensor = networks.prepare(image, net)
        return networks.decode(await self.session.infer(net, tensor), image.shape[:2], net, input_shape=tensor.shape)


def _exhausted():
    """Whether what the cells keep has used the memory up, for good: a WebAssembly heap has an end, and their names outlive the error."""
    gc.collect()
    try:
        np.empty(ROOM, np.uint8)
    except MemoryError:
        return True
    return False


def _as_reply(failure):
    """A failure as the page takes it."""
    return None if failure is None else asdict(failure) | {"path": [{"cell": cell, "line": line, "code": code} for cell, line, code in failure.path]}


def _checked(image):
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise CellError(f"`segment` got an array of shape {image.shape}.", "Give it a photo: (rows, columns, 3).")
    if image.dtype != np.uint8:
        raise CellError(f"`segment` wants whole numbers from 0 to 255 (uint8), and these are {image.dtype}.", "Write `.astype(np.uint8)` behind the photo.")
    return np.ascontiguousarray(image)


class LabelMap(np.ndarray):
    """(M, N) classes of a network, with its scores in `logits`.

    May be awaited, for pages in browsers where it must be; so it never is the value of a JavaScript promise, which would await it for ever.
    """

    @classmethod
    def of(cls, prediction):
        found = prediction.label_map.copy().view(cls)
        found.logits = prediction.logits
        return found

    def __array_finalize__(self, other):
        self.logits = getattr(other, "logits", None)

    def __await__(self):
        return self
        yield  # a generator that never waits: the answer is here


class Later:
    """An answer that is still to come, in a browser where plain Python cannot wait for it."""

    def __init__(self, answer):
        self._answer = answer

    def __await__(self):
        answer, self._answer = self._answer, None
        return LabelMap.of((yield from answer.__await__()))

    def _not_here(self, *_, **__):
        raise CellError("The network's answer is not here yet: this browser cannot wait for it in plain Python.", "Write `await` in front: `await segment(photo)`.")

    __array__ = __getattr__ = __getitem__ = __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __len__ = __iter__ = __add__ = __sub__ = __and__ = __or__ = _not_here
    __hash__ = None

    def __repr__(self):
        return "an answer that is still to come: write `await` in front of it"

    def __del__(self):
        if self._answer is not None:
            self._answer.close()  # never awaited: Python would complain in the console


class _Painter:
    """Takes the masks of one run of a cell into the page's painted mask: all of them one step to undo, and not more often shown than can be seen."""

    def __init__(self, session, key, label):
        self._session = session
        self._photo = session.photo if session.has_photo else None
        self._key = key
        self._label = label
        self._waiting = None
        self._shown = -np.inf
        self._painted = False

    def set(self, array, label=None):
        """Put a mask into the page. True pixels get the class `label`, a name or a number; whole numbers are classes themselves."""
        self._waiting = _as_mask(array, self._class(label), self._session.mask.shape)
        if time.perf_counter() - self._shown > LIVE:
            self._show()

    def finish(self):
        """Show what waits, and close the step."""
        if self._waiting is not None:
            self._show()

    def _show(self):
        mask, self._waiting = self._waiting, None
        if self._session.photo is not self._photo:
            return  # another one was opened while the cell waited for something
        painted = self._session.replace_mask(mask, joins=self._painted)
        self._painted = True
        self._session.host.send(self._key, {"kind": "mask", "painted": painted})
        self._shown = time.perf_counter()

    def _class(self, label):
        if label is None:
            return self._label if self._label is not None else VOC.id("person")
        if isinstance(label, str):
            return VOC.id(label)
        if isinstance(label, (int, np.integer)) and 0 <= label < len(VOC):
            return int(label)
        raise CellError(f"There is no class {label!r}.", f"Give a name from `classes`, or a number from 0 to {len(VOC) - 1}.")


def _as_mask(array, label, shape):
    mask = np.asarray(array)
    if mask.shape != shape:
        raise CellError(f"`set_mask` got the shape {mask.shape}; the photo has {shape}.", "A mask has one entry for each pixel: (rows, columns).")
    if mask.dtype == bool:
        return np.where(mask, np.uint8(label), np.uint8(0))
    if mask.dtype.kind not in "ui":
        raise CellError(f"`set_mask` got numbers of the kind {mask.dtype}.", "Compare them to get a mask: `array > 0.5`.")
    if mask.min() < 0 or mask.max() >= len(VOC):
        raise CellError(f"`set_mask` got numbers from {mask.min()} to {mask.max()}.", f"Classes go from 0 to {len(VOC) - 1}.")
    return mask.astype(np.uint8)
