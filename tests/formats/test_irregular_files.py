"""What people bring from other programs, as a kind each: the right mask from an independent oracle, or a sentence; nothing lost without a note."""
import base64
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from pycocotools import mask as pycoco
from skimage.draw import ellipse as skimage_ellipse
from skimage.draw import polygon as skimage_polygon

from pystudio import formats
from pystudio.__main__ import main
from pystudio.errors import StudioError
from pystudio.formats import outlines, rle, validation
from pystudio.labels import VOC, VOID

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, max_side=9)
MASKS = npst.arrays(bool, SHAPES)
SQUARE = [1, 1, 5, 1, 5, 4, 1, 4]  # 12 pixels
OTHER = [6, 5, 9, 5, 9, 8, 6, 8]  # 9 pixels


def coco(annotations, categories=None, images=None, **more):
    images = [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 8}] if images is None else images
    return json.dumps({"images": images, "categories": [{"id": 1, "name": "cat"}] if categories is None else categories, "annotations": annotations, **more}).encode()


def thing(segmentation, category=1, **more):
    return {"image_id": 1, "category_id": category, "segmentation": segmentation, **more}


def labelme(*shapes, **more):
    return json.dumps({"shapes": list(shapes), "imageHeight": 8, "imageWidth": 10, "imagePath": "a.jpg", "imageData": None} | more).encode()


def shape(points, kind="polygon", label="cat", **more):
    return {"label": label, "points": points, "shape_type": kind, **more}


def svg(body, more='width="10" height="8"'):
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" {more}>{body}</svg>'.encode()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def picture(array, format="PNG", palette=None, **options):
    file, made = io.BytesIO(), Image.fromarray(array)
    if palette is not None:
        made.putpalette(palette)
    made.save(file, format=format, **options)
    return file.getvalue()


def pixels(annotation):
    """How many pixels each class has by name."""
    return {name: n for k, name in enumerate(annotation.names) if (n := int((annotation.ids == k).sum()))}


def marked(data, **more):
    return int((formats.read(data, **more).ids > 0).sum())


# ---------------------------------------------------------------- F01, F18: two values
THING = np.zeros((6, 8), bool)
THING[1:3, 2:5] = True
WHITE = THING.astype(np.uint8) * 255


@pytest.mark.parametrize("data", [
    picture(WHITE), picture(THING), picture(THING.astype(np.uint8)), picture(THING.astype(np.uint8) * 128), picture(np.stack([WHITE] * 3, axis=2)), picture(THING.astype(np.uint16) * 65535),
    picture(np.dstack([WHITE] * 3 + [np.full_like(WHITE, 255)])), picture(1 - THING.astype(np.uint8), palette=[255, 255, 255, 0, 0, 0]), picture(THING.astype(np.uint8), palette=[0, 0, 0, 255, 0, 255]),
    picture(WHITE, "BMP"), picture(WHITE, "TIFF"), picture(THING, "TIFF", compression="group4"), picture(WHITE, "GIF"), picture(np.stack([WHITE] * 3, axis=2), "WEBP", lossless=True),
    npz(mask=THING), npz(mask=WHITE), npz(mask=THING.astype(float)), npz(mask=THING.astype(np.int64)),
])  # fmt: skip
def test_two_values_are_the_thing_in_every_format(data):
    found = formats.read(data)
    assert np.array_equal(found.ids, THING) and found.names == ("background", "thing") and "taken for the thing" in found.notes[0]


def test_void_stays_void_beside_class_ids_and_is_told_when_there_is_nothing_else():
    assert formats.read(picture(np.array([[0, 8, 255]], np.uint8))).ids.tolist() == [[0, 8, VOID]]
    alone = formats.read(picture(np.array([[0, 255]], np.uint8), palette=VOC.palette().tobytes()))
    assert alone.ids.tolist() == [[0, VOID]] and "void" in alone.notes[0]


def test_a_black_and_white_mask_is_converted_with_a_word(tmp_path, capsys):
    (tmp_path / "m.png").write_bytes(picture(WHITE))
    assert main(["convert", str(tmp_path / "m.png"), str(tmp_path / "m.json")]) == 0
    assert formats.read((tmp_path / "m.json").read_bytes()).ids.astype(bool).tolist() == THING.tolist() and "thing" in capsys.readouterr().err


