"""Masks in and out: every format gives back what it was given, pycocotools agrees about run lengths and polygons, and bad files are refused in words."""
import io
import json
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pycocotools import mask as coco

from pystudio import formats
from pystudio.errors import StudioError
from pystudio.formats import outlines, rle, annotation
from pystudio.render.png import palette_png
from pystudio.labels import VOC

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, max_side=12)
MASKS = npst.arrays(bool, SHAPES)
MAPS = npst.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 0, 3, 8, 20]))
KEEPS_ALL = ["coco", "coco-rle", "coco-polygons", "labelme", "npz", "svg", "png"]


def theirs(mask):
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))


def same(read, written):
    """The same class by name at every pixel."""
    return np.array_equal(np.array(read.names, object)[read.ids], np.array(written.names, object)[written.ids])


# ---------------------------------------------------------------- run lengths
@given(MASKS)
def test_run_lengths_are_those_of_pycocotools(mask):
    counts = rle.encode(mask)
    assert rle.pack(counts).encode() == theirs(mask)["counts"]
    assert rle.unpack(rle.pack(counts)) == counts
    assert np.array_equal(rle.decode(counts, mask.shape), mask)
    assert np.array_equal(coco.decode(coco.frPyObjects({"size": list(mask.shape), "counts": counts}, *mask.shape)), mask)


@given(st.lists(st.integers(0, 2**30), max_size=30))
def test_any_run_lengths_are_packed_and_unpacked(counts):
    assert rle.unpack(rle.pack(counts)) == counts


@given(MASKS.filter(np.any), st.sampled_from(["", "-rle", "-polygons"]))
def test_area_box_and_iou_are_those_of_pycocotools(mask, style):
    written = json.loads(formats.write(formats.Annotation(mask.astype(np.uint8) * 8, VOC.names), "coco" + style))
    (annotation,) = written["annotations"]
    segmentation = annotation["segmentation"]
    packed = coco.merge(coco.frPyObjects(segmentation, *mask.shape)) if isinstance(segmentation, list) else theirs(mask)
    assert annotation["area"] == coco.area(theirs(mask)) and annotation["bbox"] == coco.toBbox(theirs(mask)).tolist()
    assert coco.iou([packed], [theirs(mask)], [0])[0, 0] == 1


# ---------------------------------------------------------------- outlines
@given(MASKS)
def test_outlines_give_their_mask_back(mask):
    found = outlines.rings(mask)
    assert np.array_equal(outlines.fill([corners for corners, _ in found], mask.shape), mask)
    pieces = outlines.simple_rings(mask)
    each = [outlines.fill([corners], mask.shape) for corners in pieces]
    assert np.array_equal(np.sum(each, axis=0) if each else np.zeros(mask.shape, int), mask.astype(int))  # nothing twice, nothing left out


@settings(max_examples=80, deadline=None)
@given(st.lists(npst.arrays(float, st.tuples(st.integers(0, 5), st.just(2)), elements=st.floats(-9, 30, width=32)), max_size=3))
def test_filling_asks_every_pixel_whether_its_middle_is_inside_and_looks_nowhere_else(shapes):
    size = (17, 21)
    rows, columns = np.mgrid[:17, :21] + 0.5
    inside, unsure = np.zeros(size, bool), np.zeros(size, bool)
    for corners in shapes:
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
            if y0 == y1:
                continue
            meets = (y0 <= rows) != (y1 <= rows)
            at = x0 + np.where(meets, rows - y0, 0) / (y1 - y0) * (x1 - x0)
            inside ^= meets & (at <= columns)
            unsure |= meets & (np.abs(at - columns) < 1e-6)
    found = outlines.fill(shapes, size)
    assert not (found ^ inside)[~unsure].any()
    row0, row1, column0, column1 = outlines.box_of(shapes, size)
    found[row0:row1, column0:column1] = False
    assert not found.any()


