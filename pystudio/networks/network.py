"""Networks: recipes, preparing a photo, decoding what a network answers, running one. The arithmetic inside is ONNX Runtime's."""

from __future__ import annotations

import difflib
import math
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ImageError, NetworkError
from ..image import resize
from ..labels import label_set
from .base import Network
from .onnxruntime_errors import explain_rejection
from .user_network import make_network

__all__ = ["Network", "Prediction", "decode", "network", "prepare", "recipes", "segment", "upsample_labels", "upsample_logits"]

_PACKAGE = Path(__file__).resolve().parents[1]


def recipes() -> dict[str, dict[str, Any]]:
    """The recipes of all networks: name to everything that its file says.

    They lie in the package, or beside it in a checkout.

    Raises
    ------
    NetworkError
        There are none, or a file is not a recipe.
    """
    folder = next((each for each in (_PACKAGE / "recipes", _PACKAGE.parent / "models") if any(each.glob("*.toml"))), None)
    if folder is None:
        raise NetworkError("No recipe of a network was found.", "Install pystudio again, or run it in a whole checkout.")
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            recipe = tomllib.loads(path.read_text(encoding="utf-8"))
            found[recipe["name"]] = recipe
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise NetworkError(f"{path.name} is not the recipe of a network: {error}.", "Correct the file.") from None
    return found


def network(name: str) -> Network:
    """A network by its name.

    Raises
    ------
    NetworkError
        There is no such network, or its recipe lacks something.
    """
    return _registered.get(name) or _network(name)


_registered: dict[str, Network] = {}  # networks that a person brought; see `user_network`


def register(added: Network) -> None:
    """Make a network that a person brought known by its name, until Python ends."""
    _registered[added.name] = added


@lru_cache(maxsize=None)
def _network(name: str) -> Network:
    known = recipes()
    if name not in known:
        close = difflib.get_close_matches(str(name), known, n=1)
        remedy = f"Did you mean “{close[0]}”?" if close else f"The networks are {', '.join(known)}."
        raise NetworkError(f"No network is called “{name}”.", remedy)
    if "own" in known[name]:  # a teacher's file, see models/user_network.py
        return make_network(name, known[name]["own"] | {"title": known[name].get("title", name)})
    return _from_recipe(known[name])


