"""A teacher's own networks: an ONNX file and a recipe that describes it, shipped as they are once the file has answered. Nothing is converted here."""

import shutil
from pathlib import Path

from .errors import ModelError

FIELDS = ("name", "title", "licence", "authors")


def is_user_network(recipe):
    """Whether a recipe is for a file of one's own: it names no package but a file.

    Examples
    --------
    >>> is_user_network({"source": {"file": "networks/leaf.onnx"}}), is_user_network({"source": {"package": "x"}})
    (True, False)
    """
    source = recipe.get("source")
    return isinstance(source, dict) and "file" in source


def check(path, recipe):
    """Check the recipe of one's own network against its file.

    Parameters
    ----------
    path : Path
        The recipe, in the folder ``models`` of a project.
    recipe : dict
        What it says: `FIELDS`, the ``file`` of ``[source]`` (from the project's folder), and the table ``[own]``, which is what
        `pystudio.networks.user_network.make_network` wants.

    Returns
    -------
    pystudio.networks.user_network.UserNetwork

    Raises
    ------
    ModelError
        Something is missing or does not fit the file. What the file itself tells is in the remedy, to be copied.
    """
    from pystudio.errors import StudioError
    from pystudio.networks import onnx_reader, user_network

    for field in FIELDS:
        if not isinstance(recipe.get(field), str) or not recipe[field].strip():
            raise ModelError(f"{path.name}: {field} is missing.", f'Write `{field} = "…"` above the first table.')
    if recipe["name"] != path.stem:
        raise ModelError(f"{path.name}: its name is {recipe['name']!r}.", "File and recipe must have the same name.")
    try:
        found = user_network.inspect(onnx_reader.read_header(file_of(path, recipe).read_bytes()))
        whole = user_network.complete_recipe(recipe.get("own", {}), found) | {"title": recipe["title"]}
        if missing := [key for key in whole if key not in recipe.get("own", {}) and key not in ("title", "labels")]:
            lines = ", ".join(f"`{key} = {_toml(whole[key])}`" for key in missing)
            raise ModelError(f"{path.name}: [own] does not say {', '.join(missing)}.", f"From the file, or usual: {lines}. Correct what you know better.")
        return user_network.make_network(recipe["name"], whole)
    except StudioError as error:
        raise ModelError(f"{path.name}: {error.message}", error.remedy) from None


def _toml(value):
    return f'"{value}"' if isinstance(value, str) else str(value)


def file_of(path, recipe):
    """The ONNX file that a recipe names, from the project's folder. Raises `ModelError` where it is not there."""
    root = Path(path).resolve().parents[1]
    file = (root / str(recipe["source"]["file"])).resolve()
    if root not in file.parents or file.suffix != ".onnx" or not file.is_file():
        raise ModelError(f"{path.name}: there is no file {recipe['source']['file']}.", "Put the ONNX file into the folder `networks` of the project, and name it from there: `file = \"networks/leaf.onnx\"`.")
    return file


def ship(path, recipe, out):
    """Copy one's own network to where the networks are shipped from, once it has labelled a picture.

    Raises
    ------
    ModelError
        It gives no answer, or one that does not fit its recipe.
    """
    import numpy as np

    from pystudio.errors import StudioError
    from pystudio.networks import network

    chosen, file = check(path, recipe), file_of(path, recipe)
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    try:
        network.segment(picture, chosen, model=file)
    except StudioError as error:
        raise ModelError(f"{path.name}: {error.message}", error.remedy) from None
    except Exception as error:  # ONNX Runtime's own: what a network cannot compute is only known when it computes
        raise ModelError(f"{path.name}: {file.name} stopped while it labelled a picture: {error}", "Check `rows`, `columns` and `multiple` in [own].") from None
    shipped = Path(out) / f"{recipe['name']}.onnx"
    if not shipped.is_file() or shipped.read_bytes() != file.read_bytes():
        shutil.copyfile(file, shipped)
    return shipped
