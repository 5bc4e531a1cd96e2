"""What is built and how it differs from the original's own build. Facts only; whoever changes one changes the wheel."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """One compiled distribution. Modules are named as paths: "skimage/measure/_ccomp"."""

    distribution: str                 # as in file names: "scikit_image"
    version: str
    package: str                      # what one imports
    sources: str = ""                 # folder of the sdist that holds the package
    shared: str = ""                  # module to hold Cython's memoryview helpers, which every module would else repeat
    c_sources: dict[str, tuple[str, ...]] = field(default_factory=dict)  # C files that a module needs besides its own, where its .pyx does not say so
    flags: tuple[str, ...] = ()       # {root} is the folder of the sources
    generated: dict[str, str] = field(default_factory=dict)              # files that the original's own build would configure, and their text
    seconds: dict[str, int] = field(default_factory=dict)                # slow modules, longest first: they start first, and tell how long it will take
    left_out: tuple[str, ...] = ()    # suffixes of sample data that is left out where it is larger than SMALL


SMALL = 6000        # bytes; larger sample data stays out of the shipped wheel and travels in the tests' wheel
USUAL_SECONDS = 4   # of a module not named in `seconds`, on one core

SCIKIT_IMAGE = Recipe(
    "scikit_image", "0.25.2", "skimage",
    shared="skimage/_shared/_cyutility",
    flags=("-I{root}/skimage/_shared",),
    seconds={"skimage/filters/rank/generic_cy": 60, "skimage/feature/_texture": 21, "skimage/feature/_cascade": 21, "skimage/transform/_hough_transform": 20,
             "skimage/restoration/_denoise_cy": 20, "skimage/transform/_warps_cy": 19, "skimage/feature/orb_cy": 19, "skimage/_shared/interpolation": 18,
             "skimage/morphology/_max_tree": 12, "skimage/filters/rank/percentile_cy": 11, "skimage/util/_remap": 11, "skimage/restoration/_nl_means_denoising": 8,
             "skimage/feature/_haar": 8},
    # 24 of 31 files go (7.6 MB unpacked): page, text, horse, moon, coins, camera, chelsea, astronaut, the motorcycles … What stays: chessboard_GRAY.png,
    # chessboard_RGB.png, phantom.png, microaneurysms.png, multipage.tif, multipage_rgb.tif, no_time_for_that_tiny.gif, and
    # lbpcascade_frontalface_opencv.xml, which is no sample but the trained detector of feature.Cascade.
    left_out=(".png", ".jpg", ".gif", ".tif", ".npy", ".npz"),
)

# Only skimage.restoration's wavelet functions import it, so the site does not ship it; the proof of that subpackage does.
_WAVELETS_C = tuple(f"pywt/_extensions/c/{name}.c" for name in ("common", "convolution", "cwt", "wavelets", "wt"))
PYWAVELETS = Recipe(
    "pywavelets", "1.9.0", "pywt",
    c_sources={f"pywt/_extensions/{module}": _WAVELETS_C for module in ("_cwt", "_dwt", "_pywt", "_swt")},
    flags=("-I{root}/pywt/_extensions/c", "-DPY_EXTENSION", "-DHAVE_C99_COMPLEX", "-DCYTHON_CCOMPLEX=1"),
    generated={"pywt/_extensions/config.pxi": "DEF HAVE_C99_CPLX = 1\n"},
    left_out=(".npz",),
)
