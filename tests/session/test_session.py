"""The session, on the desktop: the same object that answers the page, with a network that the test brings."""
import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pystudio.measure import metrics
from pystudio.networks import network
from pystudio.segment import region_growing
from pystudio.errors import StudioError
from pystudio.render.png import palette_png
from pystudio.labels import VOC
from pystudio.session.protocol import calls
from pystudio.session.session import Session

ROWS, COLUMNS = 40, 56


def answers(coroutine):
    """Run to the end, in a thread of its own: Playwright's loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def photo():
    rng = np.random.default_rng(7)
    image = np.full((ROWS, COLUMNS, 3), (30, 60, 90), np.uint8)
    image[10:30, 20:50] = (200, 180, 40)
    return np.clip(image + rng.integers(-4, 5, image.shape), 0, 255).astype(np.uint8)


class FakeNetwork:
    """Not a network: says "cat" (8) in a box of its grid and counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    async def __call__(self, net, tensor):
        self.asked += 1
        h, w = ((n - 1) // net.stride + 1 for n in tensor.shape[2:])
        logits = np.zeros((1, 21, h, w), np.float32)
        logits[0, 0] = 1
        logits[0, 8, h // 4: -h // 4, w // 3:] = 5
        return logits


@pytest.fixture
def runs():
    return FakeNetwork()


@pytest.fixture
def session(photo, runs):
    session = Session(runs)
    rgba = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    assert session.method("photo.open")(ROWS, COLUMNS, rgba.tobytes()) == {"rows": ROWS, "columns": COLUMNS}
    return session


def segmented(session):
    return answers(session.method("segment.run")("deeplab_s16"))


def applied(mask, painted):
    for p in painted["patches"]:
        mask[p["row"]: p["row"] + p["rows"], p["column"]: p["column"] + p["columns"]] = p["labels"].reshape(p["rows"], p["columns"])
    return mask


def test_nothing_can_be_asked_before_a_photo_is_open(runs):
    session = Session(runs)
    with pytest.raises(StudioError, match="No photo is open"):
        answers(session.method("segment.run")("deeplab_s16"))
    for call in (session.method("paint.clear"), session.method("paint.undo"), lambda: session.method("grow.run")(0, 0, 1, "seed", 4, True)):
        with pytest.raises(StudioError, match="No photo is open"):
            call()


def test_a_photo_with_the_wrong_number_of_bytes_is_refused_and_the_open_one_stays(session):
    before = segmented(session)
    with pytest.raises(StudioError, match="40 × 56 pixels cannot have 3 bytes"):
        session.open_photo(ROWS, COLUMNS, b"abc")
    assert segmented(session)["cached"] and before["classes"]


def test_a_photo_is_run_through_the_network_once(session, runs):
    first, second = segmented(session), segmented(session)
    assert (first["cached"], second["cached"], runs.asked) == (False, True, 1)
    np.testing.assert_array_equal(first["label_map"], second["label_map"])


def test_the_reply_of_segment_adds_up(session):
    reply = segmented(session)
    assert reply["label_map"].shape == (ROWS * COLUMNS,)
    assert {c["name"]: c["pixels"] for c in reply["classes"]} == {
        VOC.names[i]: int(n) for i, n in zip(*np.unique(reply["label_map"], return_counts=True))}
    assert sum(c["share"] for c in reply["classes"]) == pytest.approx(1)
    assert reply["predictions"] == ROWS * COLUMNS
    assert reply["scores"] == np.prod(reply["output"]["shape"]) and reply["output"]["shape"][:2] == [1, 21]
    assert set(reply) == set(calls()["segment.run"][1].__annotations__)


def test_reading_a_pixel_agrees_with_the_label_map(session):
    label_map = segmented(session)["label_map"].reshape(ROWS, COLUMNS)
    for row, column in [(0, 0), (20, 40), (39, 55)]:
        read = session.method("segment.at")("deeplab_s16", row, column)
        assert read["id"] == label_map[row, column] == read["best"][0]["id"]
        assert [b["score"] for b in read["best"]] == sorted((b["score"] for b in read["best"]), reverse=True)
    with pytest.raises(StudioError, match="outside the photo"):
        session.method("segment.at")("deeplab_s16", ROWS, 0)


def test_an_answer_for_a_photo_that_was_replaced_meanwhile_is_dropped(photo):
    async def story():
        asked, go_on = asyncio.Event(), asyncio.Event()
        fake = FakeNetwork()

        async def slow(net, tensor):
            asked.set()
            await go_on.wait()
            return await fake(net, tensor)
        session = Session(slow)
        rgba = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]).tobytes()
        session.open_photo(ROWS, COLUMNS, rgba)
        running = asyncio.create_task(session.method("segment.run")("deeplab_s16"))
        await asked.wait()
        session.open_photo(ROWS, COLUMNS, rgba)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(StudioError, match="has not labelled this photo"):
            session.method("segment.at")("deeplab_s16", 0, 0)
    answers(story())