# ---------------------------------------------------------------- F02, F03, F15: nothing lost without a word
NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8), min_size=2, max_size=5, unique=True).filter(lambda names: not {"__ignore__"} & set(names))


@settings(deadline=None, max_examples=60)
@given(st.data(), npst.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 1, 2, 255])), st.sampled_from(list(formats.FORMATS)))
def test_names_ids_crowds_void_and_the_photo_survive_or_are_named_as_lost(data, ids, kind):
    names = ("background", *data.draw(NAMES.filter(lambda names: not any(formats.annotation.is_background(each) or each == "unlabeled" for each in names))))
    codes = (None, *data.draw(st.permutations(range(3, 3 + len(names) - 1))))
    things = np.where((ids > 0) & (ids < VOID), ids * 3 + (np.arange(ids.size).reshape(ids.shape) % 2), 0).astype(np.int32)
    crowd = frozenset({3} & set(things.ravel().tolist()))
    written = formats.Annotation(ids, names, things, codes=codes, crowd=crowd, photo="train/kitten_07.png")
    read, told = formats.read(formats.write(written, kind)), " ".join(formats.unsupported_features(written, kind))
    by_name = lambda annotation: np.array([*annotation.names] + ["?"] * (VOID - len(annotation.names)) + [None], object)[annotation.ids]
    assert (by_name(read) == np.where((ids == VOID) & ("no word for void" in told), "background", by_name(written))).all()
    assert read.crowd == crowd or "crowds" in told
    assert read.codes == codes or "numbers of the classes" in told or kind == "png" and len(read.codes) == 0
    assert read.photo == written.photo or kind in ("png", "colours", "yolo", "cvat") and ("name of the photo" in told or read.photo == "kitten_07")
    parts = lambda annotation: {frozenset(map(tuple, np.argwhere(mask).tolist())) for _, mask, _ in annotation.parts()}
    assert parts(read) == parts(written) or "which of the" in told or not things.any()


@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_more_classes_than_voc_has_are_written_and_read(kind):
    ids = np.arange(60, dtype=np.uint8).reshape(6, 10) % 31
    written = formats.Annotation(ids, ("background", *(f"c{k}" for k in range(1, 31))))
    read = formats.read(formats.write(written, kind))
    assert np.array_equal(np.array(read.names)[read.ids], np.array(written.names)[ids])


def test_known_names_keep_their_voc_ids_beside_unknown_ones():
    with Image.open(io.BytesIO(formats.write(formats.Annotation(np.array([[0, 1, 2]], np.uint8), ("background", "cat", "dragon")), "png"))) as made:
        assert np.array(made).tolist() == [[0, 8, 21]]


def test_a_class_that_stands_before_the_background_is_not_taken_for_it():
    written = formats.Annotation(np.array([[0, 0, 1]], np.uint8), ("cat", "background"))
    for kind in formats.FORMATS:
        assert pixels(formats.read(formats.write(written, kind))) == {"background": 1, "cat": 2}, kind


def test_convert_keeps_the_photos_name_and_says_what_is_lost(tmp_path, capsys):
    (tmp_path / "a.json").write_bytes(coco([thing([SQUARE], 90, iscrowd=1)], [{"id": 17, "name": "dog"}, {"id": 90, "name": "cat"}], [{"id": 1, "file_name": "train/kitten_07.png", "width": 10, "height": 8}]))
    for kind, ending in (("labelme", "json"), ("coco", "json"), ("png", "png")):
        assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / f"{kind}.{ending}"), "--format", kind]) == 0
    told = capsys.readouterr().err
    assert "kitten_07.png" in told and "crowds" in told
    assert json.loads((tmp_path / "labelme.json").read_bytes())["imagePath"] == "train/kitten_07.png"
    back = json.loads((tmp_path / "coco.json").read_bytes())
    assert [(each["id"], each["name"]) for each in back["categories"]] == [(17, "dog"), (90, "cat")]
    assert back["images"][0]["file_name"] == "train/kitten_07.png" and back["annotations"][0]["category_id"] == 90 and back["annotations"][0]["iscrowd"] == 1


