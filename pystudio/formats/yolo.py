"""Masks as YOLO segmentation: a line of text for every thing, its class and its corners as shares of the picture; classes stand in data.yaml.

See docs.ultralytics.com, "Instance Segmentation Datasets". What is written is a zip with both; a text file alone is read beside its photo.
"""
from __future__ import annotations

import io
import re
import zipfile

import numpy as np

from ..errors import StudioError
from ..labels import VOID
from . import outlines
from .annotation import MAX_POINTS, MAX_SHAPES, Annotation
from .annotation_builder import AnnotationBuilder
from .image_selection import stem
from .validation import decode_text, id_key

SIZE = re.compile(r"^# *size *: *(\d{1,6}) *[x×] *(\d{1,6})", re.M)


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    lines = []
    for place, _, box, part in annotation.pieces():
        corners = outlines.joined([ring + [box[2], box[0]] for ring, _ in outlines.rings(part)]) / (columns, rows)
        lines.append(f"{place - 1} " + " ".join(f"{value:.8g}" for value in corners.ravel().tolist()))
    names = "\n".join(f"  {place - 1}: {_quoted(name)}" for place, name in enumerate(annotation.names) if place)
    yaml = f"# size: {columns} x {rows}\n# photo: {photo}\npath: .\ntrain: images/train\nval: images/train\nnames:\n{names}\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("data.yaml"), yaml)
        archive.writestr(zipfile.ZipInfo(f"labels/train/{stem(photo) or 'photo'}.txt"), "\n".join([*lines, ""]))
    return file.getvalue()


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def is_text(data: bytes) -> bool:
    """Whether a file begins like YOLO's: lines of numbers, the first of them whole."""
    text = data[:4000].decode("ascii", "replace")
    text = text if len(data) < 4000 else text.rpartition(" ")[0]  # the last number may be cut
    lines = [line.split() for line in text.split("\n") if line.strip()]
    lines = lines if len(data) < 4000 or len(lines) < 2 else lines[:-1]
    return bool(lines) and all(re.fullmatch(r"\d{1,6}", line[0]) and len(line) >= 5 and all(re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", each) for each in line[1:]) for line in lines)


def names_of(text: str) -> dict[int, str]:
    """Classes of a data.yaml (names as a list or a table) or of a classes.txt, a name a line.

    Examples
    --------
    >>> names_of("nc: 2\\nnames: ['cat', \\"dog\\"]")
    {0: 'cat', 1: 'dog'}
    >>> names_of("names:\\n  0: cat\\n  5: 'dog''s'\\n")
    {0: 'cat', 5: "dog's"}
    >>> names_of("cat\\ndog\\n")
    {0: 'cat', 1: 'dog'}
    """
    found = re.search(r"^names[ \t]*:[ \t]*(.*)$", text, re.M)
    if not found:
        return {} if re.search(r"^\w+\s*:", text, re.M) else {k: line.strip() for k, line in enumerate(text.split("\n")) if line.strip()}
    rest = found[1].strip()
    if rest.startswith("["):
        inside = text[found.start(1) :].partition("[")[2].partition("]")[0]
        parts = re.findall(r"'((?:[^']|'')*)'|\"((?:[^\"\\]|\\.)*)\"|([^,\s][^,]*)", inside)
        return {k: (single.replace("''", "'") or double or bare.strip()) for k, (single, double, bare) in enumerate(parts)}
    names: dict[int, str] = {}
    for line in text[found.end() :].split("\n")[1:]:
        entry = re.fullmatch(r"\s+(\d+)\s*:\s*(.+?)\s*|\s*-\s+(.+?)\s*", line)
        if not entry and line.strip() and not line.lstrip().startswith("#"):
            break
        if entry:
            text_of = entry[2] or entry[3]
            quoted = text_of[0] == text_of[-1] and text_of[0] in "'\"" and len(text_of) > 1
            names[int(entry[1]) if entry[1] else len(names)] = text_of[1:-1].replace("''", "'") if quoted else text_of
    return names


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None, about: str = "", photo: str = "") -> Annotation:
    """As the readers of other formats; `about` is the text of data.yaml or classes.txt."""
    size = SIZE.search(about)
    size = (int(size[2]), int(size[1])) if size else shape
    if size is None:
        raise StudioError(f"{name} does not say how large the picture is: its corners are shares of it.", "Open its photo first, or put the photo into the zip.")
    lines = [line.split() for line in decode_text(data, name).splitlines() if line.strip()]
    if len(lines) > MAX_SHAPES or sum(map(len, lines)) > 2 * MAX_POINTS:
        raise StudioError(f"{name} has more than {MAX_SHAPES} shapes, or {MAX_POINTS:,} corners.", "Bring a file with fewer.")
    builder, known = AnnotationBuilder(size, name, "lines"), dict(sorted(names_of(about).items()))
    for k, each in known.items():
        builder.place(each, id_key(k), None if k == len(builder.names) - 1 else k, f"id {k}")
    scored = 0
    for k, words in enumerate(lines):
        found = _thing(words)
        if isinstance(found, str):
            builder.skip(found)
            continue
        own, corners, more = found
        scored += more
        place = builder.place(known.get(own, f"class {own}"), id_key(own), own)
        part, box = outlines.fill_part([corners * (size[1], size[0])], size)
        builder.add(place, part, box, 0 if place in (0, VOID) else builder.number(k))
    notes = (f"{scored} lines end in how sure a network was; that was left out.",) if scored else ()
    return builder.build(*notes, photo=photo)


def _thing(words: list[str]) -> tuple[int, np.ndarray, bool] | str:
    """Class, corners as shares, and whether a confidence followed, of a line; or in words why it is no thing."""
    try:
        values = np.array(words, float)
    except ValueError:
        return "not only numbers"
    if not np.isfinite(values).all() or values[0] < 0 or values[0] % 1 or values[0] >= 2**31:
        return "without a class, or with corners that are not numbers"
    if len(values) in (5, 6):
        return "only a box"
    scored = len(values) % 2 == 0
    corners = values[1 : len(values) - scored]
    if len(corners) < 6:
        return "with too few corners"
    if np.abs(corners).max() > 2:
        return "with corners that are no shares of the picture"
    return int(values[0]), corners.reshape(-1, 2), scored
