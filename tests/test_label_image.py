"""Label images: two values, palettes of greys, turned masks and formats that alter pixels, against Pillow and tables made by hand."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from pystudio.errors import LabelError
from pystudio.image import load, load_labels
from pystudio.image.label_image import read_label_image, two_values
from pystudio.labels import PERSON, VOC, VOID

THING = np.zeros((24, 32), bool)
THING[6:15, 5:20] = True
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)


def encoded(picture, format="PNG", **options):
    file = io.BytesIO()
    picture.save(file, format=format, **options)
    return file.getvalue()


@given(hnp.arrays(bool, SHAPES).filter(np.any), st.sampled_from([21, 127, 128, 200, 254, 255]))
def test_two_values_are_the_thing_and_the_rest(mask, bright):
    found, words = two_values(mask.astype(np.uint8) * np.uint8(bright)) if not mask.all() or bright == 255 else (mask, str(bright))
    assert np.array_equal(found, mask) and str(bright) in words


@given(hnp.arrays(np.uint8, SHAPES, elements=st.sampled_from([*range(21), VOID])).filter(lambda ids: bool(((ids > 0) & (ids < VOID)).any())))
def test_class_ids_with_or_without_void_are_never_two_values(ids):
    assert two_values(ids) is None


def test_soft_edges_are_two_values_and_the_half_counts():
    large = Image.fromarray(THING.astype(np.uint8) * 255).resize((320, 240), Image.Resampling.NEAREST)
    soft = np.array(large.rotate(10, Image.Resampling.BICUBIC).resize((128, 96), Image.Resampling.BILINEAR))
    assert len(np.unique(soft)) > 20
    assert np.array_equal(two_values(soft)[0], soft > 127)


def test_many_ids_in_areas_are_not_soft():
    ids = np.kron(np.arange(150, dtype=np.uint8).reshape(10, 15), np.ones((6, 6), np.uint8))
    ids[:3] = 255
    assert two_values(ids) is None


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_black_and_white_is_no_class_of_voc_and_the_thing_of_two(mode):
    data = encoded(Image.fromarray(THING.astype(np.uint8) * 255).convert(mode))
    assert np.array_equal(load_labels(data, PERSON), THING)
    with pytest.raises(LabelError, match="two values, 0 and 255"):
        load_labels(data, VOC)


@given(hnp.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 2, 8, 15, 20])))
def test_a_palette_of_greys_holds_the_greys_whatever_its_order(ids):
    values = np.unique(ids)[::-1]
    picture = Image.fromarray(np.searchsorted(-values.astype(int), -ids.astype(int)).astype(np.uint8))
    picture.putpalette(np.repeat(values, 3).tolist())
    assert np.array_equal(np.array(picture.convert("L")), ids)
    assert np.array_equal(load_labels(encoded(picture)), ids)


@pytest.mark.parametrize("id", range(21))
def test_vocs_own_palette_is_read_by_index_even_where_its_colours_are_grey(id):
    picture = Image.fromarray(np.array([[0, id]], np.uint8))
    picture.putpalette(VOC.palette().tobytes())
    assert load_labels(encoded(picture)).tolist() == [[0, id]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_a_mask_is_turned_as_its_photo_is(orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    ids = np.arange(6, dtype=np.uint8).reshape(2, 3)
    photo = load(encoded(Image.fromarray(np.repeat(ids[..., None], 3, axis=2)), format, exif=exif))
    found = load_labels(encoded(Image.fromarray(ids), format, exif=exif), shape=photo.shape[:2])
    assert np.array_equal(found, photo[..., 0])


ALTERED = [("JPEG", {}), ("WEBP", {"quality": 100}), ("AVIF", {}), ("JPEG2000", {"irreversible": True}), ("TIFF", {"compression": "jpeg"})]


@pytest.mark.parametrize(("format", "options"), ALTERED)
def test_a_format_that_alters_pixels_is_refused_by_what_it_did(format, options):
    with pytest.raises(LabelError, match="alters"):
        load_labels(encoded(Image.fromarray(np.where(THING, 8, 0).astype(np.uint8)).convert("RGB" if format in ("WEBP", "AVIF") else "L"), format, **options))


@pytest.mark.parametrize(("format", "options"), [("GIF", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("JPEG2000", {}), ("WEBP", {"lossless": True})])
def test_a_format_that_keeps_every_pixel_is_read(format, options):
    ids = np.where(THING, 8, 0).astype(np.uint8)
    ids[0, 0] = 15
    assert np.array_equal(load_labels(encoded(Image.fromarray(ids), format, **options)), ids)


def test_of_several_frames_the_first_is_taken_and_how_many_there_are_is_known():
    frames = [Image.fromarray(np.full((4, 5), k, np.uint8)) for k in (8, 12, 15)]
    for format in ("GIF", "TIFF"):
        found = read_label_image(encoded(frames[0], format, save_all=True, append_images=frames[1:]))
        assert found.frames == 3


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0, 3, 8])))
def test_whole_numbers_stored_as_fractions_are_ids_and_fractions_are_not(ids):
    assert np.array_equal(load_labels(encoded(Image.fromarray(ids), "TIFF")), ids)
    with pytest.raises(LabelError, match="fractions"):
        load_labels(encoded(Image.fromarray(ids + np.float32(0.5)), "TIFF"))
