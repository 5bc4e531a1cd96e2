"""Pictures in, against Pillow's own resizing and against files made to be awkward."""

import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import pystudio
from pystudio.errors import ImageError, LabelError
from pystudio.image import MAX_PIXELS, fit, load, load_labels, probe, resize
from pystudio.labels import PERSON, VOC, VOID, voc_colour_map

RNG = np.random.default_rng(7)
PHOTO = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
ORIENTED = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 14


def encoded(picture, format="PNG", **options):
    file = io.BytesIO()
    picture.save(file, format=format, **options)
    return file.getvalue()


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(columns, rows):
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")


# Photos


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM", "TGA", "JPEG2000"])
def test_rgb_comes_as_it_is_from_path_and_from_bytes(tmp_path, format):
    data = encoded(Image.fromarray(PHOTO), format)
    path = tmp_path / "photo"
    path.write_bytes(data)
    for source in (data, bytearray(data), memoryview(data), path, str(path)):
        assert np.array_equal(load(source), PHOTO)


def test_an_icon_and_an_avif_are_photos_too():
    icon = np.kron(PHOTO[:4, :4], np.ones((4, 4, 1), np.uint8))
    assert np.array_equal(load(encoded(Image.fromarray(icon), "ICO", sizes=[(16, 16)])), icon)
    assert np.abs(load(encoded(Image.fromarray(icon), "AVIF", quality=100, subsampling="4:4:4")).astype(int) - icon).max() <= 4


def test_one_pixel_is_a_photo():
    assert load(encoded(Image.new("RGB", (1, 1), (1, 2, 3)))).tolist() == [[[1, 2, 3]]]


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_orientation_is_applied(format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WEBP" else {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    data = encoded(Image.fromarray(np.kron(ORIENTED, np.ones((8, 8, 1), np.uint8))), format, exif=exif, **options)
    # What the EXIF standard says each value means, as array operations.
    upright = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a, -1), 7: lambda a: a[::-1, ::-1].swapaxes(0, 1), 8: lambda a: np.rot90(a),
    }[orientation](ORIENTED)  # fmt: skip
    found = load(data)
    assert probe(data).shape == found.shape[:2] == (upright.shape[0] * 8, upright.shape[1] * 8)
    assert np.abs(found[4::8, 4::8].astype(int) - upright).max() <= (6 if format == "JPEG" else 0)


def test_orientation_is_applied_to_a_transparent_photo_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    rgba = np.dstack([ORIENTED, np.full((2, 3), 255, np.uint8)])
    assert np.array_equal(load(encoded(Image.fromarray(rgba), exif=exif)), np.rot90(ORIENTED, -1))


def test_damaged_exif_does_not_hide_the_photo():
    data = encoded(Image.fromarray(PHOTO), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01")
    assert np.array_equal(load(data), PHOTO)


def test_transparency_is_laid_over_white():
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    assert load(encoded(Image.fromarray(rgba))).tolist() == [[[10, 20, 30], [255, 255, 255], [127, 127, 127]]]
    grey, alpha = np.array([[10, 10]], np.uint8), np.array([[255, 0]], np.uint8)
    assert load(encoded(Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]))).tolist() == [[[10] * 3, [255] * 3]]


def test_a_palette_with_transparency_is_laid_over_white():
    picture = Image.new("P", (2, 1))
    picture.putpalette([9, 8, 7, 200, 100, 50])
    picture.putpixel((1, 0), 1)
    assert load(encoded(picture)).tolist() == [[[9, 8, 7], [200, 100, 50]]]
    assert load(encoded(picture, transparency=0)).tolist() == [[[255, 255, 255], [200, 100, 50]]]


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_not_clipped(format):
    values = np.array([[0, 257, 32896, 65535, 300]], np.uint16)
    assert load(encoded(Image.fromarray(values), format))[0, :, 0].tolist() == [0, 1, 128, 255, 1]


