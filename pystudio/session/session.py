"""The session: one photo, what networks say of it, the mask that is painted, the region that was grown. It answers no call itself.

One expensive step (`Session.open_photo`, then `Session.predict` once a network), many cheap questions. The questions are answered by the handlers of
the labs (`pystudio.labs`), which keep here what others may ask for. No browser here: the network is run by a coroutine that the caller brings, so
that the same session is tested on the desktop.
"""
from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import StudioError
from ..networks import network as networks
from ..segment.region_growing import Region
from . import labs
from .host import Host
from .painted_mask import PaintedMask
from .results import Results
from .session_calls import SessionCalls

__all__ = ["Session"]

Run = Callable[..., Awaitable[Any]]


class Session:
    """One visitor's session.

    Parameters
    ----------
    run : coroutine function
        ``await run(network, tensor)`` with a float32 `tensor` (1, 3, h, w) returns the network's output
        (1, C, h', w') float32. ``await run(network, tensor, outputs)`` returns a list of its outputs of those names.
    ensure_package : coroutine function, optional
        ``await ensure_package(package)`` makes a package importable before it is used ("pillow"); nothing to do on the desktop.
    host : function that returns a Host, optional
        What the place where the session runs can do; called when it is needed first.
    adopt : coroutine function, optional
        ``await adopt(name, model, output)`` makes `run` know the network of that name by its file, a bytes-like ONNX `model`,
        and answer with the output of that name.

    Attributes
    ----------
    results : Results
        What a lab leaves for others; forgotten when another photo is opened.
    """

    def __init__(self, run: Run, ensure_package: Callable[[str], Awaitable[None]] | None = None, host: Callable[[], Host] = Host,
                 adopt: Callable[[str, memoryview, str], Awaitable[None]] | None = None):
        self._run = run
        self._ensure_package = ensure_package
        self._make_host = host
        self._adopt = adopt
        self._calls = SessionCalls(self)
        self._handlers: dict[str, labs.LabHandler] = {}
        self._photo: np.ndarray | None = None
        self._forget_photo((1, 1))

    # ------------------------------------------------------------ calls
    def method(self, call: str) -> Callable[..., Any]:
        """The function that answers a call of the protocol, plain or coroutine: one of the session's own, or a method of a lab's handler."""
        lab = labs.lab_of(call)
        return self._calls.methods[call] if lab is None else getattr(self.handler(lab), call.removeprefix(f"{lab}."))

    def handler(self, lab: str) -> labs.LabHandler:
        """The handler of a lab, made when it is needed first. Labs do not ask for each other's: they share `results`."""
        if lab not in self._handlers:
            self._handlers[lab] = labs.handler_module(lab).Handler(self)
        return self._handlers[lab]

    # ------------------------------------------------------------ the photo
    @property
    def photo(self) -> np.ndarray:
        """(M, N, 3) array of uint8: the open photo. Raises StudioError when none is."""
        if self._photo is None:
            raise StudioError("No photo is open.", "Choose a photo first.")
        return self._photo

    @property
    def has_photo(self) -> bool:
        """Whether a photo is open."""
        return self._photo is not None

    def open_photo(self, rows: int, columns: int, pixels: bytes | memoryview) -> None:
        """Take a photo (rows, columns, 4) uint8 RGBA, opaque, flat; forget everything about the last one. Raises StudioError for another number of bytes."""
        if rows < 1 or columns < 1 or len(pixels) != rows * columns * 4:
            raise StudioError(f"A photo of {rows} × {columns} pixels cannot have {len(pixels)} bytes.", "Choose the photo again.")
        rgba = np.frombuffer(pixels, np.uint8).reshape(rows, columns, 4)
        self._photo = np.ascontiguousarray(rgba[..., :3])
        self._forget_photo((rows, columns))
        for handler in self._handlers.values():
            handler.on_photo()

    def _forget_photo(self, shape: tuple[int, int]) -> None:
        """Begin anew for a photo of (rows, columns)."""
        self._predictions: dict[str, networks.Prediction] = {}
        self._painted = PaintedMask(shape)
        self._region: Region | None = None
        self.results: Results = {}

    # ------------------------------------------------------------ the painted mask
    @property
    def painted(self) -> PaintedMask:
        """The painted mask with its tools and its grade. Raises StudioError when no photo is open."""
        self.photo
        return self._painted

    @property
    def mask(self) -> np.ndarray:
        """(M, N) array of uint8: the painted mask, VOC classes; not to be written to."""
        return self.painted.mask

    def replace_mask(self, mask: np.ndarray, joins: bool = False) -> dict[str, Any]:
        """Put a whole mask, (M, N) of VOC classes, in place of the painted one; what `Painted` of the protocol holds.

        It opens a step of the undo history, or joins the one that the last of these calls opened.
        """
        painted = self.painted
        if not joins:
            painted.canvas.begin()
        return painted.reply(painted.canvas.replace(mask, joins=True))

    # ------------------------------------------------------------ the grown region
    @property
    def region(self) -> np.ndarray | None:
        """(M, N) array of bool: the region grown last, or None."""
        self.photo
        return None if self._region is None else self._region.mask()

    def keep_region(self, region: Region) -> None:
        """Keep the region grown last."""
        self._region = region

    # ------------------------------------------------------------ networks
    async def predict(self, network: str) -> networks.Prediction:
        """What a network says of the open photo: computed once, then remembered. Cancelled where another photo is opened meanwhile."""
        photo = self.photo
        if network not in self._predictions:
            prediction = await self._predict(photo, network)
            if photo is not self._photo:
                raise asyncio.CancelledError
            self._predictions[network] = prediction
        return self._predictions[network]

    async def _predict(self, photo: np.ndarray, name: str) -> networks.Prediction:
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

    @property
    def predictions(self) -> Mapping[str, networks.Prediction]:
        """What networks have said of the open photo, by the network's name, in the order in which they were asked."""
        self.photo
        return MappingProxyType(self._predictions)

    def prediction(self, network: str) -> networks.Prediction:
        """What a network has said of the open photo. Raises StudioError when it was not asked yet."""
        if network not in self.predictions:
            raise StudioError(f"The network {network!r} has not labelled this photo yet.", "Run the network first.")
        return self._predictions[network]

    def forget_prediction(self, network: str) -> None:
        """What a network of that name has said of the photo no longer counts: another one bears the name now."""
        self._predictions.pop(network, None)

    async def infer(self, network: networks.Network, tensor: np.ndarray, outputs: tuple[str, ...] | None = None) -> Any:
        """Run a network on a float32 tensor (1, 3, h, w); its output (1, C, h', w') float32, or a list of those named in `outputs`."""
        return await (self._run(network, tensor) if outputs is None else self._run(network, tensor, outputs))

    async def adopt(self, name: str, model: memoryview, output: str) -> None:
        """Make a network that the visitor brought ready to be run under a name; raises NetworkError where it cannot be."""
        if self._adopt:
            await self._adopt(name, model, output)

    # ------------------------------------------------------------ the place where it runs
    async def ensure_package(self, package: str) -> None:
        """Make a package importable; in the browser it is installed from the site's own files when it is needed first."""
        if self._ensure_package:
            await self._ensure_package(package)

    @functools.cached_property
    def host(self) -> Host:
        """The place where the session runs: tells the page something while a call is at work, interrupts it, waits for it."""
        return self._make_host()
