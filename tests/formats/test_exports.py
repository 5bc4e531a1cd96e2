"""Exports of other programs as they come: YOLO, CVAT, Label Studio, SA-1B, COCO results, Cityscapes' colours. Made here by hand, byte by byte where it matters."""
import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from pycocotools import mask as pycoco

from pystudio import formats
from pystudio.__main__ import main
from pystudio.errors import StudioError
from pystudio.formats import archive, colour_legend, labelstudio, yolo
from pystudio.labels import VOC, voc_colour_map

MASKS = npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=9))
IDS = np.zeros((6, 8), np.uint8)
IDS[1:3, 2:5], IDS[4:, 5:] = 1, 2


def zipped(**files):
    return zipped_of({name.replace("__", "/"): data for name, data in files.items()})


def zipped_of(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return file.getvalue()


def picture(array, palette=None):
    file, made = io.BytesIO(), Image.fromarray(array)
    if palette is not None:
        made.putpalette(palette)
    made.save(file, "PNG")
    return file.getvalue()


# ---------------------------------------------------------------- YOLO segmentation
YAML = "path: ../datasets\ntrain: images/train\nnames:\n  0: cat\n  1: 'big dog'\n"


def test_a_yolo_file_is_read_beside_its_photo(tmp_path):
    text = b"0 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75\n7 0 0 0.125 0 0.125 0.25 0 0.25 0.9\n1 0.5 0.5 0.2 0.2\n"
    found = formats.read(text, shape=(8, 8))
    expected = np.zeros((8, 8), bool)
    expected[2:6, 2:6] = True
    assert np.array_equal(found.ids == 1, expected) and found.names == ("background", "class 0", "class 7") and (found.ids == 2).sum() == 2
    assert "only a box (1)" in " ".join(found.notes) and "how sure" in " ".join(found.notes)
    with pytest.raises(StudioError, match="how large") as told:
        formats.read(text)
    assert "photo" in told.value.remedy
    (tmp_path / "a.txt").write_bytes(text)
    (tmp_path / "a.png").write_bytes(picture(np.zeros((8, 8, 3), np.uint8)))
    assert main(["convert", str(tmp_path / "a.txt"), str(tmp_path / "o.npz"), "--photo", str(tmp_path / "a.png")]) == 0
    assert np.array_equal(np.load(tmp_path / "o.npz")["mask"] == 1, expected)


@pytest.mark.parametrize("about", [{"data.yaml": YAML}, {"data.yaml": "nc: 2\nnames: [cat, 'big dog']\n"}, {"classes.txt": "cat\nbig dog\n"}, {"data.yaml": "names:\n- cat\n- big dog\nnc: 2\n"}])
def test_a_zip_of_yolo_brings_names_and_sizes(about):
    files = {"labels/train/a.txt": "1 0 0 0.5 0 0.5 1 0 1\n", "labels/train/b.txt": "0 0 0 1 0 1 1\n", "images/train/a.png": picture(np.zeros((4, 6, 3), np.uint8)), **about}
    found = formats.read(zipped_of(files), picture="a")
    assert found.ids.shape == (4, 6) and found.names == ("background", "cat", "big dog") and (found.ids == 2).sum() == 12 and found.photo == "a.png"


@settings(deadline=None)
@given(MASKS.filter(np.any))
def test_a_line_of_yolo_holds_parts_and_holes_of_one_thing(mask):
    """A brute-force twin: the line's corners, filled by a ray for every middle of a pixel."""
    data = formats.write(formats.Annotation(mask.astype(np.uint8), ("background", "cat")), "yolo")
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        (line,) = made.read("labels/train/photo.txt").decode().splitlines()
    corners = np.array(line.split()[1:], float).reshape(-1, 2) * mask.shape[::-1]
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]] + 0.5
    inside = np.zeros(mask.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
        if y0 != y1:
            inside ^= ((y0 <= y) != (y1 <= y)) & (x0 + (y - y0) / (y1 - y0) * (x1 - x0) <= x)
    assert np.array_equal(inside, mask)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_no_yolo_or_read_in_words(text):
    yolo.names_of(text)
    try:
        formats.read(text.encode(), "thing.txt", (4, 4))
    except StudioError as error:
        assert "thing.txt" in error.message


# ---------------------------------------------------------------- CVAT
LABELMAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:10,20,30::\nbig dog:40,50,60::\n"
TABLE = np.array([[0, 0, 0], [10, 20, 30], [40, 50, 60]], np.uint8)


@pytest.mark.parametrize("stored", ["colours", "palette"])
def test_cvats_segmentation_mask_is_read_with_its_legend_and_its_things(stored):
    things = np.where(IDS > 0, IDS.astype(int), 0)
    things[1, 2] = 3
    classes = picture(TABLE[IDS]) if stored == "colours" else picture(IDS, TABLE.ravel().tolist())
    objects = picture(voc_colour_map()[things]) if stored == "colours" else picture(things.astype(np.uint8), voc_colour_map().ravel().tolist())
    data = zipped_of({"labelmap.txt": LABELMAP, "ImageSets/Segmentation/default.txt": "a\n", "SegmentationClass/a.png": classes, "SegmentationObject/a.png": objects})
    found = formats.read(data)
    assert np.array_equal(found.ids, IDS) and found.names == ("background", "cat", "big dog") and np.array_equal(found.things, things)


def test_of_several_pictures_in_a_zip_one_is_chosen_and_the_legend_may_come_apart(tmp_path):
    data = zipped_of({"labelmap.txt": LABELMAP, "SegmentationClass/a.png": picture(TABLE[IDS]), "SegmentationClass/b.png": picture(TABLE[IDS[:3]])})
    assert formats.read(data, picture="b").ids.shape == (3, 8) and formats.read(data, shape=(3, 8)).ids.shape == (3, 8)
    assert "2 pictures" in formats.read(data).notes[0]
    (tmp_path / "m.png").write_bytes(picture(TABLE[IDS]))
    (tmp_path / "l.txt").write_text(LABELMAP, encoding="utf-8")
    assert main(["convert", str(tmp_path / "m.png"), str(tmp_path / "o.json")]) == 2
    assert main(["convert", str(tmp_path / "m.png"), str(tmp_path / "o.json"), "--legend", str(tmp_path / "l.txt")]) == 0
    assert formats.read((tmp_path / "o.json").read_bytes()).names[1:] == ("cat", "big dog")


def test_cocos_and_labelmes_json_are_found_in_a_zip():
    document = {"images": [{"id": 1, "file_name": "a.jpg", "width": 8, "height": 6}], "categories": [{"id": 1, "name": "cat"}], "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[2, 1, 5, 1, 5, 3, 2, 3]]}]}
    assert np.array_equal(formats.read(zipped_of({"annotations/instances_default.json": json.dumps(document), "images/a.jpg": b"x"})).ids, IDS == 1)
    one = lambda name, width: json.dumps({"shapes": [{"label": "cat", "points": [[2, 1], [5, 1], [5, 3], [2, 3]]}], "imageHeight": 6, "imageWidth": width, "imagePath": f"{name}.jpg"})
    found = formats.read(zipped_of({"a.json": one("a", 9), "b.json": one("b", 8), "__MACOSX/._b.json": "x"}), shape=(6, 8))
    assert found.photo == "b.jpg" and np.array_equal(found.ids, IDS == 1)


@pytest.mark.parametrize(("files", "words"), [
    ({"annotations.xml": "<annotations/>"}, "XML"), ({"readme.md": "hello"}, "no mask that is known"), ({"annotations/instances.json": "{"}, "not complete JSON"), ({"SegmentationClass/a.png": b"x"}, "a.png"),
    ({"labelmap.txt": "cat:no", "SegmentationClass/a.png": picture(IDS)}, "says no colour"), ({"labelmap.txt": "a:1,2,3\nb:1,2,3", "SegmentationClass/a.png": picture(TABLE[IDS])}, "one colour"),
])  # fmt: skip
def test_a_zip_that_holds_no_mask_is_told_for_what_it_is(files, words):
    with pytest.raises(StudioError, match=words):
        formats.read(zipped_of(files), "e.zip")


def test_a_file_in_a_zip_that_goes_on_and_on_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    monkeypatch.setattr(archive._Files.read, "__defaults__", (1000,))
    with pytest.raises(StudioError, match="too large"):
        formats.read(zipped_of({"a.json": b"[" + b" " * 10**6}))


# ---------------------------------------------------------------- Label Studio
def bits_of(mask, literal):
    """Its run lengths, written bit by bit: every second time as single values instead of a run."""
    values = np.repeat(np.where(mask.ravel(), 255, 0), 4).tolist()
    text, at = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16)), 0
    while at < len(values):
        length = 1
        while at + length < len(values) and values[at + length] == values[at] and length < 256:
            length += 1
        if literal and length <= 8:
            text += "0" + "00" + f"{length - 1:03b}" + "".join(f"{value:08b}" for value in values[at : at + length])
        else:
            text += "1" + "10" + f"{length - 1:08b}" + f"{values[at]:08b}"
        at += length
    text += "0" * (-len(text) % 8)
    return [int(text[k : k + 8], 2) for k in range(0, len(text), 8)]


