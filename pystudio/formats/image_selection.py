"""Which of several pictures of a file is meant."""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import StudioError


@dataclass(frozen=True)
class ImageEntry:
    """What a file says of one of its pictures: its key in the file, the name of its photo, its size (rows, columns) if told, and how many masks it has."""

    key: str | None
    file: str
    size: tuple[int, int] | None
    masks: int


def select_image(pictures: list[ImageEntry], name: str, shape: tuple[int, int] | None, wanted: str | None) -> tuple[ImageEntry, tuple[str, ...]]:
    """The picture that is wanted by name, or the first that fits the photo and has masks; and what to tell of the choice.

    Raises
    ------
    StudioError
        No picture bears the name.
    """
    if wanted is not None:
        return _named(pictures, name, wanted), ()
    fits = [each for each in pictures if shape is not None and each.size in (None, tuple(shape))] or pictures
    best = next((each for each in [*fits, *pictures] if each.masks), fits[0])
    if len(pictures) == 1:
        return best, ()
    title = f"“{best.file[:60]}”" if best.file else f"number {best.key}"
    return best, (f"The file has {len(pictures)} pictures; the masks of {title} were taken.",)


def _named(pictures, name, wanted):
    found = [each for each in pictures if wanted in (each.file, each.key)] or [each for each in pictures if stem(each.file) == stem(wanted)]
    if not found:
        known = ", ".join(each.file or f"number {each.key}" for each in pictures[:8]) + (" …" if len(pictures) > 8 else "")
        raise StudioError(f"{name} has no picture “{wanted}”.", f"It has {known}.")
    return found[0]


def stem(file: str) -> str:
    """The name of a file without folders and ending.

    Examples
    --------
    >>> stem("train/kitten_07.png"), stem("img\\\\a.jpg")
    ('kitten_07', 'a')
    """
    return file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or file.replace("\\", "/").rpartition("/")[2]
