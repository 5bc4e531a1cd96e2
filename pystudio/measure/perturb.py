"""Masks made worse on purpose, and drawn shapes to do it to. How much worse they are is said by `metrics` and `boundary`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from .boundary import column_distance

__all__ = ["DIRECTIONS", "PERTURBATIONS", "SHAPES", "PerturbationKind", "Perturbation", "dilation", "scene", "shift", "erosion", "speckle", "perturb", "opening"]

DIRECTIONS = {"right": (0, 1), "down": (1, 0), "left": (0, -1), "up": (-1, 0)}
"""Which way a mask is shifted: (rows, columns) of one step."""


@dataclass(frozen=True)
class PerturbationKind:
    """A way to spoil a mask.

    Attributes
    ----------
    title, help : str
        For the person who uses it.
    unit : str
        "pixels", "share" or "count".
    low, high, step, default : float
        What its strength may be.
    """

    title: str
    help: str
    unit: str
    low: float
    high: float
    step: float
    default: float


PERTURBATIONS = {
    "grow": PerturbationKind("Grow", "Every pixel within this distance of the mask joins it.", "pixels", 0, 40, 1, 6),
    "shrink": PerturbationKind("Shrink", "Every pixel within this distance of the outside leaves the mask.", "pixels", 0, 40, 1, 6),
    "shift": PerturbationKind("Shift", "The whole mask moves; what leaves the picture is lost.", "pixels", 0, 80, 1, 8),
    "speckle": PerturbationKind("Speckle", "This share of all pixels, picked at random, changes sides.", "share", 0, 0.5, 0.01, 0.05),
    "stray": PerturbationKind("Stray pixels", "So many single pixels, picked at random, change sides.", "count", 0, 60, 1, 5),
    "thin": PerturbationKind("Drop thin parts", "Parts into which a disc of this radius does not fit are lost.", "pixels", 0, 40, 1, 4),
    "nothing": PerturbationKind("Say background", "Every pixel becomes background.", "count", 0, 0, 1, 0),
    "everything": PerturbationKind("Say it is everywhere", "Every pixel joins the mask.", "count", 0, 0, 1, 0),
}
"""All ways to spoil a mask, by name."""


@dataclass(frozen=True)
class Perturbation:
    """One of several things done to a mask, in order.

    Attributes
    ----------
    kind : str
        A key of `PERTURBATIONS`.
    strength : float
        In pixels, as a share of the picture, or a number: see `PERTURBATIONS`.
    direction : str
        For "shift": a key of `DIRECTIONS`.
    seed : int
        For "speckle" and "stray": another seed picks other pixels.
    """

    kind: str
    strength: float
    direction: str = "right"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.kind not in PERTURBATIONS:
            raise StudioError(f"A mask cannot be changed by {self.kind!r}.", f"The ways are {', '.join(PERTURBATIONS)}.")
        kind = PERTURBATIONS[self.kind]
        if not kind.low <= self.strength <= kind.high:
            raise StudioError(f"The strength of “{kind.title}” is {self.strength:g}.", f"Give a number from {kind.low:g} to {kind.high:g}.")
        if self.direction not in DIRECTIONS:
            raise StudioError(f"There is no direction {self.direction!r}.", f"The directions are {', '.join(DIRECTIONS)}.")
        if self.seed < 0:
            raise StudioError(f"The seed is {self.seed}.", "Give a whole number, at least 0.")


def perturb(mask: np.ndarray, steps: Iterable[Perturbation]) -> np.ndarray:
    """Do several things to a mask, one after the other.

    Parameters
    ----------
    mask : (M, N) array of bool
    steps : iterable of Perturbation
        Their order matters.

    Returns
    -------
    perturbed : (M, N) array of bool
        A new array.

    Examples
    --------
    >>> mask = np.zeros((5, 5), dtype=bool)
    >>> mask[2, 2] = True
    >>> perturb(mask, [Perturbation("grow", 1), Perturbation("shift", 1, "down")]).astype(int).tolist()
    [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]]
    """
    perturbed = np.array(mask, dtype=bool)
    for step in steps:
        perturbed = _apply(perturbed, step)
    return perturbed


def _apply(mask: np.ndarray, step: Perturbation) -> np.ndarray:
    if step.kind == "shift":
        return shift(mask, *(round(step.strength) * way for way in DIRECTIONS[step.direction]))
    if step.kind in ("speckle", "stray"):
        return speckle(mask, step.strength if step.kind == "speckle" else step.strength / mask.size, step.seed)
    if step.kind in ("nothing", "everything"):
        return np.full_like(mask, step.kind == "everything")
    return {"grow": dilation, "shrink": erosion, "thin": opening}[step.kind](mask, step.strength)


def dilation(mask: np.ndarray, radius: float) -> np.ndarray:
    """Add every pixel whose centre is no further than `radius` from a pixel of the mask (dilation by a disc).

    Parameters
    ----------
    mask : (M, N) array of bool
    radius : float
        In pixels.

    Returns
    -------
    grown : (M, N) array of bool

    Notes
    -----
    Costs one pass over the picture for each column of the disc, whatever the mask is.
    """
    steps = column_distance(mask)
    grown = np.zeros_like(mask, dtype=bool)
    width, within = mask.shape[1], math.floor(radius**2 + 1e-9)  # squared distances are whole numbers
    for away in range(min(math.isqrt(within), width - 1) + 1):
        reached = steps <= math.isqrt(within - away**2)
        grown[:, away:] |= reached[:, : width - away]
        grown[:, : width - away] |= reached[:, away:]
    return grown


def erosion(mask: np.ndarray, radius: float) -> np.ndarray:
    """Take away every pixel whose centre is no further than `radius` from a pixel outside the mask (erosion by a disc).

    Beyond the picture nothing is known, so a mask does not shrink from the picture's rim.
    """
    return ~dilation(~mask, radius) if radius > 0 else mask.copy()


def opening(mask: np.ndarray, radius: float) -> np.ndarray:
    """Keep only what a disc of this radius covers that lies wholly in the mask (opening by a disc)."""
    return dilation(erosion(mask, radius), radius) if radius > 0 else mask.copy()


def shift(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Move a mask; background comes in where it came from.

    Examples
    --------
    >>> shift(np.array([[1, 1, 0]], dtype=bool), 0, 1).astype(int).tolist()
    [[0, 1, 1]]
    """
    moved = np.zeros_like(mask, dtype=bool)
    m, n = mask.shape
    if abs(rows) < m and abs(columns) < n:
        moved[max(rows, 0) : m + min(rows, 0), max(columns, 0) : n + min(columns, 0)] = \
            mask[max(-rows, 0) : m + min(-rows, 0), max(-columns, 0) : n + min(-columns, 0)]
    return moved