@settings(deadline=None)
@given(MASKS, st.booleans())
def test_brush_strokes_are_read_and_written_bit_by_bit(mask, literal):
    for written in (bits_of(mask, literal), labelstudio.encode(mask, (0, mask.shape[0], 0, mask.shape[1]), mask.shape)):
        part, (row0, row1, column0, column1) = labelstudio.decode(written, mask.shape)
        found = np.zeros(mask.shape, bool)
        found[row0:row1, column0:column1] = part
        assert np.array_equal(found, mask)


@pytest.mark.parametrize("broken", [[], [0], [255] * 20, "abc", None, [300], [0, 0, 0, 192, 56] + [0] * 3, 7])
def test_broken_brush_strokes_end_in_words(broken):
    with pytest.raises(StudioError):
        labelstudio.decode(broken, (6, 8))


def region(value, kind, **more):
    return {"type": kind, "original_width": 8, "original_height": 6, "value": value, **more}


POLYGON = region({"points": [[25, 100 / 6], [62.5, 100 / 6], [62.5, 50], [25, 50]], "polygonlabels": ["cat"]}, "polygonlabels")


def task(*regions, **more):
    return {"id": 7, "data": {"image": "/data/upload/1/ab12-kitten.jpg"}, "annotations": [{"result": list(regions)}]} | more


