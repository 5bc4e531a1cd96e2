"""The command line: `python -m pystudio segment photo.jpg -o mask.png`. It reads, asks `network`, prints and writes; no more."""

from __future__ import annotations

import argparse
import math
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import __version__, formats
from .errors import StudioError
from .exercises import reports
from .formats.colour_legend import read_legend
from .image import load, probe
from .labels import LabelSet
from .networks import onnx_reader, user_network
from .networks.base import Network
from .networks.network import Prediction, network, recipes, segment
from .networks.stages import GROUPS, features
from .render.colour import overlay
from .render.png import palette_png, png
from .teach import calibrate, read_head, refined_labels, teach, write_head
from .teach.stroke_images import class_colours, read_stroke_image, strokes_of

DESKTOP_SAMPLES = 4096  # pixels that a head learns from here, where nobody waits for it while drawing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 2 when something given to it cannot be used."""
    try:
        given = _parser().parse_args(arguments)
        return given.run(given)
    except StudioError as error:
        print(f"pystudio: {error}", file=sys.stderr)
    except MemoryError:
        print("pystudio: This machine has not enough memory for it. Give a smaller picture.", file=sys.stderr)
    return 2


def _segment(given: argparse.Namespace) -> int:
    _keep_apart([path for path in (given.photo, given.head) if path], [given.output, given.overlay])
    if given.head:
        return _segment_taught(given)
    chosen, model = _chosen(given)
    photo = _photo(given.photo)
    prediction = _drawn_to_edges(segment(photo, chosen, model=model), photo, given)
    if given.output:
        _write(given.output, palette_png(prediction.label_map, chosen.labels))
    if given.overlay:
        _write(given.overlay, png(overlay(photo, prediction.label_map, chosen.labels, given.opacity)))
    print(_table(prediction))
    return 0


def _drawn_to_edges(prediction: Prediction, photo: np.ndarray, given: argparse.Namespace) -> Prediction:
    return replace(prediction, label_map=refined_labels(prediction, photo)) if given.refine else prediction


def _photo(path: Path) -> np.ndarray:
    """The photo in a file; where it was reduced, that is said."""
    photo, full = load(path), probe(path).shape
    if full != photo.shape[:2]:
        print(f"{path} has {full[0]} × {full[1]} pixels and was reduced to {photo.shape[0]} × {photo.shape[1]}.", file=sys.stderr)
    return photo


def _segment_taught(given: argparse.Namespace) -> int:
    """Label a photo with classes that were taught."""
    if given.network or given.onnx or given.recipe:
        raise StudioError("--head brings its own network.", "Leave out --network, --onnx and --recipe.")
    head, photo = read_head(_read(given.head), given.head.name), _photo(given.photo)
    start = time.perf_counter()
    found = features(photo, head.network, head.stages, model=given.model)
    inference = time.perf_counter() - start
    prediction = _drawn_to_edges(head.predict(found), photo, given)
    prediction.seconds.update(inference=inference, decode=time.perf_counter() - start - inference)
    if given.output:
        _write(given.output, palette_png(prediction.label_map, head.labels))
    if given.overlay:
        # All taught classes are tinted: none of them is the background, which an overlay leaves as it is.
        shifted = LabelSet("taught", ("", *head.labels.names), np.concatenate([np.zeros((1, 3), np.uint8), head.labels.colours]))
        _write(given.overlay, png(overlay(photo, prediction.label_map + np.uint8(1), shifted, given.opacity)))
    print(_table(prediction))
    return 0


def _teach(given: argparse.Namespace) -> int:
    if len(given.files) % 2:
        raise StudioError(f"{len(given.files)} files were named.", "Name photos and strokes in pairs: photo.jpg strokes.png.")
    pairs = list(zip(given.files[::2], given.files[1::2]))
    _keep_apart([*given.files, *([given.legend] if given.legend else [])], [given.output])
    photos = [_photo(path) for path, _ in pairs]
    images = [read_stroke_image(_read(path), photo.shape[:2], path.name) for (_, path), photo in zip(pairs, photos)]
    for image in images:
        print(f"{image.name}: {image.note}", file=sys.stderr)
    classes = class_colours(images, read_legend(_read(given.legend), given.legend.name) if given.legend else None)
    found = [features(photo, given.network, given.stages, model=given.model) for photo in photos]
    drawn = [(each, strokes_of(image, classes)) for each, image in zip(found, images)]
    start = time.perf_counter()
    taught = teach(drawn, classes, given.hidden, max_samples=DESKTOP_SAMPLES)
    seconds = time.perf_counter() - start
    head = calibrate(drawn, taught.head, max_samples=DESKTOP_SAMPLES)
    _write(given.output, data := write_head(head))
    for note in taught.notes:
        print(note, file=sys.stderr)
    print(f"{', '.join(classes.names)}: learnt from {taught.samples} pixels in {seconds * 1000:.0f} ms; {taught.agreement:.1%} of the strokes are labelled as drawn. {given.output}: {len(data):,} bytes.")
    return 0