def test_floats_and_wide_integers_are_scaled():
    assert load(encoded(Image.fromarray(np.array([[0, 0.5, 1]], np.float32)), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    assert load(encoded(Image.fromarray(np.array([[-10, 0, 10]], np.float32)), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    assert load(encoded(Image.fromarray(np.array([[0, 50_000, 100_000]], np.int32)), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    assert load(encoded(Image.fromarray(np.full((2, 2), 7.0, np.float32)), "TIFF")).shape == (2, 2, 3)


def test_grey_and_black_and_white():
    assert load(encoded(Image.fromarray(np.array([[0, 99]], np.uint8)))).tolist() == [[[0] * 3, [99] * 3]]
    assert load(encoded(Image.fromarray(np.array([[False, True]])))).tolist() == [[[0] * 3, [255] * 3]]


def test_cmyk_as_print_shops_send_it():
    # Pillow writes CMYK JPEGs with Adobe's marker and inverted inks, as Photoshop does.
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100)
    assert b"Adobe" in data
    assert np.abs(load(data).astype(int) - (255, 0, 0)).max() <= 3
    assert np.abs(load(encoded(Image.new("CMYK", (4, 4), (255, 0, 0, 0)), "TIFF")).astype(int) - (0, 255, 255)).max() <= 1


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(format):
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=40, **options)
    assert (load(data) == (255, 0, 0)).all()


def test_a_large_photo_is_reduced_and_its_size_is_still_known():
    data = encoded(Image.new("L", (12000, 9000), 77), "JPEG", quality=20)
    assert probe(data).shape == (9000, 12000)
    found = load(data)
    assert found.shape == (3072, 4096, 3)
    assert np.abs(found.astype(int) - 77).max() <= 1


def test_reducing_keeps_every_column_of_a_thin_picture_and_averages_the_rest():
    stripes = np.zeros((2, 1000, 3), np.uint8)
    stripes[:, ::2] = 200
    found = load(encoded(Image.fromarray(stripes)), max_side=100)
    assert found.shape == (1, 100, 3)
    assert np.abs(found.astype(int) - 100).max() <= 4  # no stripe survives as an alias


def test_nothing_is_reduced_when_not_asked():
    data = encoded(Image.new("L", (5000, 3)))
    assert load(data).shape == (2, 4096, 3) and load(data, max_side=None).shape == (3, 5000, 3)


# Photos that cannot be read


def test_too_many_pixels_are_refused_before_they_are_decoded():
    with pytest.raises(ImageError, match="20000 × 20000"):
        load(png_header(20000, 20000))  # has no pixels at all: decoding would complain of that
    with pytest.raises(ImageError, match="more than 200 million"):
        probe(png_header(MAX_PIXELS + 1, 1))


def test_pillows_own_limit_is_ours_while_reading_and_untouched_after():
    limit = Image.MAX_IMAGE_PIXELS
    assert probe(png_header(MAX_PIXELS // 1000, 1000)).shape == (1000, 200_000)
    with pytest.raises(ImageError):
        load(b"nonsense")
    assert Image.MAX_IMAGE_PIXELS == limit


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_a_truncated_file_is_one_sentence(format):
    data = encoded(Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)), format)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(ImageError, match="damaged or cut short"):
            load(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "zero bytes"),
        (b"hello, this is text", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut short"),
        (b"%PDF-1.7 ...", "not a picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="3"/>', "SVG"),
        (b'<?xml version="1.0"?><html/>', "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(a program) run\n", "not a picture"),  # Pillow would start Ghostscript
    ],
)
def test_what_is_no_picture_gets_its_sentence(data, said):
    for read in (load, probe, load_labels):
        with pytest.raises(ImageError, match=said) as caught:
            read(data)
        assert caught.value.remedy and "Traceback" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_is_an_image_or_an_image_error(data):
    whole = bytearray(encoded(Image.fromarray(PHOTO), data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"]))))
    for _ in range(3):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = load(bytes(whole), max_side=64)
    except ImageError:
        return
    assert found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3


def test_a_jpeg_that_is_all_but_a_line_is_reduced_to_a_line():
    assert load(encoded(Image.new("RGB", (9, 1286)), "JPEG"), max_side=64).shape == (64, 1, 3)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(ImageError, match="no file.*cat.jpg"):
        load(tmp_path / "cat.jpg")
    with pytest.raises(ImageError, match="cannot be opened"):
        load(tmp_path)


def test_a_bundled_photo_has_the_size_it_is_credited_with():
    folder = Path(__file__).parent.parent / "site_src" / "photos"
    found = sorted(path for path in folder.glob("*") if path.suffix in (".webp", ".png", ".jpg"))
    if not found:
        pytest.skip("no photos in this checkout")
    assert all(load(path).shape == (*probe(path).shape, 3) for path in found[:3])


@pytest.mark.parametrize(("data", "name", "said"), [
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a.png", "Git LFS"), (b"\0\0\0\x18ftypheic\0\0\0\0", "a.heic", "HEIC"), (b"\0\0\0\x18ftypmif1\0\0\0\0", "a.heif", "HEIC"), (b"%PDF-1.7", "a.jpg", "a PDF"),
    (b"<!DOCTYPE html><p>404", "a.jpg", "a web page"), (b"II*\0\x08\0\0\0", "a.nef", "raw photo"), (b"II*\0\x10\0\0\0CR\2\0", "a", "raw photo"), (b"\xff\x0a\0\0", "a.jxl", "JPEG XL"), (b"8BPS\0\1", "a.psd", "Photoshop"),
])  # fmt: skip
def test_a_known_format_that_is_no_picture_is_named_with_the_way_out(tmp_path, data, name, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError, match=said) as told:
        load(tmp_path / name)
    assert told.value.remedy and "damaged" not in str(told.value)


@pytest.mark.parametrize(("array", "said"), [(np.zeros((4, 4, 5), np.uint8), "5 bands of 8 bits"), (np.zeros((4, 4, 3), np.float32), "3 bands of 32 bits \\(floating-point")])
def test_a_tiff_of_another_kind_is_not_called_damaged_unless_it_is(array, said):
    tifffile = pytest.importorskip("tifffile")
    file = io.BytesIO()
    tifffile.imwrite(file, array, photometric="minisblack" if array.shape[2] == 5 else "rgb", planarconfig="contig")
    with pytest.raises(ImageError, match=said):
        load(file.getvalue())
    with pytest.raises(ImageError, match="damaged or cut short"):
        load(file.getvalue()[:-20])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
def test_a_jpeg_without_its_last_mark_is_whole_and_with_less_it_is_not(options):
    data = encoded(Image.fromarray(RNG.integers(0, 256, (64, 80, 3), dtype=np.uint8)), "JPEG", **options)
    assert np.array_equal(load(data[:-2]), load(data))
    for cut in (40, 200):
        with pytest.raises(ImageError, match="damaged or cut short"):
            load(data[:-cut])


@given(st.integers(8, 16), st.integers(0, 2**32))
def test_ten_or_twelve_bits_in_sixteen_are_as_bright_as_eight(bits, seed):
    values = np.random.default_rng(seed).integers(0, 2**bits, (5, 6)).astype(np.uint16)
    values[0, 0] = 2**bits - 1
    found = load(encoded(Image.fromarray(values)))[..., 0]
    top = values.max() if values.max() <= 65535 / 8 else 65535
    assert np.abs(found - values * (255 / top)).max() <= 0.5 + 1e-9


# Labels


def test_palette_and_grey_hold_the_ids():
    ids = np.array([[0, 8, 20, VOID]], np.uint8)
    assert np.array_equal(load_labels(encoded(Image.fromarray(ids))), ids)
    palette = Image.fromarray(ids)
    palette.putpalette(bytes(range(256)) * 3)  # a palette that has nothing to do with VOC
    assert np.array_equal(load_labels(encoded(palette)), ids)
    assert np.array_equal(load_labels(encoded(Image.fromarray(ids.astype(np.uint16)))), ids)
    assert load_labels(encoded(Image.fromarray(np.array([[False, True]])))).tolist() == [[0, 1]]
    opaque = Image.merge("LA", [Image.fromarray(ids), Image.new("L", ids.shape[::-1], 255)])  # as GIMP saves grey
    assert np.array_equal(load_labels(encoded(opaque)), ids)


@given(hnp.arrays(np.uint8, (4, 5), elements=st.sampled_from([*range(21), VOID])))
def test_rgb_is_read_by_colour(ids):
    assert np.array_equal(load_labels(encoded(Image.fromarray(voc_colour_map()[ids]))), ids)


def test_a_renumbered_palette_is_read_by_colour():
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    picture.putpalette([*VOC.colour(15), *VOC.colour(0), *VOC.colour(VOID)])
    assert load_labels(encoded(picture)).tolist() == [[15, 0, VOID]]


def test_another_size_is_named():
    with pytest.raises(LabelError, match="2 rows and 3 columns, the photo has 3 and 2"):
        load_labels(encoded(Image.new("L", (3, 2))), shape=(3, 2))


@pytest.mark.parametrize(
    ("picture", "labels", "said"),
    [
        (Image.fromarray(np.array([[0, 21, 77]], np.uint8)), VOC, "ids that voc does not have: 21, 77"),
        (Image.fromarray(np.array([[2]], np.uint8)), PERSON, "person does not have: 2"),
        (Image.fromarray(np.array([[0, 300]], np.uint16)), VOC, "300"),
        (Image.new("RGB", (2, 2), (1, 2, 3)), VOC, "#010203"),
        (Image.new("RGBA", (2, 2), (128, 0, 0, 9)), VOC, "transparent"),
    ],
)
def test_labels_that_are_not_of_the_set_are_named(picture, labels, said):
    with pytest.raises(LabelError, match=said):
        load_labels(encoded(picture), labels)


def test_a_jpeg_is_no_label_image():
    with pytest.raises(LabelError, match="JPEG"):
        load_labels(encoded(Image.new("L", (8, 8)), "JPEG"))


# Frames and resizing


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([8, 16, 32]))
def test_a_frame_has_sides_that_fit_and_keeps_the_aspect(rows, columns, multiple):
    found = fit((rows, columns), 513, multiple)
    assert all((side - 1) % multiple == 0 and side > multiple for side in found)
    assert max(found) == 513
    for side, original in zip(found, (rows, columns)):
        exact = original * 513 / max(rows, columns)
        assert abs(side - exact) <= multiple / 2 or side == multiple + 1


@settings(max_examples=80, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))), st.integers(1, 50), st.integers(1, 50))
def test_resizing_equals_pillow(image, rows, columns):
    expected = Image.fromarray(image.astype(np.float32)).resize((columns, rows), Image.Resampling.BILINEAR)
    found = resize(image, (rows, columns))
    assert found.dtype == np.float32 and found.shape == (rows, columns)
    np.testing.assert_allclose(found, np.array(expected), atol=2e-3)  # Pillow rounds its weights to float too, in another order


def test_channels_are_resized_alike():
    found = resize(PHOTO, (4, 20))
    assert found.shape == (4, 20, 3) and found.flags.c_contiguous
    for channel in range(3):
        np.testing.assert_allclose(found[..., channel], resize(PHOTO[..., channel], (4, 20)), rtol=1e-6)


@given(st.integers(0, 255), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_an_even_picture_stays_even(value, rows, columns, new_rows, new_columns):
    np.testing.assert_allclose(resize(np.full((rows, columns), value, np.uint8), (new_rows, new_columns)), value, rtol=1e-5)


@pytest.mark.parametrize(("image", "shape"), [(np.zeros((0, 3)), (2, 2)), (np.zeros((3, 3)), (0, 2)), (np.zeros(3), (2, 2))])
def test_resizing_nothing_is_refused(image, shape):
    with pytest.raises(ImageError, match="cannot be resized"):
        resize(image, shape)


def test_importing_every_module_of_the_map_needs_numpy_alone():
    import subprocess
    import sys

    modules = re.findall(r"(?m)^([a-z_.]+) {2,}\S", pystudio.__doc__)
    assert "segment.region_growing" in modules
    code = (
        f"import sys; [__import__('pystudio.' + name) for name in {modules!r}];"
        "print(*sorted({'PIL', 'onnxruntime', 'skimage', 'scipy', 'onnx'} & {name.split('.')[0] for name in sys.modules}))"
    )
    root = Path(pystudio.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