def test_patches_of_a_stroke_rebuild_the_mask_and_scores_equal_those_from_scratch(session):
    truth = segmented(session)["label_map"].reshape(ROWS, COLUMNS)
    answers(session.method("paint.truth")("network", network="deeplab_s16"))
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    rng = np.random.default_rng(1)
    for n in range(12):
        points = (rng.random((4, 2)) * (ROWS, COLUMNS)).tolist()
        painted = session.method("paint.stroke")(points, 3.5, int(rng.choice([0, 8, 15])), begin=n % 3 == 0, end=n % 3 == 2)
        mask = applied(mask, painted)
        expected = metrics.scores(metrics.confusion(truth, mask, 21))
        assert painted["scores"]["pixel_accuracy"] == pytest.approx((truth == mask).mean(), abs=0)
        assert painted["scores"]["mean_iou"] == pytest.approx(expected.mean_iou, abs=0)
        for d in painted["differences"]:
            box = np.s_[d["row"]: d["row"] + d["rows"], d["column"]: d["column"] + d["columns"]]
            np.testing.assert_array_equal(d["values"].reshape(d["rows"], d["columns"]), (truth != mask)[box])


def test_undo_and_redo_travel_as_patches_too(session):
    blank = np.zeros((ROWS, COLUMNS), np.uint8)
    painted = session.method("paint.stroke")([[5, 5], [20, 30]], 4, 3, begin=True, end=True)
    assert (painted["can_undo"], painted["can_redo"]) == (True, False)
    stroke = applied(blank.copy(), painted)
    undone = session.method("paint.undo")()
    np.testing.assert_array_equal(applied(stroke.copy(), undone), blank)
    assert (undone["can_undo"], undone["can_redo"]) == (False, True)
    np.testing.assert_array_equal(applied(blank.copy(), session.method("paint.redo")()), stroke)


def test_the_networks_output_as_mask_scores_one(session):
    segmented(session)
    answers(session.method("paint.truth")("network", network="deeplab_s16"))
    scores = session.method("paint.from_network")("deeplab_s16")["scores"]
    assert scores["pixel_accuracy"] == scores["mean_iou"] == 1
    assert all(c["iou"] == c["dice"] == 1 for c in scores["classes"])


def test_a_kept_mask_of_another_size_is_refused_and_the_mask_stays(session):
    session.method("paint.fill")(0, 0, 5)
    with pytest.raises(StudioError, match="does not belong to this photo"):
        session.method("paint.set")(bytes(10))
    np.testing.assert_array_equal(np.unique(session.method("paint.set")(bytes(ROWS * COLUMNS))["patches"][0]["labels"]), [0])


def test_a_label_picture_becomes_the_truth(session):
    truth = np.zeros((ROWS, COLUMNS), np.uint8)
    truth[5:20, 5:20] = 12
    truth[0] = 255  # void: not counted
    reply = answers(session.method("paint.truth")("png", bytes=palette_png(truth, VOC), name="truth.png"))
    assert reply["scores"]["pixels"] == ROWS * COLUMNS - COLUMNS
    assert {c["name"] for c in reply["scores"]["classes"]} == {"background", "dog"}
    np.testing.assert_array_equal(reply["difference"].reshape(truth.shape)[0], 2)


def test_a_wrong_label_picture_leaves_the_truth_as_it_was(session):
    segmented(session)
    answers(session.method("paint.truth")("network", network="deeplab_s16"))
    before = session.method("paint.clear")()["scores"]
    wrong_size = palette_png(np.zeros((3, 3), np.uint8), VOC)
    for bad in (wrong_size, b"not a picture", b""):
        with pytest.raises(StudioError):
            answers(session.method("paint.truth")("png", bytes=bad, name="bad.png"))
    assert session.method("paint.clear")()["scores"] == before


