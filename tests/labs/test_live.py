"""The handler of the live film, on the desktop: shares as the network itself says them, smoothing, sizes, and frames that did not arrive whole."""
import asyncio

import numpy as np
import pytest
from PIL import Image

from pystudio.errors import StudioError
from pystudio.session.session import Session

SIDE = 256


@pytest.fixture
def runs():
    """What the network says, whatever it sees; each test puts its own answer there."""
    return {"output": np.zeros((1, 1, SIDE, SIDE), np.float32), "tensors": []}


@pytest.fixture
def frame(runs):
    async def run(network, tensor):
        runs["tensors"].append(tensor)
        return runs["output"]

    session = Session(run)

    def ask(rows=SIDE, columns=SIDE, pixels=None, label=1, smoothing=0.0, network="selfie_segmentation", **more):
        pixels = np.zeros((rows, columns, 4), np.uint8) if pixels is None else pixels
        return asyncio.run(session.method("live.frame")(network=network, rows=rows, columns=columns, pixels=pixels.tobytes(), label=label, smoothing=smoothing, **more))
    return ask


def test_the_share_is_the_probability_that_the_network_gives(frame, runs):
    runs["output"][:] = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    found = frame()
    assert (found["rows"], found["columns"]) == (SIDE, SIDE)
    wanted = runs["output"][0, 0]
    assert np.abs(found["alpha"].reshape(SIDE, SIDE) - 255 * wanted).max() <= 0.5 + 1e-3
    assert found["share"] == pytest.approx((wanted >= 0.5).mean())


def test_the_background_is_what_the_thing_is_not(frame, runs):
    runs["output"][:] = 0.25
    assert set(frame(label=0)["alpha"].tolist()) == {191}  # 0.75 of 255


def test_smoothing_keeps_a_part_of_the_picture_before_but_never_of_another_film(frame, runs):
    runs["output"] = np.ones((1, 1, SIDE, SIDE), np.float32)
    frame(first=True)
    runs["output"] = np.zeros((1, 1, SIDE, SIDE), np.float32)
    assert set(frame(smoothing=0.4)["alpha"].tolist()) == {102}  # 0.4 of 255
    assert set(frame(smoothing=0.4, first=True)["alpha"].tolist()) == {0}


@pytest.mark.parametrize("rows, columns", [(SIDE, SIDE), (120, 200)])
def test_the_network_sees_the_colours_as_pillow_would_scale_them(frame, runs, rows, columns):
    pixels = np.random.default_rng(2).integers(0, 256, (rows, columns, 4), np.uint8)
    frame(rows, columns, pixels)
    (tensor,) = runs["tensors"]
    seen = np.stack([np.asarray(Image.fromarray(pixels[..., k].astype(np.float32)).resize((SIDE, SIDE), Image.BILINEAR)) for k in range(3)]) / 255
    assert tensor.shape == (1, 3, SIDE, SIDE) and tensor.dtype == np.float32 and tensor.flags.c_contiguous
    assert np.abs(tensor[0] - seen).max() < 1e-4


def test_an_answer_that_is_no_number_is_told(frame, runs):
    runs["output"][0, 0, 3, 3] = np.nan
    with pytest.raises(StudioError, match="not numbers"):
        frame()


def test_a_class_that_the_network_does_not_know_is_told(frame):
    with pytest.raises(StudioError, match="does not know"):
        frame(label=2)


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"columns": SIDE + 1, "pixels": np.zeros((SIDE, SIDE, 4), np.uint8)}, {"smoothing": 0.95}])
def test_a_frame_that_did_not_arrive_whole_is_refused(frame, wrong):
    with pytest.raises(StudioError, match="did not arrive whole"):
        frame(**wrong)


def test_a_network_for_photos_gives_the_softmax_share_of_its_class(runs, frame):
    rng = np.random.default_rng(3)
    runs["output"] = rng.normal(0, 3, (1, 21, 11, 17)).astype(np.float32)
    found = frame(160, 256, network="deeplab_s16", label=15)
    assert (found["rows"], found["columns"]) == (80, 128)
    logits = runs["output"][0].astype(float)
    share = np.exp(logits[15]) / np.exp(logits).sum(axis=0)
    # a point of the grid every 16 pixels of the frame of 161 x 257 that the network saw
    row, column = 4, 9
    at = round((row * 16 + 0.5) * 80 / 161 - 0.5), round((column * 16 + 0.5) * 128 / 257 - 0.5)
    near = share[row - 1 : row + 2, column - 1 : column + 2]
    assert near.min() * 255 - 1 <= found["alpha"].reshape(80, 128)[at] <= near.max() * 255 + 1