# ---------------------------------------------------------------- F04: every annotation by itself
@pytest.mark.parametrize(("odd", "words"), [
    ([], "only a box"), (None, "only a box"), ([[7, 7, 8, 8]], "too few corners"), ("nonsense", "neither run lengths nor polygons"), ([[1, 1, "x", 1, 5, 4]], "not a number"),
    ([[1, 1, 10**400, 1, 5, 4]], "not a number"), ({"size": [8, 10], "counts": [3]}, "add up to 3"), ({"size": [3, 3], "counts": [9]}, "another size"), ([[20, 20, 30, 20, 30, 30]], "no pixel"),
    ({"size": [8, 10], "counts": 7}, "whole numbers"), ([[1, 2, 3]], "neither"), ({"counts": "abc"}, "another size"), ([[None, 1, 2, 3, 4, 5]], "neither"), ([{"x": 1}], "neither"),
])  # fmt: skip
def test_an_odd_annotation_is_counted_by_its_reason_and_the_rest_is_read(odd, words):
    found = formats.read(coco([thing(odd, bbox=[1, 1, 4, 3]), thing([OTHER])]))
    assert pixels(found) == {"background": 71, "cat": 9} and words in found.notes[0] and "(1)" in found.notes[0]
    with pytest.raises(StudioError) as refused:
        formats.read(coco([thing(odd, bbox=[1, 1, 4, 3])]), "odd.json")
    assert words in refused.value.message and "odd.json" in refused.value.message and refused.value.remedy


def test_panoptic_files_and_keypoints_are_told_by_their_kind():
    for annotation, words in (({"image_id": 1, "segments_info": []}, "panoptic"), ({"image_id": 1, "keypoints": [1, 2, 2]}, "keypoints"), (3, "no annotation")):
        with pytest.raises(StudioError, match=words):
            formats.read(coco([annotation]))


@pytest.mark.parametrize("nesting", [SQUARE, [SQUARE], [[[1, 1], [5, 1], [5, 4], [1, 4]]], [[1, 1], [5, 1], [5, 4], [1, 4]]])
def test_flat_lists_and_lists_of_pairs_are_polygons(nesting):
    assert pixels(formats.read(coco([thing(nesting)])))["cat"] == 12


# ---------------------------------------------------------------- F05, F06: which picture, which size
@pytest.mark.parametrize("id", ["1", 1.0, 1])
def test_ids_are_compared_as_text(id):
    data = coco([{"image_id": id, "category_id": "7", "segmentation": [SQUARE]}], [{"id": 7, "name": "cat"}])
    assert pixels(formats.read(data))["cat"] == 12


def test_of_several_pictures_one_with_masks_is_taken_or_the_one_that_is_wanted(tmp_path):
    images = [{"id": k, "file_name": f"train/{name}.jpg", "width": 10, "height": 8} for k, name in enumerate("abc", 1)]
    data = coco([{**thing([SQUARE]), "image_id": 2}, {**thing([OTHER]), "image_id": 3}], images=images)
    assert marked(data) == 12 and "“train/b.jpg”" in formats.read(data).notes[0]
    assert marked(data, picture="c.jpg") == marked(data, picture="train/c.jpg") == 9 and marked(data, picture="a") == 0
    with pytest.raises(StudioError, match="no picture “z.jpg”.*train/a.jpg"):
        formats.read(data, picture="z.jpg")
    (tmp_path / "m.json").write_bytes(data)
    assert main(["convert", str(tmp_path / "m.json"), str(tmp_path / "m.npz"), "--picture", "c.jpg"]) == 0
    assert (np.load(tmp_path / "m.npz")["mask"] > 0).sum() == 9


def test_annotations_of_no_picture_are_told():
    with pytest.raises(StudioError, match="1 annotations belong to pictures that it does not list"):
        formats.read(coco([{**thing([SQUARE]), "image_id": 5}]))
    assert "1 annotations belong" in formats.read(coco([{**thing([SQUARE]), "image_id": 5}, thing([OTHER])])).notes[0]


