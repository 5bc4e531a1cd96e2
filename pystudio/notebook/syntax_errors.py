"""Errors of the grammar in words for a reader; among them what comes along when code is pasted from another place.

Errors while a program runs are in `runtime_errors`.
"""
from __future__ import annotations

import re
import unicodedata

__all__ = ["PROMPTS", "syntax_words"]

PROMPTS = ("A prompt was copied along: `>>>`, `...` or `In [1]:` stands in front of code that somebody has shown, and is no part of it.",
           "Delete it in front of each line, and delete the lines without it: those are answers.")
_NOTEBOOK = "Delete it: what is drawn or stands in the last line of a cell is shown below it, and nothing needs to be installed."
_TERMINAL = "Delete it: nothing needs to be installed here. NumPy is there as `np`, and `import` is enough for scikit-image, SciPy and Pillow."

# (what the line looks like, what is wrong, what to do); \1 … stand for the groups of the pattern
_PASTED = (
    (r"(?:>>>|\.\.\.)(?:\s|$)|(?:In|Out) ?\[\d*\]:|\s+\.\.\.:", *PROMPTS),
    (r"[%!]\s*(?:pip3?|conda|mamba)\b", "This is a command for a notebook such as Jupyter, not Python.", _TERMINAL),
    (r"(%{1,2}\w+|!)", r"`\1` begins a command for a notebook such as Jupyter. It is not Python.", _NOTEBOOK),
    (r"\?+\s*[\w.]+\s*$|[\w.]+\s*\?+\s*$", "The question mark asks for help in a notebook such as Jupyter. It is not Python.", "Write `help(name)` instead."),
    (r"(?:\$|PS [A-Z]:\\.*>|[A-Z]:\\.*>|\w+@\w+.*\$)\s", "This line was typed into a terminal: it is not Python.", _TERMINAL),
    (r"(?:sudo )?(pip3?|conda|mamba|apt|apt-get|brew|git|cd|ls|mkdir|wget|curl|npm|uv|python3?|py|jupyter)\s+[\w./-]",
     r"`\1` is a command for a terminal, not Python.", _TERMINAL),
    (r"(?:```|~~~)", "These signs mark code in a text or a chat. They are no part of it.", "Delete the lines that hold nothing else."),
)
# the same for what other languages write, anywhere in a line outside of texts
_FOREIGN = (
    (r"&(lt|gt|amp|quot|nbsp|#\d+);", r"`&\1;` is how the source of a web page writes a sign.", "Write the sign itself: `<` for `&lt;`, `>` for `&gt;`, `&` for `&amp;`."),
    (r"^\s*(?://|/\*)", r"Comments of Python begin with `#`.", "Write `#` in place of the slashes."),
    (r"(?:&&|\|\|)", "Python writes `and` for `&&` and `or` for `||`.", "Write the word."),
    (r"^\s*\}?\s*else\s+if\b", "Python writes `elif` for `else if`.", "Write `elif`, and end the line with a colon `:`."),
    (r"\w(\+\+|--)\s*;?\s*$", r"Python has no `\1`.", "Write `+= 1` or `-= 1`."),
)
_NUMBERED = re.compile(r"\s*(\d+)[.:|]?\s+\S")

# (what Python's sentence looks like, what is wrong, what to do)
_GRAMMAR = (
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
    (r"leading zeros in decimal", "A whole number does not begin with 0.", "Write 7, not 07."),
    (r"invalid decimal literal", "A name does not begin with a digit.", "Begin it with a letter."),
    (r"'return' outside function", "`return` stands outside a function.", "Indent it into the function, or write the name alone to see its value."),
    (r"'await' outside (?:async )?function", "`await` stands outside an `async` function.", "Take it away: the answer is computed at once."),
    (r"'(break|continue)' (?:not properly in|outside) loop|'(break|continue)' not properly", "`break` and `continue` stand outside a loop.", "Indent them into the loop."),
    (r"Missing parentheses in call to '(\w+)'", r"`\1` needs round brackets.", r"Write `\1(…)`."),
    (r"did you mean '(\w+)'|Did you mean '(\w+)'", r"Python does not know this word.", r"Did you mean `\1`?"),
    (r"EOF while parsing|unexpected EOF", "The cell ends in the middle of something.", "Look for a bracket or a text that is not closed."),
    (r"too many nested", "Brackets are nested too deeply.", "Do it in several lines."),
    (r"null byte", "A sign of no width, the null character, stands in this program.", "It came with pasted text: delete the line and type it again."),
)


