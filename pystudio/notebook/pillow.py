"""Images of Pillow in a program: as arrays that can be shown, and shown where the program asks Pillow for it. Pillow is imported by the program, not here."""
from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["as_array", "is_image", "kind_of", "shown"]

_AS_THEY_ARE = ("1", "L", "RGB", "RGBA", "I", "F", "I;16")


def is_image(value: Any) -> bool:
    """Whether a value is an image of Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def as_array(image: Any) -> np.ndarray:
    """The pixels of an image: (M, N) or (M, N, 3 or 4); palettes and other colour spaces become colours."""
    if image.mode not in _AS_THEY_ARE:
        transparent = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
    return np.asarray(image)


def kind_of(image: Any) -> str | None:
    """What `pictures.picture` would not guess from the array: that small grey values are no classes."""
    return "grey" if image.mode == "L" else None


@contextlib.contextmanager
def shown(show: Callable[[Any, str | None], None], source: str) -> Iterator[None]:
    """While in here, ``image.show()`` calls `show` with the image and its title: there is no window to open.

    Parameters
    ----------
    show : function of an image and a title
    source : str
        The program; Pillow is imported for it only when it mentions it.
    """
    if "PIL" in source:
        with contextlib.suppress(ImportError):
            importlib.import_module("PIL.Image")
    if "PIL.Image" not in sys.modules:
        yield
        return
    Image = sys.modules["PIL.Image"].Image
    before = Image.show
    Image.show = lambda self, title=None, **_: show(self, title)
    try:
        yield
    finally:
        Image.show = before
