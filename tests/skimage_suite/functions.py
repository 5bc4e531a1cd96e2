"""What the studio asks of scikit-image and SciPy, on one photograph: the same calls natively and in Pyodide. Runs in both.

functions.py PHOTOS.npz RESULTS.npz computes everything for every photo (uint8 RGB arrays) in the first file. There is no guided filter
in scikit-image; its edge-keeping smoothers (bilateral, total variation, non-local means) are here instead.
"""
import sys
import time

import numpy as np


def of(photo):
    """{name: function of no arguments} for one (M, N, 3) uint8 photo."""
    from scipy import cluster, ndimage
    from skimage import color, feature, filters, graph, measure, morphology, restoration, segmentation

    # on a binary grid: a last-bit difference in a matrix product must not hide behind, or be blamed on, what follows it
    grid = lambda values: np.round(values * 4096) / 4096
    rgb = grid(photo / 255)
    grey = grid(color.rgb2gray(rgb))
    lab = grid(color.rgb2lab(rgb))
    dark = grey < filters.threshold_otsu(grey)
    edges = grid(filters.sobel(grey))
    rows, columns = grey.shape
    seeds = np.zeros(grey.shape, np.int32)
    seeds[2:6, 2:-2], seeds[rows // 2 - 4:rows // 2 + 4, columns // 2 - 4:columns // 2 + 4], seeds[-6:-2, 2:-2] = 1, 2, 3
    pieces = measure.label(dark)
    slic = lambda: segmentation.slic(rgb, n_segments=60, compactness=10, start_label=1)
    distance = grid(ndimage.distance_transform_edt(dark))
    return {
        "filters.threshold_otsu": lambda: filters.threshold_otsu(grey),
        "filters.threshold_multiotsu": lambda: filters.threshold_multiotsu(grey, classes=4),
        "filters.threshold_li": lambda: filters.threshold_li(grey),
        "filters.threshold_local": lambda: filters.threshold_local(grey, 31),
        "filters.gaussian": lambda: filters.gaussian(rgb, 2, channel_axis=-1),
        "filters.sobel": lambda: filters.sobel(grey),
        "filters.rank.gradient": lambda: filters.rank.gradient(photo[..., 1], morphology.disk(3)),
        "color.rgb2lab": lambda: color.rgb2lab(rgb),
        "color.rgb2hsv": lambda: color.rgb2hsv(rgb),
        "color.label2rgb": lambda: color.label2rgb(pieces, rgb),
        "scipy.cluster.vq.kmeans2": lambda: cluster.vq.kmeans2(lab.reshape(-1, 3), 5, minit="++", seed=3),
        "scipy.ndimage.distance_transform_edt": lambda: ndimage.distance_transform_edt(dark),
        "scipy.ndimage.label": lambda: ndimage.label(dark)[0],
        "segmentation.felzenszwalb": lambda: segmentation.felzenszwalb(rgb, scale=100, sigma=0.8, min_size=20),
        "segmentation.slic": slic,
        "segmentation.slic (grey)": lambda: segmentation.slic(grey, n_segments=40, compactness=0.1, channel_axis=None, start_label=1),
        "segmentation.quickshift": lambda: segmentation.quickshift(rgb[:48, :48], kernel_size=3, max_dist=6, rng=1),
        "segmentation.watershed (seeds)": lambda: segmentation.watershed(edges, seeds),
        "segmentation.watershed (compact)": lambda: segmentation.watershed(edges, 30, compactness=0.01),
        "segmentation.watershed (distance)": lambda: segmentation.watershed(-distance, measure.label(morphology.h_maxima(distance, 1)), mask=dark),
        "segmentation.random_walker": lambda: segmentation.random_walker(rgb, seeds, beta=90, mode="cg_j", channel_axis=-1),
        "segmentation.random_walker (cg, probability)": lambda: segmentation.random_walker(grey, seeds, beta=90, mode="cg", return_full_prob=True),
        "segmentation.chan_vese": lambda: segmentation.chan_vese(grey, mu=0.1, max_num_iter=40, extended_output=True)[:2],
        "segmentation.morphological_chan_vese": lambda: segmentation.morphological_chan_vese(grey, 20, init_level_set="checkerboard", smoothing=2),
        "segmentation.morphological_geodesic_active_contour": lambda: segmentation.morphological_geodesic_active_contour(
            segmentation.inverse_gaussian_gradient(grey), 20, init_level_set="disk", balloon=-1),
        "segmentation.find_boundaries": lambda: [segmentation.find_boundaries(pieces, mode=mode) for mode in ("thick", "inner", "outer")],
        "segmentation.mark_boundaries": lambda: segmentation.mark_boundaries(rgb, pieces),
        "segmentation.expand_labels": lambda: segmentation.expand_labels(pieces, 4),
        "segmentation.clear_border": lambda: segmentation.clear_border(pieces),
        "segmentation.relabel_sequential": lambda: segmentation.relabel_sequential(pieces * 3)[0],
        "segmentation.flood": lambda: segmentation.flood(grey, (rows // 2, columns // 2), tolerance=0.1),
        "segmentation.flood_fill": lambda: segmentation.flood_fill(photo[..., 0], (5, 5), 255, tolerance=20),
        "measure.label": lambda: [measure.label(dark, connectivity=count) for count in (1, 2)],
        "measure.regionprops_table": lambda: list(measure.regionprops_table(slic(), grey, properties=(
            "label", "area", "bbox", "centroid", "perimeter", "eccentricity", "orientation", "solidity", "intensity_mean", "euler_number")).values()),
        "measure.find_contours": lambda: measure.find_contours(grey, 0.5),
        "morphology.opening": lambda: morphology.opening(grey, morphology.disk(3)),
        "morphology.remove_small_objects": lambda: morphology.remove_small_objects(dark, 30),
        "morphology.h_maxima": lambda: morphology.h_maxima(distance, 1),
        "morphology.skeletonize": lambda: morphology.skeletonize(dark),
        "feature.canny": lambda: feature.canny(grey, sigma=2),
        "feature.peak_local_max": lambda: feature.peak_local_max(distance, min_distance=5, labels=pieces),
        "graph.cut_threshold": lambda: graph.cut_threshold(slic(), graph.rag_mean_color(rgb, slic()), 0.1),
        "graph.cut_normalized": lambda: graph.cut_normalized(slic(), graph.rag_mean_color(rgb, slic(), mode="similarity"), rng=1),
        "restoration.denoise_bilateral": lambda: restoration.denoise_bilateral(rgb[:40, :40], sigma_color=0.1, sigma_spatial=2, channel_axis=-1),
        "restoration.denoise_tv_chambolle": lambda: restoration.denoise_tv_chambolle(rgb, 0.1, channel_axis=-1),
        "restoration.denoise_nl_means": lambda: restoration.denoise_nl_means(rgb[:40, :40], channel_axis=-1),
    }


def results(photos):
    """({"photo|function|part": array}, {"photo|function": seconds}) of every function on every photo; a list gives several parts."""
    arrays, seconds = {}, {}
    for name, photo in photos.items():
        for function, call in of(photo).items():
            started = time.perf_counter()
            found = call()
            seconds[f"{name}|{function}"] = time.perf_counter() - started
            for part, array in enumerate(found if isinstance(found, (list, tuple)) else [found]):
                arrays[f"{name}|{function}|{part}"] = np.asarray(array)
    return arrays, seconds


if __name__ == "__main__":
    import scipy
    import skimage

    arrays, seconds = results(dict(np.load(sys.argv[1])))
    releases = f"scikit-image {skimage.__version__}, SciPy {scipy.__version__}, NumPy {np.__version__}"
    np.savez(sys.argv[2], releases=np.array(releases), **arrays, **{f"seconds|{key}": np.array(value) for key, value in seconds.items()})
