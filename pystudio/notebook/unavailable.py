"""Errors of files, network, processes and memory in words: what a page in a browser does not have, or has no more of. Other errors are in `runtime_errors`."""
from __future__ import annotations

import ast
import errno
import re
import sys
from typing import Any

import numpy as np

from .failing_code import FailingCode
from .restrictions import KEYBOARD, NETWORK, PROCESSES, THREADS, Place, Words

__all__ = ["js_words", "memory_words", "os_words", "size_words"]

_NO_FILES = {"cell": "Python on this page sees no files of your computer. The picture of the page is `photo`.",
             "exercise": "Python on this page sees no files of your computer. The function gets all it needs as its arguments."}
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ECHILD}
_UNREACHED = {errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EISCONN,
              errno.ENOTCONN, errno.EINPROGRESS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EADDRNOTAVAIL}
_NETWORK_MODULES = ("socket", "ssl", "_ssl", "urllib", "http", "requests", "ftplib", "smtplib", "pyodide", "select")


# ---------------------------------------------------------------- files, network, other programs
def os_words(error: OSError, place: Place) -> tuple[str, str]:
    """What to say of an `OSError`, or of one of its kinds."""
    text = str(error)
    name = f"`{error.filename}`" if isinstance(error.filename, str) and error.filename else ""
    if isinstance(error.filename, str) and re.match(r"(?:https?|ftp|s3)://", error.filename) or _is_network(error):
        return _at(NETWORK, place)
    if re.search(r"\bprocess|\bfork\b|\bexec", text, re.IGNORECASE) and not name:
        return _at(PROCESSES, place)
    if re.search(r"thread", text, re.IGNORECASE):
        return _at(THREADS, place)
    if error.errno is None and text:  # raised with words of its own
        return f"{text[:1].upper()}{text[1:].rstrip('.')}.", ""
    for kind, sentence in _OF_FILES:
        if isinstance(error, kind):
            return sentence.format(name=name or "this name"), _NO_FILES[place]
    if error.errno in (errno.EIO, errno.EBADF) and not name:
        return _at(KEYBOARD, place)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{name or 'This file'} may not be read or written here.", _NO_FILES[place]
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EMFILE, errno.ENFILE):
        return "There is no room for this file.", "Python on this page keeps files in its memory: write less, and close what was opened."
    if error.errno in _UNSUPPORTED:
        return _at(PROCESSES, place)
    return f"{name or 'This'} cannot be had on this page: {(error.strerror or text).rstrip('.').lower()}.", _NO_FILES[place]


_OF_FILES: tuple[tuple[type[OSError], str], ...] = (
    (FileNotFoundError, "There is no file or folder {name} here."),
    (IsADirectoryError, "{name} is a folder, not a file."),
    (NotADirectoryError, "A part of the path {name} is a file, not a folder."),
    (FileExistsError, "{name} is there already."),
    (PermissionError, "{name} may not be read or written here."),
)


def _at(words: Words, place: Place) -> tuple[str, str]:
    return words[0], words[1][place]


def _is_network(error: OSError) -> bool:
    named = isinstance(error, (ConnectionError, TimeoutError)) and error.errno is not None
    return named or error.errno in _UNREACHED or any(kind.__module__.partition(".")[0] in _NETWORK_MODULES for kind in type(error).__mro__)


def js_words(error: BaseException, place: Place) -> tuple[str, str]:
    """What to say of an error of JavaScript."""
    text = str(error)
    if re.search(r"fetch|network|load failed|content security|refused to connect|XMLHttpRequest|WebSocket|EventSource|\bURL\b", text, re.IGNORECASE):
        return _at(NETWORK, place)
    return f"The browser says: {text.rstrip('.')}.", "Python on this page runs apart from it, and has no more of the browser than it needs."


