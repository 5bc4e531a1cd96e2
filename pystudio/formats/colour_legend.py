"""Legends: which colour of a picture is which class. Cityscapes' colours, legends in CVAT's words (labelmap.txt), and colours for classes that have none."""
from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from ..errors import StudioError
from ..labels import VOC, VOID, voc_colour_map
from .annotation import IGNORE, MAX_NAMES, guess_voc_class, is_background
from .validation import decode_text, load_json, plain_name

CITYSCAPES = {
    "unlabeled": (0, 0, 0), "dynamic": (111, 74, 0), "ground": (81, 0, 81), "road": (128, 64, 128), "sidewalk": (244, 35, 232), "parking": (250, 170, 160), "rail track": (230, 150, 140),
    "building": (70, 70, 70), "wall": (102, 102, 156), "fence": (190, 153, 153), "guard rail": (180, 165, 180), "bridge": (150, 100, 100), "tunnel": (150, 120, 90), "pole": (153, 153, 153),
    "traffic light": (250, 170, 30), "traffic sign": (220, 220, 0), "vegetation": (107, 142, 35), "terrain": (152, 251, 152), "sky": (70, 130, 180), "person": (220, 20, 60), "rider": (255, 0, 0),
    "car": (0, 0, 142), "truck": (0, 0, 70), "bus": (0, 60, 100), "caravan": (0, 0, 90), "trailer": (0, 0, 110), "train": (0, 80, 100), "motorcycle": (0, 0, 230), "bicycle": (119, 11, 32),
}  # fmt: skip
"""Colours of the classes of Cityscapes, as its documentation lists them (cityscapes-dataset.com, "Class definitions"); of two of one colour the first."""

Legend = list[tuple[str, tuple[int, int, int]]]

COLOUR = r"\s*(?:(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})|#?([0-9a-fA-F]{6}))\s*(?::.*)?"
LINE, LOOSE_LINE = re.compile(r"([^:]*?)\s*:" + COLOUR), re.compile(r"(.*?)\s*[:=;\t]" + COLOUR)
"""A line as CVAT writes it, and as people write it: the first is tried first, as a name may hold an =."""


