"""What is wrong with YAML that cannot be read, in words for somebody who has never heard of YAML: which line, and how to write it.

The library names what its scanner met ("expected <block end>"). People need the cause: a colon in a text, a missing space, a quotation mark.
"""
from __future__ import annotations

import json
import re

import yaml

_OPTION = re.compile(r"(?P<key>\s*(?:- +)*[\w.-]+) *: +(?P<value>\S.*)")
_TEXT_IN_QUOTES = "Put the whole value in quotation marks: `{}: {}`."


def explain(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str, str]:
    """Say why a text is not YAML.

    Parameters
    ----------
    text : str
        What was read.
    error : yaml.MarkedYAMLError
        What the library said of it.

    Returns
    -------
    line : int
        The line to mend, from 1.
    message : str
        What is wrong, one sentence.
    remedy : str
        What to do, one sentence.

    Examples
    --------
    >>> try: yaml.safe_load("title: Look: a cat")
    ... except yaml.MarkedYAMLError as error: explain("title: Look: a cat", error)
    (1, 'There is a colon in this value.', 'Put the whole value in quotation marks: `title: "Look: a cat"`.')
    """
    lines = text.split("\n")
    places = _places(error, lines)
    if found := _flush_block(lines, max(places)):
        return found
    tabs = [number for number in range(max(places) + 1, -1, -1) if number < len(lines) and re.match(r" *\t", lines[number])]
    for number in (*places, *tabs):
        if found := cause(lines[number]):
            return number + 1, *found
    line = places[0]
    while line and not lines[line].strip():
        line -= 1
    above = next((other for other in reversed(lines[:line]) if other.strip()), "")
    if "mapping values" in (error.problem or "") and _indent(lines[line]) > _indent(above):
        if lines[line].lstrip().startswith("- ") and above.lstrip().startswith("- "):
            return line + 1, "This line is indented more than the one above, which does not begin a list.", \
                "Indent both alike; or, if this one is a part of that one, end that one with a colon and nothing else."
        return line + 1, "This line is indented as if it went on with the line above, but it has a colon.", \
            "Indent it like the other lines; or, if it is part of a text, put that text in quotation marks."
    if ":" not in lines[line] and not lines[line].lstrip().startswith("-"):
        return line + 1, "This line is no `name: value`.", "Write it as one; or, if it goes on with the text above, indent it by two spaces."
    return line + 1, "This line is indented differently from the lines it belongs to.", "Indent all lines of one list alike, with spaces."


def _places(error: yaml.MarkedYAMLError, lines: list[str]) -> list[int]:
    """The lines to look at, from 0, the likeliest first."""
    marks = [min(mark.line, len(lines) - 1) for mark in (error.problem_mark, error.context_mark) if mark]
    if "could not find expected" in (error.problem or ""):  # noticed a line late
        marks.reverse()
    return marks or [0]


def _flush_block(lines: list[str], last: int) -> tuple[int, str, str] | None:
    """Where the lines below `name: |` are not indented: YAML then takes them for options."""
    for number, line in enumerate(lines[: last + 1]):
        begin = re.fullmatch(r"(\s*)([\w.-]+): *[|>][+-]?\s*", line)
        after = next((other for other in range(number + 1, len(lines)) if lines[other].strip()), None)
        if begin and after is not None and after <= last and _indent(lines[after]) <= len(begin[1]):
            return after + 1, f"The lines that belong to `{begin[2]}: |` are not indented.", "Indent each of them by two spaces."
    return None


def cause(line: str) -> tuple[str, str] | None:
    """What is surely wrong with one line, and the remedy; None where it may be right."""
    if found := re.search("[\u00a0\u2007\u202f\u3000\u200b\ufeff]", line):
        return f"There is an invisible character here (U+{ord(found[0]):04X}), which looks like a space.", "Delete the spaces of this line and type them again."
    if re.match(r" *\t", line):
        return "This line begins with a tab.", "Put spaces in its place, as many as the lines beside it have."
    if re.fullmatch(r"(---|\.\.\.)\s*", line):
        return f"`{line.strip()}` has no meaning here.", "Remove this line."
    if (found := re.fullmatch(r"\s*- +(\S.*?): +(\S+\.md)\s*", line)) and _wrong_value("", found[1]):  # a line of the menu
        return "This title needs quotation marks.", f"Write `- {quoted(found[1])}: {found[2]}`."
    if found := re.match(r"\s*\* (.*)", line):
        return "A list is written with `-`, not with `*`.", f"Write `- {found[1]}`."
    if found := re.match(r"\s*-(\w[\w.-]*: .*)", line):
        return "A space is missing after the dash.", f"Write `- {found[1]}`."
    if found := re.match(r"\s*(?:- +)*([A-Za-z_][\w.-]*):([^\s:/].*)", line):
        return "A space is missing after the colon.", f"Write `{found[1]}: {found[2]}`."
    if found := re.match(r"\s*(?:- +)*([A-Za-z_][\w-]*) *= *(\S.*)", line):
        return "An option is written with a colon, not with `=`.", f"Write `{found[1]}: {found[2]}`."
    if found := _OPTION.fullmatch(line.rstrip()):
        return _wrong_value(found["key"].lstrip("- "), found["value"])
    if found := re.fullmatch(r"\s*- +(?P<value>\S.*?)\s*", line):
        return _wrong_value("", found["value"])
    return None


def _wrong_value(key: str, value: str) -> tuple[str, str] | None:
    said = None
    if value[0] in "\"'" and not re.fullmatch(r'"(?:[^"\\]|\\.)*"(\s+#.*)?|\'(?:[^\']|\'\')*\'(\s+#.*)?', value):
        said = "The quotation marks do not enclose the whole value."
    elif value[0] in "*&!%@`" or value[0] in "|>" and not re.fullmatch(r"[|>][+-]?\d?", value):
        said = f"A value cannot begin with `{value[0]}`." if value[0] != "`" else "A value cannot begin with a backtick."
    elif value[0] in "[{" and value.rstrip()[-1] != "]}"["[{".index(value[0])]:
        said = f"A value that begins with `{value[0]}` has to end with `{']}'['[{'.index(value[0])]}`."
    elif value[0] not in "\"'[{" and re.search(r":(\s|$)", value):
        said = "There is a colon in this value."
    written = quoted(value)
    return said and (said, _TEXT_IN_QUOTES.format(key, written) if key else f"Put the whole text in quotation marks: {written}.")


def quoted(value: str) -> str:
    """A value in quotation marks, ready to copy.

    Examples
    --------
    >>> print(quoted("It's here"), quoted('"Look" at it'))
    "It's here" '"Look" at it'
    """
    for mark in "\"'":  # quotation marks that were meant to enclose it
        if len(value) > 1 and value[0] == mark and value[-1] == mark:
            value = value[1:-1]
        elif value[0] == mark and mark not in value[1:]:
            value = value[1:]
    return "'" + value.replace("'", "''") + "'" if '"' in value or "\\" in value else json.dumps(value, ensure_ascii=False)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
