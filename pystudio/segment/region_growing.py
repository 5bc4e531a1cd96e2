"""Region growing from a seed: once to be read, once to be fast, both the same region. No network is asked, nothing is painted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import ImageError, StudioError

__all__ = ["Grower", "Region", "grow_by_hand"]


def grow_by_hand(image, seed, tolerance, reference="seed", connectivity=4):
    """Grow a region from a seed, one layer of pixels at a time.

    A pixel joins when it touches the region and its colour is near the reference:
    the colour of the seed, or the mean colour of the region before the layer.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
    seed : tuple of int
        (row, column), image frame.
    tolerance : float
        Greatest Euclidean distance of two RGB colours that counts as near.
    reference : {"seed", "mean"}
    connectivity : {4, 8}

    Returns
    -------
    region : (M, N) array of bool

    References
    ----------
    .. [1] C. R. Brice and C. L. Fennema, "Scene analysis using regions", Artificial
           Intelligence 1(3-4), 1970, pp. 205-226: regions of like brightness, grown and merged.
    .. [2] R. Adams and L. Bischof, "Seeded region growing", IEEE Transactions on Pattern
           Analysis and Machine Intelligence 16(6), 1994, pp. 641-647: a later relative
           without a tolerance, in which seeds compete for every pixel.

    Examples
    --------
    >>> image = np.array([[[10] * 3, [12] * 3, [90] * 3, [10] * 3]], dtype=np.uint8)
    >>> grow_by_hand(image, (0, 0), tolerance=5).tolist()
    [[True, True, False, False]]
    """
    rows, columns, _ = image.shape
    steps = [(-1, 0), (0, -1), (0, 1), (1, 0)]
    if connectivity == 8:
        steps += [(-1, -1), (-1, 1), (1, -1), (1, 1)]

    region = np.zeros((rows, columns), dtype=bool)
    region[seed] = True
    layer = [seed]
    colour = image[seed].astype(float)
    total, size = colour.copy(), 1
    while layer:
        if reference == "mean":
            colour = total / size
        grown = []
        for row, column in layer:
            for down, right in steps:
                r, c = row + down, column + right
                if 0 <= r < rows and 0 <= c < columns and not region[r, c]:
                    if np.sum((image[r, c] - colour) ** 2) <= tolerance**2:
                        region[r, c] = True
                        grown.append((r, c))
                        total += image[r, c]
                        size += 1
        layer = grown
    return region


@dataclass(frozen=True, eq=False)
class Region:
    """A grown region, in the order in which its pixels arrived.

    Attributes
    ----------
    indices : (size,) array of int32
        Pixels as row * columns + column, layer after layer.
    wave_starts : (waves,) array of int32
        Where in `indices` each layer begins; the first holds the seed alone.
    shape : tuple of int
        (rows, columns) of the photo.
    seed : tuple of int
        (row, column).
    seed_colour : (3,) array of uint8
    reference_colour : (3,) array of float64
        What colours were compared with: the seed's, or at the end the region's mean.
    """

    indices: np.ndarray
    wave_starts: np.ndarray
    shape: tuple[int, int]
    seed: tuple[int, int]
    seed_colour: np.ndarray
    reference_colour: np.ndarray

    @property
    def size(self) -> int:
        """Number of pixels."""
        return len(self.indices)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(row0, row1, column0, column1), half open: the smallest that holds the region."""
        rows, columns = np.divmod(self.indices, self.shape[1])
        return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1

    def mask(self) -> np.ndarray:
        """(M, N) array of bool, True inside."""
        mask = np.zeros(self.shape, dtype=bool)
        mask.ravel()[self.indices] = True
        return mask

    def arrival(self) -> np.ndarray:
        """(M, N) array of int32: the layer in which each pixel arrived, -1 outside."""
        arrival = np.full(self.shape, -1, dtype=np.int32)
        lengths = np.diff(self.wave_starts, append=self.size)
        arrival.ravel()[self.indices] = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        return arrival


