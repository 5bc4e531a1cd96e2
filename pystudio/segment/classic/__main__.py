"""`python -m pystudio.segment.classic photo.jpg`: every classic method on a photo, beside a network. The numbers are made elsewhere."""

from __future__ import annotations

import argparse
import sys

import numpy as np

from ...errors import StudioError
from ...image import load
from ...measure.region_matching import best_iou
from ...networks import network as networks
from . import METHODS, method, run


def main(arguments: list[str] | None = None) -> int:
    """Print a table of time and best IoU for each photo; 2 when something cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m pystudio.segment.classic", description=__doc__)
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--network", default="deeplab_s16", help="whose largest class is the truth (default: %(default)s)")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), metavar="METHOD")
    options = parser.parse_args(arguments)
    try:
        for photo in options.photos:
            _table(photo, options.network, options.methods)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def strokes(truth: np.ndarray) -> np.ndarray:
    """What somebody might paint on a thing and beside it: thin lines along the middles of both sides.

    Methods that need markers can only be compared when somebody paints. Here the truth itself holds
    the brush: their scores say what they make of good strokes.

    Parameters
    ----------
    truth : (M, N) array of bool

    Returns
    -------
    markers : (M, N) array of uint8
        1 inside `truth`, 2 outside, 0 where nothing is painted.
    """
    from scipy.ndimage import binary_dilation, distance_transform_edt
    from skimage.morphology import skeletonize

    markers = np.zeros(truth.shape, dtype=np.uint8)
    for label, side in ((1, truth), (2, ~truth)):
        depth = distance_transform_edt(np.pad(side, 1))[1:-1, 1:-1]
        line = skeletonize(depth >= 0.4 * depth.max())
        markers[binary_dilation(line, iterations=3) & side] = label
    return markers


def _table(photo: str, network: str, methods: list[str]) -> None:
    image = load(photo)
    prediction = networks.segment(image, network)
    found = [id for id, _ in prediction.classes() if id != 0]
    if not found:
        raise StudioError(f"{network} finds nothing in {photo}.", "Take another photo or network.")
    truth = prediction.label_map == found[0]
    painted = strokes(truth)
    rows, columns = truth.shape
    print(f"{photo}, {rows} × {columns}; truth: {prediction.network.labels.names[found[0]]} of {network}, {truth.mean():.0%} of the photo")
    print(f"{'method':<28}{'worked at':>10}{'regions':>9}{'seconds':>9}{'best region':>13}{'best union':>12}")
    for name in methods:
        allowed = method(name).markers
        if allowed != "required":
            _row(name, image, None, truth)
        if allowed != "none":
            _row(name, image, painted, truth)


def _row(name: str, image: np.ndarray, markers: np.ndarray | None, truth: np.ndarray) -> None:
    regions = run(name, image, markers=markers)
    match = best_iou(regions.label_map, truth)
    title = name + (", painted" if markers is not None else "")
    rows, columns = regions.shape
    print(f"{title:<28}{f'{rows}×{columns}':>10}{regions.n:>9}{regions.seconds:>9.2f}{match.region_iou:>13.2f}{match.union_iou:>12.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
