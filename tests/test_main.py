"""The command line, as a person uses it."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pystudio
from pystudio.networks import network as networks
from pystudio.__main__ import main
from pystudio.image import load, load_labels
from pystudio.labels import VOC

pytest.importorskip("onnxruntime")
ROOT = Path(pystudio.__file__).parent.parent


@pytest.fixture
def model(tmp_path):
    """Red parts are class 8, cat; all else is background. A logit for every 16th pixel."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.zeros((21, 3, 1, 1), np.float32)
    weights[8, 0], weights[8, 1] = 1, -1
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "w", "b"], ["logits"], kernel_shape=[1, 1], strides=[16, 16])],
        "red",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, None, None])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 21, None, None])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([1] + [0] * 20, np.float32), "b")],
    )
    path = tmp_path / "red.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture
def photo(tmp_path):
    """Three quarters white, one quarter red."""
    image = np.full((200, 400, 3), 255, np.uint8)
    image[:, 300:] = (255, 0, 0)
    path = tmp_path / "photo.png"
    Image.fromarray(image).save(path)
    return path


def test_segment_writes_mask_and_overlay_and_prints_the_classes(photo, model, tmp_path, capsys):
    mask, tinted = tmp_path / "mask.png", tmp_path / "overlay.png"
    assert main(["segment", str(photo), "-o", str(mask), "--overlay", str(tinted), "--opacity", "1", "--model", str(model)]) == 0

    label_map = load_labels(mask, VOC, shape=(200, 400))
    assert (label_map[:, :280] == 0).all() and (label_map[:, 310:] == 8).all()
    cats = int((label_map == 8).sum())
    assert np.array_equal(load(tinted)[label_map == 8], np.broadcast_to(VOC.colour(8), (cats, 3)))

    heading, first, second, summary = capsys.readouterr().out.splitlines()
    assert heading.split() == ["id", "class", "pixels", "share"]
    assert first.split() == ["0", "background", f"{80000 - cats:,}", f"{1 - cats / 80000:.2%}"]
    assert second.split() == ["8", "cat", f"{cats:,}", f"{cats / 80000:.2%}"]
    assert "200 × 400 pixels" in summary


def test_a_photo_that_is_reduced_says_so(model, tmp_path, capsys):
    Image.new("RGB", (5000, 20), "white").save(tmp_path / "wide.png")
    assert main(["segment", str(tmp_path / "wide.png"), "--model", str(model)]) == 0
    assert "20 × 5000 pixels and was reduced to 16 × 4096" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jpg"], "no file “nowhere.jpg”"),
        (["{photo}", "--network", "deeplabb"], "Did you mean “deeplab”?"),
        (["{photo}", "--model", "nowhere.onnx"], "nowhere.onnx"),
        (["{photo}", "--model", "{photo}"], "not a network"),
        (["{photo}", "--model", "{model}", "-o", "{folder}/none/mask.png"], "cannot be written"),
        (["{photo}", "--model", "{other}"], "does not take the input of the network deeplab_s16"),
        (["{photo}", "--model", "{model}", "-o", "{photo}"], "would be read and written"),
        (["{photo}", "--model", "{model}", "-o", "{folder}/one.png", "--overlay", "{folder}/one.png"], "written twice"),
        (["{photo}", "--model", "{model}", "-o", "-"], "“-” is not the name of a file"),
        (["-"], "no file “-”"),
        (["{photo}", "--recipe", "mine.toml"], "--onnx"),
        (["{photo}", "--onnx", "{model}", "--model", "{model}"], "--onnx brings a network of your own"),
        (["{photo}", "--onnx", "{model}", "--network", "deeplab"], "--onnx brings a network of your own"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(photo, model, tmp_path, capsys, arguments, said):
    other = tmp_path / "other.onnx"  # the same arithmetic under other names
    other.write_bytes(model.read_bytes().replace(b"logits", b"scores"))
    before = photo.read_bytes()
    filled = [each.format(photo=photo, model=model, other=other, folder=tmp_path) for each in arguments]
    assert main(["segment", *filled]) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and len(err.splitlines()) == 1
    assert photo.read_bytes() == before and not Path("-").exists()


def test_too_little_memory_is_one_line(photo, model, capsys, monkeypatch):
    def load(_):
        raise MemoryError

    monkeypatch.setattr("pystudio.__main__.load", load)
    assert main(["segment", str(photo), "--model", str(model)]) == 2
    assert capsys.readouterr().err == "pystudio: This machine has not enough memory for it. Give a smaller picture.\n"


@pytest.mark.parametrize("opacity", ["3", "-0.1", "half", "nan"])
def test_an_opacity_that_is_none_is_quoted(opacity, capsys):
    with pytest.raises(SystemExit):
        main(["segment", "a.png", "--opacity", opacity])
    assert f"{opacity} is not a number between 0 and 1" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["paint"], ["segment"], ["segment", "a.png", "--opacity", "3"]])
def test_a_wrong_command_line_is_explained_with_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage: python -m pystudio" in capsys.readouterr().err


def test_a_network_that_was_not_built_says_how_to_build_it(photo, tmp_path, monkeypatch, capsys):
    installed = tmp_path / "site" / "pystudio"  # as a wheel: recipes, but no build folder
    shutil.copytree(ROOT / "models", installed / "recipes", ignore=lambda _, names: [n for n in names if not n.endswith(".toml")])
    monkeypatch.setattr(networks, "_PACKAGE", installed)
    assert main(["segment", str(photo)]) == 2
    assert "python3 build.py site" in capsys.readouterr().err


def test_it_runs_as_a_module(photo, model, tmp_path):
    command = [sys.executable, "-m", "pystudio", "segment", str(photo), "-o", str(tmp_path / "m.png"), "--model", str(model)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "cat" in done.stdout and (tmp_path / "m.png").stat().st_size > 0
    done = subprocess.run([sys.executable, "-m", "pystudio", "segment", "nowhere.png"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