@pytest.mark.parametrize("content", [
    [task(POLYGON)], task(POLYGON), [{"image": "/data/upload/1/ab12-kitten.jpg", "label": [POLYGON["value"] | {"original_width": 8, "original_height": 6}]}], [task(region({"format": "rle", "rle": bits_of(IDS == 1, False), "brushlabels": ["cat"]}, "brushlabels"))],
    [task(region({"x": 25, "y": 100 / 6, "width": 37.5, "height": 200 / 6, "rotation": 0, "rectanglelabels": ["cat"]}, "rectanglelabels"))],
    [task(region({"x": 62.5, "y": 100 / 6, "width": 25, "height": 50, "rotation": 90, "rectanglelabels": ["cat"]}, "rectanglelabels"))],
    [task(region({"points": POLYGON["value"]["points"]}, "polygon", id="r"), region({"labels": ["cat"]}, "labels", id="r"))], [task(annotations=[], predictions=[{"result": [POLYGON]}])],
])  # fmt: skip
def test_label_studios_regions_are_read_in_every_kind_of_export(content):
    found = formats.read(json.dumps(content).encode())
    assert np.array_equal(found.ids, IDS == 1) and found.names == ("background", "cat") and found.photo == "/data/upload/1/ab12-kitten.jpg"


def test_an_ellipse_a_point_and_a_second_annotator_are_told():
    ellipse = region({"x": 50, "y": 50, "radiusX": 25, "radiusY": 50, "ellipselabels": ["dog"]}, "ellipselabels")
    point = region({"x": 1, "y": 1, "width": 0.5, "keypointlabels": ["eye"]}, "keypointlabels")
    found = formats.read(json.dumps([task(ellipse, point, annotations=[{"result": [ellipse, point]}, {"result": [POLYGON]}, {"was_cancelled": True, "result": [POLYGON]}])]).encode())
    y, x = np.mgrid[:6, :8] + 0.5
    assert np.array_equal(found.ids > 0, (x - 4) ** 2 / 4 + (y - 3) ** 2 / 9 < 1)
    assert "a point (1)" in " ".join(found.notes) and "2 annotations" in " ".join(found.notes)


