"""Proof that a converted network computes what the original computes. The originals' outputs are in `reference/`.

Nothing here depends on how PyStudio reads or resizes photos: the inputs are small stored photos, enlarged by a rule in
integers that gives the same numbers everywhere.
"""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import ModelError
from .recipe import FOLDER

REFERENCE = FOLDER / "reference"
EVERY = 4          # logits are stored at every fourth cell, exactly; labels at every cell


@dataclass(frozen=True)
class Evidence:
    """How far a network is from its original.

    Attributes
    ----------
    max_difference : float
        Largest difference of a logit (or probability) from the original's, over the stored cells.
    agreement : float
        Share of all cells that get the original's label.
    cells : int
    """

    max_difference: float
    agreement: float
    cells: int

    def __str__(self):
        return (f"max |difference| {self.max_difference:.2g}, "
                f"{self.agreement:.2%} of {self.cells} cells get the same label")


def enlarge(photo, size):
    """Enlarge a photo by a whole factor, with linear interpolation in integers, and cut it to size.

    Parameters
    ----------
    photo : (r, c, 3) array of uint8
        Its corner pixels stay corner pixels: a factor of f gives ``f * (r - 1) + 1`` rows.
    size : (int, int)
        Rows and columns wanted; more than that is cut off below and on the right.

    Returns
    -------
    (rows, columns, 3) array of uint8

    Examples
    --------
    >>> enlarge(np.array([[[0], [4]], [[8], [12]]], "u1"), (3, 3))[..., 0].tolist()
    [[0, 2, 4], [4, 6, 8], [8, 10, 12]]
    """
    factor = max(-(-(side - 1) // (have - 1)) for side, have in zip(size, photo.shape))
    result = photo.astype("i4")
    for axis in (0, 1):
        at = np.arange(factor * (result.shape[axis] - 1) + 1)
        low, part = at // factor, at % factor
        high = np.minimum(low + 1, result.shape[axis] - 1)
        part = part.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        low, high = np.take(result, low, axis), np.take(result, high, axis)
        result = (low * (factor - part) + high * part + factor // 2) // factor
    return result[:size[0], :size[1]].astype("u1")


def network_input(recipe, photo):
    """What a network is fed for the proof: the enlarged photo in the network's own scale.

    Returns
    -------
    (1, 3, h, w) array of float32
    """
    image = enlarge(photo, frame(recipe, photo)).astype("f4")
    image = image * np.float32(recipe["input"]["scale"]) + np.float32(recipe["input"]["offset"])
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def frame(recipe, photo):
    """Rows and columns of the proof's input: the recipe's, or fewer rows for a photo that is wide."""
    rows, columns = recipe["proof"]["size"]
    if "size" in recipe["input"]:
        return rows, columns
    factor = (columns - 1) // (photo.shape[1] - 1)
    return factor * (photo.shape[0] - 1) + 1, columns


def labels_of(output, kind):
    """Label of every cell of an output (C, h, w): the largest logit, or whether the probability passes one half."""
    return (output.argmax(0) if kind == "logits" else output[0] > 0.5).astype("u1")


def condense(output, kind):
    """The part of an original's output (C, h, w) that is stored: exact numbers at every fourth cell, all labels."""
    return np.ascontiguousarray(output[:, ::EVERY, ::EVERY], "f4"), labels_of(output, kind)


def read(path, names):
    """Stored arrays, by name. Raises `ModelError` where the file is damaged or lacks one."""
    try:
        with np.load(path) as file:
            return {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{Path(path).name} cannot be used as a reference ({error or type(error).__name__}).", "Restore models/reference from the repository.") from error


def measure(model, recipe, reference=None):
    """Run a network on the stored photos and compare it with its original.

    Parameters
    ----------
    model : bytes
        The ONNX file.
    recipe : dict
    reference : path-like, optional
        Default: the file that the recipe names.

    Returns
    -------
    Evidence
    """
    wanted = recipe["proof"]["photos"]
    photos = read(REFERENCE / "photos.npz", wanted)
    stored = read(reference or REFERENCE / recipe["proof"]["reference"], [f"{name}/{part}" for name in wanted for part in ("numbers", "labels")])
    session = open_session(model, recipe["name"])
    differences, same, cells = [], 0, 0
    for name in wanted:
        output, = session.run([recipe["output"]["name"]],
                              {recipe["input"]["name"]: network_input(recipe, photos[name])})
        numbers, labels = condense(output[0], recipe["output"]["kind"])
        if numbers.shape != stored[name + "/numbers"].shape or labels.shape != stored[name + "/labels"].shape:
            raise ModelError(f"{recipe['name']}: for the photo {name!r} the output is {labels.shape}, "
                             f"the original's is {stored[name + '/labels'].shape}.",
                             "The conversion is wrong; look at strides and padding.")
        differences.append(np.abs(numbers - stored[name + "/numbers"]).max())
        same += int((labels == stored[name + "/labels"]).sum())
        cells += labels.size
    return Evidence(float(np.max(differences)), same / cells, cells)


def prove(model, recipe, variant, reference=None):
    """Measure a network, and refuse it if it is further from its original than the recipe allows.

    Parameters
    ----------
    model : bytes
        The ONNX file.
    recipe : dict
    variant : str
        Which of the recipe's tolerances holds: float32, float16 or w8.
    reference : path-like, optional

    Returns
    -------
    Evidence

    Raises
    ------
    ModelError
        If it does not load, or differs too much.
    """
    tolerance = recipe["proof"][variant]
    evidence = measure(model, recipe, reference)
    if not (evidence.max_difference <= tolerance["max_difference"] and evidence.agreement >= tolerance["agreement"]):
        raise ModelError(
            f"{recipe['name']} ({variant}) is not the original network: {evidence}; allowed are "
            f"{tolerance['max_difference']:g} and at least {tolerance['agreement']:.2%}.",
            "Do not use it: the converter or the file is wrong.")
    return evidence


def open_session(model, name):
    """An ONNX Runtime session on one thread, whole numbers added without overflow (pystudio.networks.network.open_session): a proof says the same everywhere."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:          # ONNX Runtime raises a dozen unrelated classes for a file that it cannot read
        raise ModelError(f"{name}: ONNX Runtime cannot load the network ({error}).",
                         "The file is damaged; make it again.") from error