@pytest.mark.parametrize("sides", [{"width": 10.0, "height": 8.0}, {"width": "10", "height": "8"}, {}])
def test_a_size_is_looked_for_where_it_can_be(sides):
    polygon = coco([thing([SQUARE])], images=[{"id": 1, **sides}])
    assert formats.read(polygon, shape=(8, 10)).ids.shape == (8, 10)
    assert formats.read(coco([thing({"size": [8, 10], "counts": [8, 8, 64]})], images=[{"id": 1, **sides}])).ids.shape == (8, 10)
    if not sides:
        with pytest.raises(StudioError, match="how large"):
            formats.read(polygon)


def test_labelme_takes_the_size_of_the_photo_within():
    photo = base64.b64encode(picture(np.zeros((8, 10, 3), np.uint8))).decode()
    square = shape([[1, 1], [5, 1], [5, 4], [1, 4]])
    for more in ({"imageHeight": None, "imageWidth": None}, {"imageHeight": None}, {"imageHeight": "x", "imageWidth": "y"}):
        assert formats.read(labelme(square, imageData=photo, **more)).ids.shape == (8, 10)
    assert formats.read(labelme(square, imageHeight="8", imageWidth=10.0)).ids.shape == (8, 10)
    assert formats.read(labelme(square, imageHeight=None, imageWidth=None), shape=(9, 11)).ids.shape == (9, 11)


# ---------------------------------------------------------------- F07, F08: LabelMe's shapes
@settings(deadline=None)
@given(st.integers(-3, 20), st.integers(-3, 20), st.integers(1, 12))
def test_a_circle_is_that_of_scikit_image(x, y, radius):
    rows, columns = skimage_ellipse(y + 0.5 - 0.5, x + 0.5 - 0.5, radius, radius, shape=(18, 22))
    expected = np.zeros((18, 22), bool)
    expected[rows, columns] = True
    data = labelme(shape([[x + 0.5, y + 0.5], [x + 0.5 + radius, y + 0.5]], "circle"), shape([[0, 0], [1, 0], [1, 1], [0, 1]], label="dog"), imageHeight=18, imageWidth=22)
    found = formats.read(data)
    expected[0, 0] = False
    assert np.array_equal(found.ids == found.names.index("cat") if "cat" in found.names else np.zeros_like(expected), expected)


@given(MASKS.filter(np.any), st.integers(-2, 9), st.integers(-2, 7))
def test_a_mask_shape_is_laid_where_it_says_and_cut_at_the_edge(mask, x, y):
    packed = base64.b64encode(picture(mask)).decode()
    expected = np.zeros((8 + 40, 10 + 40), bool)
    expected[y + 20 : y + 20 + mask.shape[0], x + 20 : x + 20 + mask.shape[1]] = mask
    expected = expected[20:28, 20:30]
    data = labelme(shape([[x, y], [x + mask.shape[1] - 1, y + mask.shape[0] - 1]], "mask", mask=packed))
    if expected.any():
        assert np.array_equal(formats.read(data).ids, expected)
    else:
        with pytest.raises(StudioError, match="no pixel"):
            formats.read(data)


def test_shapes_of_four_corners_are_drawn_and_lines_are_called_lines():
    corners = [[1, 1], [5, 1], [5, 4], [1, 4]]
    for kind in ("rectangle", "rotation", "polygon", None):
        assert marked(labelme(shape(corners, kind))) == 12
    found = formats.read(labelme(shape(corners), shape([[0, 0], [9, 0], [9, 7]], "linestrip"), shape([[1, 1]], "point"), shape([], "polygon"), 7, shape([[1, 1, 0]] * 3)))
    for words in ("a line (1)", "a point (1)", "too few corners (1)", "no shape (1)", "no corners (1)"):
        assert words in found.notes[0]
    with pytest.raises(StudioError, match="nothing with an area: a point \\(2\\)"):
        formats.read(labelme(shape([[1, 1]], "point"), shape([[1, 1]], "point")))


def test_nothing_is_written_of_a_file_with_nothing_to_draw(tmp_path, capsys):
    (tmp_path / "m.json").write_bytes(labelme(shape([[1, 1], [2, 2]], "line")))
    assert main(["convert", str(tmp_path / "m.json"), str(tmp_path / "m.png")]) == 2
    assert "a line" in capsys.readouterr().err and not (tmp_path / "m.png").exists()