def speckle(mask: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Turn over exactly this share of the pixels, rounded, picked at random.

    With the same seed a larger share picks the same pixels and more.
    """
    order = np.random.default_rng(seed).permutation(mask.size)
    perturbed = mask.copy().ravel()
    chosen = order[: round(share * mask.size)]
    perturbed[chosen] = ~perturbed[chosen]
    return perturbed.reshape(mask.shape)


# --- drawn truths -----------------------------------------------------------------------------------------------------

SHAPES = {"disc": "a disc", "wire": "a wire ten pixels thick", "dot": "a small dot", "shapes": "six shapes of five classes"}
"""The drawn truths by name, in words."""


def scene(name: str, shape: tuple[int, int]) -> np.ndarray:
    """Draw a truth.

    Parameters
    ----------
    name : str
        A key of `SHAPES`.
    shape : tuple of int
        (rows, columns) of the picture.

    Returns
    -------
    label_map : (M, N) array of uint8
        0 is background; 1 is the shape. In "shapes" the classes are 1 to 5, each smaller than the one before.

    Raises
    ------
    StudioError
        There is no such shape.

    Examples
    --------
    >>> int(scene("wire", (60, 80)).any(axis=1).sum())
    10
    """
    if name not in SHAPES:
        raise StudioError(f"There is no drawn truth {name!r}.", f"There are {', '.join(SHAPES)}.")
    m, n = shape
    row, column = np.ogrid[:m, :n]
    side = min(m, n)
    disc = lambda r, c, radius: (row - r * (m - 1)) ** 2 + (column - c * (n - 1)) ** 2 <= radius**2
    label_map = np.zeros(shape, dtype=np.uint8)
    if name == "disc":
        label_map[disc(0.5, 0.5, 0.3 * side)] = 1
    elif name == "wire":
        first = max(0, m // 2 - 5)
        label_map[first : first + 10, round(0.05 * n) : max(1, round(0.95 * n))] = 1
    elif name == "dot":
        label_map[disc(0.5, 0.5, max(1.0, 0.02 * side))] = 1
    else:
        label_map[(row > 0.62 * m) & (column < 0.55 * n)] = 1
        label_map[disc(0.32, 0.25, 0.22 * side)] = 2
        label_map[(abs(row - 0.3 * m) < 0.16 * m) & (abs(column - 0.7 * n) < 0.12 * n)] = 3
        label_map[disc(0.78, 0.75, 0.11 * side)] = 4
        label_map[disc(0.6, 0.9, 0.02 * side) | disc(0.55, 0.9, 0.02 * side)] = 5
    return label_map
