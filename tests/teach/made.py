"""Features without a network: random grids of the sizes that the fast network has, with a thing that differs in some channels."""

import numpy as np

from pystudio.networks import network as networks
from pystudio.networks import stages
from pystudio.networks.layers import grids, layers

FAST = networks.network("deeplab_s16")
SHAPE = (120, 160)


def truth(shape=SHAPE):
    """(M, N) array of int: 1 on the right half, 0 on the left."""
    return np.broadcast_to((np.arange(shape[1]) >= shape[1] // 2).astype(int), shape)


def made(names=("block10", "joined"), shape=SHAPE, seed=0, noise=1.0):
    """Features of a photo whose right half differs from the left one in every fourth channel."""
    random = np.random.default_rng(seed)
    frame = FAST.frame(shape)
    sizes = {name: size for name, size in grids(layers("deeplab_s16"), frame).items() if name in names}
    right = {width: np.linspace(0, 1, width) >= 0.5 for _, _, width in [*sizes.values(), (3, *frame)]}
    thing = lambda channels, width: (np.arange(channels) % 4 == 0)[:, None, None] * right[width] * 3.0
    grid = lambda channels, rows, columns: (noise * random.normal(size=(channels, rows, columns)) + thing(channels, columns)).astype(np.float32)[None]
    answers = [grid(*sizes[name]) for name in stages.outputs(names)]
    return stages.collect(shape, FAST, names, grid(3, *frame), answers)


def strokes(*lines, shape=SHAPE):
    """Sparse labels from (class, row, first column, past the last column)."""
    drawn = np.full(shape, -1)
    for label, row, first, past in lines:
        drawn[row, first:past] = label
    return drawn


TWO = strokes((0, 30, 10, 60), (1, 90, 100, 150))
