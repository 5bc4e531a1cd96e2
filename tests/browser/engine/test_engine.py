"""The engine in a real browser: what it computes is what the desktop computes, and it outlives its own death."""
import base64
import json

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.browser.conftest import Elsewhere, ROOT, ask, engine_worker, ready, serving
from playwright.sync_api import expect
from pystudio import image
from pystudio.networks import network
from pystudio.segment import region_growing

PHOTOS = json.loads((ROOT / "site_src/photos/credits.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def home(browser, server):
    """One page for the whole module: booting once is enough to ask many things."""
    context = browser.new_context()
    context.set_default_timeout(180_000)
    page = context.new_page()
    page.goto(server.url + "index.html")
    ready(page, "studio-segment")
    yield page
    context.close()


def opened(page, name):
    """Open a bundled photo through the page's own store; return its shape."""
    return tuple(page.evaluate("""async name => {
        const { store } = window.pystudio;
        if (!await store.openPhoto({ name })) throw new Error(`${name} was not opened`);
        await store.opened;
        return [store.photo.rows, store.photo.columns];
    }""", name))


def predicted(page, net):
    """The label map of the open photo, as the browser computed it."""
    reply = page.evaluate("""async net => {
        const { rows, columns, label_map } = await window.pystudio.store.predict(net);
        let text = "";
        for (let i = 0; i < label_map.length; i += 32768) text += String.fromCharCode(...label_map.subarray(i, i + 32768));
        return { rows, columns, label_map: btoa(text) };
    }""", net)
    return np.frombuffer(base64.b64decode(reply["label_map"]), np.uint8).reshape(reply["rows"], reply["columns"])


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda p: p["name"])
@pytest.mark.parametrize("net", ["deeplab_s16", "selfie_segmentation"])
def test_browser_and_desktop_agree_on_every_bundled_photo(home, photo, net):
    pixels = image.load(ROOT / "site_src/photos" / photo["file"])
    assert opened(home, photo["name"]) == pixels.shape[:2]
    in_browser, on_desktop = predicted(home, net), network.segment(pixels, net).label_map
    assert (in_browser == on_desktop).mean() >= 0.999


@pytest.mark.parametrize("name", ["kitten", "band"])
def test_the_fine_network_agrees_too(home, name):
    photo = next(p for p in PHOTOS if p["name"] == name)
    opened(home, name)
    on_desktop = network.segment(image.load(ROOT / "site_src/photos" / photo["file"]), "deeplab").label_map
    assert (predicted(home, "deeplab") == on_desktop).mean() >= 0.999


@pytest.mark.parametrize("name, expected", [("kitten", "cat"), ("horses", "horse"), ("sheep", "sheep"), ("band", "person"), ("cows", "cow"), ("shepherd", "dog")])
def test_the_network_finds_what_is_in_the_photo(home, name, expected):
    opened(home, name)
    reply = ask(home, "segment.run", {"network": "deeplab_s16"})
    found = {c["name"]: c["share"] for c in reply["classes"]}
    assert found.get(expected, 0) > 0.02, found


def test_strokes_score_exactly_what_numpy_counts(home):
    rows, columns = opened(home, "kitten")
    truth = predicted(home, "deeplab_s16")
    ask(home, "paint.truth", {"source": "network", "network": "deeplab_s16"})
    mask = np.zeros((rows, columns), np.uint8)
    rng = np.random.default_rng(20)
    at = np.array([300.0, 400.0])
    for n in range(30):
        to = np.clip(at + rng.normal(0, 60, 2), 0, (rows - 1, columns - 1))
        stroke = {"points": [at.tolist(), to.tolist()], "radius": float(rng.uniform(2, 40)), "label": int(rng.choice([0, 8, 12])),
                  "begin": n % 5 == 0, "end": n % 5 == 4}
        reply = ask(home, "paint.stroke", stroke)
        for p in reply["patches"]:
            mask[p["row"]: p["row"] + p["rows"], p["column"]: p["column"] + p["columns"]] = np.reshape(p["labels"], (p["rows"], p["columns"]))
        at = to
        assert reply["scores"]["pixel_accuracy"] == (mask == truth).mean()
        for c in reply["scores"]["classes"]:
            a, b = mask == c["id"], truth == c["id"]
            assert (c["intersection"], c["union"]) == ((a & b).sum(), (a | b).sum())
            assert c["iou"] == pytest.approx((a & b).sum() / (a | b).sum(), abs=1e-15)
        assert reply["scores"]["mean_iou"] == pytest.approx(np.mean([c["iou"] for c in reply["scores"]["classes"]]), abs=1e-15)
    assert len(np.unique(mask)) == 3


@pytest.mark.parametrize("reference", ["seed", "mean"])
@pytest.mark.parametrize("neighbours", [4, 8])
def test_a_grown_region_is_that_of_the_bfs_on_the_page(home, reference, neighbours):
    opened(home, "chelsea")
    pixels = image.load(ROOT / "site_src/photos/chelsea.png")
    for seed, tolerance in [((150, 200), 40), ((10, 10), 25), ((299, 450), 60)]:
        reply = ask(home, "grow.run", {"row": seed[0], "column": seed[1], "tolerance": tolerance, "reference": reference, "connectivity": neighbours, "restart": True})
        by_hand = region_growing.grow_by_hand(pixels, seed, tolerance, reference, neighbours)
        np.testing.assert_array_equal(np.sort(reply["indices"]), np.flatnonzero(by_hand))


def test_a_cancelled_call_ends_as_cancelled(home):
    opened(home, "horses")
    kind = home.evaluate("""async () => {
        const stop = new AbortController();
        const call = window.pystudio.engine.call("segment.run", { network: "deeplab" }, { signal: stop.signal });
        stop.abort();
        return call.then(() => "answered", error => error.kind);
    }""")
    assert kind == "cancelled"


def test_pythons_tracebacks_stay_out_of_the_page(home):
    said = home.evaluate("""async () => {
        const told = [];
        for (const [call, args] of [["grow.run", { row: 1e6, column: 0, tolerance: 1, reference: "seed", connectivity: 4, restart: true }], ["no.such", {}], ["paint.lasso", { points: "x", label: 1 }]])
            await window.pystudio.engine.call(call, args).catch(error => told.push([error.message, error.remedy, error.kind]));
        return told;
    }""")
    assert len(said) == 3
    for message, remedy, kind in said:
        assert message and remedy and kind == "input"
        assert "Traceback" not in message and "File \"" not in message


def test_a_network_that_breaks_off_on_a_photo_is_told_in_plain_words(home):
    """It runs on the small picture that it is tried on, and on no photo; the words are not that the studio made a mistake."""
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    nodes = [helper.make_node("Conv", ["photo", "w"], ["c"], kernel_shape=[1, 1]), helper.make_node("Reshape", ["c", "size"], ["scores"])]
    graph = helper.make_graph(nodes, "g", [value("photo", [1, 3, "h", "w"])], [value("scores", [1, 2, "h", "w"])],
                              [numpy_helper.from_array(np.ones((2, 3, 1, 1), np.float32), "w"), numpy_helper.from_array(np.array([1, 2, 47, 63]), "size")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    recipe = {"title": "Stiff", "input": "photo", "output": "scores", "layout": "NCHW", "order": "RGB", "rows": 0, "columns": 0, "longest": 64, "multiple": 1,
              "divide": 255, "mean": [0, 0, 0], "std": [1, 1, 1], "kind": "logits", "labels": ["background", "thing"]}
    rows, columns = opened(home, "astronaut")
    assert rows == columns  # and so it is seen at another size
    said = home.evaluate("""async ([model, recipe]) => {
        const { engine } = window.pystudio;
        const bytes = Uint8Array.from(atob(model), letter => letter.charCodeAt(0)).buffer;
        await engine.call("own_network.open", { name: "own_stiff", model: bytes, recipe });
        const told = await engine.call("segment.run", { network: "own_stiff" }).catch(({ kind, message, remedy }) => ({ kind, message, remedy }));
        return { ...told, after: (await engine.call("segment.run", { network: "deeplab_s16" })).n_classes };
    }""", [base64.b64encode(model).decode(), recipe])
    assert (said["kind"], said["after"], said["remedy"]) == ("input", 21, "Try another photo or another network.")
    assert said["message"].startswith("The network “Stiff” could not be run on this picture. ONNX Runtime says: The input tensor cannot be reshaped")


def test_the_workers_own_requests_are_held_to_the_policy(home):
    """Python could ask anybody; the policy that the worker inherits from the page refuses before anything is sent."""
    with serving(Elsewhere) as other:
        Elsewhere.asked.clear()
        answer = engine_worker(home).evaluate("""url => fetch(url, { mode: "no-cors" }).then(() => "sent", () => "refused")""", other.url)
        assert (answer, Elsewhere.asked) == ("refused", [])
    policy = home.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute("content")
    assert "connect-src 'self'" in policy and "'unsafe-eval'" not in policy


def test_when_the_worker_dies_photo_and_mask_live_on(home):
    rows, columns = opened(home, "cows")
    home.evaluate("""() => window.pystudio.store.paint("stroke", { points: [[100, 100], [200, 300]], radius: 20, label: 10, begin: true, end: true })""")
    before = home.evaluate("() => window.pystudio.store.mask.reduce((sum, label) => sum + label, 0)")
    assert before > 0
    home.evaluate("""() => {
        window.died = new Promise(resolve => window.pystudio.engine.on("restart", failure => resolve(failure.message)));
        window.alive = new Promise(resolve => window.pystudio.store.on("reopened", resolve));
    }""")
    engine_worker(home).evaluate("() => { setTimeout(() => { throw new Error('killed by the test'); }); }")
    assert "stopped" in home.evaluate("() => window.died")
    home.evaluate("() => window.alive.then(() => true)")
    reply = ask(home, "paint.fill", {"row": 0, "column": 0, "label": 0})
    assert reply["patches"] == []  # the corner is background already: the fill has nothing to do
    exported = ask(home, "export", {"what": "mask", "from": "paint"})["bytes"]
    kept = image.load_labels(bytes(exported))
    assert kept.shape == (rows, columns) and int(kept.astype(np.int64).sum()) == before


FATAL = {
    "the stack is used up": "x = []\nfor _ in range(10**6): x = [x]\nrepr(x)",
    "Python is ended": "import os\nos._exit(3)",
    "it happens between two steps": "import asyncio, os\nasyncio.get_event_loop().call_later(0.1, os._exit, 3)\nawait asyncio.sleep(1000)",
}


PROGRAM_ENDED = ("This program called itself without end, and Python had to start again.", "Running this program ended Python, which had to start again.")


@pytest.mark.parametrize("source", FATAL.values(), ids=FATAL)
def test_when_python_falls_over_for_good_its_calls_are_answered_and_photo_and_mask_live_on(page, server, source):
    """Pyodide itself leaves them without an answer for ever."""
    page.goto(server.url + "index.html")
    ready(page, "studio-segment")
    page.evaluate("""() => window.pystudio.store.paint("stroke", { points: [[100, 100], [200, 300]], radius: 20, label: 10, begin: true, end: true })""")
    before = page.evaluate("() => window.pystudio.store.mask.reduce((sum, label) => sum + label, 0)")
    page.evaluate("""source => {
        const { engine, store } = window.pystudio;
        window.alive = new Promise(resolve => store.on("reopened", resolve));
        window.answer = engine.call("cell.run", { key: "k", title: "cell", source, network: "deeplab_s16" }, { stoppable: true }).catch(error => error.message);
    }""", source)
    expect(page.get_by_role("alert").first).to_contain_text("A program on this page ended Python. It starts again, with your photo and your mask.")
    assert page.evaluate("() => window.answer") in PROGRAM_ENDED
    page.evaluate("() => window.alive.then(() => true)")
    kept = image.load_labels(bytes(ask(page, "export", {"what": "mask", "from": "paint"})["bytes"]))
    assert before > 0 and int(kept.astype(np.int64).sum()) == before
