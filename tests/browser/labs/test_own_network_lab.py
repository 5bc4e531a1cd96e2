"""“Bring your own”, as a visitor does: an ONNX file is read, asked about, used everywhere, kept, and refused in plain words where it cannot be."""

import base64

import numpy as np
import onnx
import pytest
from tests.browser.conftest import BOOT, opened, ready, visitor
from onnx import TensorProto, helper, numpy_helper
from tests.browser.person import Picture, problem
from PIL import Image
from playwright.sync_api import expect

ELEMENT = "studio-own-network"


def bright():
    """A network that tells bright pixels from dark ones by the sum of their colours: two scores a pixel."""
    weights = np.array([[0, 0, 0], [1, 1, 1]], np.float32).reshape(2, 3, 1, 1)
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Conv", ["photo", "w", "b"], ["scores"], kernel_shape=[1, 1])], "g", [value("photo", [1, 3, "h", "w"])],
                              [value("scores", [1, 2, "h", "w"])], [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([0, -1.5], np.float32), "b")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="the tests", ir_version=8)


def classifier():
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    nodes = [helper.make_node("GlobalAveragePool", ["photo"], ["p"]), helper.make_node("Flatten", ["p"], ["scores"])]
    return helper.make_model(helper.make_graph(nodes, "g", [value("photo", [1, 3, 224, 224])], [value("scores", [1, 3])]), opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def unknown():
    whole = bright()
    whole.graph.node[0].CopyFrom(helper.make_node("Warp", ["photo"], ["scores"], domain="com.acme"))
    whole.opset_import.append(helper.make_opsetid("com.acme", 1))
    return whole


@pytest.fixture(scope="module")
def asked():
    return []


@pytest.fixture(scope="module")
def lab(browser, lesson, asked):
    with visitor(browser) as context:
        page = opened(context)
        page.on("request", lambda request: asked.append((request.method, request.url)))
        page.goto(lesson(("own-network", "photo: kitten"), ("segment", "")))
        ready(page, ELEMENT)
        ready(page, "studio-segment")
        yield page


def bring(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose an ONNX file").click()
    chooser.value.set_files(path)


def names(page, text):
    page.get_by_label("Names of the classes").select_option("own")
    page.get_by_label("One name a line").fill(text)


def check_bright(page, element, layer):
    """The labels that are drawn are those of the brightness of the photo itself."""
    picture = Picture(page, element)
    photo, drawn = picture.layer("photo")[..., :3].astype(float), picture.layer(layer)
    small = np.asarray(Image.fromarray(photo.astype(np.uint8)).resize((64, 48), Image.BOX), float).sum(axis=2)
    shown = np.asarray(Image.fromarray(drawn[..., 3]).resize((64, 48), Image.BOX), float) / 255
    sure = np.abs(small - 382) > 60
    assert ((shown > 0.5) == (small > 382))[sure].mean() > 0.97


def test_a_file_is_read_and_asked_about_and_labels_the_photo(lab, tmp_path):
    path = tmp_path / "bright.onnx"
    onnx.save(bright(), path)
    bring(lab, path)
    expect(lab.locator(".ps-own-told")).to_contain_text("takes pictures of any size and answers with 2 scores for every pixel")
    names(lab, "dark\nlight")
    lab.get_by_label("Colours are scaled to").select_option("unit")
    lab.get_by_role("button", name="Use this network").click()
    lab.locator(f"{ELEMENT}[data-classes*=light]").wait_for(state="attached", timeout=BOOT)
    check_bright(lab, ELEMENT, "labels")


def test_it_is_then_a_network_like_the_others(lab):
    lab.locator("studio-segment").get_by_label("Network", exact=True).select_option(label="Yours: bright")
    lab.locator("studio-segment[data-classes=light][data-state=ready]").wait_for(state="attached", timeout=BOOT)
    check_bright(lab, "studio-segment", "labels")


def test_nothing_of_it_left_the_page(lab, asked, server):
    assert asked and all(method == "GET" and url.startswith((server.url, "blob:", "data:")) for method, url in asked)


@pytest.mark.parametrize("make, words", [
    (lambda: classifier().SerializeToString(), "looks like a classifier"),
    (lambda: b"PK\x03\x04" + bytes(500), "perhaps weights of PyTorch"),
    (lambda: bright().SerializeToString()[:60], "not a whole network"),
])  # fmt: skip
def test_wrong_files_are_told_for_what_they_are(lab, tmp_path, make, words):
    (tmp_path / "wrong.onnx").write_bytes(make())
    bring(lab, tmp_path / "wrong.onnx")
    expect(lab.locator("[role=alert]:visible")).to_contain_text(words)
    problem(lab)


def test_an_operator_that_the_browser_lacks_is_named(lab, tmp_path):
    onnx.save(unknown(), tmp_path / "odd.onnx")
    bring(lab, tmp_path / "odd.onnx")
    lab.get_by_role("button", name="Use this network").click()
    expect(lab.locator("[role=alert]:visible")).to_contain_text("Warp", timeout=BOOT)


def test_names_that_do_not_fit_are_told_and_can_be_put_right(lab, tmp_path):
    onnx.save(bright(), tmp_path / "again.onnx")
    bring(lab, tmp_path / "again.onnx")
    names(lab, "a\nb\nc")
    lab.get_by_role("button", name="Use this network").click()
    expect(lab.locator("[role=alert]:visible")).to_contain_text("as many names as it has classes: 2", timeout=BOOT)
    names(lab, "a\nb")
    lab.get_by_role("button", name="Use this network").click()
    expect(lab.get_by_role("list", name="Networks you brought")).to_contain_text("again", timeout=BOOT)


def test_a_network_dropped_beside_the_element_is_taken_and_not_opened_as_a_photo(lab):
    data = base64.b64encode(bright().SerializeToString()).decode()
    lab.evaluate("""data => {
        const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
        const carried = new DataTransfer();
        carried.items.add(new File([bytes], "dropped.onnx"));
        const place = document.querySelector("studio-segment");
        for (const name of ["dragenter", "dragover", "drop"]) place.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: carried }));
    }""", data)
    expect(lab.locator(".ps-own-told")).to_contain_text("dropped.onnx: It takes pictures")
    expect(lab.locator("[role=alert]:visible")).to_have_count(0)
    expect(lab.locator(".ps-dropping")).to_have_count(0)


def test_it_is_kept_for_the_next_visit_until_it_is_removed(lab):
    lab.reload()
    ready(lab, ELEMENT)
    kept = lab.get_by_role("list", name="Networks you brought")
    expect(kept).to_contain_text("bright")
    kept.get_by_role("listitem").filter(has_text="bright").get_by_role("button", name="Show").click()
    lab.locator(f"{ELEMENT}[data-classes*=light]").wait_for(state="attached", timeout=BOOT)
    kept.get_by_role("button", name="Remove bright").click()
    expect(kept).not_to_contain_text("bright")
    expect(lab.locator("studio-segment").get_by_label("Network", exact=True).locator("option", has_text="bright")).to_have_count(0)


def graph(*nodes, given=TensorProto.FLOAT, answer=("scores", TensorProto.FLOAT, [1, 2, "h", "w"]), weights=None, bias=(0, -1.5)):
    """As `bright`, with another type in, and other steps behind the scores."""
    weights = np.array([[0, 0, 0], [1, 1, 1]], np.float32)[:, :, None, None] if weights is None else weights
    first = [helper.make_node("Cast", ["photo"], ["cast"], to=TensorProto.FLOAT), helper.make_node("Conv", ["cast", "w", "b"], ["raw"], kernel_shape=[1, 1])]
    name, type, shape = answer
    whole = helper.make_graph([*first, *nodes], "g", [helper.make_tensor_value_info("photo", given, [1, 3, "h", "w"])], [helper.make_tensor_value_info(name, type, shape)],
                              [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array(bias, np.float32), "b")])
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def use(page, whole, path):
    onnx.save(whole, path)
    bring(page, path)
    expect(page.locator(".ps-own-told")).to_contain_text(f"{path.name}: It takes pictures")


def check_used(page, title):
    page.get_by_role("button", name="Use this network").click()
    expect(page.locator(".ps-own-told")).to_contain_text(f"{title} is now offered", timeout=BOOT)
    page.locator(f"{ELEMENT}[data-classes*=light][data-state=ready]").wait_for(state="attached", timeout=BOOT)
    check_bright(page, ELEMENT, "labels")


@pytest.mark.parametrize("type", ["float16", "float64", "uint8"])
def test_a_network_is_given_its_picture_in_the_type_that_it_takes(lab, tmp_path, type):
    kind = getattr(TensorProto, {"float16": "FLOAT16", "float64": "DOUBLE", "uint8": "UINT8"}[type])
    out = kind if type == "float16" else TensorProto.FLOAT
    use(lab, graph(helper.make_node("Cast", ["raw"], ["scores"], to=out), given=kind, answer=("scores", out, [1, 2, "h", "w"]), bias=(0, -382.5 if type == "uint8" else -1.5)), tmp_path / f"{type}.onnx")
    names(lab, "dark\nlight")
    scale = lab.get_by_label("Colours are scaled to")
    expect(scale).to_have_value("raw" if type == "uint8" else "imagenet")
    if type != "uint8":
        scale.select_option("unit")
    check_used(lab, type)


def test_what_one_value_means_is_asked_where_its_file_does_not_say(lab, tmp_path):
    one = np.ones((1, 3, 1, 1), np.float32)
    use(lab, graph(helper.make_node("Einsum", ["raw"], ["scores"], equation="nchw->nchw"), answer=("scores", TensorProto.FLOAT, [1, 1, "h", "w"]), weights=one, bias=(-1.5,)), tmp_path / "one.onnx")
    names(lab, "dark\nlight")
    lab.get_by_label("Colours are scaled to").select_option("unit")
    expect(lab.get_by_label("Where the classes are")).to_be_hidden()
    lab.get_by_role("button", name="Use this network").click()
    expect(lab.locator("[role=alert]:visible")).to_contain_text("Its file does not say what the network answers.")
    lab.get_by_label("What it answers").select_option("logit")
    check_used(lab, "one")


def test_where_the_classes_are_is_asked_where_its_file_does_not_say(lab, tmp_path):
    turned = helper.make_node("Einsum", ["raw"], ["scores"], equation="nchw->nhwc")
    use(lab, graph(turned, answer=("scores", TensorProto.FLOAT, [1, "a", "b", "c"])), tmp_path / "last.onnx")
    names(lab, "dark\nlight")
    lab.get_by_label("Colours are scaled to").select_option("unit")
    lab.get_by_role("button", name="Use this network").click()
    expect(lab.locator("[role=alert]:visible")).to_contain_text("Its file does not say where in the answer the classes are.")
    lab.get_by_label("Where the classes are").select_option("After rows and columns")
    check_used(lab, "last")
