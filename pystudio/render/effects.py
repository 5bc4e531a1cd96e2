"""What a matte is used for: blur, replace, grey, pixelate, paint, outline, sticker. All are matte × thing + (1 - matte) × the rest, band by band.

A `Plan` knows the photo at a small size and is applied to rows of the photo at any size: a photo that does not fit in memory
as numbers still goes through, a band at a time. How the matte is found is in `matte`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from ..image import resize
from ..measure.boundary import distance_map
from ..segment.matting import RefinedMatte, box_mean, enlarge, hard_matte, refine, downsample_photo

__all__ = ["EFFECTS", "Effect", "Plan", "PngWriter", "apply", "plan"]

LONGEST = 720
"""Longest side, in pixels, of the small copy that mattes, blurs and outlines are measured on."""

FAINT = 0.25
"""A guided matte below this share becomes 0, above 1 minus this share 1: scores fade slowly, and would leave a glow around the thing."""

GREEN = (0, 177, 64)
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class Effect:
    """An effect a visitor can choose.

    Attributes
    ----------
    name, title, words : str
        For programs, for people, and what it does in one sentence.
    target : {"rest", "thing", "both"}
        What it is done to at first; "both" where that is no question.
    strength : tuple of float, or None
        (least, most, standard), in the unit `unit`, or None where there is nothing to set.
    unit : str
        "width" (parts of a thousand of the longest side) or "levels".
    colour : bool
        Whether it takes a colour.
    transparent : bool
        Whether the result has holes.
    """

    name: str
    title: str
    words: str
    target: str
    strength: tuple[float, float, float] | None = None
    unit: str = "width"
    colour: bool = False
    transparent: bool = False


EFFECTS = {
    each.name: each
    for each in (
        Effect("blur", "Blur", "As if a lens had focused on the object alone.", "rest", (4, 60, 18)),
        Effect("colour", "One colour", "Everything else becomes one colour.", "rest", colour=True),
        Effect("green", "Green screen", "The green that film makers take away later, because no skin has it.", "rest"),
        Effect("picture", "Another picture", "The object moves to another place.", "rest"),
        Effect("grey", "Grey", "Colour stays only where you want it.", "rest"),
        Effect("pixelate", "Pixelate", "Blocks of one colour each: the object cannot be recognised. Or can it?", "thing", (8, 90, 32)),
        Effect("posterise", "Few colours", "Every colour is rounded to one of a few, as on a printed poster.", "thing", (2, 8, 4), "levels"),
        Effect("pencil", "Pencil", "Dark lines where brightness changes fast.", "thing", (1, 8, 2)),
        Effect("oil", "Oil paint", "Each pixel takes the mean of the most even corner around it.", "thing", (2, 14, 6)),
        Effect("outline", "Outline", "A line around the object, drawn behind it.", "both", (3, 40, 10), colour=True),
        Effect("sticker", "Sticker", "The object with a border, all else transparent.", "both", (3, 40, 14), colour=True, transparent=True),
    )
}


@dataclass(frozen=True, eq=False)
class Plan:
    """An effect worked out for one photo, to be applied to its rows at any size.

    Attributes
    ----------
    effect : Effect
    small : (h, w, 3) array of float32
        The photo, colours 0..1.
    rough : (h, w) array of float32
        The matte as scores or mask say.
    refined : RefinedMatte or None
        The matte that follows the photo's edges.
    edge : {"guided", "scores", "hard"}
    swap : bool
        Whether it is done to the other part than usual.
    strength : float
        In the effect's unit.
    colour : tuple of int
    layer : array or None
        What the small copy has ready: the blurred rest, the blocks, the distance to the thing, the other picture.
    """

    effect: Effect
    small: np.ndarray
    rough: np.ndarray
    refined: RefinedMatte | None
    edge: str
    swap: bool
    strength: float
    colour: tuple[int, int, int]
    layer: np.ndarray | None

    def halo(self, shape: tuple[int, int]) -> int:
        """So many rows above and below a band have to be known, in a photo of (M, N) `shape`."""
        reach = _reach(self, shape)
        return {"pencil": 2 * reach + 1, "oil": 2 * reach}.get(self.effect.name, 0)


def guide(rough: np.ndarray, small: np.ndarray) -> RefinedMatte:
    """The guided matte with the window that suits photos: about a sixtieth of the longest side to either side."""
    return refine(rough, small, max(2, round(max(small.shape[:2]) / 60)))


def plan(
    effect: str,
    photo: np.ndarray,
    rough: np.ndarray,
    *,
    edge: str = "guided",
    refined: RefinedMatte | None = None,
    swap: bool = False,
    strength: float | None = None,
    colour: tuple[int, int, int] = GREEN,
    picture: np.ndarray | None = None,
) -> Plan:
    """Work an effect out on the small copy of a photo.

    Parameters
    ----------
    effect : str
        A key of `EFFECTS`.
    photo : (h, w, 3) array of float32
        The small copy, colours 0..1, from `segment.matting.downsample_photo`.
    rough : (h, w) array of float
        How much of each pixel belongs to the thing.
    edge : {"guided", "scores", "hard"}
        Draw the matte to the photo's edges; take it as it is; or cut it at one half.
    refined : RefinedMatte, optional
        The guided matte where it is known already.
    swap : bool
        Do it to the other part than usual.
    strength : float, optional
        In the effect's unit; its standard when left out.
    colour : tuple of int
        Of the ground, the line or the border.
    picture : (m, n, 3) array of uint8, optional
        For the effect "picture".

    Returns
    -------
    Plan

    Raises
    ------
    StudioError
        There is no such effect, its strength is out of range, or the other picture is missing.
    """
    chosen = EFFECTS.get(effect)
    if chosen is None or edge not in ("guided", "scores", "hard"):
        raise StudioError(f"There is no effect {effect!r} with the edge {edge!r}.", f"The effects are {', '.join(EFFECTS)}.")
    if chosen.strength:
        least, most, standard = chosen.strength
        strength = standard if strength is None else strength
        if not least <= strength <= most:
            raise StudioError(f"The strength {strength:g} is out of range.", f"Use {least:g} to {most:g}.")
    rough = np.asarray(rough, dtype=np.float32)
    if edge == "guided" and refined is None:
        refined = guide(rough, photo)
    made = Plan(chosen, photo, rough, refined if edge == "guided" else None, edge, swap, float(strength or 0), tuple(colour), None)
    return Plan(**{**made.__dict__, "layer": _layer(made, picture)})


def _reach(made: Plan, shape: tuple[int, int]) -> int:
    """The strength in pixels of a photo of this size."""
    return max(1, round(made.strength * max(shape) / 1000))


def _layer(made: Plan, picture: np.ndarray | None) -> np.ndarray | None:
    """What can be worked out small and enlarged: it is smooth, or it is meant to be coarse."""
    name, small = made.effect.name, made.small
    if name == "blur":
        return _blurred(made)
    if name == "pixelate":
        return _blocks(small, _reach(made, small.shape[:2]))
    if name in ("outline", "sticker"):
        return _distance(matte_of(made, small, small.shape[:2], 0) >= 0.5)
    if name == "picture":
        if picture is None:
            raise StudioError("There is no other picture yet.", "Choose one of the photos, or open a picture of yours.")
        return np.asarray(picture, dtype=np.float32) / np.float32(255)
    return None


def _blurred(made: Plan) -> np.ndarray:
    """The part that is blurred, blurred by itself: colours of the other part would bleed into it as a glow.

    Three box filters one after the other are close to a Gaussian [1]_.

    References
    ----------
    .. [1] W. Wells, "Efficient Synthesis of Gaussian Filters by Cascaded Uniform Filters", IEEE TPAMI 8(2), 1986, pp. 234-239.
    """
    matte = matte_of(made, made.small, made.small.shape[:2], 0)
    weight = np.maximum(matte if made.swap else 1 - matte, 1e-3)[..., None]
    stacked = np.concatenate([made.small * weight, weight], axis=2)
    radius = _reach(made, made.small.shape[:2])
    for _ in range(3):
        stacked = box_mean(stacked, radius)
    return (stacked[..., :3] / stacked[..., 3:]).astype(np.float32)


def _blocks(small: np.ndarray, side: int) -> np.ndarray:
    """The mean colour of every block of side × side pixels: a small picture, one pixel a block. The last blocks are as large as what is left."""
    rows, columns = (np.arange(0, length, side) for length in small.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(small, rows, axis=0), columns, axis=1)
    counts = np.outer(np.diff([*rows, small.shape[0]]), np.diff([*columns, small.shape[1]]))
    return (sums / counts[..., None]).astype(np.float32)


def _distance(mask: np.ndarray) -> np.ndarray:
    """How far every pixel is outside the thing, in pixels of the small copy; below 0 inside."""
    if not mask.any():
        return np.full(mask.shape, 1e6, dtype=np.float32)
    outside = np.sqrt(distance_map(mask).astype(np.float32)) - 0.5
    inside = np.sqrt(distance_map(~mask).astype(np.float32)) - 0.5 if not mask.all() else np.full(mask.shape, 1e6, np.float32)
    return np.where(mask, -inside, outside)


def matte_of(made: Plan, photo: np.ndarray, shape: tuple[int, int], top: int = 0) -> np.ndarray:
    """(rows, N) float32: how much of each pixel of a band belongs to the thing."""
    if made.edge == "guided":
        matte = made.refined.band(photo, shape, top)
        return np.clip((matte - np.float32(FAINT)) / np.float32(1 - 2 * FAINT), 0, 1)
    if made.edge == "hard":
        return hard_matte(made.rough, shape, top, len(photo))
    return enlarge(made.rough, shape, top, len(photo))


# ---------------------------------------------------------------- applying
def apply(made: Plan, band: np.ndarray, shape: tuple[int, int], top: int = 0, above: int = 0, below: int = 0) -> np.ndarray:
    """Apply an effect to a band of rows.

    Parameters
    ----------
    made : Plan
    band : (rows, N, 3) array of uint8
        The band with `above` rows before it and `below` after it, as `Plan.halo` asks for (fewer at the border).
    shape : tuple of int
        (M, N), the size of the whole photo.
    top : int
        The band's first row in the whole photo, without those above.
    above, below : int

    Returns
    -------
    result : (rows - above - below, N, 3) array of uint8
        RGB, or with a fourth channel alpha where the effect is transparent.
    """
    photo = band.astype(np.float32)
    photo *= np.float32(1 / 255)
    core = photo[above : len(photo) - below]
    matte = matte_of(made, core, shape, top)[..., None]
    if made.effect.name in ("outline", "sticker"):
        return _lined(made, core, matte, shape, top)
    changed = _changed(made, photo, shape, top, above, below)
    share = matte if (made.effect.target == "thing") != made.swap else 1 - matte  # of what is changed
    return _bytes(core + share * (changed - core))


def _changed(made: Plan, photo: np.ndarray, shape: tuple[int, int], top: int, above: int, below: int) -> np.ndarray:
    """The whole band as it would be if all of it were changed."""
    name, core = made.effect.name, photo[above : len(photo) - below]
    if name == "blur":
        return enlarge(made.layer, shape, top, len(core))
    if name == "pixelate":
        return _block_rows(made, shape, top, len(core))
    if name == "picture":
        return _covering(made.layer, shape, top, len(core))
    if name in ("colour", "green"):
        return np.broadcast_to(np.array(GREEN if name == "green" else made.colour, np.float32) / 255, core.shape)
    if name == "grey":
        return np.broadcast_to((core @ LUMA)[..., None], core.shape)
    if name == "posterise":
        steps = np.float32(round(made.strength) - 1)
        return np.round(core * steps) / steps
    drawn = (_pencil if name == "pencil" else _oil)(photo, _reach(made, shape))
    return drawn[above : len(photo) - below]


def _block_rows(made: Plan, shape: tuple[int, int], top: int, rows: int) -> np.ndarray:
    side = _reach(made, made.small.shape[:2])
    pick = lambda n, length, first, count: np.minimum(((np.arange(first, first + count) + 0.5) * length / n / side).astype(np.intp), -(-length // side) - 1)
    down = pick(shape[0], made.small.shape[0], top, rows)
    across = pick(shape[1], made.small.shape[1], 0, shape[1])
    return made.layer[down][:, across]


def _covering(picture: np.ndarray, shape: tuple[int, int], top: int, rows: int) -> np.ndarray:
    """A band of another picture, enlarged or reduced until it covers the photo, its middle in the middle."""
    scale = min(picture.shape[0] / shape[0], picture.shape[1] / shape[1])
    height, width = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    first, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return enlarge(picture[first : first + height, left : left + width], shape, top, rows)


def _pencil(photo: np.ndarray, reach: int) -> np.ndarray:
    """Paper with a line where brightness changes within `reach` pixels."""
    grey = box_mean(photo @ LUMA, max(1, reach // 2))
    padded = np.pad(grey, reach, mode="edge")
    middle = slice(reach, -reach)
    across = padded[middle, 2 * reach :] - padded[middle, : -2 * reach]
    down = padded[2 * reach :, middle] - padded[: -2 * reach, middle]
    paper = 1 - np.clip(3.5 * np.hypot(across, down) - 0.06, 0, 0.92)
    return np.repeat((paper * (0.75 + 0.25 * grey)).astype(np.float32)[..., None], 3, axis=2)


def _oil(photo: np.ndarray, reach: int) -> np.ndarray:
    """Each pixel takes the mean of the calmest of the four squares that have it as a corner [1]_.

    References
    ----------
    .. [1] M. Kuwahara et al., "Processing of RI-Angiocardiographic Images", Digital Processing of Biomedical Images, Plenum Press, 1976.
    """
    half = max(1, reach // 2)
    mean = box_mean(photo, half)
    variance = (box_mean(photo * photo, half) - mean * mean).sum(axis=2)
    rows, columns = (np.arange(side) for side in photo.shape[:2])
    calmest, found = None, None
    for down in (-half, half):
        for across in (-half, half):
            at = np.ix_(np.clip(rows + down, 0, rows[-1]), np.clip(columns + across, 0, columns[-1]))
            here = variance[at]
            if calmest is None:
                calmest, found = here.copy(), mean[at]
                continue
            better = here < calmest
            calmest[better] = here[better]
            found[better] = mean[at][better]
    return found.astype(np.float32)


def _lined(made: Plan, core: np.ndarray, matte: np.ndarray, shape: tuple[int, int], top: int) -> np.ndarray:
    """The thing before a line of its own shape; the line's edge is one pixel soft."""
    scale = max(shape) / max(made.small.shape[:2])
    distance = enlarge(made.layer, shape, top, len(core)) * np.float32(scale)
    line = np.clip(_reach(made, shape) - distance + 0.5, 0, 1)[..., None]
    colour = np.array(made.colour, dtype=np.float32) / 255
    if made.effect.name == "sticker":
        alpha = np.maximum(matte, line)
        return np.concatenate([_bytes(colour + matte * (core - colour)), _bytes(alpha)], axis=2)
    behind = core + line * (colour - core)
    return _bytes(behind + matte * (core - behind))


