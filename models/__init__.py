"""The networks of PyStudio: recipes, not blobs. `build` turns published files into ONNX files that are proven.

One direction: recipe -> converter (tfjs, mediapipe) -> stride -> weights -> proof. Nothing here knows the site.
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from . import user_network
from .errors import ModelError
from .recipe import FOLDER, made, proven, recipes, sha256, sources

__all__ = ["ModelError", "build", "recipes"]

TOOLS = ("numpy", "onnx", "onnxruntime", "tflite")


def build(work, out, node_modules, progress=None):
    """Make and prove every network of every recipe; what is unchanged since the last time is left alone.

    Parameters
    ----------
    work : path-like
        Folder for what is remembered between builds.
    out : path-like
        Folder for the networks: ``<name>.onnx`` to be shipped, ``<name>-<variant>.onnx`` to be kept.
    node_modules : path-like
        Where npm has put the published files.
    progress : callable, optional
        Called with a short sentence before each step that takes time.

    Returns
    -------
    dict of str to Path
        By recipe name for what is shipped (the same keys as `recipes`), by ``<name>-<variant>`` for what is not.

    Raises
    ------
    ModelError
        If a published file is missing or another one than was proven, or a network fails its proof.
    """
    work, out, say = Path(work), Path(out), progress or (lambda sentence: None)
    work.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, recipe in recipes().items():
        if user_network.is_user_network(recipe):
            paths[name] = user_network.ship(FOLDER / f"{name}.toml", recipe, out)
            continue
        published = sources(recipe, node_modules)
        key, stamp = fingerprint(recipe), work / f"{name}.json"
        files = {made_name(recipe, variant): variant for variant in made(recipe)}
        if not fresh(stamp, key, files, out):
            stamp.unlink(missing_ok=True)
            make(recipe, published, files, out, say)
            hashes = {file: sha256(out / f"{file}.onnx") for file in files}
            stamp.write_text(json.dumps({"key": key, "files": hashes}, indent=1))
        paths |= {file: out / f"{file}.onnx" for file in files}
    return paths


def make(recipe, published, files, out, say):
    """Convert one network and write each variant that the recipe wants, once all of them have passed their proofs."""
    from .graph import to_bytes
    from .proof import prove

    say(f"Converting {recipe['name']} from {recipe['source']['package']}")
    model = convert(recipe, published)
    data = {}
    for variant in proven(recipe):
        say(f"Proving {recipe['name']} ({variant}) against the original")
        data[variant] = to_bytes(variant_of(model, recipe, variant))
        prove(data[variant], recipe, variant)
    for file, variant in files.items():
        partial = out / f"{file}.onnx.part"
        partial.write_bytes(data[variant])
        partial.replace(out / f"{file}.onnx")


def variant_of(model, recipe, variant):
    """The same network with its weights stored in another way, or ("int8") computing in another way."""
    if variant == published_as(recipe):
        return model
    if variant == "int8":
        from .integers import computed
        return computed(model, recipe)

    from .weights import stored
    return stored(model, variant)


def convert(recipe, published):
    """The network of a recipe as an ONNX model, its weights as they were published."""
    how = recipe["conversion"]
    member = published[recipe["source"]["member"]]
    if how["converter"] == "mediapipe":
        from .mediapipe import convert as from_tflite
        return from_tflite(member, recipe["output"]["name"], properties(recipe))

    from .stages import expose
    from .stride import coarsen
    from .tfjs import convert as from_tfjs
    model = from_tfjs(member, how["input"], {how["output"]: recipe["output"]["name"]}, how["whole_picture"],
                      properties(recipe))
    if "stride_at" in how:
        coarsen(model, how["stride_at"])
    return expose(model, recipe["stages"]) if "stages" in recipe else model


def converted(name, node_modules):
    """The network of that name as an ONNX model, from its published files; nothing is proven or remembered."""
    recipe = recipes()[name]
    return convert(recipe, sources(recipe, Path(node_modules)))


def published_as(recipe):
    """How the published file stores its weights: a network is not stored again in the way it already is."""
    return {"tfjs": "float32", "mediapipe": "float16"}[recipe["conversion"]["converter"]]


def properties(recipe):
    """What an ONNX file says about itself."""
    source, frame = recipe["source"], recipe["input"]
    said = {key: recipe[key] for key in ("name", "title", "licence", "authors")}
    return {**said,
            "source": f"{source['package']}@{source['version']}",
            "input": f"RGB, NCHW, value * {frame['scale']:.9g} + {frame['offset']:g}"}


def made_name(recipe, variant):
    """What a variant's file is called: the shipped one has the recipe's plain name."""
    return recipe["name"] if variant == recipe["variants"]["ship"] else f"{recipe['name']}-{variant}"


def fingerprint(recipe):
    """Hash of everything that decides a network's bytes and its proof: recipe, code, references, tools.

    The published files are in it by the sha256 that the recipe demands and `sources` has just checked.
    """
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
    inputs = [*sorted(FOLDER.glob("*.py")), FOLDER / "reference" / "photos.npz",
              FOLDER / "reference" / recipe["proof"]["reference"]]
    for path in inputs:
        if not path.is_file():
            raise ModelError(f"{recipe['name']}: its reference {path.name} is missing.",
                             "Restore models/reference from the repository, or run models/reference/make.py.")
        digest.update(f"{path.name} {sha256(path)}\n".encode())
    for tool in TOOLS:
        digest.update(f"{tool} {version(tool)}\n".encode())
    return digest.hexdigest()


def fresh(stamp, key, files, out):
    """Whether the files of an earlier build are there, whole, and made from the same things."""
    try:
        past = json.loads(stamp.read_text())
        return past["key"] == key and past["files"].keys() == files.keys() and all(
            sha256(out / f"{file}.onnx") == digest for file, digest in past["files"].items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