def syntax_words(message: str, line: int, text: str, source: str) -> tuple[str, str]:
    """What is wrong, and what to do.

    Parameters
    ----------
    message : str
        Python's own.
    line : int
        Where, from 1.
    text : str
        The line itself, as Python quotes it.
    source : str
        The program.

    Examples
    --------
    >>> syntax_words("invalid character '–' (U+2013)", 1, "a – b", "a – b")
    ('`–` is a dash. Python reckons with the plain sign.', 'Type `-` in its place.')
    """
    lines = source.split("\n")
    own = lines[line - 1] if 0 < line <= len(lines) else text
    first = next((each for each in lines if each.strip()), "")
    return (_pasted(own) or _numbered(line, lines) or _sign(message, own, lines) or _foreign(own) or (_pasted(first) if _is_prompt(first) else None)
            or _grammar(message, text))


def _pasted(line):
    for pattern, message, hint in _PASTED:
        if match := re.match(r"\s*(?:" + pattern + ")", line):
            return match.expand(message), hint
    return None


def _foreign(line):
    line = re.sub(r"([\"']).*?(?:\1|$)", "", line)
    for pattern, message, hint in _FOREIGN:
        if match := re.search(pattern, line):
            return match.expand(message), hint
    return None


def _is_prompt(line):
    return re.match(r"\s*(?:" + _PASTED[0][0] + ")", line) is not None


def _numbered(line, lines):
    """Line numbers that were copied with the lines."""
    here = [match for each in lines[max(0, line - 2):line + 1] if (match := _NUMBERED.match(each))]
    numbers = [int(match[1]) for match in here]
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return "The numbers of the lines were copied along.", "Delete the number in front of each line."
    return None


# ---------------------------------------------------------------- signs that Python does not know
_QUOTES = "“”„‟«»″〃＂"
_APOSTROPHES = "‘’‚‛‹›′´｀＇"
_DASHES = "‐‑‒–—―−﹣－"
_MEANT = {"×": "*", "·": "*", "∙": "*", "⋅": "*", "÷": "/", "∕": "/", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "²": "**2", "³": "**3", "→": "->", "¬": "not"}
_INVISIBLE = {"\u00a0": "A non-breaking space", "\u202f": "A non-breaking space", "\u200b": "A space of no width", "\u200c": "A sign of no width", "\u200d": "A sign of no width",
              "\u2060": "A sign of no width", "\ufeff": "A sign of no width (a byte order mark)", "\u00ad": "A hyphen that cannot be seen", "\u2028": "A line separator of a text program",
              "\u3000": "A wide space"}


def _sign(message, line, lines):
    """A sign from a text program, a PDF or a web page."""
    if match := re.search(r"invalid non-printable character U\+([0-9A-F]+)", message):
        return _invisible(chr(int(match[1], 16)), lines)
    if not (match := re.search(r"invalid character '(.)' \(U\+([0-9A-F]+)\)", message, re.DOTALL)):
        return ("This sign is no quotation mark in Python.", "Type `'` or `\"` in its place.") if message.startswith("invalid syntax") and line.lstrip().startswith("`") else None
    sign = match[1]
    if sign in _QUOTES:
        return f"`{sign}` is a quotation mark of printed text. Python knows straight ones only.", 'Type `"` in its place, at both ends of the text.'
    if sign in _APOSTROPHES:
        return f"`{sign}` is a quotation mark of printed text. Python knows straight ones only.", "Type `'` in its place, at both ends of the text."
    if sign in _DASHES:
        return f"`{sign}` is a dash. Python reckons with the plain sign.", "Type `-` in its place."
    plain = _MEANT.get(sign) or unicodedata.normalize("NFKC", sign)
    if plain != sign and plain.isascii():
        return f"Python does not know the sign `{sign}`.", f"Type `{plain.strip()}` in its place."
    return f"Python does not know the sign `{sign}`.", "It may have come from a text program: type it again."


def _invisible(sign, lines):
    name = _INVISIBLE.get(sign) or ("A space of an unusual width" if unicodedata.category(sign) == "Zs" else "A sign that cannot be seen")
    odd = lambda each: each in _INVISIBLE or unicodedata.category(each) in ("Zs", "Cf") and each != " "
    places = [str(number) for number, line in enumerate(lines, 1) if any(map(odd, line))]
    where = f" Lines that hold such signs: {', '.join(places[:12])}{' …' if len(places) > 12 else ''}." if len(places) > 1 else ""
    return f"{name} stands in this line. It came with pasted text, and Python cannot read it.", f"Delete the spaces at this place and type them again.{where}"


# ---------------------------------------------------------------- the grammar
def _grammar(message, text):
    for pattern, sentence, hint in _GRAMMAR:
        if match := re.search(pattern, message):
            fill = lambda words, match=match: re.sub(r"\\(\d)", lambda group: (match.group(int(group[1])) or match.group(match.lastindex or 0) or "").strip("`"), words)
            sentence = fill(sentence)
            return sentence[:1].upper() + sentence[1:], fill(hint)
    if re.match(r"\s*(if|elif|else|for|while|def|class|with|try|except|finally)\b[^:]*$", text.rstrip()):
        return "Python does not understand this line.", "A colon `:` may be missing."
    return "Python does not understand this line.", "Look at its signs: a bracket, a comma or a quotation mark may be missing, here or one line above."
