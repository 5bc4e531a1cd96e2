"""What went wrong in a cell, at which line, in words for a reader. Nothing is run and nothing is handled here, only worded."""
from __future__ import annotations

import asyncio
import builtins
import difflib
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import StudioError

__all__ = ["CellError", "CellFailure", "explain"]

MAX_FRAMES = 6
MAX_TRACEBACK = 4000  # characters


class CellError(StudioError):
    """A tool of the cells was used in a way that it cannot work."""


@dataclass(frozen=True)
class CellFailure:
    """A mistake, told.

    Attributes
    ----------
    kind : {"error", "memory", "syntax", "stopped"}
    message : str
        What is wrong, one sentence.
    hint : str
        What to do; may be empty.
    line, column : int or None
        Where in the cell that was run, from 1 and from 0.
    python : str
        The last line of Python's own message, to look up; empty where it would tell nothing more.
    path : list of (str, int, str)
        How the program came there, through the reader's own lines: cell, line, code. Empty where `line` tells it all.
    traceback : str
        All that Python says.
    """

    kind: str
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None
    python: str = ""
    path: tuple[tuple[str, int, str], ...] = ()
    traceback: str = ""


def explain(error: BaseException, file: str, files: Mapping[str, str], source: str, namespace: Mapping[str, Any]) -> CellFailure:
    """Tell what an exception of a cell means.

    Parameters
    ----------
    error : BaseException
    file : str
        Name of the file that the cell was compiled as.
    files : mapping
        The same of every cell, to what the cell is called.
    source : str
        The cell.
    namespace : mapping
        What it knew, for "did you mean".
    """
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return CellFailure("stopped", "Stopped.", line=_line_in(error, file))
    if isinstance(error, SyntaxError) and error.filename == file:
        message, hint = _syntax(error, source)
        lines = max(1, len(source.splitlines()))
        column = max(0, (error.offset or 1) - 1)
        return CellFailure("syntax", message, hint, min(error.lineno or 1, lines), column, f"{type(error).__name__}: {error.msg}")
    message, hint = _words(error, namespace)
    path = _path(error, files)
    own = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    kind = "memory" if isinstance(error, MemoryError) else "error"
    return CellFailure(kind, message, hint, _line_in(error, file), None, "" if isinstance(error, StudioError) else _cut(own, 300),
                 path if len(path) > 1 else (), _cut(_formatted(error), MAX_TRACEBACK))


def _line_in(error, file):
    return next((line for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))) if frame.f_code.co_filename == file), None)


