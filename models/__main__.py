"""By hand: `python -m models list`, `build`, `prove`, `layers`. The build of the site calls `models.build` itself."""

import argparse
import sys
import time
from pathlib import Path

from . import ModelError, build, converted, recipes

ROOT = Path(__file__).resolve().parents[1]


def main(arguments=None):
    """Run a command; returns the exit code."""
    given = parser().parse_args(arguments)
    try:
        given.run(given)
    except ModelError as error:
        print(f"models: {error.message}\n        {error.remedy}", file=sys.stderr)
        return 2
    return 0


def parser():
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m models", description="Make and prove PyStudio's networks by hand.")
    commands = result.add_subparsers(required=True)
    command = commands.add_parser("list", help="what each network is, and where it comes from")
    command.set_defaults(run=list_recipes)
    command = commands.add_parser("build", help="convert and prove all networks; what is unchanged is left alone")
    command.add_argument("--out", type=Path, default=ROOT / "build" / "models", help="folder for the .onnx files")
    command.add_argument("--work", type=Path, default=ROOT / ".cache" / "models", help="folder for what is remembered")
    command.add_argument("--node-modules", type=Path, default=ROOT / "node_modules", help="where npm put the originals")
    command.set_defaults(run=build_all)
    command = commands.add_parser("prove", help="compare an .onnx file with the stored outputs of its original")
    command.add_argument("file", type=Path)
    command.add_argument("name", choices=sorted(recipes()), help="which network the file claims to be")
    command.add_argument("variant", choices=["float32", "float16", "w8", "int8"], help="whose tolerances hold")
    command.set_defaults(run=prove_file)
    command = commands.add_parser("layers", help="write models/layers.json anew: what the networks are made of")
    command.add_argument("--node-modules", type=Path, default=ROOT / "node_modules", help="where npm put the originals")
    command.set_defaults(run=write_layers)
    return result


def list_recipes(given):
    for name, recipe in recipes().items():
        source = recipe["source"]
        origin = source["file"] if "file" in source else f"{source['package']}@{source['version']}"
        print(f"{name}: {recipe['title']}\n  {recipe.get('summary', '')}\n  {origin}, {recipe['licence']}, {recipe['authors']}")


def build_all(given):
    start = time.perf_counter()
    paths = build(given.work, given.out, given.node_modules, print)
    for name, path in paths.items():
        print(f"{path.stat().st_size:>9} bytes  {path}{'' if name in recipes() else '  (not shipped)'}")
    print(f"{time.perf_counter() - start:.2f} s")


def prove_file(given):
    from .proof import prove

    if not given.file.is_file():
        raise ModelError(f"There is no file {given.file}.", "Make it first: python -m models build.")
    print(prove(given.file.read_bytes(), recipes()[given.name], given.variant))


def write_layers(given):
    from .stages import LAYERS, layers_text

    LAYERS.write_text(layers_text({name: converted(name, given.node_modules) for name, recipe in recipes().items() if "stages" in recipe}), encoding="utf-8")
    print(LAYERS)


if __name__ == "__main__":
    sys.exit(main())