# ---------------------------------------------------------------- memory
_SMALLER = "Make it smaller: fewer pixels, or a smaller kind such as `np.uint8`."
_LARGE = 16 << 20
"""Bytes from which on something may be what used the memory up."""
_KINDS = {"text": ("text", "characters", "Does a loop make it longer without end? Print its length in each turn."),
          "bytes": ("sequence", "bytes", "Does a loop make it longer without end? Print its length in each turn."),
          "list": ("list", "entries", "Does the loop that fills it come to an end? An array, such as `np.zeros(n, np.uint8)`, needs less memory for each number."),
          "array": ("array", "numbers", _SMALLER)}


def memory_words(error: BaseException, code: FailingCode) -> tuple[str, str]:
    """What to say when the memory does not suffice: what was to become too large."""
    if match := re.search(r"Unable to allocate (.+?) for an array with shape (\(.*?\))", str(error)):
        if re.search(r"(?:bytes|KiB|(?<![\d.])\d(?:\.\d+)? MiB)$", match[1]):
            return f"An array of shape {match[2]} needs {match[1]}: more memory than is left.", "What the program keeps has used it up. Does a list of arrays grow without end?"
        return f"An array of shape {match[2]} needs {match[1]}: more memory than there is.", _SMALLER
    named = {name: code.own.get(name, code.shared.get(name)) for name in code.names}
    if found := _largest(named) or (None if _is_much(code.expression) else _largest(dict(code.own)) or _largest(dict(code.shared))):
        name, kind, length = found
        what, parts, hint = _KINDS[kind]
        return f"The {what} `{name}` has {length:,} {parts} already: there is no memory for more.".replace(",", " "), hint
    return size_words(code)


def size_words(code: FailingCode) -> tuple[str, str]:
    """What to say when something would have more parts than can be counted."""
    kind = _made(code.expression, code)
    if kind is None:
        return "There is not enough memory for this.", "Make it smaller: fewer pixels, fewer entries, or a shorter text."
    what, parts, _ = _KINDS[kind]
    return f"This {what} would have more {parts} than there is memory for.", _SMALLER if kind == "array" else f"Make it smaller: fewer {parts}."


def _is_much(expression):
    """Whether an expression asks for very many parts by itself."""
    nodes = list(ast.walk(expression)) if expression else []
    return any(isinstance(node, ast.Pow) or isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value >= 10**7 for node in nodes)


def _largest(names):
    """(name, kind, length) of the largest of these, where it is large."""
    measured = [(size, name, kind, length) for name, value in names.items() if not name.startswith("_") for size, kind, length in _measured(value) if size >= _LARGE]
    return max(measured)[1:] if measured else None


def _measured(value):
    """[(bytes, kind, length)]; empty for what is not measured."""
    if isinstance(value, (str, bytes, bytearray)):
        return [(sys.getsizeof(value), "text" if isinstance(value, str) else "bytes", len(value))]
    if isinstance(value, (list, tuple, dict, set)):
        return [(sys.getsizeof(value), "list", len(value))]
    return [(value.nbytes, "array", value.size)] if isinstance(value, np.ndarray) else []


def _made(expression: Any, code: FailingCode) -> str | None:
    """The kind of what an expression makes, as far as it tells."""
    if isinstance(expression, ast.BinOp):
        return _made(expression.left, code) or _made(expression.right, code)
    if isinstance(expression, ast.Constant):
        return {str: "text", bytes: "bytes"}.get(type(expression.value))
    if isinstance(expression, ast.JoinedStr):
        return "text"
    if isinstance(expression, (ast.List, ast.ListComp, ast.Tuple, ast.Set, ast.Dict)):
        return "list"
    if isinstance(expression, ast.Name):
        return next((kind for _, kind, _ in _measured(code.own.get(expression.id, code.shared.get(expression.id)))), None)
    if isinstance(expression, ast.Call):
        called = ast.unparse(expression.func)
        makes = {"list": "list", "tuple": "list", "range": "list", "str": "text", "bytes": "bytes", "bytearray": "bytes"}
        return "array" if called.startswith("np.") else makes.get(called)
    return None