def prepare(image: np.ndarray, network: Network) -> np.ndarray:
    """Turn a photo into the network's input.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
        Image frame, RGB.
    network : Network

    Returns
    -------
    tensor : (1, 3, h, w) array of float32
        Model frame, C-contiguous.

    Raises
    ------
    ImageError
        `image` is not such an array.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ImageError(f"The photo is {image.dtype} of shape {image.shape}.", "Give an array (M, N, 3) of uint8.")
    return network.arrange(resize(image, network.frame(image.shape[:2])))


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network found in a photo.

    Attributes
    ----------
    label_map : (M, N) array of uint8
        The likeliest class of every pixel, image frame.
    logits : (C, h, w) array of float32
        The network's output grid.
    network : Network
    input_shape : tuple of int
        Of the tensor the network was given, (1, 3, h, w).
    seconds : dict of float
        What took how long: "prepare", "inference", "decode".
    """

    label_map: np.ndarray
    logits: np.ndarray
    network: Network
    input_shape: tuple[int, ...]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of what the network answered, (1, C, h, w); one that gives a probability or ready labels has a single number for each place."""
        n_classes, *grid = self.logits.shape
        return (1, 1 if self.network.kind in ("probability", "labels") else n_classes, *grid)

    @property
    def n_scores(self) -> int:
        """How many numbers the network answered; the labels of all pixels are decided from these."""
        return math.prod(self.output_shape)

    def scores_at(self, row: float, column: float) -> np.ndarray:
        """Scores of all classes at a pixel.

        Parameters
        ----------
        row, column : float
            Image frame; whole numbers are the centres of pixels.

        Returns
        -------
        scores : (C,) array of float64
            Softmax of the interpolated logits; they sum to 1.

        Raises
        ------
        ImageError
            The place lies outside the photo.
        """
        rows, columns = self.label_map.shape
        if not (-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5):
            raise ImageError(f"Row {row}, column {column} lies outside the photo ({rows} × {columns}).", "Ask for a pixel inside.")
        top, down = _to_cell(np.array([row], dtype=float), rows, self.logits.shape[1], self.network.stride)
        left, right = _to_cell(np.array([column], dtype=float), columns, self.logits.shape[2], self.network.stride)
        corners = _at_least_two(self.logits)[:, top[0] : top[0] + 2, left[0] : left[0] + 2].astype(np.float64)
        logits = corners @ [1 - right[0], right[0]] @ [1 - down[0], down[0]]
        exponentials = np.exp(logits - logits.max())
        return exponentials / exponentials.sum()

    def classes(self) -> list[tuple[int, int]]:
        """The classes found, as (id, pixels), the largest first."""
        pixels = np.bincount(self.label_map.ravel())
        return [(int(id), int(pixels[id])) for id in np.argsort(-pixels, kind="stable") if pixels[id]]


def decode(
    output: np.ndarray,
    shape: tuple[int, int],
    network: Network,
    input_shape: tuple[int, ...] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Prediction:
    """Read what a network answered.

    Parameters
    ----------
    output : ([1,] C, h, w) array of float
        Logits; or, from a network of kind "probability", ([1, 1,] h, w) in 0..1.
    shape : tuple of int
        (M, N), rows and columns of the photo.
    network : Network
    input_shape : tuple of int, optional
        Shape of the tensor that was given; the network's frame when left out.
    seconds : mapping, optional
        Times so far; "decode" is added.

    Returns
    -------
    Prediction

    Raises
    ------
    NetworkError
        The output has another shape than the network's classes ask for, or holds
        values that are not finite.

    Notes
    -----
    A probability p becomes the two logits 0 and log(p / (1 - p)), whose softmax is
    1 - p and p again. It is kept within 1e-6 of 0 and 1, so that the logits are finite.
    """
    start = time.perf_counter()
    logits = network.read(output)
    label_map = upsample_labels(logits, shape, network)
    spent = {**(seconds or {}), "decode": time.perf_counter() - start}
    return Prediction(label_map, logits, network, tuple(input_shape or (1, 3, *network.frame(shape))), spent)


def segment(
    image: np.ndarray, network: str | Network = "deeplab_s16", session: Any = None, model: str | Path | None = None
) -> Prediction:
    """Label every pixel of a photo, on the desktop.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
    network : str or Network
    session : onnxruntime.InferenceSession, optional
        A network that is already open.
    model : path, optional
        The network's file; else `build/models/<name>.onnx` of the checkout.

    Returns
    -------
    Prediction

    Raises
    ------
    NetworkError
        The network is unknown, its file is missing, damaged or another network's, or
        ONNX Runtime is not installed.
    ImageError
        `image` is not a photo.
    """
    chosen = network if isinstance(network, Network) else _network(network)
    session = session or _session_for(chosen, model)
    start = time.perf_counter()
    tensor = prepare(image, chosen)
    prepared = time.perf_counter()
    try:
        (output,) = session.run([chosen.output_name], {chosen.input_name: tensor})
    except Exception as error:  # ONNX Runtime has its own family of errors
        raise chosen.explain_failure(error) from error
    seconds = {"prepare": prepared - start, "inference": time.perf_counter() - prepared}
    return decode(output, image.shape[:2], chosen, tensor.shape, seconds)


def upsample_logits(logits: np.ndarray, shape: tuple[int, int], network: Network) -> np.ndarray:
    """Logits at every pixel of a photo, interpolated as `upsample_labels` does.

    Parameters
    ----------
    logits : (C, h, w) array of float32
    shape : tuple of int
        (M, N), rows and columns of the photo, or of a smaller copy of it.
    network : Network
        Gives the stride.

    Returns
    -------
    scores : (C, M, N) array of float32
    """
    rows, columns = shape
    top, down = _to_cell(np.arange(rows), rows, logits.shape[1], network.stride)
    left, right = _to_cell(np.arange(columns), columns, logits.shape[2], network.stride)
    grid = _at_least_two(logits)
    tall = grid[:, top] + (grid[:, top + 1] - grid[:, top]) * down[:, None]
    return tall[:, :, left] + (tall[:, :, left + 1] - tall[:, :, left]) * right


def upsample_labels(logits: np.ndarray, shape: tuple[int, int], network: Network) -> np.ndarray:
    """The likeliest class of every pixel of a photo, from the logits of a coarse grid.

    Logits are interpolated, not labels: borders between classes come out smooth. The
    pixel r (image frame, M rows) lies at (r + 0.5) * H / M - 0.5 of the H rows of the
    model frame, and that at 1 / stride of it on the grid, whose first and last points
    are the first and last pixels of the model frame ("align corners").

    Parameters
    ----------
    logits : (C, h, w) array of float32
    shape : tuple of int
        (M, N), rows and columns of the photo.
    network : Network
        Gives the stride.

    Returns
    -------
    label_map : (M, N) array of uint8

    Notes
    -----
    Where the four corners of a grid cell agree on a class, that class is the largest
    everywhere between them, because bilinear weights are not negative; nothing is
    computed. In the other cells a class that some class exceeds at all four corners
    cannot win either; only the rest is interpolated. The result is that of taking the
    argmax of all C interpolated logits, for a few hundredths of the work. Of equal
    logits the smallest id wins.

    References
    ----------
    .. [1] L.-C. Chen et al., "DeepLab: Semantic Image Segmentation with Deep
           Convolutional Nets, Atrous Convolution, and Fully Connected CRFs", IEEE
           TPAMI 40(4), 2018, section 3.1 (bilinear interpolation of the scores).
    """
    rows, columns = shape
    _, h, w = logits.shape
    cell_row, down = _to_cell(np.arange(rows), rows, h, network.stride)
    cell_column, right = _to_cell(np.arange(columns), columns, w, network.stride)
    grid = _at_least_two(logits)

    winner = grid.argmax(axis=0).astype(np.uint8)
    corners = np.stack([winner[:-1, :-1], winner[:-1, 1:], winner[1:, :-1], winner[1:, 1:]])
    label_map = corners[0][cell_row][:, cell_column]

    row_first, row_count = _spans(cell_row, grid.shape[1] - 1)
    column_first, column_count = _spans(cell_column, grid.shape[2] - 1)
    mixed = (corners != corners[0]).any(axis=0) & (row_count > 0)[:, None] & (column_count > 0)
    top, left = np.nonzero(mixed)
    if top.size == 0:
        return label_map

    values, ids, n_candidates = _candidates(grid, corners[:, top, left], top, left)
    order = np.argsort(-n_candidates, kind="stable")  # those with a k-th candidate are then the first so many
    top, left, values, ids, n_candidates = top[order], left[order], values[:, order], ids[order], n_candidates[order]

    block_rows, block_columns = np.arange(row_count.max()), np.arange(column_count.max())
    at_once = max(1, 2**17 // (len(block_rows) * len(block_columns)))  # keeps what is in hand within the caches
    for start in range(0, len(top), at_once):
        some = slice(start, start + at_once)
        # Cells differ by a pixel in size: the smaller ones compute their last row or column twice.
        r = row_first[top[some], None] + np.minimum(block_rows, row_count[top[some], None] - 1)
        c = column_first[left[some], None] + np.minimum(block_columns, column_count[left[some], None] - 1)
        label_map[r[:, :, None], c[:, None, :]] = _winners(
            values[:, some], ids[some], n_candidates[some], down[r], right[c]
        )
    return label_map


def _winners(values: np.ndarray, ids: np.ndarray, n_candidates: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The winning id at every pixel of some cells.

    values (4, n, K): logits of the candidates at the corners; ids (n, K), ascending; cells sorted by
    falling n_candidates (n,); down (n, R) and right (n, S): where in its cell a pixel lies, 0..1.
    Returns (n, R, S) uint8.
    """
    best = None
    for k in range(n_candidates[0]):
        n = int(np.searchsorted(-n_candidates, -k))  # cells with more than k candidates
        north_west, north_east, south_west, south_east = values[:, :n, k, None]
        west = north_west + (south_west - north_west) * down[:n]
        east = north_east + (south_east - north_east) * down[:n]
        logits = (east - west)[:, :, None] * right[:n, None, :]
        logits += west[:, :, None]
        if best is None:
            best, labels = logits, np.empty(logits.shape, dtype=np.uint8)
            labels[:] = ids[:, 0, None, None]
        else:
            better = logits > best[:n]
            np.copyto(best[:n], logits, where=better)
            np.copyto(labels[:n], ids[:n, k, None, None], where=better)
    return labels