@pytest.mark.parametrize("group", [0, 1, -1, "1", "left", 2.0])
def test_any_group_but_null_makes_one_thing_within_a_label(group):
    square, other = [[1, 1], [5, 1], [5, 4], [1, 4]], [[6, 5], [9, 5], [9, 8], [6, 8]]
    things = lambda *shapes: len(np.unique(formats.read(labelme(*shapes)).things)) - 1
    assert things(shape(square, group_id=group), shape(other, group_id=group)) == 1
    assert things(shape(square, group_id=group), shape(other, label="dog", group_id=group)) == 2
    assert things(shape(square, group_id=None), shape(other)) == 2


# ---------------------------------------------------------------- F09, F10, F16, F17: arrays
LABELS = np.array([[0, 8, 8], [3, 0, 8]], np.uint8)


@pytest.mark.parametrize("other", ["image", "img", "x", "data"])
@pytest.mark.parametrize("name", ["label", "mask", "masks", "gt", "seg", "annotation", "y", "seg_mask", "train_label"])
@pytest.mark.parametrize("type", [np.uint8, np.float32])
def test_the_mask_of_an_npz_is_found_by_its_name(other, name, type):
    assert np.array_equal(formats.read(npz(**{other: np.ones((2, 3), type), name: LABELS})).ids, LABELS)


def test_which_of_several_arrays_was_taken_is_told_and_a_photo_alone_is_no_mask():
    assert "a was taken" in formats.read(npz(a=LABELS, b=LABELS)).notes[0]
    assert np.array_equal(formats.read(npz(a=LABELS.astype(float), b=LABELS)).ids, LABELS)
    with pytest.raises(StudioError, match="image \\(2 × 3 uint8\\)"):
        formats.read(npz(image=LABELS))


@pytest.mark.parametrize("beside", [
    {"names": np.array([b"bg", b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"cat"])}, {f"a{k}": np.zeros(3) for k in range(200)}, {"info": np.zeros(1, [("é", "<i8")])}, {"boxes": np.zeros((0, 4))},
    {"nothing": np.zeros((3, 0, 2))}, {"void": np.zeros(2, "V0")}, {"text": np.array("hello")},
])  # fmt: skip
def test_what_stands_beside_the_mask_does_not_decide(beside):
    found = formats.read(npz(mask=LABELS, **beside))
    assert np.array_equal(found.ids, LABELS) and found.names[8] == "cat"


@pytest.mark.parametrize("turned", [lambda a: a[None], lambda a: a[..., None], lambda a: a[None, None], lambda a: np.dstack([a] * 3), np.asfortranarray, lambda a: a.astype(">i4"), lambda a: a.astype(np.int64)])
def test_sides_of_one_grey_colours_and_other_orders_are_read(turned):
    assert np.array_equal(formats.read(npz(mask=turned(LABELS))).ids, LABELS)


def test_layers_are_called_what_they_are():
    for array, words in ((np.eye(4, dtype=np.uint8)[[[0, 1, 2], [3, 0, 1]]], "one-hot"), (np.moveaxis(np.eye(5, dtype=bool)[[[0, 1, 2], [3, 0, 1]]], 2, 0), "one-hot"),
                         (np.random.default_rng(0).integers(0, 99, (4, 5, 3)), "colours"), (np.full((2, 4, 5), 9), "layers")):  # fmt: skip
        with pytest.raises(StudioError, match=words):
            formats.read(npz(mask=array))


def test_a_single_array_is_read_and_what_is_not_used_is_told():
    file = io.BytesIO()
    np.save(file, LABELS)
    assert np.array_equal(formats.read(file.getvalue()).ids, LABELS)
    assert any("things" in note for note in formats.read(npz(mask=LABELS, things=np.zeros((9, 9), int))).notes)
    assert any("names in the file" in note for note in formats.read(npz(mask=LABELS, names=np.arange(9))).notes)
    assert any("2 names" in note for note in formats.read(npz(mask=LABELS, names=np.array(["a", "b"]))).notes)
    assert formats.read(npz(mask=np.array([[0, 1, 2]]), names=np.array(["a", "b", "b"]))).names == ("a", "b", "b (2)")
    numbered = formats.read(npz(instances=np.array([[0, 300, 7]])))
    assert numbered.ids.tolist() == [[0, 1, 1]] and numbered.things.tolist() == [[0, 300, 7]]


