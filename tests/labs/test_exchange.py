"""The handler of masks in and out, as the page calls it: notes of what is lost and left out, a picture that is asked for, a legend."""

import asyncio
import json

import numpy as np
import pytest

from pystudio import formats
from pystudio.errors import StudioError
from pystudio.labels import VOC
from pystudio.session.session import Session

ROWS, COLUMNS = 6, 8


@pytest.fixture
def session():
    asked = []

    async def ensure_package(package):
        asked.append(package)

    made = Session(run=None, ensure_package=ensure_package)
    made.open_photo(ROWS, COLUMNS, bytes(4 * ROWS * COLUMNS))
    made.asked = asked
    return made


def call(session, method, /, **given):
    return asyncio.run(session.method(method)(**given))


def document(*files):
    square = [[2, 1, 5, 1, 5, 3, 2, 3]]
    return json.dumps({
        "images": [{"id": k, "file_name": file, "width": COLUMNS, "height": ROWS} for k, file in enumerate(files, 1)], "categories": [{"id": 90, "name": "cat"}],
        "annotations": [{"id": k, "image_id": k, "category_id": 90, "iscrowd": 1, "segmentation": square} for k in range(1, len(files) + 1)] + [{"image_id": 1, "category_id": 90, "bbox": [1, 1, 2, 2]}],
    }).encode()  # fmt: skip


def test_every_format_that_is_offered_has_words_and_can_be_written(session):
    offered = session.method("exchange.about")()["formats"]
    assert [each["name"] for each in offered] == list(formats.FORMATS) and all(each["summary"] and each["extension"] for each in offered)
    call(session, "exchange.read", name="a.json", bytes=document("train/a.jpg"))
    for each in offered:
        made = call(session, "exchange.write", **{"from": "file", "format": each["name"], "photo": "kitten"})
        assert made["name"] == f"file-{each['name']}.{each['extension']}" and (formats.read(made["bytes"].tobytes()).ids > 0).sum() == 6
        assert any("crowds" in note for note in made["notes"]) == (each["name"] in ("png", "colours", "yolo", "cvat", "labelstudio"))
    assert "pillow" in session.asked


def test_what_is_left_out_is_told_and_a_picture_can_be_asked_for(session):
    found = call(session, "exchange.read", name="a.json", bytes=document("a.jpg", "b.jpg"))
    assert found["title"] == "COCO JSON" and found["fits"] == "" and any("“a.jpg”" in note for note in found["notes"]) and any("only a box" in note for note in found["notes"])
    assert [(each["name"], each["pixels"], each["instances"], each["voc"]) for each in found["classes"]] == [("background", 42, 0, 0), ("cat", 6, 1, VOC.id("cat"))]
    again = call(session, "exchange.read", name="a.json", bytes=document("a.jpg", "b.jpg"), picture="b.jpg")
    assert not again["notes"]
    with pytest.raises(StudioError, match="no picture “c.jpg”"):
        call(session, "exchange.read", name="a.json", bytes=document("a.jpg"), picture="c.jpg")


def test_colours_come_with_a_legend_and_a_text_takes_the_size_of_the_photo(session):
    colours = formats.write(formats.Annotation(np.eye(ROWS, COLUMNS, dtype=np.uint8), ("background", "zebra")), "cvat")
    assert call(session, "exchange.read", name="a.zip", bytes=colours)["title"] == "export as zip"
    text = call(session, "exchange.read", name="a.txt", bytes=b"0 0 0 0.5 0 0.5 1 0 1\n")
    assert (text["rows"], text["columns"], text["classes"][1]["pixels"]) == (ROWS, COLUMNS, 24)
    with pytest.raises(StudioError, match="legend is of no use"):
        call(session, "exchange.read", name="a.txt", bytes=b"0 0 0 0.5 0 0.5 1 0 1\n", legend=b"cat:1,2,3")
