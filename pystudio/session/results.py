"""What one lab leaves in the session for others, in `Session.results`. A name is here with its type, or nobody may rely on it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from ..segment.instances import Instance

__all__ = ["CountedInstances", "Results"]


@dataclass(frozen=True, eq=False)
class CountedInstances:
    """The instances that were counted last in a label map of the open photo.

    Attributes
    ----------
    label_map : (M, N) array of uint8
        The classes, at the size of the photo.
    numbers : (m, n) array of int32
        The number of the instance at every pixel of the copy in which they were counted; 0 where there is none.
    instances : list of Instance
        What is known of each.
    """

    label_map: np.ndarray
    numbers: np.ndarray
    instances: list[Instance]


class Results(TypedDict, total=False):
    """A result is absent until its lab has run on the open photo."""

    instances: CountedInstances
