"""The handlers of counting and exchange, on the desktop: what they remember, what they refuse, and things at the full size of a photo."""
import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pystudio import formats
from pystudio.errors import StudioError
from pystudio.labels import VOC
from pystudio.session.protocol import checked
from pystudio.session.session import Session

ROWS, COLUMNS = 200, 1300  # longer than the copy in which things are counted


def answers(coroutine):
    """Run to the end, in a thread of its own: Playwright's loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def session():
    async def run(network, tensor):
        raise AssertionError("no network is needed here")

    session = Session(run)
    session.open_photo(ROWS, COLUMNS, bytes(ROWS * COLUMNS * 4))
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[40:101, 100:301] = 8
    mask[120:160, 700:900] = 8
    session.replace_mask(mask)
    return session


def ask(session, call, **arguments):
    method = session.method(call)
    answer = method(**checked(call, arguments))
    return answers(answer) if asyncio.iscoroutine(answer) else answer


def count(session, role="found", **more):
    return ask(session, "instances.run", role=role, source="paint", network="deeplab_s16", connectivity=8, min_size=0, split_ratio=0, **more)


def test_things_leave_at_the_full_size_of_the_photo(session):
    assert len(count(session)["instances"]) == 2
    written = ask(session, "exchange.write", **{"from": "instances", "format": "coco", "photo": "x.jpg"})
    read = formats.read(written["bytes"].tobytes())
    assert np.array_equal(read.ids > 0, session.mask > 0) and len(list(read.parts())) == 2


def test_quality_needs_a_truth_and_a_count(session):
    with pytest.raises(StudioError, match="nothing to compare"):
        ask(session, "instances.quality")
    count(session, "truth")
    with pytest.raises(StudioError, match="nothing to compare"):
        ask(session, "instances.quality")
    count(session)
    assert ask(session, "instances.quality")["pq"] == 1
    count(session, "truth", seeds=[])
    with pytest.raises(StudioError, match="holds no thing"):
        ask(session, "instances.quality")
    session.open_photo(2, 2, bytes(16))
    with pytest.raises(StudioError, match="nothing to compare"):
        ask(session, "instances.quality")


@pytest.mark.parametrize("bad", [{"split_ratio": 2.0}, {"min_size": -1}])
def test_values_that_cannot_be_are_refused(session, bad):
    with pytest.raises(StudioError):
        ask(session, "instances.run", **({"role": "found", "source": "paint", "network": "deeplab_s16", "connectivity": 8, "min_size": 0, "split_ratio": 0.0} | bad))


def test_a_file_becomes_the_painted_mask_and_can_be_undone(session):
    before = session.mask.copy()
    data = formats.write(formats.Annotation((before > 0).astype(np.uint8), ("background", "tiger")), "svg")
    told = ask(session, "exchange.read", name="t.svg", bytes=memoryview(data))
    assert (told["fits"], told["title"], [each["voc"] for each in told["classes"]]) == ("", "SVG", [0, None])
    assert ask(session, "exchange.paint", mapping=[0, VOC.id("dog")])["can_undo"]
    assert np.array_equal(session.mask, np.where(before > 0, VOC.id("dog"), 0))
    session.method("paint.undo")()
    assert np.array_equal(session.mask, before)


def test_a_mask_of_another_size_is_not_taken(session):
    data = formats.write(formats.Annotation(np.ones((3, 4), np.uint8), VOC.names), "npz")
    assert "4 × 3" in ask(session, "exchange.read", name="t.npz", bytes=memoryview(data))["fits"]
    with pytest.raises(StudioError, match="4 × 3"):
        ask(session, "exchange.paint", mapping=[0] * 21)


def test_taking_before_reading_and_writing_nothing_are_refused(session):
    with pytest.raises(StudioError, match="No file"):
        ask(session, "exchange.paint", mapping=[0])
    session.method("paint.clear")()
    with pytest.raises(StudioError, match="all of it is background"):
        ask(session, "exchange.write", **{"from": "paint", "format": "npz", "photo": "x"})