def test_label_studios_pngs_are_one_mask_each():
    data = zipped_of({f"task-7-annotation-3-by-1-tag-{name}-0.png": picture((IDS == k).astype(np.uint8) * 255) for k, name in ((1, "cat"), (2, "big dog"))})
    found = formats.read(data)
    assert np.array_equal(np.array(found.names)[found.ids], np.array(["background", "cat", "big dog"])[IDS]) and len(np.unique(found.things)) == 3


# ---------------------------------------------------------------- SA-1B and results of COCO
def packed(mask):
    return {"size": list(mask.shape), "counts": pycoco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()}


def test_sa_1b_has_things_of_one_class_the_small_ones_above():
    large = np.zeros((6, 8), bool)
    large[:5] = True
    content = {"image": {"image_id": 5, "width": 8, "height": 6, "file_name": "sa_5.jpg"}, "annotations": [{"id": 1, "segmentation": packed(IDS == 1), "bbox": [2, 1, 3, 2]}, {"id": 2, "segmentation": packed(large)}]}
    found = formats.read(json.dumps(content).encode())
    assert np.array_equal(found.ids > 0, large) and np.array_equal(found.things == 1, IDS == 1) and found.names == ("background", "thing") and found.photo == "sa_5.jpg"
    assert "6 pixels" in found.notes[0]


def test_a_list_of_results_is_read_with_the_surest_above():
    results = [{"image_id": 9, "category_id": 3, "segmentation": packed(np.ones((6, 8), bool)), "score": 0.9}, {"image_id": 9, "category_id": 5, "segmentation": packed(IDS == 1), "score": 0.2}]
    found = formats.read(json.dumps(results).encode())
    assert (found.ids == found.names.index("category 3")).all() and "gone: category 5 (1)" in " ".join(found.notes)
    again = json.loads(formats.write(found, "coco"))
    assert {each["id"]: each["name"] for each in again["categories"]} == {3: "category 3", 5: "category 5"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.sampled_from("#:=;ab1, "), min_size=1, max_size=6).map(str.strip).filter(bool), min_size=1, max_size=4, unique=True))
def test_names_that_labelmap_txt_cannot_hold_are_told_and_come_back(names):
    """CVAT ends a name at its first colon and leaves a line out that begins with #: read here as CVAT does, by hand."""
    ids = np.arange(len(names) + 1, dtype=np.uint8)[None]
    annotation = formats.Annotation(ids, ("background", *names))
    written = formats.write(annotation, "cvat")
    lines = [line.split(":") for line in zipfile.ZipFile(io.BytesIO(written)).read("labelmap.txt").decode().splitlines() if not line.startswith("#")]
    assert len(lines) == len({name for name, *_ in lines}) == len(names) + 1 and all(colour.count(",") == 2 for _, colour, *_ in lines)
    held, told = [name for name, *_ in lines[1:]], " ".join(formats.unsupported_features(annotation, "cvat"))
    assert ("labelmap.txt holds no colon" in told) == (held != names)
    assert formats.read(written).names == annotation.names and (formats.read(written).ids == ids).all()


def test_a_legend_line_may_hold_a_name_with_an_equals_sign():
    assert colour_legend.read_legend(b"x=1,2,3:4,5,6::\ny=7,8,9\n") == [("x=1,2,3", (4, 5, 6)), ("y", (7, 8, 9))]


