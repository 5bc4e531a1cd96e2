"""COCO's run lengths: a mask read column by column as how many 0, how many 1, how many 0 … , plain or packed into a string."""
from __future__ import annotations

import numpy as np

from ..errors import StudioError
from .validation import check_size

__all__ = ["decode", "decode_part", "encode", "encode_part", "pack", "unpack"]


def encode(mask: np.ndarray) -> list[int]:
    """Run lengths of a mask, column by column; the first counts zeros and may be 0.

    Examples
    --------
    >>> encode(np.array([[0, 1], [1, 1]], bool))
    [1, 3]
    """
    mask = np.asarray(mask, bool)
    return encode_part(mask, (0, mask.shape[0], 0, mask.shape[1]), mask.shape)


def encode_part(part: np.ndarray, box: tuple[int, int, int, int], shape: tuple[int, int]) -> list[int]:
    """Run lengths of a mask of which only a box is at hand; outside of it there is nothing.

    Parameters
    ----------
    part : (m, n) array of bool
        What lies in the box.
    box : tuple of int
        (row0, row1, column0, column1), half open.
    shape : tuple of int
        (rows, columns) of the whole.

    Examples
    --------
    >>> encode_part(np.array([[True]]), (1, 2, 1, 2), (2, 2))
    [3, 1]
    """
    rows, size = shape[0], shape[0] * shape[1]
    lines = np.zeros((part.shape[1], part.shape[0] + 2), np.int8)  # a column in each, between two empty pixels
    lines[:, 1:-1] = part.T
    column, row = np.nonzero(lines[:, 1:] != lines[:, :-1])
    edges = (column + box[2]) * rows + row + box[0]
    if not edges.size:
        return [size] if size else []
    starts, stops = edges[0::2], edges[1::2]
    apart = starts[1:] != stops[:-1]  # what ends a column and what begins the next may be one run
    ends = np.stack([starts[np.append(True, apart)], stops[np.append(apart, True)]], axis=1).ravel()
    last = [size] if ends[-1] < size else []
    return np.diff(np.concatenate(([0], ends, last))).astype(int).tolist()


def decode(counts: list[int], shape: tuple[int, int], name: str = "The file") -> np.ndarray:
    """The mask of run lengths.

    Raises
    ------
    StudioError
        They do not fit the size.

    Examples
    --------
    >>> decode([1, 3], (2, 2)).tolist()
    [[False, True], [True, True]]
    """
    part, (row0, row1, column0, column1) = decode_part(counts, shape, name)
    mask = np.zeros(shape, bool)
    mask[row0:row1, column0:column1] = part
    return mask


def decode_part(counts: list[int], shape: tuple[int, int], name: str = "The file") -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The mask of run lengths, only where it has any pixel: what `encode_part` takes.

    Raises
    ------
    StudioError
        They do not fit the size.
    """
    rows, columns = check_size(shape, name)
    if not isinstance(counts, list) or len(counts) > 2 * rows * columns + 2 or any(type(n) is not int or not 0 <= n <= rows * columns for n in counts):
        raise StudioError(f"{name} is damaged: its run lengths are not whole numbers from 0 on.", "Save it again in the program it comes from.")
    if sum(counts) != rows * columns:
        raise StudioError(f"{name} is damaged: its run lengths add up to {sum(counts):,}, not to {columns} × {rows} pixels.", "Save it again in the program it comes from.")
    ends = np.cumsum(counts)
    marked = np.flatnonzero(np.array(counts[1::2], np.int64))  # runs of ones that have a pixel
    if not marked.size:
        return np.zeros((0, 0), bool), (0, 0, 0, 0)
    start, stop = int(ends[2 * marked[0]]), int(ends[2 * marked[-1] + 1])
    first, last = start // rows, -(-stop // rows)
    lengths = np.diff(ends.clip(first * rows, last * rows), prepend=first * rows)
    lines = np.repeat(np.arange(len(counts)) % 2 == 1, lengths).reshape(last - first, rows)
    used = np.flatnonzero(lines.any(axis=0))
    top, bottom = int(used[0]), int(used[-1]) + 1
    return lines[:, top:bottom].T, (top, bottom, first, last)


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
