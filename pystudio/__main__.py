"""The command line: `python -m pystudio segment photo.jpg -o mask.png`. It reads, asks `network`, prints and writes; no more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .colour import overlay
from .errors import StudioError
from .export import palette_png, png
from .image import load, probe
from .network import Prediction, network, recipes, segment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 2 when something given to it cannot be used."""
    try:
        given = _parser().parse_args(arguments)
        return given.run(given)
    except StudioError as error:
        print(f"pystudio: {error}", file=sys.stderr)
        return 2


def _segment(given: argparse.Namespace) -> int:
    chosen = network(given.network)
    photo = load(given.photo)
    full = probe(given.photo).shape
    if full != photo.shape[:2]:
        print(
            f"{given.photo} has {full[0]} × {full[1]} pixels and was reduced to {photo.shape[0]} × {photo.shape[1]}.",
            file=sys.stderr,
        )
    prediction = segment(photo, chosen, model=given.model)
    if given.output:
        _write(given.output, palette_png(prediction.label_map, chosen.labels))
    if given.overlay:
        _write(given.overlay, png(overlay(photo, prediction.label_map, chosen.labels, given.opacity)))
    print(_table(prediction))
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


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StudioError(f"{path} cannot be written: {error.strerror}.", "Choose another place.") from None


def _opacity(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
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
    command.add_argument("--network", default="deeplab_s16", metavar="NAME", help=f"one of {', '.join(recipes())} (default: deeplab_s16)")
    command.add_argument("--model", type=Path, metavar="FILE.onnx", help="the network's file, when it is not in build/models")
    command.set_defaults(run=_segment)
    return parser


if __name__ == "__main__":
    sys.exit(main())
