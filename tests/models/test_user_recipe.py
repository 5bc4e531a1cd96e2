"""A teacher's own ONNX file as part of a site: recipe, check, build, and the labels that come out."""
import shutil
import tomllib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import models
from models import ModelError, user_network
from models.recipe import recipes
from pystudio.networks import network
from pystudio.builder import ROOT
from pystudio.builder.lessons import vocabulary
from pystudio.builder.lessons.check import check_networks

RECIPE = """name = "leaf"
title = "Leaves and stems"
licence = "CC0-1.0"
authors = "Class 9b"

[source]
file = "networks/leaf.onnx"

[own]
labels = ["background", "leaf", "stem"]
input = "image"
output = "scores"
layout = "NCHW"
order = "RGB"
rows = 0
columns = 0
longest = 64
multiple = 8
divide = 255
mean = [0, 0, 0]
std = [1, 1, 1]
kind = "logits"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one network of its own, which sees green as leaf and red as stem."""
    for folder in ("models", "networks", "out"):
        (tmp_path / folder).mkdir()
    (tmp_path / "models/leaf.toml").write_text(RECIPE, encoding="utf-8")
    weights = np.array([[0, 0, 0], [-4, 8, -4], [8, -4, -4]], np.float32).reshape(3, 3, 1, 1)
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, "h", "w"])
    graph = helper.make_graph([helper.make_node("Conv", ["image", "w", "b"], ["scores"])], "g", [value("image")], [value("scores")],
                              [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([1, 0, 0], np.float32), "b")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "networks/leaf.onnx")
    monkeypatch.setattr(network, "_PACKAGE", tmp_path / "pystudio")
    network._network.cache_clear()
    yield tmp_path
    network._network.cache_clear()


def test_it_is_shipped_as_it_is_and_labels_with_its_own_names(project, monkeypatch):
    monkeypatch.setattr(models, "FOLDER", project / "models")
    monkeypatch.setattr(models, "recipes", lambda: recipes(project / "models"))
    built = models.build(project / "work", project / "out", project / "node_modules")
    assert built["leaf"].read_bytes() == (project / "networks/leaf.onnx").read_bytes()
    photo = np.zeros((40, 48, 3), np.uint8)
    photo[:, :24, 1] = 255
    photo[:, 24:, 0] = 255
    prediction = network.segment(photo, "leaf", model=built["leaf"])
    assert prediction.network.title == "Leaves and stems"
    assert {prediction.network.labels.names[label] for label, _ in prediction.classes()} == {"leaf", "stem"}
    assert (prediction.label_map[:, :20] == 1).all() and (prediction.label_map[:, 28:] == 2).all()


def test_a_page_may_name_it(project):
    assert vocabulary.vocabulary("network", project) == ("leaf",)
    assert [str(mistake) for mistake in check_networks(project)] == []


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ("leaf.onnx", "loaf.onnx", "there is no file networks/loaf.onnx", "folder `networks`"),
        ("networks/leaf.onnx", "../../leaf.onnx", "there is no file", "folder `networks`"),
        ('licence = "CC0-1.0"\n', "", "licence is missing", "licence ="),
        ('authors = "Class 9b"', 'authors = ""', "authors is missing", "authors ="),
        ('name = "leaf"', 'name = "loaf"', "The name in a recipe has to be that of its file", '`name = "leaf"`'),
        ('input = "image"\n', "", "[own] does not say input", '`input = "image"`'),
        ("rows = 0\ncolumns = 0\n", "", "does not say rows, columns", "`rows = 0`, `columns = 0`"),
        ('"leaf", "stem"]', '"leaf", "leaf"]', "Two classes are called", "name of its own"),
        ('kind = "logits"', 'kind = "logit"', "logit", "logits"),
        ("divide = 255", "devide = 255", "devide", "divide"),
        ("[own]", "[own", "This line cannot be read", "texts in quotation marks"),
    ],
)
def test_a_recipe_with_a_mistake_is_told_with_what_to_do(project, old, new, message, remedy):
    assert old in RECIPE
    (project / "models/leaf.toml").write_text(RECIPE.replace(old, new), encoding="utf-8")
    found = list(check_networks(project))
    assert len(found) == 1 and found[0].path == "models/leaf.toml", [str(each) for each in found]
    assert message.lower() in found[0].message.lower() and remedy in found[0].remedy, str(found[0])


def test_a_file_that_is_no_network_is_told(project):
    (project / "networks/leaf.onnx").write_bytes(b"PK\x03\x04 weights")
    assert len(list(check_networks(project))) == 1


def test_a_network_whose_answer_does_not_fit_its_labels_is_not_shipped(project):
    path = project / "models/leaf.toml"
    path.write_text(RECIPE.replace(', "stem"]', "]"), encoding="utf-8")
    with pytest.raises(ModelError, match="leaf.toml"):
        user_network.ship(path, tomllib.loads(path.read_text(encoding="utf-8")), project / "out")
    assert not list((project / "out").iterdir())


def test_the_recipe_in_the_guide_is_one_that_works(project):
    guide = (ROOT / "site_src/teach.md").read_text(encoding="utf-8")
    text = guide[guide.index("```toml\n") + 8 :].split("```")[0]
    (project / "models/leaf.toml").write_text(text, encoding="utf-8")
    assert [str(mistake) for mistake in check_networks(project)] == []
    shutil.rmtree(project / "networks")
    assert len(list(check_networks(project))) == 1