# ---------------------------------------------------------------- colours with a legend
def test_cityscapes_colours_are_known():
    rgb = np.array([[[128, 64, 128], [70, 70, 70], [0, 0, 142], [0, 0, 0]]], np.uint8)
    for data in (picture(rgb), picture(np.array([[0, 1, 2, 3]], np.uint8), rgb.ravel().tolist())):
        found = formats.read(data)
        assert [found.names[k] for k in found.ids[0]] == ["road", "building", "car", "unlabeled"] and "Cityscapes" in found.notes[0]


def test_cityscapes_names_are_written_in_cityscapes_colours_and_vocs_in_vocs():
    street = formats.Annotation(np.array([[0, 1, 2]], np.uint8), ("background", "road", "sky"))
    with Image.open(io.BytesIO(formats.write(street, "colours"))) as made:
        assert np.array(made)[0, 1:].tolist() == [[128, 64, 128], [70, 130, 180]]
    with Image.open(io.BytesIO(formats.write(formats.Annotation(np.array([[0, 8]], np.uint8), VOC.names), "colours"))) as made:
        assert np.array(made)[0, 1].tolist() == [64, 0, 0]


@given(st.lists(st.tuples(st.text("abc xyz-_", min_size=1, max_size=9).map(str.strip).filter(bool), st.tuples(*[st.integers(0, 255)] * 3)), min_size=1, max_size=9, unique_by=lambda each: each[1]))
def test_a_legend_is_read_as_it_was_written(legend):
    assert colour_legend.read_legend(colour_legend.write_legend(legend)) == legend
    assert colour_legend.read_legend(json.dumps({f"{name}{k}": list(colour) for k, (name, colour) in enumerate(legend)}).encode()) == [(f"{name}{k}", colour) for k, (name, colour) in enumerate(legend)]


def test_a_palette_that_an_editor_has_renumbered_keeps_its_names():
    made = formats.write(formats.Annotation(np.array([[0, 1, 2]], np.uint8), ("background", "cat", "dragon")), "png")
    with Image.open(io.BytesIO(made)) as opened:
        opened.load()
        turned = opened.remap_palette([21, 0, 8])
        file = io.BytesIO()
        from PIL.PngImagePlugin import PngInfo

        text = PngInfo()
        text.add_itxt("pystudio", opened.text["pystudio"])
        turned.save(file, "PNG", pnginfo=text)
    found = formats.read(file.getvalue())
    assert [found.names[k] for k in found.ids[0]] == ["background", "cat", "dragon"]


# ---------------------------------------------------------------- what is nearly one of these
@pytest.mark.parametrize(("data", "words"), [
    (b"%PDF-1.7", "a PDF"), (b"\x1f\x8b\x08", "gzip"), (b"\x80\x04K\x01.", "pickle"), (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"), (b"<annotation><object/></annotation>", "XML of an annotation program"),
    (b'{"id": 1}\n{"id": 2}\n', "several pieces of JSON"), (b"\xff\xd8\xff\xe0", "a photo"),
])  # fmt: skip
def test_near_relations_are_told_for_what_they_are(data, words):
    with pytest.raises(StudioError, match=words):
        formats.read(data, "thing.bin")


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(list(formats.FORMATS)), st.data())
def test_a_damaged_file_of_any_format_is_read_or_refused_in_words(kind, data):
    ids, things = np.array([[0, 1, 1, 2], [2, 0, 1, 255]], np.uint8), np.array([[0, 1, 1, 2], [3, 0, 1, 0]], np.int32)
    whole = bytearray(formats.write(formats.Annotation(ids, ("background", "cat", "dog"), things, codes=(None, 7, 9), crowd=frozenset({1}), photo="a/b.jpg"), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3) | st.sampled_from([b"0", b"null", b"[", b"}", b"-1", b"1e999"]))
        whole = whole or bytearray(b"x")
    try:
        formats.read(bytes(whole), "thing.bin", data.draw(st.sampled_from([None, (2, 4)])))
    except StudioError as error:
        assert "thing.bin" in error.message and error.remedy


def test_a_locked_zip_is_called_locked():
    made = bytearray(zipped_of({"a.json": "{}"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(mark) + place] |= 1
    with pytest.raises(StudioError, match="password"):
        formats.read(bytes(made), "e.zip")
