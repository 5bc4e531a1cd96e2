"""The door: a message of the page becomes a call of the studio, its answer or its failure becomes a message again.

The worker (``site_src/studio/worker.mjs``) calls `open_door` once and then `Door.handle` for every message.
"""
from __future__ import annotations

import asyncio
import inspect
import sys
import traceback

import micropip
import numpy as np
from js import Object
from pyodide.ffi import JsException, jsnull, to_js

from ..errors import StudioError
from ..protocol import checked
from ..studio import Studio

RESTART = "The studio starts it again; your photo and your mask are kept."


def open_door(run_network):
    """Return the `Door` of a new session.

    Parameters
    ----------
    run_network : JavaScript function
        ``run_network(name, float32 data, dims)`` resolves to ``{data, dims}``: the bridge to ONNX Runtime Web.
    """

    async def run(network, tensor):
        output = await run_network(network.name, to_js(tensor.ravel()), to_js(list(tensor.shape)))
        return np.asarray(output.data.to_py(), dtype=np.float32).reshape(output.dims.to_py())

    return Door(Studio(run, need))


_coming: dict[str, asyncio.Future] = {}  # packages that are installed, or on their way


async def need(package):
    """Install a package from the site's own lock, the first time it is needed; a call that is cancelled meanwhile does not stop it for others."""
    if package not in _coming:
        _coming[package] = asyncio.ensure_future(micropip.install(package))
    task = _coming[package]
    try:
        await asyncio.shield(task)
    finally:
        if task.done() and (task.cancelled() or task.exception()):
            _coming.pop(package, None)  # the next who needs it tries again


class Door:
    def __init__(self, studio):
        self._studio = studio
        self._tasks: dict[int, asyncio.Task] = {}

    async def handle(self, id, call, arguments):
        """Answer one message; never raises for anything that Python can still tell."""
        self._tasks[id] = asyncio.current_task()
        try:
            given = checked(call, arguments.to_py())
            reply = self._studio.method(call)(**given)
            if inspect.isawaitable(reply):
                reply = await reply
            return _js({"id": id, "reply": reply})
        except BaseException as error:  # the page must hear of every failure, in words
            return _js({"id": id, "error": _told(error)})
        finally:
            self._tasks.pop(id, None)

    def cancel(self, id):
        """End a call that has not finished; a call already answered is left alone."""
        if task := self._tasks.get(id):
            task.cancel()


def _told(error):
    """An exception as ``{kind, message, remedy}``; the traceback goes to the console, for developers."""
    if isinstance(error, StudioError):
        return {"kind": "input", "message": error.message, "remedy": error.remedy}
    if isinstance(error, asyncio.CancelledError):
        return {"kind": "cancelled", "message": "Cancelled.", "remedy": ""}
    traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, MemoryError) or _is_js_memory(error):
        return {"kind": "memory", "message": "The browser gave the studio no more memory.", "remedy": RESTART}
    if isinstance(error, JsException) and getattr(error.js_error, "kind", "") == "engine":
        return {"kind": "engine", "message": str(error.js_error.message), "remedy": str(error.js_error.remedy)}
    return {"kind": "internal", "message": f"The studio made a mistake of its own ({type(error).__name__}).",
            "remedy": "Try once more; if it stays, reload the page: your photo and mask are kept."}


def _is_js_memory(error):
    words = str(error).lower()
    return isinstance(error, JsException) and any(w in words for w in ("out of memory", "bad_alloc", "allocation fail", "failed to allocate"))


def _js(message):
    """Python records to JavaScript objects, flat arrays to typed arrays of their own, None to null."""
    return to_js(_with_nulls(message), dict_converter=Object.fromEntries)


def _with_nulls(value):
    if value is None:
        return jsnull  # left alone, None would become undefined
    if isinstance(value, dict):
        return {k: _with_nulls(v) for k, v in value.items()}
    return [_with_nulls(v) for v in value] if isinstance(value, list) else value