def test_growing_equals_the_bfs_shown_on_the_page(session, photo):
    reply = session.method("grow.run")(20, 30, 25.0, "seed", 4, True)
    by_hand = region_growing.grow_by_hand(photo, (20, 30), 25.0, "seed", 4)
    np.testing.assert_array_equal(np.sort(reply["indices"]), np.flatnonzero(by_hand))
    assert reply["size"] == by_hand.sum() and reply["truth"] is None
    assert reply["waves"] == len(reply["wave_starts"])


def test_layers_are_counted_from_the_seed_again_when_asked_afresh(session):
    session.method("grow.run")(20, 30, 5.0, "seed", 4, True)
    goes_on = session.method("grow.run")(20, 30, 25.0, "seed", 4, False)
    afresh = session.method("grow.run")(20, 30, 25.0, "seed", 4, True)
    np.testing.assert_array_equal(np.sort(goes_on["indices"]), np.sort(afresh["indices"]))
    steps = np.abs(np.stack(np.unravel_index(afresh["indices"], (ROWS, COLUMNS))) - [[20], [30]]).sum(axis=0)
    layer = np.repeat(np.arange(afresh["waves"]), np.diff(afresh["wave_starts"], append=afresh["size"]))
    assert (layer >= steps).all() and (layer[steps <= 1] == steps[steps <= 1]).all()


def test_a_grown_region_is_compared_with_the_networks_class_at_its_seed(session):
    label_map = segmented(session)["label_map"]
    reply = session.method("grow.run")(20, 40, 25.0, "seed", 4, True)
    inside = np.zeros(ROWS * COLUMNS, bool)
    inside[reply["indices"]] = True
    cat = label_map == 8
    assert reply["truth"]["name"] == "cat"
    assert reply["truth"]["iou"] == pytest.approx((inside & cat).sum() / (inside | cat).sum(), abs=0)


def test_the_listing_is_the_source_that_is_tested(session):
    scope = {}
    source = session.method("grow.listing")()["source"]
    assert '"""' not in source and len(source.splitlines()) < 40
    exec(source, vars(region_growing).copy(), scope)
    image = np.random.default_rng(3).integers(0, 40, (12, 9, 3), dtype=np.uint8)
    np.testing.assert_array_equal(scope["grow_by_hand"](image, (4, 4), 30, "mean", 8), region_growing.grow_by_hand(image, (4, 4), 30, "mean", 8))


def test_exports_hold_what_they_say(session, photo):
    import io

    from PIL import Image

    def saved(**arguments):
        reply = answers(session.method("export")(**arguments))
        assert reply["type"] == "image/png"
        return Image.open(io.BytesIO(reply["bytes"].tobytes()))
    label_map = segmented(session)["label_map"].reshape(ROWS, COLUMNS)
    mask = saved(what="mask", **{"from": "network"}, network="deeplab_s16")
    assert mask.mode == "P"
    np.testing.assert_array_equal(np.asarray(mask), label_map)
    cut = np.asarray(saved(what="cutout", **{"from": "network"}, network="deeplab_s16", label=8))
    np.testing.assert_array_equal(cut[..., 3] == 255, label_map == 8)
    np.testing.assert_array_equal(cut[label_map == 8][:, :3], photo[label_map == 8])
    hidden = np.asarray(saved(what="overlay", **{"from": "network"}, network="deeplab_s16", opacity=1.0, hidden=[8]))
    np.testing.assert_array_equal(hidden[label_map == 8], photo[label_map == 8])
    with pytest.raises(StudioError, match="No region has been grown"):
        saved(what="mask", **{"from": "region"})
    session.method("grow.run")(0, 0, 20.0, "seed", 4, True)
    assert np.asarray(saved(what="mask", **{"from": "region"})).max() == 1


def test_selfie_networks_cannot_stand_in_for_the_21_classes(photo):
    async def person(net, tensor):
        return np.full((1, 1, *tensor.shape[2:]), 0.9, np.float32)
    session = Session(person)
    session.open_photo(ROWS, COLUMNS, np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]).tobytes())
    reply = answers(session.method("segment.run")("selfie_segmentation"))
    assert [c["name"] for c in reply["classes"]] == ["person"]
    with pytest.raises(StudioError, match="other classes"):
        session.method("paint.from_network")("selfie_segmentation")


def test_every_network_on_offer_has_a_recipe():
    assert {"deeplab", "deeplab_s16", "selfie_segmentation", "selfie_segmentation_landscape"} <= set(network.recipes())
