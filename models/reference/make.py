"""Make the reference outputs: run the original networks on small stored photos. By hand, never by the build.

    python models/reference/make.py photos PHOTOS_FOLDER      the inputs, from site_src/photos (needs Pillow)
    python models/reference/make.py deeplab                   TensorFlow.js, from the project's node_modules
    python models/reference/make.py selfie MEDIAPIPE_PYTHON   MediaPipe: the python of an environment of its own, with
                                                              mediapipe==0.10.21 (its NumPy is older than ours)

Each writes .npz files beside this one. A new reference is a new claim about the original: say in the commit why.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from models.proof import condense, enlarge, frame, network_input  # noqa: E402
from models.recipe import recipes, sources  # noqa: E402

PHOTOS = {"cat": ("chelsea.png", (129, 129)), "motorcycle": ("motorcycle.png", (97, 129)),
          "astronaut": ("astronaut.png", (129, 129))}


def make_photos(folder):
    """Cut the middle out of each photo and shrink it."""
    from PIL import Image, ImageOps

    arrays = {}
    for name, (file, (rows, columns)) in PHOTOS.items():
        image = Image.open(folder / file).convert("RGB")
        arrays[name] = np.asarray(ImageOps.fit(image, (columns, rows), Image.Resampling.BOX))
    save("photos.npz", arrays)


def make_deeplab():
    for name in ("deeplab", "deeplab_s16"):
        recipe = recipes()[name]
        model = sources(recipe, ROOT / "node_modules")[recipe["source"]["member"]]
        save_outputs(recipe, lambda photo: run_tfjs(model, recipe, photo))


def run_tfjs(model, recipe, photo):
    """The original's output (C, h, w) for a photo, by TensorFlow.js under Node."""
    image, stride = network_input(recipe, photo), recipe["output"]["stride"]
    rows, columns = image.shape[2:]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.bin", Path(folder) / "out.bin"
        source.write_bytes(image[0].transpose(1, 2, 0).astype("<f4").tobytes())
        subprocess.run(["node", HERE / "run_tfjs.mjs", model, source, target, str(rows), str(columns), str(stride)],
                       check=True, cwd=ROOT)
        grid = (rows - 1) // stride + 1, (columns - 1) // stride + 1
        return np.frombuffer(target.read_bytes(), "<f4").reshape(*grid, -1).transpose(2, 0, 1)


def make_selfies(python):
    for name in ("selfie_segmentation", "selfie_segmentation_landscape"):
        recipe = recipes()[name]
        model = sources(recipe, ROOT / "node_modules")[recipe["source"]["member"]]
        save_outputs(recipe, lambda photo: run_mediapipe(python, model, recipe, photo))


def run_mediapipe(python, model, recipe, photo):
    """The original's output (1, h, w) for a photo, by MediaPipe."""
    image = enlarge(photo, frame(recipe, photo))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npy", Path(folder) / "out.npy"
        np.save(source, image)
        subprocess.run([python, HERE / "run_mediapipe.py", model, source, target], check=True, cwd=folder)
        return np.load(target).astype("f4").reshape(1, *image.shape[:2])


def save_outputs(recipe, run):
    photos, arrays = np.load(HERE / "photos.npz"), {}
    for name in recipe["proof"]["photos"]:
        output = run(photos[name])
        arrays[name + "/numbers"], arrays[name + "/labels"] = condense(output, recipe["output"]["kind"])
        labels, cells = np.unique(arrays[name + "/labels"], return_counts=True)
        found = dict(zip(labels.tolist(), cells.tolist()))
        print(f"{recipe['name']}, {name}: output {output.shape}, cells per label {found}")
    save(recipe["proof"]["reference"], arrays)


def save(file, arrays):
    """As np.savez_compressed, but the same arrays always give the same bytes: no time of day is stored."""
    with zipfile.ZipFile(HERE / file, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)
    print(f"{file}: {(HERE / file).stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("photos").add_argument("folder", type=Path)
    commands.add_parser("deeplab")
    commands.add_parser("selfie").add_argument("python")
    given = parser.parse_args()
    if given.command == "photos":
        make_photos(given.folder)
    elif given.command == "deeplab":
        make_deeplab()
    else:
        make_selfies(given.python)


if __name__ == "__main__":
    main()
