"""Errors while a program runs, in words for a reader.

Those of names and modules are in `missing_names`, those of files, network and memory in `unavailable`, those of the grammar in `syntax_errors`.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import StudioError
from .failing_code import FailingCode
from .missing_names import meant, missing_module, unknown_attribute, unknown_name
from .restrictions import KEYBOARD, NETWORK, PROCESSES, THREADS, Place
from .shadowed_names import shadowed
from .syntax_errors import PROMPTS
from .unavailable import js_words, memory_words, os_words, size_words

__all__ = ["runtime_words"]


def runtime_words(error: BaseException, code: FailingCode, namespace: Mapping[str, Any], place: Place) -> tuple[str, str]:
    """What is wrong, and what to do.

    Parameters
    ----------
    error : BaseException
    code : FailingCode
        Where in the program.
    namespace : mapping
        What the program knew, for "did you mean".
    place : {"cell", "exercise"}
        Where the program stands.
    """
    if isinstance(error, StudioError):
        return error.message, error.remedy
    message, hint = _words(error, code, namespace, place)
    if taken := shadowed(error, code, place):
        return taken if re.search(r"is not callable|has no attribute", str(error)) else (message, " ".join(taken))
    return message, hint


def _words(error, code, namespace, place):
    if type(error) in (NameError, UnboundLocalError):
        return unknown_name(error, namespace, place)
    if isinstance(error, AttributeError) and getattr(error, "name", None):
        return unknown_attribute(error, place)
    if isinstance(error, ImportError):
        return missing_module(error, place)
    if isinstance(error, KeyError):
        return f"There is no entry {_short(error.args[0] if error.args else '')} here.", meant(error.args[0] if error.args else "", ())
    if isinstance(error, MemoryError):
        return memory_words(error, code)
    if isinstance(error, OSError):
        return os_words(error, place)
    if isinstance(error, EOFError) and (not str(error) or "reading a line" in str(error)):
        return KEYBOARD[0], KEYBOARD[1][place]
    if isinstance(error, NotImplementedError) and (match := re.search(r"process|server|connection|socket|datagram", str(error))):
        words = PROCESSES if match[0] == "process" else NETWORK  # of Pyodide's event loop, and of multiprocessing
        return words[0], words[1][place]
    if type(error).__name__ == "JsException":
        return js_words(error, place)
    return _by_rule(error, code, place)


def _by_rule(error, code, place):
    text = str(error)
    if isinstance(error, OverflowError) and re.search(r"index-sized|too l(?:ong|arge) (?:to concat|to make)|is too long|ssize_t|C (?:unsigned )?long\b.*|too many items", text):
        return size_words(code)
    if isinstance(error, RuntimeError) and "thread" in text:
        return THREADS[0], THREADS[1][place]
    for kind, pattern, message, hint in _RULES:
        if isinstance(error, kind) and (match := re.search(pattern, text, re.DOTALL)):
            sentence = message(*match.groups()) if callable(message) else match.expand(message)
            return _sentence(sentence), match.expand(hint)
    name = type(error).__name__
    return (_sentence(f"{text.rstrip('.')}.") if text else f"Python stopped here with {name}."), ""


def _sentence(text):
    return text[:1].upper() + text[1:]


def _short(value):
    text = repr(value)
    return f"`{text if len(text) <= 40 else text[:37] + '…'}`"


def _range(kind):
    try:
        limits = np.iinfo(kind)
    except (TypeError, ValueError):
        return ""
    return f", which goes from {limits.min} to {limits.max}"


def _outside(index, axis, size):
    axes = {"0": "rows", "1": "columns"}
    what = axes.get(axis, f"entries along axis {axis}")
    return f"{index} lies outside: the array has {size} {what}, and they are counted from 0 to {int(size) - 1}."


Rule = tuple[type[BaseException], str, str | Callable[..., str], str]
_RULES: tuple[Rule, ...] = (
    (IndexError, r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", _outside, "Or did you swap row and column? The row comes first."),
    (IndexError, r"too many indices for array: array is (\d+)-dimensional, but (\d+)", r"This array has \1 axes, and \2 numbers stand in the brackets.", "Print its `.shape` to see how many axes it has."),
    (IndexError, r"(list|tuple|string|range object|pop from empty list).* ?(?:index out of range)?", r"The \1 is shorter than that.", "Entries are counted from 0: the last of `n` is `n - 1`."),
    (IndexError, r"boolean index did not match", r"The mask in the brackets has another shape than the array.", "Print the `.shape` of both."),
    (IndexError, r"only integers, slices", "The numbers in the brackets have to be whole.", "Use `int(…)` or `//`."),
    (ZeroDivisionError, r"", "A number is divided by 0.", "Ask first whether it is 0: `if size > 0:`."),
    (RecursionError, r"", "The function calls itself without end.", "It needs a case in which it does not call itself. For pixels, a loop over a list goes further."),
    (ValueError, r"array is too big|Maximum allowed (?:dimension|size) exceeded", "This array would need more memory than there is.", "Make it smaller: fewer pixels, or a smaller kind such as `np.uint8`."),
    (ValueError, r"Exceeds the limit \((\d+) digits\)", r"This whole number has more than \1 digits: too many to be written out or read.", "Print a part of it: `n % 10**9` has its last nine digits."),
    (IndexError, r"index-sized", "This index is far outside.", "Entries are counted from 0: the last of `n` is `n - 1`."),
    (ValueError, r"operands could not be broadcast together with shapes (\(.*?\)) (\(.*?\))", r"Arrays of the shapes \1 and \2 do not fit together.",
     "Number by number they need equal shapes. A mask (rows, columns) meets a photo (rows, columns, 3) as `mask[..., None]`."),
    (ValueError, r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))", r"An array of shape \1 does not fit into a place of shape \2.", "Print the `.shape` of both."),
    (ValueError, r"truth value of an array", "This compares whole arrays, and `if`, `and`, `or`, `not` want one answer.", "Use `.any()` or `.all()` for one answer; `&`, `|` and `~` for pixel by pixel."),
    (ValueError, r"cannot reshape array of size (\d+) into shape (\(.*?\))", r"\1 numbers cannot fill the shape \2.", "The product of the shape has to be the number of values."),
    (ValueError, r"(?:too many|not enough) values to unpack(?: \(expected (\d+).*\))?", r"There are not as many values on the right of `=` as names on the left.", "A colour photo has three: `rows, columns, channels = photo.shape`."),
    (ValueError, r"invalid literal for int\(\) with base 10: (.*)", r"\1 is not a whole number.", ""),
    (ValueError, r"could not convert string to float: (.*)", r"\1 is not a number.", ""),
    (ValueError, r"assignment destination is read-only", "This array may only be read.", "Work on a copy: `mine = array.copy()`."),
    (TypeError, r"(\w+)\(\) missing \d+ required positional arguments?: (.*)", r"`\1` also needs \2.", "Put it into the round brackets."),
    (TypeError, r"(\w+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were) given", r"`\1` takes \2 values, and \3 stand in the brackets.", ""),
    (TypeError, r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", r"`\1` knows no `\2`.", "Look at its spelling, or leave it out."),
    (TypeError, r"'ellipsis'|\bEllipsis\b", *PROMPTS),
    (TypeError, r"'coroutine'|coroutine object", "This answer is not here yet: an `async` function was called without `await`.", "Write `await` in front of the call."),
    (TypeError, r"'(\w+)' object is not callable", r"A value of the kind `\1` is no function, so round brackets cannot follow it.", "Square brackets pick out: `photo[0, 0]`. Or did you use the name of a function for something else?"),
    (TypeError, r"'NoneType' object is not", "This is `None`, nothing at all.", "Look where it comes from: a function without `return` gives `None`."),
    (TypeError, r"'(\w+)' object is not (subscriptable|iterable)", r"A value of the kind `\1` has no parts to pick out or to walk through.", ""),
    (TypeError, r"unsupported operand type\(s\) for (\S+): '(.+?)' and '(.+?)'", r"`\1` does not work between the kinds `\2` and `\3`.", "Turn one of them into the other: `str(…)`, `int(…)`, `float(…)`."),
    (TypeError, r"can only concatenate str \(not \"(\w+)\"\)", r"`+` joins a text with a text only, and this is of the kind `\1`.", "Write `str(…)` around it, or `print` both with a comma between them."),
    (TypeError, r"'(\S+)' not supported between instances of '(.+?)' and '(.+?)'", r"`\1` cannot compare the kinds `\2` and `\3`.", ""),
    (TypeError, r"object (\S+) can't be used in 'await' expression", r"`await` is for answers that are still to come, and this is there already.", "Take `await` away."),
    (RuntimeError, r"running event loop|event loop is already running|loop is running", "The page runs Python's event loop already.", "Write `await main()` instead of `asyncio.run(main())`."),
    (AssertionError, r"(.*)", lambda text: f"What `assert` claims is not true{': ' + text if text else ''}.", ""),
    (OverflowError, r"Python integer (-?\d+) out of bounds for (\w+)", lambda number, kind: f"{number} does not fit into the kind `{kind}`{_range(kind)}.", "Use a larger kind, such as `np.int64`, or cut it off with `np.clip`."),
    (OverflowError, r"", "A number became too large.", "Numbers with a fraction end at about 10**308. Does a loop multiply without end?"),
    (SystemExit, r"", "`exit` ends nothing here.", "A cell ends after its last line."),
    (StopIteration, r"", "There is nothing left to take.", ""),
)