def _bytes(colours: np.ndarray) -> np.ndarray:
    return np.clip(colours * 255 + 0.5, 0, 255).astype(np.uint8)


def whole(made: Plan, photo: np.ndarray, rows: int = 256) -> np.ndarray:
    """Apply an effect to a photo, band by band.

    Parameters
    ----------
    made : Plan
    photo : (M, N, 3) array of uint8
    rows : int
        Of a band.

    Returns
    -------
    result : (M, N, 3) or (M, N, 4) array of uint8
    """
    shape = photo.shape[:2]
    return np.concatenate([apply(made, photo[a:b], shape, top, top - a, b - end) for top, end, a, b in bands(made, shape, rows)])


def bands(made: Plan, shape: tuple[int, int], rows: int) -> Iterator[tuple[int, int, int, int]]:
    """(first row, past the last, and the same with the halo) of every band."""
    halo = made.halo(shape)
    for top in range(0, shape[0], rows):
        end = min(top + rows, shape[0])
        yield top, end, max(0, top - halo), min(shape[0], end + halo)


# ---------------------------------------------------------------- a picture that is written while it is made
class PngWriter:
    """A PNG written band by band: only its packed bytes are kept [1]_.

    Parameters
    ----------
    shape : tuple of int
        (M, N) of the picture.
    channels : {3, 4}

    References
    ----------
    .. [1] "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, 2025, sections 5, 9 and 11.
    """

    UP = 2  # the filter: each row is written as its difference from the row above

    def __init__(self, shape: tuple[int, int], channels: int):
        self._shape, self._channels = shape, channels
        self._packer = zlib.compressobj(4)
        self._above = np.zeros((1, shape[1] * channels), dtype=np.uint8)
        self._rows = 0
        header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, 2 if channels == 3 else 6, 0, 0, 0)
        self._parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header)]

    def add(self, band: np.ndarray) -> None:
        """Take the next rows, (rows, N, channels) uint8."""
        rows = band.reshape(len(band), -1)
        lines = np.empty((len(rows), rows.shape[1] + 1), dtype=np.uint8)
        lines[:, 0] = self.UP
        np.subtract(rows, np.concatenate([self._above, rows[:-1]]), out=lines[:, 1:])
        self._above = rows[-1:].copy()
        self._rows += len(rows)
        if packed := self._packer.compress(lines.tobytes()):
            self._parts.append(_chunk(b"IDAT", packed))

    def finish(self) -> bytes:
        """The file. Raises StudioError if rows are missing."""
        if self._rows != self._shape[0]:
            raise StudioError(f"{self._rows} of {self._shape[0]} rows came.", "Save it again.")
        return b"".join([*self._parts, _chunk(b"IDAT", self._packer.flush()), _chunk(b"IEND", b"")])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def small_of(photo: np.ndarray) -> np.ndarray:
    """The small copy that plans are made on; see `segment.matting.downsample_photo`."""
    return downsample_photo(photo, LONGEST)


def resize_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask at the size of the small copy: the share of each small pixel that the mask covers.

    Parameters
    ----------
    mask : (M, N) array of bool
    shape : tuple of int

    Returns
    -------
    share : (m, n) array of float32
    """
    return resize(mask.astype(np.float32), shape)
