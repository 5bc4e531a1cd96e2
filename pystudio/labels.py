"""Class ids, names and colours. Pixels are labelled elsewhere; here is only what a label means."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np

from .errors import LabelError

__all__ = ["PERSON", "VOC", "VOID", "LabelSet", "check_label_map", "clear_colours", "label_set", "voc_colour_map"]

VOID = 255
"""The id of a pixel that nobody judged: it counts for nothing when a mask is graded."""


def voc_colour_map(n: int = 256) -> np.ndarray:
    """Colours of the PASCAL VOC label images.

    The bits of an id are dealt out in turn to red, green and blue, each from its
    highest bit down, so that ids which follow each other look unlike.

    Parameters
    ----------
    n : int
        Number of ids, at most 256.

    Returns
    -------
    colours : (n, 3) array of uint8

    References
    ----------
    .. [1] M. Everingham and J. Winn, "The PASCAL Visual Object Classes Challenge
           2012 (VOC2012) Development Kit", 2012, function `VOClabelcolormap`.

    Examples
    --------
    >>> voc_colour_map(4).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
    """
    ids = np.arange(n)[:, None]
    colours = np.zeros((n, 3), dtype=np.uint8)
    for level in range(8):
        bits = (ids >> (3 * level + np.arange(3))) & 1
        colours |= (bits << (7 - level)).astype(np.uint8)
    return colours


# Found by a search that kept every two of them (and black) apart in CIELAB, for full colour vision and, by the model of Machado et al., for
# each of the three dichromacies; dealt out so that classes which are often neighbours differ in lightness. tests/test_clear_colours.py measures both.
_CLEAR = np.array([
    [0, 0, 0], [96, 32, 192], [255, 96, 0], [32, 64, 96], [255, 0, 224], [192, 224, 160], [160, 96, 64],
    [224, 160, 224], [0, 64, 255], [255, 224, 224], [0, 160, 255], [96, 0, 128], [160, 160, 128], [160, 64, 0],
    [32, 192, 64], [96, 32, 0], [192, 64, 160], [160, 255, 128], [128, 160, 160], [0, 255, 0], [96, 96, 96],
], dtype=np.uint8)  # fmt: skip


def clear_colours() -> np.ndarray:
    """Colours of the ids of `VOC` for the screen, told apart without full colour vision.

    The standard colours are much alike for some eyes: "cat" and "potted plant" are the
    same dark brown to many. These are far apart for all. Files keep the standard ones,
    which other programs know.

    Returns
    -------
    colours : (21, 3) array of uint8

    References
    ----------
    .. [1] G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, "A Physiologically-based
           Model for Simulation of Color Vision Deficiency", IEEE TVCG 15 (6), 2009.

    Examples
    --------
    >>> clear_colours()[VOC.id("cat")].tolist()
    [0, 64, 255]
    """
    return _CLEAR.copy()


@dataclass(frozen=True, eq=False)
class LabelSet:
    """The classes a network can tell apart, in the order of its outputs.

    Parameters
    ----------
    name : str
        What recipes and messages call the set.
    names : tuple of str
        Name of each class; the position is the id. Id 0 is the background.
    colours : (K, 3) array of uint8
        RGB colour of each class.

    Examples
    --------
    >>> len(VOC), VOC.id("cat"), VOC.names[12]
    (21, 8, 'dog')
    >>> VOC.colour(8).tolist()
    [64, 0, 0]
    """

    name: str
    names: tuple[str, ...]
    colours: np.ndarray

    def __post_init__(self) -> None:
        self.colours.setflags(write=False)

    def __len__(self) -> int:
        return len(self.names)

    def id(self, name: str) -> int:
        """Id of a class; case, spaces and hyphens do not matter ("diningtable" is "dining table").

        Raises
        ------
        LabelError
            No class has that name.
        """
        known = [_plain(each) for each in self.names]
        if _plain(name) in known:
            return known.index(_plain(name))
        close = difflib.get_close_matches(_plain(name), known, n=1)
        remedy = f"Did you mean “{self.names[known.index(close[0])]}”?" if close else f"The classes are {', '.join(self.names)}."
        raise LabelError(f"No class of {self.name} is called “{name}”.", remedy)

    def colour(self, id: int) -> np.ndarray:
        """RGB colour of an id, (3,) uint8; `VOID` has one too.

        Raises
        ------
        LabelError
            The set has no such id.
        """
        if id == VOID:
            return voc_colour_map()[VOID]
        if not 0 <= id < len(self):
            raise LabelError(f"The label set {self.name} has no id {id}.", f"Its ids are 0 to {len(self) - 1}, and {VOID} for void.")
        return self.colours[id]

    def palette(self) -> np.ndarray:
        """Colour of every id a byte can hold, (256, 3) uint8; ids without a class keep their VOC colour."""
        palette = voc_colour_map()
        palette[: len(self)] = self.colours
        return palette


def label_set(name: str) -> LabelSet:
    """The label set that a recipe names.

    Raises
    ------
    LabelError
        There is no such set.

    Examples
    --------
    >>> label_set("person").names
    ('background', 'person')
    """
    sets = {each.name: each for each in (VOC, PERSON)}
    if name not in sets:
        raise LabelError(f"There is no label set called “{name}”.", f"The sets are {', '.join(sets)}.")
    return sets[name]


def check_label_map(ids: object, name: str, n: int | None = None, void: bool = False) -> None:
    """Refuse what is no label map.

    Parameters
    ----------
    ids : object
        What should be an (M, N) array of whole numbers.
    name : str
        What the message calls it: "truth", "prediction" …
    n : int, optional
        How many classes there are: ids are 0 to n - 1. Left out, any number from 0 on is an id.
    void : bool
        Whether `VOID` may occur besides.

    Raises
    ------
    LabelError
        It is no array, has not two axes, holds fractions, or an id that there is not.

    Examples
    --------
    >>> check_label_map(np.array([[0, 1, 255]]), "truth", 2, void=True)
    >>> check_label_map(np.array([[0, -1]]), "truth", 2)
    Traceback (most recent call last):
    ...
    pystudio.errors.LabelError: The truth holds the id -1. With 2 classes the ids are 0 to 1.
    """
    if not isinstance(ids, np.ndarray):
        raise LabelError(f"The {name} is {type(ids).__name__}, not an array.", "Give a NumPy array (M, N) of whole numbers: np.asarray(…).")
    if ids.ndim != 2:
        raise LabelError(f"The {name} has shape {ids.shape}.", "Give a label map (M, N): one id for every pixel.")
    if ids.dtype.kind not in "uib":
        raise LabelError(f"The {name} holds {ids.dtype}, not ids.", "Give whole numbers: of scores (K, M, N) their argmax(axis=0), of fractions mask > 0.5.")
    if not ids.size:
        return
    least, most = int(ids.min()), int(ids.max())
    if void and n is not None and most == VOID:
        judged = ids[ids != VOID]
        most = int(judged.max()) if judged.size else 0
    if least < 0 or (n is not None and most >= n):
        remedy = "Ids are numbers from 0 on." if n is None else f"With {n} classes the ids are 0 to {n - 1}" + (f", and {VOID} for pixels that nobody judged." if void else ".")
        raise LabelError(f"The {name} holds the id {least if least < 0 else most}.", remedy)


def _plain(name: str) -> str:
    return name.casefold().replace(" ", "").replace("-", "").replace("_", "")


VOC = LabelSet(
    "voc",
    (
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
        "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv monitor",
    ),
    voc_colour_map(21),
)  # fmt: skip
"""The background and the 20 classes of PASCAL VOC."""

PERSON = LabelSet("person", ("background", "person"), VOC.colours[[0, VOC.id("person")]])
"""Person against everything else, in the same colours as in `VOC`."""
