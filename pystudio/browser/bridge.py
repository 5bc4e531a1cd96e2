"""The bridge between page and Python: a message becomes a call of the session, its answer or its failure becomes a message again.

The worker (``site_src/studio/worker/worker.js``) calls `open_bridge` once and then `Bridge.handle` for every message.
"""
from __future__ import annotations

import asyncio
import inspect
import sys
import traceback

import numpy as np
import pyodide_js
from pyodide.ffi import JsException, to_js

from ..errors import NetworkError, StudioError
from ..networks.onnxruntime_errors import explain_rejection
from ..session.protocol import checked
from ..session.session import Session
from .convert import as_js

RESTART = "The studio starts it again; your photo and your mask are kept."


def open_bridge(run_network):
    """Return the `Bridge` of a new session.

    Parameters
    ----------
    run_network : JavaScript function
        ``run_network(name, data, dims, outputs, type)`` resolves to a list of ``{data, dims, type}``: the bridge to ONNX Runtime Web. There is
        one for each output that is named, or the one that counts when none is. Half numbers (float16) go as uint16 both ways.
        ``run_network.adopt(name, model, output)`` makes it know a network by its file.
    """

    async def run(network, tensor, outputs=None):
        try:
            numbers = tensor.ravel().view(np.uint16) if tensor.dtype == np.float16 else tensor.ravel()  # JavaScript has no half numbers of its own
            found = await run_network(network.name, to_js(numbers), to_js(list(tensor.shape)), to_js(list(outputs or ())), tensor.dtype.name)
        except JsException as error:
            raise run_failure(network, error) from None
        arrays = [read_output(each).reshape(each.dims.to_py()) for each in found]
        return arrays if outputs else arrays[0]

    async def adopt(name, model, output):
        try:
            await run_network.adopt(name, to_js(model), output)
        except JsException as error:
            raise explain_rejection(str(error)) from None

    return Bridge(Session(run, ensure_package, _host, adopt))


def read_output(answer):
    """What an output holds, in the type in which ONNX Runtime gives it on the desktop too: bytes, say, are read as shares of 255."""
    numbers = np.asarray(answer.data.to_py())
    return numbers.view(answer.type) if answer.type in ("float16", "bool") else numbers  # which JavaScript holds as uint16 and uint8


def run_failure(network, error):
    """What to tell when ONNX Runtime broke off while it ran a network; the error itself where it did not (a file did not arrive, there is no memory)."""
    _, ran, words = str(error).partition("OrtRun()")
    if not ran or _is_js_memory(error):
        return error
    for before in ("ERROR_MESSAGE:", "Status Message:", "was false."):  # what stands before the last of these is about its own source files
        words = words.rpartition(before)[2]
    why = " ".join(words.split())[:200]
    return NetworkError(f"The network “{network.title}” could not be run on this picture. ONNX Runtime says: {why}", "Try another photo or another network.")


def _host():
    from .host import PageHost  # at the first need: it takes what the worker puts into the global scope, which is not there when a snapshot is made

    return PageHost()


_installing: dict[str, asyncio.Future] = {}  # packages that are installed, or on their way


async def ensure_package(package):
    """Install a package from the site's own lock, the first time it is needed; a call that is cancelled meanwhile does not stop it for others."""
    if package not in _installing:
        _installing[package] = asyncio.ensure_future(_install(package))
    task = _installing[package]
    try:
        await asyncio.shield(task)
    finally:
        if task.done() and (task.cancelled() or task.exception()):
            _installing.pop(package, None)  # the next who needs it tries again


async def _install(package):
    """Let micropip install it from the site's own lock. micropip itself comes only now: the first lesson starts a second earlier without it."""
    messages = []
    try:
        await pyodide_js.loadPackage("micropip", messageCallback=lambda _: None, errorCallback=messages.append)
        import micropip

        micropip.set_index_urls([])  # an empty list keeps it from asking anybody else
        await micropip.install(package)
        await _complete(package)
    except Exception as error:
        print(*messages, error, sep="\n", file=sys.stderr)
        raise StudioError(f"The package {package} did not arrive.", "Check the connection, or the stick that this page lies on, and try again; what you did is kept.") from error


async def _complete(package):
    """Fetch the parts that did not come: Pyodide's loader, which micropip relies on, only prints it when a file fails, and neither asks again for what a package that is there depends on."""
    locked, parts, messages = pyodide_js.lockfile.packages.to_py(), [package], []
    for part in parts:
        parts += [each for each in locked[part]["depends"] if each not in parts]
    await pyodide_js.loadPackage(to_js(parts), messageCallback=lambda _: None, errorCallback=messages.append)
    if messages:
        raise ImportError("\n".join(messages))


class Bridge:
    def __init__(self, session):
        self._session = session
        self._tasks: dict[int, asyncio.Task] = {}

    async def handle(self, id, call, arguments):
        """Answer one message; never raises for anything that Python can still tell."""
        self._tasks[id] = task = asyncio.current_task()
        try:
            given = checked(call, arguments.to_py())
            reply = self._session.method(call)(**given)
            if inspect.isawaitable(reply):
                reply = await reply
            return as_js({"id": id, "reply": reply})
        except BaseException as error:  # the page must hear of every failure, in words
            return as_js({"id": id, "error": _error_reply(error)})
        finally:
            self._tasks.pop(id, None)
            while task.cancelling():
                task.uncancel()  # it came while plain Python was at work, which does not hear it: the answer must not be lost with the task

    def cancel(self, id):
        """End a call that has not finished; a call already answered is left alone."""
        if task := self._tasks.get(id):
            task.cancel()


def _error_reply(error):
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
