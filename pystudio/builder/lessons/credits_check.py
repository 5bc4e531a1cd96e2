"""What is wrong with the photos of the studio and with credits.json, which says who took them; and with label pictures drawn for them."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from ...errors import StudioError
from . import exercise_options
from .schema import FenceError
from .suggestions import did_you_mean
from .vocabulary import plain
from .mistakes import Mistake

CREDITS = "site_src/photos/credits.json"
CREDIT_FIELDS = ("name", "file", "title", "alt", "author", "licence", "source")
PHOTO_SUFFIXES = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}
OTHER_SUFFIXES = {".bmp", ".heic", ".heif", ".svg", ".tif", ".tiff"}  # pictures too, but not for every browser and for Python
HEAVIEST = 4_000_000  # bytes of one photo


class CreditsError(Exception):
    """credits.json cannot be read at all."""

    def __init__(self, line: int, message: str, remedy: str):
        super().__init__(message)
        self.mistake = Mistake(CREDITS, line, message, remedy)


def read_credits(root: Path) -> list[dict[str, Any]]:
    """The list in credits.json. Raises `CreditsError` when it is no list of entries with fields."""
    try:
        text = (root / CREDITS).read_bytes().decode("utf-8-sig")
        credits = json.loads(text)
    except FileNotFoundError as error:
        raise CreditsError(1, "This file is missing.", "It lists the photos of the studio; take it from the project that you copied.") from error
    except json.JSONDecodeError as error:
        raise CreditsError(*_why_no_json(text, error)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CreditsError(line, "This line is not written in UTF-8.", "Save the file again with the encoding UTF-8.") from error
    if not isinstance(credits, list) or not all(isinstance(credit, dict) for credit in credits):
        raise CreditsError(1, "This is not a list of photos.", "Write it as `[{…}, {…}]`, one pair of braces for each photo.")
    if not credits:
        raise CreditsError(1, "There is no photo in this list.", "The studio needs one at least: add a photo.")
    return credits


def _why_no_json(text: str, error: json.JSONDecodeError) -> tuple[int, str, str]:
    """(line, message, remedy) of what cannot be read as JSON."""
    before, here = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    line, last = error.lineno, before.count("\n") + 1
    if not text.strip():
        return 1, "This file is empty.", "Take it from the project that you copied, and add your photos to its list."
    if here[:1] in ("}", "]") and before.endswith(","):
        return last, "There is a comma after the last entry.", "Remove that comma."
    if here.startswith(("//", "#", "/*")):
        return line, "JSON has no remarks.", "Remove this line."
    if here[:1] in ("'", "“", "”", "„", "‘", "’"):
        return line, f"Texts stand in straight quotation marks here, not in {here[0]}.", 'Write " in their place.'
    if "escape" in error.msg:
        return line, "There is a backslash in this text.", "Write it twice: `\\\\`."
    if error.msg.startswith("Extra data"):
        return line, "The list ends before this.", "Put `]` at the very end of the file only, with a comma between one photo and the next."
    if "delimiter" in error.msg and not here:
        return line, "The list is not closed.", "End the file with `]`."
    if "',' delimiter" in error.msg:
        return last, "A comma is missing at the end of this line.", "Put a comma between one entry and the next."
    if "':' delimiter" in error.msg:
        return line, "A colon is missing between a name and its value.", 'Write `"name": "value"`.'
    if "control character" in error.msg or "Unterminated" in error.msg:
        return line, "A quotation mark is missing in this line.", 'Each text begins and ends with ".'
    return line, "A text in quotation marks is expected here.", 'Write `"name": "value"`, and look at the commas in this line and the one above.'


def check_credits(credits: list[dict[str, Any]], root: Path) -> Iterator[Mistake]:
    """Every photo has its credit, every credit its photo."""
    folder = (root / CREDITS).parent
    lines = (root / CREDITS).read_bytes().decode("utf-8-sig").split("\n")

    def line_of(value: Any, after: int = 0) -> int:
        needle = json.dumps(value, ensure_ascii=False)
        return next((number for number, line in enumerate(lines, 1) if number > after and needle in line), 1)

    seen: set[str] = set()
    for credit in credits:
        name = credit.get("name") or credit.get("file") or "?"
        line = line_of(name)
        if name in seen:
            yield Mistake(CREDITS, line_of(name, line), f"There are two photos named `{name}`.", "Give one of them another name.")
        seen.add(name)
        yield from _field_mistakes(credit, name, line)
        if isinstance(credit.get("file"), str) and credit["file"].strip():
            yield from _photo_file_mistakes(folder / credit["file"], credit, name, line)
    credited = {credit.get("file") for credit in credits}
    for photo in sorted(folder.iterdir()):
        if photo.suffix.lower() in PHOTO_SUFFIXES | OTHER_SUFFIXES and photo.name not in credited:
            yield Mistake(f"site_src/photos/{photo.name}", 1, "Nobody is credited for this photo.", "Add it to site_src/photos/credits.json, or delete it.")


def _field_mistakes(credit: dict[str, Any], name: Any, line: int) -> Iterator[Mistake]:
    strange = set(credit) - {*CREDIT_FIELDS, "size"}
    for key in CREDIT_FIELDS:
        if not isinstance(credit.get(key), str) or not credit[key].strip():
            meant = next((other for other in sorted(strange) if did_you_mean(other, [key]).startswith("Did")), None)
            yield Mistake(CREDITS, line, f"The photo `{name}` has no `{key}`.", f"Rename `{meant}` to `{key}`." if meant else f'Add a line `"{key}": "…"`.')
    if isinstance(credit.get("name"), str) and credit["name"].strip() and not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", credit["name"]):
        better = re.sub(r"[^a-z0-9]+", "-", plain(credit["name"]).lower()).strip("-") or "my-photo"
        yield Mistake(CREDITS, line, f"A photo cannot be named `{name}`: use small letters, digits and hyphens.", f'Write `"name": "{better}"`.')
    if isinstance(credit.get("source"), str) and credit["source"].strip() and not re.match(r"https?://\S+\.\S", credit["source"]):
        yield Mistake(CREDITS, line, f"The `source` of the photo `{name}` is no address of a page.", 'Write where it comes from, or where you are found, as `"https://…"`.')


def _photo_file_mistakes(photo: Path, credit: dict[str, Any], name: str, line: int) -> Iterator[Mistake]:
    file = credit["file"]
    if "/" in file or "\\" in file:
        yield Mistake(CREDITS, line, f"The photo `{name}` does not lie in site_src/photos itself.", "Put the file next to credits.json, and write its name only.")
        return
    there = {each.name for each in photo.parent.iterdir()}
    if file not in there:
        alike = next((each for each in sorted(there) if each.lower() == file.lower()), None)
        remedy = f'Write `"file": "{alike}"`: capital and small letters have to agree.' if alike else "Put the file next to credits.json, or remove the entry."
        yield Mistake(CREDITS, line, f"The photo `{name}` has no file `{file}`.", remedy)
        return
    try:
        with Image.open(photo) as image:
            size, turned, suffix = list(image.size), image.getexif().get(0x0112, 1) != 1, photo.suffix.lower()
            if not turned:
                image.load()  # to the last line: a file may be cut short
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        yield Mistake(CREDITS, line, f"`{file}` is not an image, or is damaged.", "Put a WebP, PNG or JPEG file in its place.")
        return
    if suffix not in PHOTO_SUFFIXES:
        yield Mistake(CREDITS, line, f"Not every browser shows `{suffix}` files.", f"Save `{file}` as WebP, PNG or JPEG, and name that.")
    elif turned:
        yield Mistake(CREDITS, line, f"The camera held `{file}` sideways, and only a note in the file says so.", "Open it in a program for pictures, turn it once round, and save it again.")
    elif "size" not in credit:
        yield Mistake(CREDITS, line, f"The photo `{name}` has no `size`.", f'Add a line `"size": {size}`.')
    elif credit["size"] != size:
        yield Mistake(CREDITS, line, f"The photo `{name}` is {size[0]} by {size[1]} pixels, and credits.json says otherwise.", f'Write `"size": {size}`.')
    if (weight := photo.stat().st_size) > HEAVIEST:
        yield Mistake(CREDITS, line, f"`{file}` weighs {weight / 1e6:.0f} MB, and every visitor loads it.", "Make it smaller: 1600 pixels on its longer side are plenty.")


# --- truths -----------------------------------------------------------------------------------------------------------


def check_truths(credits: list[dict[str, Any]], root: Path) -> Iterator[Mistake]:
    """Every label picture in site_src/truth belongs to a photo and fits it."""
    sizes = {credit.get("name"): credit.get("size") for credit in credits}
    for path in sorted((root / "site_src" / exercise_options.TRUTH).glob("[!.]*")):
        place = path.relative_to(root).as_posix()
        if path.suffix != ".png" and path.suffix.lower() == ".png":
            yield Mistake(place, 1, "The ending of this name is not in small letters.", f"Rename it to {path.stem}.png.")
        elif path.suffix != ".png":
            yield Mistake(place, 1, "This is no PNG.", "Label pictures have to be PNGs: other formats change their pixels.")
        elif path.stem not in sizes:
            yield Mistake(place, 1, f"There is no photo named {path.stem}.", did_you_mean(path.stem, map(str, sizes)))
        elif isinstance(sizes[path.stem], list):
            try:
                exercise_options.drawn_truth(path.stem, root)
            except (FenceError, StudioError) as mistake:
                yield Mistake(place, 1, mistake.message, mistake.remedy)
