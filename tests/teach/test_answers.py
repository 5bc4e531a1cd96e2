"""What is done with an answer: edges of the photo, and where another stroke would teach most."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from pystudio.errors import ImageError
from pystudio.networks import network as networks
from pystudio.networks.network import Prediction
from pystudio.teach.answers import most_uncertain, refined_labels
from tests.teach.made import FAST

FRAME = (385, 513)


def prediction(logits, shape=FRAME, stride=16):
    taught = replace(FAST, stride=stride)
    logits = np.asarray(logits, np.float32)
    return Prediction(networks.upsample_labels(logits, shape, taught), logits, taught, (1, 3, *FRAME))


def disc(shape, row, column, radius):
    rows, columns = np.indices(shape)
    return (rows - row) ** 2 + (columns - column) ** 2 < radius**2


# ---------------------------------------------------------------- edges
@pytest.mark.parametrize("classes", [2, 3])
def test_coarse_labels_are_drawn_to_the_edges_of_the_photo(classes):
    thing = disc(FRAME, 190, 250, 77)
    photo = np.where(thing[..., None], np.uint8([200, 80, 40]), np.uint8([40, 90, 160]))
    sheets = [4.0 * (thing[::16, ::16] == k) for k in (0, 1)] + [np.full((25, 33), -9.0)] * (classes - 2)
    rough = prediction(sheets)
    refined = refined_labels(rough, photo)
    wrong = [(each != thing).mean() for each in (rough.label_map, refined)]
    assert refined.dtype == np.uint8 and wrong[1] < wrong[0] / 4 and wrong[1] < 0.003


def test_on_a_photo_without_edges_refinement_changes_little():
    thing = disc(FRAME, 190, 250, 90)
    rough = prediction([4.0 * (thing[::16, ::16] == k) for k in (0, 1)])
    refined = refined_labels(rough, np.full((*FRAME, 3), 128, np.uint8))
    assert (refined != rough.label_map)[ndimage.distance_transform_edt(rough.label_map == 0) + ndimage.distance_transform_edt(rough.label_map) > 12].sum() == 0


def test_one_class_everywhere_stays_it_and_bands_do_not_show():
    assert (refined_labels(prediction([np.zeros((25, 33)), np.full((25, 33), 30.0)]), np.zeros((*FRAME, 3), np.uint8)) == 1).all()
    thing = disc(FRAME, 190, 250, 90)
    photo = np.random.default_rng(0).integers(0, 256, (*FRAME, 3), dtype=np.uint8)
    rough = prediction([2.0 * (thing[::16, ::16] == k) for k in (0, 1)])
    whole = refined_labels(rough, photo)
    import pystudio.teach.answers as answers

    before, answers._BAND = answers._BAND, 513 * 7
    try:
        assert np.array_equal(refined_labels(rough, photo), whole)
    finally:
        answers._BAND = before


def test_another_photo_is_refused():
    with pytest.raises(ImageError, match="labels have"):
        refined_labels(prediction(np.zeros((2, 25, 33))), np.zeros((10, 10, 3), np.uint8))


# ---------------------------------------------------------------- where next
def doubtful(*discs):
    """Sure everywhere but in discs."""
    unsure = np.any([disc((25, 33), *each) for each in discs], axis=0)
    return np.stack([np.where(unsure, 0.0, 9.0), np.zeros((25, 33))])


def test_the_place_is_in_the_middle_of_the_largest_doubt_and_not_in_a_small_one():
    found = most_uncertain(prediction(doubtful((6, 8, 4), (20, 28, 1.5))))
    assert abs(found.row - 6 * 16) <= 32 and abs(found.column - 8 * 16) <= 32 and found.bits > 0.9


def test_where_a_stroke_is_drawn_it_asks_elsewhere():
    drawn = np.full(FRAME, -1)
    drawn[40:160, 60:200] = 1
    found = most_uncertain(prediction(doubtful((6, 8, 4), (20, 28, 2.5))), drawn)
    assert abs(found.row - 20 * 16) <= 40 and abs(found.column - 28 * 16) <= 40 and drawn[found.row, found.column] == -1


def test_the_place_is_a_pixel_of_the_photo_whatever_its_size():
    for shape in ((1, 1), (1000, 30), (97, 1300)):
        found = most_uncertain(prediction(doubtful((24, 32, 5)), shape))
        assert 0 <= found.row < shape[0] and 0 <= found.column < shape[1]
        assert found.row >= 0.7 * (shape[0] - 1) and found.column >= 0.7 * (shape[1] - 1)


def test_a_photo_drawn_all_over_still_has_a_place_and_wrong_strokes_are_refused():
    assert most_uncertain(prediction(doubtful((6, 8, 4))), np.zeros(FRAME, int)).bits == 0
    with pytest.raises(ImageError, match="exactly the photo's size"):
        most_uncertain(prediction(doubtful((6, 8, 4))), np.zeros((3, 3), int))