def test_a_negative_side_is_refused_before_anything_is_unpacked():
    import tracemalloc
    import zipfile

    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (10, 10)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mask.npy", head.getvalue().replace(b"(10, 10)", b"(-1, 10)") + bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(StudioError, match="cannot be read"):
        formats.read(file.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.integers(10**300, 10**301) | st.floats() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "size", "counts", "label", "points", "width"]), inner, max_size=3), max_leaves=8)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_value_anywhere_is_read_or_refused_in_words(data):
    annotation = {key: data.draw(VALUES, label=key) if data.draw(st.booleans()) else good for key, good in thing([SQUARE], id=1, bbox=[1, 1, 4, 3], iscrowd=0).items()}
    image = {key: data.draw(VALUES, label=key) if data.draw(st.booleans()) else good for key, good in {"id": 1, "width": 10, "height": 8, "file_name": "a"}.items()}
    part = {key: data.draw(VALUES, label=key) if data.draw(st.booleans()) else good for key, good in shape([[1, 1], [5, 1], [5, 4]], group_id=1, flags={}, mask="").items()}
    files = [coco([annotation], data.draw(st.just([{"id": 1, "name": "cat"}]) | VALUES), [image]), labelme(part, imageHeight=data.draw(st.just(8) | VALUES), imageData=data.draw(VALUES), pystudio=data.draw(VALUES)),
             json.dumps(data.draw(VALUES)).encode(), json.dumps([annotation]).encode(), json.dumps([{"data": image, "annotations": [{"result": [{"value": part, **image}]}]}]).encode()]  # fmt: skip
    for each in files:
        try:
            formats.read(each, "thing.json")
        except StudioError as error:
            assert "thing.json" in error.message or "picture" in error.message


# ---------------------------------------------------------------- F11, F12, F13: what a viewer fills
@pytest.mark.parametrize(("body", "filled"), [
    ('<defs><rect width="10" height="8"/></defs>', 0), ('<clipPath><rect width="10" height="8"/></clipPath>', 0), ('<symbol><rect width="10" height="8"/></symbol>', 0),
    ('<g style="display:none"><rect width="10" height="8"/></g>', 0), ('<g visibility="hidden"><rect width="4" height="3"/><rect width="2" height="2" visibility="visible"/></g>', 4),
    ('<g fill="none"><rect width="10" height="8"/><rect width="2" height="2" fill="red"/></g>', 4), ('<style>.a{fill:none}</style><rect class="a" width="10" height="8"/>', 0), ('<rect style="fill:none" width="9" height="8"/>', 0),
    ('<path d="M0 0H8V8H0Z M2 2H4V4H2Z"/>', 64), ('<path fill-rule="evenodd" d="M0 0H8V8H0Z M2 2H4V4H2Z"/>', 60), ('<g style="fill-rule:evenodd"><path d="M0 0H8V8H0Z M2 2H4V4H2Z"/></g>', 60),
    ('<path d="M0 0H8V8H0Z M2 2V4H4V2Z"/>', 60), ('<path d="M1 1h2v2h-2z h3v3h-3z"/>', 9), ('<polyline points="1,1 5,1 5,4 1,4"/>', 12), ('<rect x="1px" y="1" width="40%" height="3"/>', 12),
    ('<polygon points="5-0 5 4 1 4 1-0"/>', 16), ('<g transform="translate(0,0) scale(1)"><rect width="4" height="3"/></g>', 12), ('<g opacity="0"><rect width="4" height="3"/></g>', 0),
    ('<ellipse cx="5" cy="4" rx="4" ry="2"/>', int(sum((x + 0.5 - 5) ** 2 / 16 + (y + 0.5 - 4) ** 2 / 4 < 1 for x in range(10) for y in range(8)))), ('<svg><rect width="4" height="3"/></svg>', 12),
])  # fmt: skip
def test_what_a_viewer_fills_is_read_and_nothing_else(body, filled):
    assert marked(svg(body)) == filled