def test_many_things_on_a_large_picture_need_the_room_of_a_few():
    """A photo of 12 megapixels with hundreds of things must not take a mask of its size for each of them at once."""
    ids, things = np.zeros((1500, 2000), np.uint8), np.zeros((1500, 2000), np.int32)
    for k in range(60):
        place = np.s_[k // 10 * 200 : k // 10 * 200 + 50, k % 10 * 200 : k % 10 * 200 + 50]
        ids[place], things[place] = 8, k + 1
    made = annotation.Annotation(ids, VOC.names, things)
    tracemalloc.start()
    back = formats.read(formats.write(made, "coco"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(back.things, things) and np.array_equal(back.ids > 0, ids > 0)
    assert peak < 20 * ids.size


def test_a_ring_has_an_outside_and_a_hole():
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    assert sorted((len(corners), bool(hole)) for corners, hole in outlines.rings(ring)) == [(4, False), (4, True)]


def test_pixels_that_touch_at_a_corner_have_outlines_of_their_own():
    assert [len(corners) for corners, _ in outlines.rings(np.eye(3, dtype=bool))] == [4, 4, 4]
    assert [len(corners) for corners, _ in outlines.rings(np.eye(3, dtype=bool)[::-1])] == [4, 4, 4]


# ---------------------------------------------------------------- round trips
@settings(deadline=None)
@given(MAPS, st.sampled_from(KEEPS_ALL))
def test_every_format_gives_back_every_pixel(label_map, kind):
    written = formats.Annotation(label_map, VOC.names)
    assert same(formats.read(formats.write(written, kind), shape=label_map.shape), written)


@settings(deadline=None)
@given(MAPS, st.sampled_from(["coco", "coco-rle", "coco-polygons", "labelme", "npz", "svg"]))
def test_things_stay_apart(label_map, kind):
    things = np.where(label_map > 0, 1 + np.arange(label_map.size).reshape(label_map.shape) % 3, 0).astype(np.int32)
    written = formats.Annotation(label_map, VOC.names, things)
    read = formats.read(formats.write(written, kind))
    assert same(read, written)
    pairs = lambda s: {frozenset(map(tuple, np.argwhere(mask).tolist())) for _, mask, _ in s.parts()}
    assert pairs(read) == pairs(written)


def test_void_survives_where_the_format_has_it():
    label_map = np.array([[0, 8, 255]], np.uint8)
    for kind in ("png", "npz"):
        assert np.array_equal(formats.read(formats.write(formats.Annotation(label_map, VOC.names), kind)).ids, label_map)


def test_other_programs_files_are_read():
    square = {"label": "couch", "points": [[1, 1], [3, 2]], "shape_type": "rectangle"}
    read = formats.read(json.dumps({"shapes": [square, {"label": "x", "points": [[0, 0]], "shape_type": "point"}], "imageHeight": 3, "imageWidth": 4}).encode())
    assert read.ids.tolist() == [[0] * 4, [0, 1, 1, 0], [0] * 4] and read.names[1] == "couch" and "left out" in read.notes[0]
    read = formats.read(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><g id="g"><path id="cat" d="m1,0h2v1l-2 0z"/><rect class="dog" y="1" width="1" height="1"/></g></svg>')
    assert read.ids.tolist() == [[0, 1, 1, 0], [2, 0, 0, 0]] and read.names == ("background", "cat", "dog")


def test_of_several_pictures_the_one_that_fits_is_taken():
    pictures = [{"id": 1, "width": 9, "height": 9}, {"id": 2, "width": 3, "height": 1, "file_name": "b.jpg"}]
    entry = {"image_id": 2, "category_id": 5, "segmentation": {"size": [1, 3], "counts": [1, 2]}}
    read = formats.read(json.dumps({"images": pictures, "annotations": [entry], "categories": [{"id": 5, "name": "airplane"}]}).encode(), shape=(1, 3))
    assert read.ids.tolist() == [[0, 1, 1]] and annotation.guess_voc_class(read.names[1]) == VOC.id("aeroplane") and "2 pictures" in read.notes[0]


@pytest.mark.parametrize(("name", "meant"), [("Cat", 8), ("potted plant", 16), ("dining_table", 11), ("TV", 20), ("motorcycle", 14), ("_background_", 0), ("spaceship", None)])
def test_names_of_other_programs_are_understood(name, meant):
    assert annotation.guess_voc_class(name) == meant


def test_a_table_brings_names_to_voc_classes():
    read = formats.Annotation(np.array([[0, 1, 2, 255]], np.uint8), ("background", "hen", "dust"))
    assert formats.to_voc(read, [0, 3, None]).tolist() == [[0, 3, 0, 0]]
    for bad in ([0, 3], [0, 3, 99], [0, -1, 2]):
        with pytest.raises(StudioError):
            formats.to_voc(read, bad)


# ---------------------------------------------------------------- what is refused
def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def npy_bomb():
    """A small zip whose array says that it is small and goes on and on; and one that says that it is huge."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (10, 10)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mask.npy", head.getvalue() + bytes(200_000_000))
    return file.getvalue()


def huge_npy():
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (10**6, 10**6)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mask.npy", head.getvalue())
    return file.getvalue()


def png_of(columns, rows):
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def coco_with(**annotation):
    return json.dumps({"images": [{"id": 1, "width": 4, "height": 2}], "annotations": [{"image_id": 1, "category_id": 1, **annotation}], "categories": []}).encode()


@pytest.mark.parametrize(("data", "words"), [
    (b"", "is empty"),
    (b"hello", "no mask that is known"),
    (b"\xff\xd8\xff\xe0 jpeg", "is a photo"),
    (b'{"shapes": [', "not complete JSON"),
    (b"[" * 100_000, "thing.bin"),  # nested too deeply, or not complete: as the Python at hand has it
    (b'{"a": 1}', "neither COCO nor LabelMe"),
    (b'{"images": [], "annotations": []}', "names no picture"),
    (b'{"images": [{"id": 1, "width": 1e9, "height": 3}], "annotations": []}', "how large"),
    (b'{"images": [{"id": 1, "width": 1000000, "height": 1000000}], "annotations": []}', "1000000 × 1000000"),
    (coco_with(segmentation={"size": [2, 4], "counts": [3, 99]}), "whole numbers"),
    (coco_with(segmentation={"size": [2, 4], "counts": [3, 4]}), "add up to 7"),
    (coco_with(segmentation={"size": [2, 4], "counts": "1~"}), "packed"),
    (coco_with(segmentation={"size": [9, 9], "counts": [81]}), "another size"),
    (coco_with(segmentation=[[1, 2, 3]]), "neither run lengths nor polygons"),
    (coco_with(segmentation=[[1, 2, "x", 4, 5, 6]]), "not a number"),
    (coco_with(segmentation=[[1, 2, float("nan"), 4, 5, 6]]), "not a number"),
    (b'{"shapes": 3, "imageHeight": 2, "imageWidth": 2}', "list of shapes"),
    (b'{"shapes": [{"points": 4}], "imageHeight": 2, "imageWidth": 2}', "no corners"),
    (b"<svg", "not complete SVG"),
    (b"<html/>", "no SVG"),
    (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg viewBox="0 0 2 2">&a;</svg>', "definitions of its own"),
    (b'<svg viewBox="0 0 2 2"><path d="M0,0C1,1 2,2 3,3"/></svg>', "curves"),
    (b'<svg viewBox="0 0 2 2"><g transform="scale(9)"/></svg>', "turns or moves"),
    (b'<svg viewBox="0 0 99999 99999"/>', "99999 × 99999"),
    (b'<svg width="100%"/>', "how many pixels"),
    (b"PK\x03\x04 broken", "not a whole NPZ"),
    (npz(mask=np.zeros((2, 2)))[:60], "not a whole NPZ"),
    (npz(mask=np.zeros((2, 2))), "float64"),
    (npz(mask=np.full((2, 2), 300)), "300"),
    (npz(mask=np.array([[{}]], object)), "Python objects"),
    (npz(a=np.zeros(3, int)), "rows and columns"),
    (npy_bomb(), "more or fewer bytes"),
    (huge_npy(), "1,000,000,000,000 numbers"),
    (png_of(60_000, 60_000), "60000 × 60000"),
    (palette_png(np.zeros((9, 9), np.uint8), VOC)[:40], "damaged"),
])
def test_bad_files_are_refused_in_words(data, words):
    with pytest.raises(StudioError) as refused:
        formats.read(data, "thing.bin")
    assert words in refused.value.message and "thing.bin" in refused.value.message and refused.value.remedy


def test_a_file_that_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(formats, "MAX_BYTES", 10)
    with pytest.raises(StudioError, match="too large"):
        formats.read(b"{" * 11)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KEEPS_ALL), st.integers(0, 400), st.binary(max_size=6))
def test_a_damaged_file_is_read_or_refused_but_never_breaks(kind, place, more):
    data = formats.write(formats.Annotation(np.array([[0, 8, 8], [3, 0, 8]], np.uint8), VOC.names), kind)
    try:
        formats.read(data[:place] + more + data[place + len(more) :])
    except StudioError:
        pass