def _path(error, files):
    found = [(files[name], line, _code(frame, line)) for frame, line in traceback.walk_tb(error.__traceback__)
             if (name := frame.f_code.co_filename) in files]
    if len(found) > MAX_FRAMES:
        found = [*found[: MAX_FRAMES // 2], *found[-MAX_FRAMES // 2:]]
    return tuple(found)


def _code(frame, line):
    import linecache

    return linecache.getline(frame.f_code.co_filename, line).strip()


def _formatted(error):
    return "".join(traceback.format_exception(error, limit=12 if isinstance(error, RecursionError) else None))


def _cut(text, most):
    return text if len(text) <= most else f"{text[: most // 2]}\n…\n{text[-most // 2:]}"


# --- errors of the grammar --------------------------------------------------------------------------------------------
# (what Python's sentence looks like, what is wrong, what to do); \1 … stand for the groups of the pattern
_SYNTAX = (
    (r"expected ':'", "A colon is missing.", "Lines that begin with `if`, `else`, `for`, `while`, `def` … end with a colon `:`."),
    (r"expected an indented block after (.+) on line (\d+)", r"The lines that belong to \1 in line \2 are not indented.", "Put four spaces in front of them."),
    (r"unexpected indent", "This line is indented, but nothing above asks for it.", "Take the spaces at its beginning away."),
    (r"unindent does not match", "This line is indented by another number of spaces than those around it.", "Lines that belong together begin below each other."),
    (r"inconsistent use of tabs", "Tabs and spaces are mixed at the beginning of lines.", "Use four spaces for each step."),
    (r"'(.)' was never closed", r"The bracket `\1` is opened here and never closed.", "Put the closing bracket where it belongs."),
    (r"unmatched '(.)'", r"The bracket `\1` closes nothing.", "Take it away, or open it before."),
    (r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", r"`\2` is closed with `\1`.", "Brackets close in the order in which they were opened, with their own kind."),
    (r"unterminated (?:f-|t-)?string", "The text is not closed.", "Put the same quotation mark at its end."),
    (r"unterminated triple-quoted", "The long text is not closed.", 'Put three quotation marks at its end: `"""`.'),
    (r"Maybe you meant '==' (?:or ':=' )?instead of '='", "`=` gives a name its value. It does not compare.", "Write `==` to compare."),
    (r"cannot assign to (.+?)(?: here.*)?$", r"\1 cannot be given a value.", "A name stands on the left of `=`."),
    (r"invalid syntax\. Perhaps you forgot a comma", "Two things stand side by side here.", "Perhaps a comma is missing between them."),
    (r"invalid character '(.)'", r"Python does not know the sign `\1`.", "It may have come from a text program: type it again."),
    (r"invalid non-printable character", "An invisible sign stands here.", "Delete it and type the line again."),
    (r"leading zeros in decimal", "A whole number does not begin with 0.", "Write 7, not 07."),
    (r"invalid decimal literal", "A name does not begin with a digit.", "Begin it with a letter."),
    (r"'return' outside function", "`return` stands outside a function.", "Indent it into the function, or write the name alone to see its value."),
    (r"'(break|continue)' (?:not properly in|outside) loop|'(break|continue)' not properly", "`break` and `continue` stand outside a loop.", "Indent them into the loop."),
    (r"Missing parentheses in call to '(\w+)'", r"`\1` needs round brackets.", r"Write `\1(…)`."),
    (r"did you mean '(\w+)'|Did you mean '(\w+)'", r"Python does not know this word.", r"Did you mean `\1`?"),
    (r"EOF while parsing|unexpected EOF", "The cell ends in the middle of something.", "Look for a bracket or a text that is not closed."),
    (r"too many nested", "Brackets are nested too deeply.", "Do it in several lines."),
)


def _syntax(error, source):
    for pattern, message, hint in _SYNTAX:
        if match := re.search(pattern, error.msg or ""):
            fill = lambda text: re.sub(r"\\(\d)", lambda group: (match.group(int(group[1])) or match.group(match.lastindex or 0) or "").strip("`"), text)
            return _sentence(fill(message)), fill(hint)
    if re.match(r"\s*(if|elif|else|for|while|def|class|with|try|except|finally)\b[^:]*$", (error.text or "").rstrip()):
        return "Python does not understand this line.", "A colon `:` may be missing."
    return "Python does not understand this line.", "Look at its signs: a bracket, a comma or a quotation mark may be missing, here or one line above."


def _sentence(text):
    return text[:1].upper() + text[1:]


# --- errors while it runs ---------------------------------------------------------------------------------------------
Rule = tuple[type[BaseException], str, str | Callable[..., tuple[str, str]], str]


def _words(error, namespace):
    if isinstance(error, StudioError):
        return error.message, error.remedy
    if type(error) in (NameError, UnboundLocalError):
        return _unknown_name(error, namespace)
    if isinstance(error, AttributeError) and getattr(error, "name", None):
        return _unknown_attribute(error)
    if isinstance(error, ImportError):
        return _not_there(error)
    if isinstance(error, KeyError):
        return f"There is no entry {_short(error.args[0] if error.args else '')} here.", _meant(error.args[0] if error.args else "", ())
    text = str(error)
    for kind, pattern, message, hint in _RULES:
        if isinstance(error, kind) and (match := re.search(pattern, text, re.DOTALL)):
            sentence = message(*match.groups()) if callable(message) else match.expand(message)
            return _sentence(sentence), match.expand(hint)
    name = type(error).__name__
    return (_sentence(f"{text.rstrip('.')}.") if text else f"Python stopped here with {name}."), ""


_PAGE = ("photo", "prediction", "logits", "mask", "region", "classes", "segment", "set_mask")  # there as soon as a cell mentions them


def _unknown_name(error, namespace):
    name = error.name or ""
    if isinstance(error, UnboundLocalError):
        return f"`{name}` has no value yet in this function.", "A name that is given a value anywhere in a function belongs to that function: give it one first."
    if name in ("true", "false", "none"):
        return f"There is nothing called `{name}` here.", f"Write `{name.title()}`, with a capital letter."
    known = [word for word in (*namespace, *_PAGE, *dir(builtins)) if not word.startswith("_")]
    return f"There is nothing called `{name}` here.", _meant(name, known) or "Give it a value first. If another cell makes it, run that cell before this one."


def _unknown_attribute(error):
    thing = getattr(error, "obj", None)
    if thing is None:
        return f"This is `None`, nothing at all: it has no `{error.name}`.", "Look where it comes from: a function without `return` gives `None`."
    what = f"The module `{thing.__name__}`" if type(thing).__name__ == "module" else f"A value of the kind `{type(thing).__name__}`"
    return f"{what} has no `{error.name}`.", _meant(error.name, [word for word in dir(thing) if not word.startswith("_")])


_INSTEAD = {"matplotlib": "Use `plot`, `bars`, `histogram` and `show` instead.", "cv2": "Use `skimage` instead.", "torch": "The network of this page is `segment(photo)`.",
            "tensorflow": "The network of this page is `segment(photo)`.", "requests": "Nothing is fetched from elsewhere here."}


def _not_there(error):
    module = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError):
        known = ("numpy", "pystudio", "skimage", "scipy", "PIL", "math", "random", "time", "collections", "itertools", "statistics", "heapq")
        return f"There is no module `{error.name}` on this page.", _INSTEAD.get(module) or _meant(module, known) or "There are numpy, scipy, skimage, PIL, pystudio and Python's own."
    wanted = re.search(r"cannot import name '(\w+)'", str(error))
    return (f"`{error.name}` has nothing called `{wanted[1]}`." if wanted else f"{str(error).rstrip('.')}."), "Look at its spelling."


def _meant(word, known):
    by_lower = {name.lower(): name for name in reversed(list(known))}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f"Did you mean `{by_lower[close[0]]}`?" if close else ""


def _short(value):
    text = repr(value)
    return f"`{text if len(text) <= 40 else text[:37] + '…'}`"


def _outside(index, axis, size):
    axes = {"0": "rows", "1": "columns"}
    what = axes.get(axis, f"entries along axis {axis}")
    return f"{index} lies outside: the array has {size} {what}, and they are counted from 0 to {int(size) - 1}.", ""


_RULES: tuple[Rule, ...] = (
    (IndexError, r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", lambda *found: _outside(*found)[0], "Or did you swap row and column? The row comes first."),
    (IndexError, r"too many indices for array: array is (\d+)-dimensional, but (\d+)", r"This array has \1 axes, and \2 numbers stand in the brackets.", "Print its `.shape` to see how many axes it has."),
    (IndexError, r"(list|tuple|string|range object|pop from empty list).* ?(?:index out of range)?", r"The \1 is shorter than that.", "Entries are counted from 0: the last of `n` is `n - 1`."),
    (IndexError, r"boolean index did not match", r"The mask in the brackets has another shape than the array.", "Print the `.shape` of both."),
    (IndexError, r"only integers, slices", "The numbers in the brackets have to be whole.", "Use `int(…)` or `//`."),
    (ZeroDivisionError, r"", "A number is divided by 0.", "Ask first whether it is 0: `if size > 0:`."),
    (RecursionError, r"", "The function calls itself without end.", "It needs a case in which it does not call itself. For pixels, a loop over a list goes further."),
    (MemoryError, r"(?:Unable to allocate (.+?) for an array with shape (\(.*?\)))?",
     lambda size, shape: f"An array of shape {shape} needs {size}: more memory than there is." if size else "There is not enough memory for this.", "Make it smaller: fewer pixels, or a smaller kind such as `np.uint8`."),
    (ValueError, r"array is too big|Maximum allowed (?:dimension|size) exceeded", "This array would need more memory than there is.", "Make it smaller: fewer pixels, or a smaller kind such as `np.uint8`."),
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
    (TypeError, r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", r"`\1` knows no `\2`.", "Look at its spelling."),
    (TypeError, r"'(\w+)' object is not callable", r"A value of the kind `\1` is no function, so round brackets cannot follow it.", "Square brackets pick out: `photo[0, 0]`. Or did you use the name of a function for something else?"),
    (TypeError, r"'NoneType' object is not", "This is `None`, nothing at all.", "Look where it comes from: a function without `return` gives `None`."),
    (TypeError, r"'(\w+)' object is not (subscriptable|iterable)", r"A value of the kind `\1` has no parts to pick out or to walk through.", ""),
    (TypeError, r"unsupported operand type\(s\) for (\S+): '(.+?)' and '(.+?)'", r"`\1` does not work between the kinds `\2` and `\3`.", "Turn one of them into the other: `str(…)`, `int(…)`, `float(…)`."),
    (TypeError, r"can only concatenate str \(not \"(\w+)\"\)", r"`+` joins a text with a text only, and this is of the kind `\1`.", "Write `str(…)` around it, or `print` both with a comma between them."),
    (TypeError, r"'(\S+)' not supported between instances of '(.+?)' and '(.+?)'", r"`\1` cannot compare the kinds `\2` and `\3`.", ""),
    (TypeError, r"object (\S+) can't be used in 'await' expression", r"`await` is for answers that are still to come, and this is there already.", "Take `await` away."),
    (AssertionError, r"(.*)", lambda text: f"What `assert` claims is not true{': ' + text if text else ''}.", ""),
    (OSError, r"", "There is no such file here.", "The picture of the page is `photo`."),
    (OverflowError, r"", "A number became too large.", ""),
    (SystemExit, r"", "`exit` ends nothing here.", "A cell ends after its last line."),
    (StopIteration, r"", "There is nothing left to take.", ""),
)