def _chosen(given: argparse.Namespace) -> tuple[Network, Path | None]:
    """The network that is asked for, and its file where one is named."""
    if given.onnx is None:
        if given.recipe is not None:
            raise StudioError("--recipe describes a network of your own.", "Name its file with --onnx.")
        return network(given.network or "deeplab_s16"), given.model
    if given.network or given.model:
        raise StudioError("--onnx brings a network of your own, --network and --model name one of ours.", "Leave out one or the other.")
    return _user_network(given)


def _user_network(given: argparse.Namespace) -> tuple[Network, Path]:
    """The network of a file that is not one of ours, and of the answers that its file does not give."""
    if given.recipe is None:
        raise StudioError("A file alone does not say how photos are prepared for it.", "Add --recipe with a file that says so; `own.md` of the site shows one.")
    header = onnx_reader.read_header(_read(given.onnx))
    found = user_network.inspect(header)
    try:
        answers = tomllib.loads(_read(given.recipe).decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudioError(f"{given.recipe} is not TOML: {error}.", "Correct the file.") from None
    chosen = user_network.make_network("own", user_network.complete_recipe({"title": given.onnx.stem} | answers, found))
    user_network.check_recipe(chosen, header)
    return chosen, given.onnx


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror}.", "Check the name and the folder.") from None


def _reports(given: argparse.Namespace) -> int:
    found, wrong, paths = [], 0, reports.files(given.files)
    _keep_apart(paths, [given.csv])
    for path in paths:
        try:
            found.append(reports.read(path))
        except reports.ReportError as error:
            wrong += 1
            print(f"{reports.printable(str(path))}: {error}", file=sys.stderr)
    if found:
        print(reports.table(found))
        if given.csv:
            _write(given.csv, reports.to_csv(found).encode("utf-8-sig", "replace"))  # with the mark that makes Excel read UTF-8
    return 2 if wrong else 0


def _convert(given: argparse.Namespace) -> int:
    kind = given.format or {".png": "png", ".json": "coco", ".npz": "npz", ".svg": "svg"}.get(given.output.suffix.lower())
    if kind is None:
        raise StudioError(f"What {given.output} should be cannot be told by its ending.", "Name it .png, .json, .npz or .svg, or give --format.")
    _keep_apart([path for path in (given.mask, given.legend, given.photo) if path], [given.output])
    shape = probe(given.photo).shape if given.photo else None
    annotation = formats.read(_read(given.mask), given.mask.name, shape, given.picture, _read(given.legend) if given.legend else None)
    for note in (*annotation.notes, *formats.unsupported_features(annotation, kind)):
        print(note, file=sys.stderr)
    photo = given.photo.name if given.photo else annotation.photo or given.mask.with_suffix(".jpg").name
    _write(given.output, formats.write(annotation, kind, photo))
    return 0


def _table(prediction: Prediction) -> str:
    """The classes found, the largest first."""
    labels = prediction.network.labels
    lines = [f"{'id':>3}  {'class':<14}{'pixels':>12}{'share':>10}"]
    for id, pixels in prediction.classes():
        lines.append(f"{id:>3}  {labels.names[id]:<14}{pixels:>12,}{pixels / prediction.label_map.size:>10.2%}")
    rows, columns = prediction.label_map.shape
    lines.append(f"{prediction.network.title}: {rows} × {columns} pixels in {sum(prediction.seconds.values()):.2f} s")
    return "\n".join(lines)


