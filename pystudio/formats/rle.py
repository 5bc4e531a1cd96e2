"""COCO's run lengths: a mask read column by column as how many 0, how many 1, how many 0 … , plain or packed into a string."""
from __future__ import annotations

import numpy as np

from ..errors import StudioError
from .annotation import check_size

__all__ = ["decode", "encode", "pack", "unpack"]


def encode(mask: np.ndarray) -> list[int]:
    """Run lengths of a mask, column by column; the first counts zeros and may be 0.

    Examples
    --------
    >>> encode(np.array([[0, 1], [1, 1]], bool))
    [1, 3]
    """
    mask = np.asarray(mask, bool)
    marked = np.flatnonzero(mask.any(axis=0))  # only these columns are read one pixel after the other
    if not marked.size:
        return [mask.size] if mask.size else []
    flat = np.pad(mask[:, marked[0] : marked[-1] + 1].T.ravel(), 1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + marked[0] * mask.shape[0]
    end = [mask.size] if changes[-1] < mask.size else []
    return np.diff(np.concatenate(([0], changes, end))).astype(int).tolist()


def decode(counts: list[int], shape: tuple[int, int], name: str = "The file") -> np.ndarray:
    """The mask of run lengths. Raises StudioError where they do not fit the size.

    Examples
    --------
    >>> decode([1, 3], (2, 2)).tolist()
    [[False, True], [True, True]]
    """
    rows, columns = check_size(shape, name)
    if not isinstance(counts, list) or len(counts) > 2 * rows * columns + 2 or any(type(n) is not int or not 0 <= n <= rows * columns for n in counts):
        raise StudioError(f"{name} is damaged: its run lengths are not whole numbers from 0 on.", "Save it again in the program it comes from.")
    if sum(counts) != rows * columns:
        raise StudioError(f"{name} is damaged: its run lengths add up to {sum(counts):,}, not to {columns} × {rows} pixels.", "Save it again in the program it comes from.")
    mask, ends = np.zeros((rows, columns), bool), np.cumsum(counts)
    if len(counts) > 1:  # the columns between the first run of ones and the last
        first, stop = int(ends[0]) // rows, -(-int(ends[len(counts) // 2 * 2 - 1]) // rows)
        lengths = np.diff(ends.clip(first * rows, stop * rows), prepend=first * rows)
        mask[:, first:stop] = np.repeat(np.arange(len(counts)) % 2 == 1, lengths).reshape(stop - first, rows).T
    return mask


def pack(counts: list[int]) -> str:
    """Run lengths as COCO's string: from the fourth on only the difference to the run two before, in groups of five bits, 48 added to each.

    Examples
    --------
    >>> pack([1, 3])
    '13'
    """
    text = []
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            group, value = value & 31, value >> 5
            more = value != (-1 if group & 16 else 0)
            text.append(chr(48 + (group | 32 if more else group)))
    return "".join(text)


def unpack(text: str, name: str = "The file") -> list[int]:
    """Run lengths of COCO's string. Raises StudioError where it is none.

    Examples
    --------
    >>> unpack("13")
    [1, 3]
    """
    counts, value, shift = [], 0, 0
    for letter in text:
        group = ord(letter) - 48
        if not 0 <= group < 64 or shift > 60:
            raise StudioError(f"{name} is damaged: its packed run lengths cannot be read.", "Save it again in the program it comes from.")
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise StudioError(f"{name} is damaged: its packed run lengths stop in the middle.", "Save it again in the program it comes from.")
    return counts