def read_legend(data: bytes, name: str = "The legend") -> Legend:
    """Names and colours of a legend.

    Parameters
    ----------
    data : bytes
        A line for each class, ``name:red,green,blue`` (what follows a second colon is not of interest), or JSON ``{"name": [red, green, blue]}`` or ``{"name": "#rrggbb"}``.
    name : str
        What errors call it.

    Raises
    ------
    StudioError
        A line says no colour, or two classes have one.

    References
    ----------
    .. [1] "Segmentation mask", CVAT documentation, docs.cvat.ai: the file labelmap.txt.

    Examples
    --------
    >>> read_legend(b"# label:color_rgb:parts:actions\\ncat:128,0,0::\\n")
    [('cat', (128, 0, 0))]
    """
    text = decode_text(data, name).strip()
    lines = _of_json(text, name) if text.startswith("{") else [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    legend: Legend = []
    for line in lines:
        found = LINE.fullmatch(line) or LOOSE_LINE.fullmatch(line)
        colour = found and (tuple(map(int, found.group(2, 3, 4))) if found[2] else tuple(bytes.fromhex(found[5])))
        if not found or max(colour) > 255 or not found[1]:
            raise StudioError(f"{name} has a line that says no colour: “{line[:60]}”.", "Write a line for each class, such as cat:128,0,0.")
        if twice := next((each for each, known in legend if known == colour and each != found[1]), None):
            raise StudioError(f"{name} gives “{twice[:40]}” and “{found[1][:40]}” one colour, {','.join(map(str, colour))}.", "Give each class a colour of its own.")
        legend.append((plain_name(found[1]), colour))
    if not legend or len(legend) > MAX_NAMES:
        raise StudioError(f"{name} names {len(legend)} classes.", f"A legend has 1 to {MAX_NAMES}.")
    return legend


def _of_json(text, name):
    content = load_json(text.encode(), name)
    show = lambda colour: ",".join(map(str, colour)) if isinstance(colour, list) else str(colour)
    return [f"{label.replace(':', ' ')}:{show(colour)}" for label, colour in content.items()]


def names_in_lines(names: Iterable[str]) -> list[str]:
    """Names as the lines of labelmap.txt can hold them: without colons, which end a name, and without a leading #, which makes a comment.

    What is changed is not called as another name is.

    Examples
    --------
    >>> names_in_lines(["cat", "#1: left", "1  left"])
    ['cat', '1  left (2)', '1  left']
    """
    names = list(names)
    possible = [name.replace(":", " ").lstrip("# ").strip() or "unnamed" for name in names]
    taken = {name for name in names if name in possible}
    held: list[str] = []
    for name, base in zip(names, possible):
        shown, n = base, 2
        while shown != name and shown in taken:
            shown, n = f"{base[:50]} ({n})", n + 1
        taken.add(shown)
        held.append(shown)
    return held


def write_legend(legend: Legend) -> bytes:
    """A legend as CVAT writes it, labelmap.txt. Names are those of `names_in_lines`.

    Examples
    --------
    >>> write_legend([("cat", (128, 0, 0))]).decode().splitlines()[1]
    'cat:128,0,0::'
    """
    lines = [f"{name}:{','.join(map(str, colour))}::" for name, (_, colour) in zip(names_in_lines(name for name, _ in legend), legend)]
    return "\n".join(["# label:color_rgb:parts:actions", *lines, ""]).encode()


def make_legend(names: tuple[str, ...], void: bool) -> tuple[Legend, np.ndarray]:
    """A colour for every class, and the table from ids to colours.

    Cityscapes' colours where all names are its own and not all are VOC's, else VOC's for names that it has and for the rest the next colours of its map.

    Returns
    -------
    legend : list of (name, colour)
        With void as ``__ignore__`` where it occurs.
    table : (256, 3) array of uint8
    """
    table = voc_colour_map()
    table[VOID] = voc_colour_map()[VOID]
    own = [name.casefold() for name in names[1:]]
    if own and all(name in CITYSCAPES for name in own) and names != VOC.names and not all(guess_voc_class(name) for name in own):
        table[0] = 0
        table[1 : len(names)] = [CITYSCAPES[name] for name in own]
    else:
        table[: len(names)] = voc_colour_map()[voc_first(names)]
    legend = [(name, tuple(table[place].tolist())) for place, name in enumerate(names)]
    return legend + ([(IGNORE, tuple(table[VOID].tolist()))] if void else []), table


def voc_first(names: tuple[str, ...]) -> list[int]:
    """An id for every name: VOC's for names that it has (once each), for others the next free one from 21 on."""
    ids: list[int] = []
    free = iter(k for k in range(len(VOC), VOID) if k != VOID)
    for place, name in enumerate(names):
        meant = 0 if place == 0 else guess_voc_class(name)
        taken = not meant and place > 0 or meant is None or meant in ids
        ids.append(next(free, -1) if taken else meant)
    if -1 in ids:  # more names than VOC leaves room for: by their places
        return list(range(len(names)))
    return ids


def legend_ids(legend: Legend) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names, and colours with their ids, of a legend: background first, ``__ignore__`` as void.

    Returns
    -------
    names : tuple of str
    colours : (K, 3) array of uint8
    ids : (K,) array of uint8
    """
    names, ids = ["background"], []
    for name, _ in legend:
        if name == IGNORE:
            ids.append(VOID)
        elif is_background(name) or name == "unlabeled":
            names[0] = name
            ids.append(0)
        else:
            base, n = name, 2
            while name in names[1:]:
                name, n = f"{base[:50]} ({n})", n + 1
            names.append(name)
            ids.append(len(names) - 1)
    return tuple(names), np.array([colour for _, colour in legend], np.uint8), np.array(ids, np.uint8)
