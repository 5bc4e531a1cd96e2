"""Effects: the formula at every pixel, bands against the whole, files against Pillow."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from pystudio.render import effects
from pystudio.errors import StudioError
from pystudio.segment.matting import downsample_photo

ROWS, COLUMNS = 90, 130


@pytest.fixture(scope="module")
def photo():
    random = np.random.default_rng(8)
    coarse = random.random((10, 14, 3))
    return np.clip(np.kron(coarse, np.ones((9, 10, 1)))[:ROWS, :COLUMNS] * 255 + random.normal(0, 6, (ROWS, COLUMNS, 3))[: ROWS], 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def disc():
    y, x = np.ogrid[:ROWS, :COLUMNS]
    return ((y - 45) ** 2 + (x - 60) ** 2 <= 28**2).astype(np.float32)


def made(effect, photo, disc, **options):
    return effects.plan(effect, downsample_photo(photo, 720), disc, **{"edge": "hard", "picture": photo[::-1], **options})


@pytest.mark.parametrize("effect", effects.EFFECTS)
@pytest.mark.parametrize("edge", ["guided", "scores", "hard"])
def test_bands_of_any_height_make_the_same_picture_as_the_whole(effect, edge, photo, disc):
    plan = made(effect, photo, disc, edge=edge)
    large = np.kron(photo, np.ones((3, 3, 1), np.uint8))
    whole = effects.whole(plan, large, 10_000)
    for rows in (17, 64):
        assert np.array_equal(effects.whole(plan, large, rows), whole)
    assert whole.shape[:2] == large.shape[:2]


@pytest.mark.parametrize("effect", [name for name, each in effects.EFFECTS.items() if each.target == "rest"])
def test_the_thing_is_left_as_it_was_and_the_rest_is_not(effect, photo, disc):
    found = effects.whole(made(effect, photo, disc), photo)
    assert np.array_equal(found[disc == 1], photo[disc == 1])
    assert (found[disc == 0] != photo[disc == 0]).any(axis=1).mean() > 0.5


@pytest.mark.parametrize("effect", [name for name, each in effects.EFFECTS.items() if each.target == "thing"])
def test_the_rest_is_left_as_it_was_and_the_thing_is_not(effect, photo, disc):
    found = effects.whole(made(effect, photo, disc), photo)
    assert np.array_equal(found[disc == 0], photo[disc == 0])
    assert (found[disc == 1] != photo[disc == 1]).any(axis=1).mean() > 0.5


def test_the_other_way_round_changes_the_other_part(photo, disc):
    found = effects.whole(made("grey", photo, disc, swap=True), photo)
    assert np.array_equal(found[disc == 0], photo[disc == 0])
    assert np.ptp(found[disc == 1].astype(int), axis=1).max() == 0


def test_a_half_matte_mixes_half_and_half(photo):
    half = np.full((ROWS, COLUMNS), 0.5, np.float32)
    found = effects.whole(made("colour", photo, half, edge="scores", colour=(255, 0, 0)), photo)
    assert np.abs(found - (photo / 2 + np.array([127.5, 0, 0]))).max() <= 1


def test_green_is_the_green_of_the_screen_and_grey_has_the_brightness_of_the_photo(photo, disc):
    nothing = np.zeros_like(disc)
    assert (effects.whole(made("green", photo, nothing), photo) == effects.GREEN).all()
    grey = effects.whole(made("grey", photo, nothing), photo)
    assert np.abs(grey[..., 0].astype(int) - np.array(Image.fromarray(photo).convert("L"), int)).max() <= 1


def test_blur_takes_no_colour_from_the_thing():
    photo = np.zeros((60, 60, 3), np.uint8)
    photo[20:40, 20:40] = (255, 255, 255)
    thing = (photo[..., 0] > 0).astype(np.float32)
    found = effects.whole(made("blur", photo, thing, strength=40), photo)
    assert found[thing == 0].max() <= 2  # an ordinary blur would leave a white glow on the black ground


def test_pixelated_blocks_have_one_colour_each_their_mean(photo, disc):
    everything = np.ones_like(disc)
    side = round(90 * COLUMNS / 1000)
    found = effects.whole(made("pixelate", photo, everything, strength=90), photo)
    for top in range(0, ROWS, side):
        for left in range(0, COLUMNS, side):
            block = np.s_[top : top + side, left : left + side]
            assert (found[block] == found[top, left]).all()
            assert np.abs(found[top, left] - photo[block].mean(axis=(0, 1))).max() <= 1


def test_few_colours_are_few(photo, disc):
    found = effects.whole(made("posterise", photo, np.ones_like(disc), strength=3), photo)
    assert set(np.unique(found)) <= {0, 128, 255}


def test_oil_is_the_mean_of_the_calmest_corner(photo, disc):
    found = effects.whole(made("oil", photo, np.ones_like(disc), strength=14), photo)
    half = max(1, round(14 * COLUMNS / 1000) // 2)
    values = photo.astype(float) / 255
    for r, c in [(30, 40), (45, 70), (60, 100)]:
        corners = [values[r + dr - half : r + dr + half + 1, c + dc - half : c + dc + half + 1].reshape(-1, 3) for dr in (-half, half) for dc in (-half, half)]
        calmest = min(corners, key=lambda each: each.var(axis=0).sum())
        assert np.abs(found[r, c] - 255 * calmest.mean(axis=0)).max() <= 1


def test_an_outline_is_as_wide_as_it_says_and_behind_the_thing(photo, disc):
    found = effects.whole(made("outline", photo, disc, strength=40, colour=(255, 0, 255)), photo)
    width = round(40 * COLUMNS / 1000)
    distance = ndimage.distance_transform_edt(disc == 0)
    assert np.array_equal(found[disc == 1], photo[disc == 1])
    assert (found[(distance > 0) & (distance < width - 0.5)] == (255, 0, 255)).all()
    assert np.array_equal(found[distance > width + 1.5], photo[distance > width + 1.5])


def test_a_sticker_is_clear_around_its_border(photo, disc):
    found = effects.whole(made("sticker", photo, disc, strength=20, colour=(255, 255, 255)), photo)
    distance = ndimage.distance_transform_edt(disc == 0)
    assert (found[disc == 1, 3] == 255).all() and np.array_equal(found[disc == 1, :3], photo[disc == 1])
    assert (found[distance > round(20 * COLUMNS / 1000) + 1.5, 3] == 0).all()
    rim = (distance > 0) & (distance <= 1)
    assert (found[rim] == 255).all()


def test_without_a_thing_a_sticker_is_empty_and_an_outline_draws_nothing(photo):
    nothing = np.zeros((ROWS, COLUMNS), np.float32)
    assert effects.whole(made("sticker", photo, nothing), photo)[..., 3].max() == 0
    assert np.array_equal(effects.whole(made("outline", photo, nothing), photo), photo)


def test_another_picture_covers_the_photo_keeping_its_shape():
    photo = np.zeros((40, 40, 3), np.uint8)
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 200  # its middle third is what a square shows
    found = effects.whole(made("picture", photo, np.zeros((40, 40)), picture=wide), photo)
    assert (found == 200).all()


@pytest.mark.parametrize("effect, options, words", [("melt", {}, "melt"), ("blur", {"strength": 900}, "900"), ("picture", {"picture": None}, "picture")])
def test_what_cannot_be_done_is_refused(effect, options, words, photo, disc):
    with pytest.raises(StudioError, match=words):
        made(effect, photo, disc, **options)


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 30), st.sampled_from([3, 4]), st.lists(st.integers(1, 12), max_size=6), st.integers(0, 2**31))
def test_a_png_written_in_bands_is_read_back_the_same(rows, columns, channels, cuts, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (rows, columns, channels), dtype=np.uint8)
    writer, top = effects.PngWriter((rows, columns), channels), 0
    for cut in [*cuts, rows]:
        band = picture[top : min(rows, top + cut)]
        if len(band):
            writer.add(band)
        top = min(rows, top + cut)
    with Image.open(io.BytesIO(writer.finish())) as found:
        assert np.array_equal(np.array(found), picture)


def test_a_png_that_lacks_rows_is_not_a_file():
    writer = effects.PngWriter((4, 4), 3)
    writer.add(np.zeros((3, 4, 3), np.uint8))
    with pytest.raises(StudioError, match="3 of 4"):
        writer.finish()
