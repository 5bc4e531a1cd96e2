"""Cuts of a graph whose nodes are pixels or tiles: normalised cuts without seeds, a minimum cut from painted ones.

The minimum cut is found with SciPy's maximum flow. OpenCV's grabCut and PyMaxflow do the same work faster, but
neither is among the libraries that can be shipped to the browser.
"""

from __future__ import annotations

import numpy as np

from .clusters import beginning, lloyd
from .contract import Method, Parameter
from .superpixels import slic

__all__ = ["METHODS", "graph_cut", "normalized_cut"]

_UNIT = 1000  # the largest data cost; SciPy's flows are whole numbers


def normalized_cut(image: np.ndarray, regions: int = 150, compactness: float = 20, cut: float = 0.005) -> np.ndarray:
    """Cut a mosaic of tiles in two, again and again, where the parts are least alike for their size.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    regions, compactness
        Of the SLIC tiles that are the nodes of the graph; neighbours are joined by the likeness
        of their mean colours.
    cut : float
        A part is cut while the normalised cut costs less than this.

    Returns
    -------
    labels : (m, n) array of int
        From 1.

    Notes
    -----
    Tiles that share a side are joined by exp(-|ΔC|² / 255), ΔC the difference of their mean RGB colours,
    and each with itself by 1. The eigenvector that belongs to the second least eigenvalue puts the tiles
    in an order, and the best of all cuts of that order is taken.

    scikit-image has this as `graph.cut_normalized`. It asks ARPACK for the eigenvectors, whose restarts
    are drawn from an unseeded generator: the same photo could give other regions the next time. A few
    hundred tiles are few enough for all eigenvectors at once, which is always the same and faster.

    Nobody says here which part is the thing. For a cut between painted seeds see `graph_cut`.

    References
    ----------
    .. [1] J. Shi and J. Malik, "Normalized Cuts and Image Segmentation", IEEE Transactions on Pattern
           Analysis and Machine Intelligence 22(8), 2000, pp. 888-905.
    """
    tiles = slic(image, regions, compactness) - 1
    likeness = _likeness(image, tiles)
    part_of = np.zeros(len(likeness), dtype=np.int32)
    whole, parts = _islands(likeness, cut), 0
    while whole:
        part = whole.pop()
        second, cost = _halved(likeness[np.ix_(part, part)])
        if cost < cut:
            whole += [part[second], part[~second]]
        else:
            parts += 1
            part_of[part] = parts
    return part_of[tiles]


def _likeness(image, tiles):
    """(K, K) symmetric weights between the tiles 0 to K - 1."""
    count = int(tiles.max()) + 1
    flat = tiles.ravel()
    sizes = np.bincount(flat, minlength=count)
    means = np.stack([np.bincount(flat, image[..., channel].ravel(), count) for channel in range(3)]) / np.maximum(sizes, 1)
    one, other = (flat[side] for side in _neighbours(tiles.shape))
    apart = one != other
    one, other = one[apart], other[apart]
    likeness = np.eye(count)
    likeness[one, other] = likeness[other, one] = np.exp(-((means[:, one] - means[:, other]) ** 2).sum(axis=0) / 255)
    return likeness


def _islands(likeness, cut):
    """Parts so far from all others that they are cut anyway: it saves an eigenvector for each.

    Neighbouring tiles form a planar graph of K nodes, with less than 3 K edges. If those across are all
    lighter than `cut` / (6 K), then a part, which weighs 1 at least, is cut for less than `cut`.
    """
    from scipy.sparse.csgraph import connected_components

    count, island_of = connected_components(likeness >= cut / (6 * len(likeness)), directed=False)
    return [np.flatnonzero(island_of == island) for island in range(count)]


def _halved(likeness):
    """Which nodes are on the second side of the best cut found, and what it costs: infinity for a single node."""
    if len(likeness) < 2:
        return np.zeros(len(likeness), dtype=bool), np.inf
    degrees = likeness.sum(axis=1)
    root = np.sqrt(degrees)
    _, vectors = np.linalg.eigh(np.eye(len(root)) - likeness / np.outer(root, root))
    order = np.argsort(vectors[:, 1] / root, kind="stable")
    cut = _across(likeness[np.ix_(order, order)])
    first = np.cumsum(degrees[order])[:-1]
    costs = cut / first + cut / (degrees.sum() - first)
    best = int(costs.argmin())
    second = np.zeros(len(root), dtype=bool)
    second[order[best + 1 :]] = True
    return second, float(costs[best])