def _candidates(grid: np.ndarray, winners: np.ndarray, top: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, ...]:
    """Classes that can win somewhere in a cell.

    grid (C, h, w); winners (4, n): the best class of each corner; top, left (n,): the cells.
    Returns corner logits (4, n, K), ids (n, K) ascending, and how many of the K count (n,).
    """
    flat = grid.reshape(len(grid), -1).T
    width = grid.shape[2]
    corner = top * width + left
    values = np.stack([flat[corner], flat[corner + 1], flat[corner + width], flat[corner + width + 1]])  # (4, n, C)
    beaten = np.zeros(values.shape[1:], dtype=bool)
    for winner in winners:
        beaten |= (values < np.take_along_axis(values, winner[None, :, None].astype(np.intp), axis=2)).all(axis=0)
    n_candidates = (~beaten).sum(axis=1)
    ids = np.argsort(beaten, axis=1, kind="stable")[:, : n_candidates.max()]
    return np.take_along_axis(values, ids[None], axis=2), ids.astype(np.uint8), n_candidates


def _to_cell(pixels: np.ndarray, n_pixels: int, n_points: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """The grid cell of each pixel along one axis, and where in the cell it lies (0..1, float32)."""
    n_model = stride * (n_points - 1) + 1
    model = np.clip((pixels + 0.5) * (n_model / n_pixels) - 0.5, 0, n_model - 1)
    point = model / stride
    cell = np.clip(point.astype(np.intp), 0, max(n_points - 2, 0))
    return cell, (point - cell).astype(np.float32)


def _at_least_two(logits: np.ndarray) -> np.ndarray:
    """A grid of one row or column has no cells: its points are repeated."""
    h, w = logits.shape[1:]
    return np.pad(logits, ((0, 0), (0, h == 1), (0, w == 1)), mode="edge") if 1 in (h, w) else logits


def _spans(cells: np.ndarray, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixel of every cell along an axis, and how many there are."""
    edges = np.searchsorted(cells, np.arange(n_cells + 1))
    return edges[:-1], np.diff(edges)


def _from_recipe(recipe: Mapping[str, Any]) -> Network:
    try:
        given, answered = recipe["input"], recipe["output"]
        size = tuple(given["size"]) if "size" in given else None
        return Network(
            name=recipe["name"],
            title=recipe["title"],
            labels=label_set(recipe["labels"]["set"]),
            longest=None if size else given["longest"],
            multiple=None if size else given["multiple"],
            size=size,
            scale=float(given["scale"]),
            offset=float(given["offset"]),
            stride=int(answered["stride"]),
            kind=answered["kind"],
            input_name=given["name"],
            output_name=answered["name"],
        )
    except KeyError as error:
        raise NetworkError(f"The recipe of {recipe['name']} does not give {error}.", "Correct the recipe.") from None


def _session_for(network: Network, model: str | Path | None) -> Any:
    path = Path(model) if model else _PACKAGE.parent / "build" / "models" / f"{network.name}.onnx"
    if not path.is_file():
        remedy = "Check the name and the folder." if model else "Run `python3 build.py site` in the checkout first, or name a file."
        raise NetworkError(f"The file of the network {network.name} is missing: {path}.", remedy)
    return open_session(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def open_session(path: str, changed: int = 0) -> Any:
    """A session of ONNX Runtime, kept until the file changes.

    Parameters
    ----------
    path : str
        The ONNX file.
    changed : int, optional
        When it was last changed: another value opens it again.

    Raises
    ------
    NetworkError
        Without ONNX Runtime, and where it cannot read the file.

    Notes
    -----
    Processors with AVX2 and without VNNI add products of whole numbers in 16 bits, which overflow; ONNX Runtime accepts that unless
    ``session.x64quantprecision`` is 1. On the kitten, 0.7 % of the pixels of the network with 8-bit weights got another label by it.
    """
    try:
        import onnxruntime
    except ImportError:
        raise NetworkError("ONNX Runtime is not installed.", "Run `pip install onnxruntime`.") from None
    try:
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.x64quantprecision", "1")
        options.log_severity_level = 4  # what goes wrong is told in a sentence, not in its log
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has its own family of errors
        reason = explain_rejection(str(error), "ONNX Runtime")
        raise NetworkError(f"{Path(path).name} is not a network that ONNX Runtime can read. {reason.message}", reason.remedy) from error
