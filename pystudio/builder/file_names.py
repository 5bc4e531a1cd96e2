"""Names of files that every system can hold: what FAT32, exFAT and Windows refuse, and what is one name to them and two to others."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

# 255 letters a name, and no difference between A and a. Windows' programs want the whole path below 260: room is left for where the folder lies.
LONGEST_NAME, LONGEST_PATH = 120, 170
FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def problem_with(paths: Iterable[str]) -> list[tuple[str, str]]:
    """What cannot lie on a memory stick.

    Parameters
    ----------
    paths : iterable of str
        Files, relative to the folder that is copied, with ``/`` between folders.

    Returns
    -------
    list of (str, str)
        The file or folder, and what is wrong with it.

    Examples
    --------
    >>> problem_with(["images/Über uns.png", "images/why?.png", "aux.md"])
    [('aux.md', 'Windows keeps this name for itself'), ('images/why?.png', 'Windows cannot write `?`')]
    """
    found, seen = [], {}
    places = sorted({str(place) for path in paths for place in (PurePosixPath(path), *PurePosixPath(path).parents[:-1])})
    for place in places:
        name = PurePosixPath(place).name
        if bad := FORBIDDEN.search(name):
            found.append((place, f"Windows cannot write `{bad[0]}`" if bad[0].isprintable() else "there is an invisible character in it"))
        elif name[-1] in ". " or name[0] == " ":
            found.append((place, "Windows cannot write a name that ends with a dot or a space, or begins with a space"))
        elif RESERVED.fullmatch(name):
            found.append((place, "Windows keeps this name for itself"))
        if len(name) > LONGEST_NAME or len(place) > LONGEST_PATH:
            found.append((place, f"longer than {LONGEST_NAME} letters, or than {LONGEST_PATH} with its folders"))
        same = unicodedata.normalize("NFC", place).casefold()
        if (other := seen.setdefault(same, place)) != place:
            found.append((place, f"on a memory stick the same as {other}"))
    return found