def _across(likeness):
    """(K - 1,) weights of the edges between the first 1, 2, … K - 1 nodes and the others.

    Nothing is subtracted: a cut that parts next to nothing would be lost in the rounding of what is whole, below 0 on some processors.
    """
    others = np.cumsum(likeness[:, ::-1], axis=1)[:, ::-1]
    return np.cumsum(others, axis=0).diagonal(1)


def graph_cut(image: np.ndarray, markers: np.ndarray, smoothness: float = 10, colours: int = 6) -> np.ndarray:
    """Find the cheapest border between painted seeds: cheap along edges, costly through plain ground.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    markers : (m, n) array of int
        Ids 1, 2, …, at least two. A painted pixel keeps its id.
    smoothness : float
        What a border between two pixels of the same colour costs, beside at most 1 for a pixel
        whose colour does not fit its marker.
    colours : int
        How many colours stand for a marker: centres of k-means over its pixels, in CIELAB.

    Returns
    -------
    labels : (m, n) array of int32
        The id of the marker; every pixel has one.

    Notes
    -----
    The energy is the sum of a data cost for each pixel [3]_, d_k / (d_1 + d_2 + …) with d_k the distance
    of its colour from the nearest colour of marker k, and of `smoothness` · exp(-|ΔC|² / (2 mean |ΔC|²))
    for each pair of neighbours (4) of different ids [1]_. With two markers one minimum cut finds the
    least energy there is; with more, expansion moves [2]_ end within twice of it.

    References
    ----------
    .. [1] Y. Boykov and M.-P. Jolly, "Interactive Graph Cuts for Optimal Boundary & Region Segmentation
           of Objects in N-D Images", ICCV 2001, vol. 1, pp. 105-112.
    .. [2] Y. Boykov, O. Veksler and R. Zabih, "Fast Approximate Energy Minimization via Graph Cuts", IEEE
           Transactions on Pattern Analysis and Machine Intelligence 23(11), 2001, pp. 1222-1239.
    .. [3] Y. Li, J. Sun, C.-K. Tang and H.-Y. Shum, "Lazy Snapping", ACM Transactions on Graphics 23(3),
           2004, pp. 303-308.
    """
    from skimage.color import rgb2lab

    lab = rgb2lab(image).reshape(-1, 3)
    one, other = _neighbours(image.shape[:2])
    weights = _weights(lab, one, other, smoothness)
    costs = _data_costs(lab, markers.ravel(), colours, int(4 * weights.max(initial=0)) + _UNIT)
    return _cheapest(costs, one, other, weights).reshape(markers.shape).astype(np.int32) + 1


def _neighbours(shape):
    """Flat indices of the two pixels of every pair that share a side."""
    at = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    one = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    return one, np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])


def _weights(lab, one, other, smoothness):
    """What parting each pair costs, in units of `_UNIT`."""
    squares = ((lab[one] - lab[other]) ** 2).sum(axis=1)
    mean = squares.mean() if squares.size and squares.any() else 1.0
    return np.rint(_UNIT * smoothness * np.exp(-squares / (2 * mean))).astype(np.int32)


def _data_costs(lab, markers, colours, never):
    """(pixels, K) what each pixel costs under each id; `never` under another than the painted one."""
    from scipy.cluster.vq import vq

    count = int(markers.max())
    distances = np.empty((len(lab), count))
    for label in range(1, count + 1):
        painted = lab[markers == label]
        _, centres = lloyd(painted, beginning(painted, colours, start=0), rounds=10)
        distances[:, label - 1] = vq(lab, centres)[1]
    total = distances.sum(axis=1, keepdims=True)
    shares = np.full(distances.shape, 1 / count)
    np.divide(distances, total, out=shares, where=total > 0)
    costs = np.rint(_UNIT * shares).astype(np.int32)
    seeds = np.flatnonzero(markers)
    costs[seeds] = never
    costs[seeds, markers[seeds] - 1] = 0
    return costs


def _energy(labels, costs, one, other, weights):
    return int(costs[np.arange(len(labels)), labels].sum(dtype=np.int64) + weights[labels[one] != labels[other]].sum(dtype=np.int64))