def test_shapes_that_are_turned_or_curved_are_left_out_with_a_word():
    found = formats.read(svg('<path d="M0 0C1 1 2 2 3 3"/><g style="transform:rotate(3deg)"><rect width="9" height="9"/></g><text>a</text><rect id="cat" width="4" height="3"/>'))
    assert pixels(found)["cat"] == 12
    for words in ("curves", "turned or moved", "text (1)"):
        assert words in found.notes[0]


@pytest.mark.parametrize(("body", "names"), [
    ('<path class="cat" id="p1" d="M1 1H5V4H1Z"/><path class="cat" id="p2" d="M6 5H9V8H6Z"/>', ["cat"]), ('<g inkscape:label="cat"><path id="p1" d="M1 1H5V4H1Z"/></g>', ["cat"]),
    ('<path style="fill:#ff0000" id="p1" d="M1 1H5V4H1Z"/>', ["colour #ff0000"]), ('<path id="cat" d="M1 1H5V4H1Z"/>', ["cat"]), ('<path data-name="a" class="b" d="M1 1H5V4H1Z"/>', ["a"]),
    ('<style>.cls-1{fill:red}</style><path class="cls-1" d="M1 1H5V4H1Z"/>', ["colour red"]), ('<path class="b" d="M1 1H5V4H1Z"><title>t</title></path>', ["t"]),
])  # fmt: skip
def test_a_class_is_what_the_person_called_it(body, names):
    assert list(formats.read(svg(body)).names[1:]) == names


@pytest.mark.parametrize(("page", "shape", "size"), [
    ('width="10" height="8" viewBox="0 0 100 80"', None, (8, 10)), ('width="10" height="8" viewBox="0 0 100 80"', (8, 10), (8, 10)), ('viewBox="0 0 100 80"', (8, 10), (8, 10)), ('viewBox="0 0 100 80"', None, (80, 100)),
    ('width="10" viewBox="0 0 100 80"', None, (8, 10)), ('width="100%" height="100%" viewBox="0 0 100 80"', (16, 20), (16, 20)), ('width="200mm" height="160mm" viewBox="0 0 100 80"', (8, 10), (8, 10)),
])  # fmt: skip
def test_units_are_scaled_to_pixels_and_to_the_photo(page, shape, size):
    found = formats.read(svg('<rect x="10" y="10" width="40" height="30"/>', page), shape=shape)
    rows, columns = size
    expected = np.zeros(size, bool)
    expected[rows // 8 : rows // 2, columns // 10 : columns // 2] = True
    assert np.array_equal(found.ids > 0, expected)


def test_a_page_with_another_corner_moves_its_shapes_as_a_viewer_does():
    assert formats.read(svg('<rect x="1" y="1" width="2" height="1"/>', 'width="4" height="2" viewBox="1 1 4 2"')).ids.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]


# ---------------------------------------------------------------- F14: overlaps
def test_small_things_lie_above_large_ones_and_overlaps_are_counted():
    found = formats.read(coco([thing([SQUARE]), thing([[0, 0, 9, 0, 9, 7, 0, 7]])]))
    assert len(np.unique(found.things)) == 3 and "12 pixels" in found.notes[0]


def test_things_wholly_under_others_are_named():
    small, large = [[1, 1], [5, 1], [5, 4], [1, 4]], [[0, 0], [9, 0], [9, 7], [0, 7]]
    notes = " ".join(formats.read(labelme(shape(small), shape(large, label="dog"))).notes)
    assert "12 pixels" in notes and "1 of 2 things lie wholly under others and are gone: cat (1)" in notes


# ---------------------------------------------------------------- F30, F32: text and names
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_with_a_mark_is_read(encoding):
    text = labelme(shape([[1, 1], [5, 1], [5, 4]], label="vélo"), pystudio=None).decode()
    assert formats.read(json.dumps(json.loads(text), ensure_ascii=False).encode(encoding)).names[1] == "vélo"
    drawn = svg('<rect id="vélo" width="4" height="3"/>').decode()
    assert formats.read(drawn.encode(encoding)).names[1] == "vélo"


