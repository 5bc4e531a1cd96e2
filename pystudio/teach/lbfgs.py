"""Minimising a smooth function of many numbers from its gradient: L-BFGS. SciPy has one too, but would be 14 MB more for a visitor's browser."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Minimum", "minimise"]

_MEMORY = 10  # pairs of steps and changes of the gradient that stand for the curvature
_SLOPE, _CURVATURE = 1e-4, 0.9  # of the Wolfe conditions, as the reference recommends for quasi-Newton methods
_TRIALS = 20


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where a descent ended.

    Attributes
    ----------
    place : (n,) array
    value : float
    steps : int
    converged : bool
        Whether the gradient is as small as was asked for.
    """

    place: np.ndarray
    value: float
    steps: int
    converged: bool


def minimise(function: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray, steps: int = 100, tolerance: float = 1e-5) -> Minimum:
    """Go down from `start` until every part of the gradient is below `tolerance`, or no step makes the function smaller.

    The direction is that of Newton's method with the curvature of the last steps [1]_; the length is the first that
    meets the weak Wolfe conditions, found by bisection [2]_. Nothing is random: equal calls give equal results.

    Parameters
    ----------
    function : callable
        Takes an (n,) array; gives its value and its gradient, (n,).
    start : (n,) array of float
    steps : int
        At most so many.
    tolerance : float

    Returns
    -------
    Minimum

    References
    ----------
    .. [1] J. Nocedal and S. J. Wright, "Numerical Optimization", 2nd edition, Springer, 2006, algorithms 7.4 and 7.5.
    .. [2] A. S. Lewis and M. L. Overton, "Nonsmooth optimization via quasi-Newton methods", Mathematical Programming 141, 2013, algorithm 4.6.

    Examples
    --------
    >>> bowl = lambda x: (float(((x - [1, 2]) ** 2).sum()), 2 * (x - [1, 2]))
    >>> minimise(bowl, np.zeros(2)).place.round(6).tolist()
    [1.0, 2.0]
    """
    place = np.array(start)
    value, gradient = function(place)
    pairs: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=_MEMORY)
    for step in range(steps):
        if np.abs(gradient).max(initial=0) <= tolerance:
            return Minimum(place, value, step, True)
        direction = _direction(gradient, pairs)
        found = _search(function, place, value, gradient, direction)
        if found is None:
            return Minimum(place, value, step, False)
        length, value, before, gradient = found[0], found[1], gradient, found[2]
        move, change = length * direction, gradient - before
        place = place + move
        if float(move @ change) > 1e-10 * float(change @ change):
            pairs.append((move, change))
    return Minimum(place, value, steps, bool(np.abs(gradient).max(initial=0) <= tolerance))


def _direction(gradient: np.ndarray, pairs: deque[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The two-loop recursion: the gradient times what the pairs tell of the inverse of the Hessian, downwards."""
    found, shares = gradient.copy(), []
    for move, change in reversed(pairs):
        share = (move @ found) / (move @ change)
        found -= share * change
        shares.append(share)
    if pairs:
        move, change = pairs[-1]
        found *= (move @ change) / (change @ change)
    else:
        found /= max(1.0, float(np.sqrt(gradient @ gradient)))
    for (move, change), share in zip(pairs, reversed(shares)):
        found += (share - (change @ found) / (move @ change)) * move
    return -found


def _search(function, place, value, gradient, direction):
    """(length, value, gradient) of a step that goes down enough and flattens the slope; None where the numbers have no room for one."""
    slope = float(gradient @ direction)
    if not slope < 0:
        return None
    low, high, length, best = 0.0, np.inf, 1.0, None
    for _ in range(_TRIALS):
        there, gradient_there = function(place + length * direction)
        if not there <= value + _SLOPE * length * slope:  # also where it is not a number
            high = length
        else:
            best = length, there, gradient_there
            if float(gradient_there @ direction) >= _CURVATURE * slope:
                return best
            low = length
        length = (low + high) / 2 if high < np.inf else 2 * low
    return best if best is not None and best[1] < value else None