def _cheapest(costs, one, other, weights):
    """Ids 0 to K - 1 of low energy, by expansion moves from the last id everywhere.

    From there the first move of two ids chooses freely between them: it is the minimum cut itself.
    """
    labels = np.full(len(costs), costs.shape[1] - 1)
    energy = _energy(labels, costs, one, other, weights)
    ids = range(costs.shape[1])
    unmoved = 0
    for label in (each for _ in range(3) for each in ids):
        moved = _expanded(labels, label, costs, one, other, weights)
        moved_energy = _energy(moved, costs, one, other, weights)
        unmoved = 0 if moved_energy < energy else unmoved + 1
        if moved_energy < energy:
            labels, energy = moved, moved_energy
        if unmoved >= len(ids) - 1:
            break
    return labels


def _expanded(labels, label, costs, one, other, weights):
    """The best that can be reached when each pixel either keeps its id or takes `label`."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    # Of a pair, what it costs when both keep, when only `other` changes, when only `one` does; nothing when both do.
    keep = weights * (labels[one] != labels[other])
    second = weights * (labels[one] != label)
    first = weights * (labels[other] != label)
    pixels = len(labels)
    change = (costs[:, label] - costs[np.arange(pixels), labels]).astype(np.int64)
    np.add.at(change, one, first - keep)
    np.subtract.at(change, other, first)

    # Pixels on the source's side keep, those on the sink's side change.
    source, sink = pixels, pixels + 1
    every = np.arange(pixels, dtype=np.int32)
    rows = np.concatenate([one, np.full(pixels, source, np.int32), every])
    columns = np.concatenate([other, every, np.full(pixels, sink, np.int32)])
    capacities = np.concatenate([second + first - keep, np.maximum(change, 0), np.maximum(-change, 0)]).astype(np.int32)
    network = csr_array((capacities, (rows, columns)), shape=(pixels + 2, pixels + 2))
    network.eliminate_zeros()
    residual = network - maximum_flow(network, source, sink).flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    keeps = breadth_first_order(residual, source, return_predecessors=False)
    moved = np.full(pixels + 2, label)
    moved[keeps] = np.append(labels, [0, 0])[keeps]
    return moved[:pixels]


METHODS = (
    Method(
        "normalized_cut", "Normalised cuts",
        summary="Cuts a mosaic of tiles in two, again and again, where the parts are least alike for their size.",
        assumes="The parts of an object are more like each other than like what lies around it.",
        fails_when="An object has parts of unlike colour: they are cut before the object is.",
        paper="Shi and Malik 2000, Normalized Cuts and Image Segmentation",
        run=normalized_cut,
        parameters=(
            Parameter("regions", "Tiles", "int", 150, 4, 300, 1, help="About how many nodes the graph has."),
            Parameter("compactness", "Compactness", "float", 20, 0.1, 100, 0.1, help="Larger gives squarer tiles."),
            Parameter("cut", "Maximum cut cost", "float", 0.005, 0, 1, 0.001, help="A part is cut as long as the cut costs less than this."),
        ),
        longest=320,
        uses=("skimage.segmentation.slic", "scipy.sparse.csgraph.connected_components"),
    ),
    Method(
        "graph_cut", "Graph cut",
        summary="Finds the cheapest border between painted markers, and learns their colours from what is painted.",
        assumes="Somebody paints at least two markers whose colours differ, and borders are short.",
        fails_when="Both sides have the same colours, or an object is thin: a short border cuts off its legs.",
        paper="Boykov and Jolly 2001, Interactive Graph Cuts",
        run=graph_cut,
        parameters=(
            Parameter("smoothness", "Smoothness", "float", 10, 0, 50, 0.5, help="What a border through a plain area costs."),
            Parameter("colours", "Colours of a marker", "int", 6, 1, 16, 1, help="How many colours are learnt from each."),
        ),
        markers="required", least_markers=2, keeps_markers=True, longest=384,
        uses=("skimage.color.rgb2lab", "scipy.cluster.vq.kmeans2", "scipy.cluster.vq.vq", "scipy.sparse.csr_array",
              "scipy.sparse.csgraph.breadth_first_order", "scipy.sparse.csgraph.maximum_flow"),
    ),
)  # fmt: skip