def _keep_apart(read: Sequence[Path], written: Sequence[Path | None]) -> None:
    """Refuse to write over what is read, or twice to one place."""
    taken = list(read)
    for path in filter(None, written):
        if str(path) == "-":
            raise StudioError("“-” is not the name of a file.", "Files are written to a name, such as mask.png.")
        if any(path == other or path.exists() and other.exists() and path.samefile(other) for other in taken):
            raise StudioError(f"{path} would be read and written, or written twice.", "Choose another name for what is written.")
        taken.append(path)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StudioError(f"{path} cannot be written: {error.strerror}.", "Choose another place.") from None


def _opacity(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number between 0 and 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pystudio", description="Image segmentation from the command line.")
    parser.add_argument("--version", action="version", version=f"pystudio {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)

    command = commands.add_parser("segment", help="label every pixel of a photo", description="Label every pixel of a photo.")
    command.add_argument("photo", type=Path, help="the photo: JPEG, PNG, WebP …")
    command.add_argument("-o", "--output", type=Path, metavar="MASK.png", help="write the label map: a palette PNG, its indices are the ids")
    command.add_argument("--overlay", type=Path, metavar="OVERLAY.png", help="write the photo tinted with its classes")
    command.add_argument("--opacity", type=_opacity, default=0.6, help="of the tint, 0 to 1 (default: 0.6)")
    command.add_argument("--network", metavar="NAME", help=f"one of {', '.join(recipes())} (default: deeplab_s16)")
    command.add_argument("--model", type=Path, metavar="FILE.onnx", help="the network's file, when it is not in build/models")
    command.add_argument("--onnx", type=Path, metavar="FILE.onnx", help="a network of your own, in place of --network")
    command.add_argument("--recipe", type=Path, metavar="FILE.toml", help="how photos are prepared for it, and what its classes are called")
    command.add_argument("--head", type=Path, metavar="HEAD.npz", help="label with classes of your own: a head that `teach` has written")
    command.add_argument("--refine", action="store_true", help="draw the labels to the edges of the photo")
    command.set_defaults(run=_segment)

    command = commands.add_parser("teach", help="teach classes of your own from strokes", description="Teach classes of your own from strokes on photos: a picture of each photo's size, every class in a colour of its own.")
    command.add_argument("files", nargs="+", type=Path, metavar="PHOTO STROKES.png", help="a photo and its strokes; more pairs may follow")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="HEAD.npz", help="the file to write")
    command.add_argument("--network", metavar="NAME", default="deeplab_s16", help="whose stages are looked at (default: deeplab_s16)")
    command.add_argument("--stages", choices=list(GROUPS), default="all", help="what may be looked at (default: all)")
    command.add_argument("--hidden", type=int, default=0, metavar="N", help="units of a hidden layer (default: none)")
    command.add_argument("--legend", type=Path, metavar="FILE", help="which colour is which class: lines such as sky:90,170,255")
    command.add_argument("--model", type=Path, metavar="FILE.onnx", help="the network's file, when it is not in build/models")
    command.set_defaults(run=_teach)

    command = commands.add_parser("convert", help="turn a mask into another format", description="Turn a mask into another format: label PNG, COCO, LabelMe, Label Studio, YOLO, CVAT, NPZ or SVG.")
    command.add_argument("mask", type=Path, metavar="MASK", help="the mask; what it is, is told by its content")
    command.add_argument("output", type=Path, metavar="OUT", help="the file to write")
    command.add_argument("--format", choices=list(formats.FORMATS), help="left out: by the ending of OUT (.json is COCO with packed run lengths)")
    command.add_argument("--picture", metavar="NAME", help="of a file with masks of several pictures, those of this one")
    command.add_argument("--photo", type=Path, metavar="PHOTO", help="the photo it belongs to: its size, where the mask does not say it (YOLO), and its name")
    command.add_argument("--legend", type=Path, metavar="FILE", help="which colour is which class: lines such as cat:128,0,0, as in CVAT's labelmap.txt")
    command.set_defaults(run=_convert)

    command = commands.add_parser("reports", help="read the reports that students saved", description="Read the reports that students saved on the practice pages.")
    command.add_argument("files", nargs="+", metavar="REPORT.json", help="the files, or a folder of them")
    command.add_argument("--csv", type=Path, metavar="OUT.csv", help="write a line for each student and exercise, for a spreadsheet")
    command.set_defaults(run=_reports)
    return parser


if __name__ == "__main__":
    sys.exit(main())