class Grower:
    """Grow regions in one photo, as often as one likes.

    What depends on the photo alone is made once, here. A region then costs what it
    covers. With the seed's colour as reference, a larger tolerance from the same seed
    goes on from the rim of the last region; its new layers then come after the old ones.

    Parameters
    ----------
    image : (M, N, 3) array of uint8

    Raises
    ------
    ImageError
        `image` is not such an array.

    Examples
    --------
    >>> image = np.array([[[10] * 3, [12] * 3, [90] * 3, [10] * 3]], dtype=np.uint8)
    >>> grower = Grower(image)
    >>> grower.grow((0, 0), tolerance=5).indices.tolist()
    [0, 1]
    >>> grower.grow((0, 0), tolerance=200).wave_starts.tolist()
    [0, 1, 2, 3]
    """

    def __init__(self, image: np.ndarray) -> None:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise ImageError(f"The photo is {image.dtype} of shape {image.shape}.", "Give an array (M, N, 3) of uint8.")
        self.shape = image.shape[:2]
        rows, columns = self.shape
        # A rim of one pixel that is never free saves asking whether a neighbour is inside the photo.
        self._width = columns + 2
        free = np.zeros((rows + 2, self._width), dtype=bool)
        free[1:-1, 1:-1] = True
        colours = np.zeros((rows + 2, self._width, 3), dtype=np.uint8)
        colours[1:-1, 1:-1] = image
        self._free = free.ravel()  # not in the region, and not yet refused
        self._colours = colours.reshape(-1, 3)
        self._growth: _Growth | None = None

    def grow(self, seed: tuple[int, int], tolerance: float, reference: str = "seed", connectivity: int = 4, restart: bool = False) -> Region:
        """The region that `grow_by_hand` grows, much faster.

        Parameters
        ----------
        seed : tuple of int
            (row, column), image frame.
        tolerance : float
            Greatest Euclidean distance of two RGB colours that counts as near.
        reference : {"seed", "mean"}
        connectivity : {4, 8}
        restart : bool
            Do not go on from the last region: all layers are counted from the seed.

        Returns
        -------
        Region

        Raises
        ------
        StudioError
            The seed lies outside the photo, or an option is out of range.
        """
        row, column = self._check(seed, tolerance, reference, connectivity)
        start = (row + 1) * self._width + column + 1
        growth = self._growth
        if restart or growth is None or not growth.can_continue(start, tolerance, reference, connectivity):
            self._reset()
            growth = self._growth = _Growth(start, reference, connectivity)
            self._free[start] = False
            growth.waves = [np.array([start])]
            growth.total = self._colours[start].astype(np.float64)
            growth.size = 1
            wave = growth.waves[0]
        else:
            wave = self._from_rim(growth, tolerance)
        growth.tolerance = tolerance
        self._flood(growth, wave)
        return self._region(growth, (row, column))

    def _flood(self, growth: _Growth, wave: np.ndarray) -> None:
        width, free = self._width, self._free
        steps = [-width, -1, 1, width]
        if growth.connectivity == 8:
            steps += [-width - 1, -width + 1, width - 1, width + 1]
        of_seed = growth.reference == "seed"
        limit = growth.tolerance**2
        seed_colour = self._colours[growth.start].astype(np.int32)
        while wave.size:
            # One direction after the other: a pixel that is met is no longer free, so none is met twice.
            met = []
            for step in steps:
                near = wave + step
                near = near[free[near]]
                free[near] = False
                met.append(near)
            near = np.concatenate(met)
            if of_seed:
                distance = self._colours[near] - seed_colour
                distance = np.einsum("ij,ij->i", distance, distance)  # whole numbers: exact
            else:
                distance = self._colours[near] - growth.total / growth.size
                distance *= distance
                distance = distance[:, 0] + distance[:, 1] + distance[:, 2]  # in the order of `grow_by_hand`
            joins = distance <= limit
            refused = ~joins
            wave = near[joins]
            if of_seed:
                growth.rim.append((near[refused], distance[refused]))
            else:
                free[near[refused]] = True  # the mean moves: they may join later
                growth.total += self._colours[wave].sum(axis=0, dtype=np.int64)
            growth.size += wave.size
            growth.waves.append(wave)
        growth.waves.pop()  # the empty one that ended it

    def _from_rim(self, growth: _Growth, tolerance: float) -> np.ndarray:
        """The pixels refused before that a larger tolerance lets in."""
        rim = np.concatenate([pixels for pixels, _ in growth.rim])
        distance = np.concatenate([distance for _, distance in growth.rim])
        joins = distance <= tolerance**2
        growth.rim = [(rim[~joins], distance[~joins])]
        wave = rim[joins]
        growth.size += wave.size
        growth.waves.append(wave)
        return wave

    def _reset(self) -> None:
        if self._growth:
            for pixels in (*self._growth.waves, *(pixels for pixels, _ in self._growth.rim)):
                self._free[pixels] = True

    def _region(self, growth: _Growth, seed: tuple[int, int]) -> Region:
        padded = np.concatenate(growth.waves)
        rows, columns = np.divmod(padded, self._width)
        indices = ((rows - 1) * self.shape[1] + (columns - 1)).astype(np.int32)
        lengths = np.array([wave.size for wave in growth.waves])
        seed_colour = self._colours[growth.start].copy()
        of_seed = growth.reference == "seed"
        return Region(
            indices=indices,
            wave_starts=(np.cumsum(lengths) - lengths).astype(np.int32),
            shape=self.shape,
            seed=seed,
            seed_colour=seed_colour,
            reference_colour=seed_colour.astype(np.float64) if of_seed else growth.total / growth.size,
        )

    def _check(self, seed: tuple[int, int], tolerance: float, reference: str, connectivity: int) -> tuple[int, int]:
        rows, columns = self.shape
        good = isinstance(seed, (tuple, list, np.ndarray)) and len(seed) == 2 and all(isinstance(n, (int, float, np.integer, np.floating)) and not isinstance(n, bool) for n in seed)
        if not good:
            raise StudioError(f"The seed is {seed!r}.", "Give a pixel: (row, column), two whole numbers.")
        if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float, np.integer, np.floating)):
            raise StudioError(f"The tolerance is {tolerance!r}.", "Give a distance of colours, from 0 to 442.")
        row, column = seed
        if not (0 <= row < rows and 0 <= column < columns):
            raise StudioError(f"The seed ({row}, {column}) lies outside the photo ({rows} × {columns}).", "Click inside the photo.")
        if row % 1 or column % 1:
            raise StudioError(f"The seed is {seed!r}.", "Give a pixel: (row, column), two whole numbers.")
        if not 0 <= tolerance < math.inf:
            raise StudioError(f"The tolerance is {tolerance}.", "Give a distance of colours, from 0 to 442.")
        if reference not in ("seed", "mean"):
            raise StudioError(f"The reference is “{reference}”.", "Choose “seed” or “mean”.")
        if connectivity not in (4, 8):
            raise StudioError(f"The number of neighbours is {connectivity}.", "Choose 4 or 8.")
        return int(row), int(column)


class _Growth:
    """How far the last region has got, so that a larger tolerance can go on from there."""

    def __init__(self, start: int, reference: str, connectivity: int) -> None:
        self.start = start
        self.reference = reference
        self.connectivity = connectivity
        self.tolerance = 0.0
        self.waves: list[np.ndarray] = []
        self.rim: list[tuple[np.ndarray, np.ndarray]] = []  # refused pixels and their squared distances
        self.total = np.zeros(3)
        self.size = 0

    def can_continue(self, start: int, tolerance: float, reference: str, connectivity: int) -> bool:
        return (
            self.reference == reference == "seed"
            and (self.start, self.connectivity) == (start, connectivity)
            and tolerance >= self.tolerance
        )