@pytest.mark.parametrize("encoding", ["latin-1", "gb18030"])
def test_text_in_another_alphabet_is_refused_with_what_to_do(encoding):
    data = '{"shapes": [{"label": "小猫咪"}]}' if encoding == "gb18030" else '{"shapes": [{"label": "vélo"}]}'
    with pytest.raises(StudioError, match="not UTF-8") as refused:
        formats.read(data.encode(encoding))
    assert "UTF-8" in refused.value.remedy


def test_classes_of_one_name_stay_two():
    categories = [{"id": 1, "name": "leg", "supercategory": "person"}, {"id": 2, "name": "leg", "supercategory": "table"}, {"id": 3, "name": "x" * 70 + "a"}, {"id": 4, "name": "x" * 70 + "b"}, {"id": 5, "name": None}]
    found = formats.read(coco([thing([SQUARE], 1), thing([OTHER], 2)], categories))
    assert pixels(found) == {"background": 59, "leg": 12, "leg (table)": 9}
    assert len(set(found.names)) == 6 and all(len(each) <= 60 for each in found.names) and found.names[5] == "unnamed"
    two = formats.read(labelme(shape([[1, 1], [5, 1], [5, 4], [1, 4]], label="y" * 80), shape([[6, 5], [9, 5], [9, 8], [6, 8]], label="y" * 81)))
    assert sorted(pixels(two).values()) == [9, 12, 59]


# ---------------------------------------------------------------- F34: cost, and the parts themselves
@given(MASKS.filter(np.any))
def test_run_lengths_of_a_box_are_those_of_the_whole(mask):
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
    part = mask[box[0] : box[1], box[2] : box[3]]
    counts = rle.encode_part(part, box, mask.shape)
    assert rle.pack(counts).encode() == pycoco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
    again, at = rle.decode_part(counts, mask.shape)
    assert at == box and np.array_equal(again, part)


@given(MASKS)
def test_joined_outlines_hold_the_same_pixels(mask):
    found = [corners for corners, _ in outlines.rings(mask)]
    assert not found or np.array_equal(outlines.fill([outlines.joined(found)], mask.shape), mask)


@given(npst.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 1, 2, 255])), st.data())
def test_pieces_are_the_parts_within_their_boxes(ids, data):
    things = data.draw(npst.arrays(np.int32, ids.shape, elements=st.integers(0, 3)))
    annotation = formats.Annotation(ids, ("background", "a", "b"), data.draw(st.sampled_from([None, things])))
    own = np.zeros_like(things) if annotation.things is None else things
    expected = {(k, n): (ids == k) & (own == n) for k in (1, 2) for n in range(4) if ((ids == k) & (own == n)).any()}
    found = {(place, number): mask for place, mask, number in annotation.parts()}
    assert found.keys() == expected.keys() and all(np.array_equal(found[key], expected[key]) for key in found)
    for _, _, _, part in annotation.pieces():
        assert part.any(axis=1)[[0, -1]].all() and part.any(axis=0)[[0, -1]].all()


@settings(deadline=None)
@given(npst.arrays(float, st.tuples(st.integers(3, 6), st.just(2)), elements=st.integers(-20, 190).map(lambda n: n / 10)))
def test_polygons_are_those_of_scikit_image(corners):
    """Its coordinates are those of the middles of pixels, ours of their corners; no middle lies on an edge, which they count and we halve."""
    corners += np.sqrt([2, 3, 5, 7, 11, 13])[: len(corners), None] * [0.0011, 0.0017]
    expected = np.zeros((14, 15), bool)
    expected[skimage_polygon(corners[:, 1] - 0.5, corners[:, 0] - 0.5, expected.shape)] = True
    assert np.array_equal(outlines.fill([corners], expected.shape), expected)


@pytest.mark.parametrize(("value", "meant"), [("10", 10), (10.0, 10), (10, 10), ("10.5", None), (float("nan"), None), (1e300, None), ([], None), ("x" * 99, None)])
def test_a_side_is_a_whole_number_however_it_is_written(value, meant):
    assert validation.parse_side(value) == meant
