"""The second set of class colours, as eyes without full colour vision see it: by a published model, measured with scikit-image's CIELAB."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from pystudio.labels import PERSON, VOC, clear_colours

# Machado, Oliveira and Fernandes (2009), table 1, severity 1.0: on linear RGB.
SEEN_BY = {
    "full colour vision": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
APART = 15  # CIELAB units; two patches side by side are told apart from about 2 on, two that lie apart from about 10
OFTEN_NEIGHBOURS = [("cat", "dog"), ("cow", "sheep"), ("cow", "horse"), ("horse", "person"), ("dog", "person"), ("cat", "sofa"), ("car", "bus"),
                    ("person", "bicycle"), ("person", "motorbike"), ("dining table", "chair"), ("person", "chair"), ("bottle", "dining table"), ("tv monitor", "chair")]


def seen(colours, matrix):
    """(K, 3) of CIELAB: 8-bit sRGB colours as an eye sees them."""
    value = np.asarray(colours, float) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    changed = np.clip(linear @ np.asarray(matrix).T, 0, 1)
    return rgb2lab(np.where(changed <= 0.0031308, changed * 12.92, 1.055 * changed ** (1 / 2.4) - 0.055)[None])[0]


def least_distance(lab):
    return min(np.linalg.norm(lab[i] - lab[j]) for i in range(len(lab)) for j in range(i))


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_every_two_classes_are_told_apart_by_all_eyes(eyes):
    assert least_distance(seen(clear_colours(), SEEN_BY[eyes])) > APART


def test_the_standard_colours_are_not_told_apart_by_all_eyes():
    """Why there is a second set at all."""
    assert min(least_distance(seen(VOC.colours, matrix)) for matrix in SEEN_BY.values()) < 2


def test_classes_that_are_often_neighbours_differ_in_lightness():
    lightness = seen(clear_colours(), np.eye(3))[:, 0]
    for one, other in [*zip(VOC.names[1:], VOC.names[2:]), *OFTEN_NEIGHBOURS]:
        assert abs(lightness[VOC.id(one)] - lightness[VOC.id(other)]) > 10, (one, other)


def test_no_colour_means_one_class_in_one_set_and_another_in_the_other():
    """The page recolours by colour."""
    standard, clear = {tuple(c) for c in VOC.colours[1:].tolist()}, {tuple(c) for c in clear_colours()[1:].tolist()}
    assert len(clear) == 20 and not standard & clear


def test_the_session_tells_both_sets():
    from pystudio.session.session import Session
    for labels in (VOC, PERSON):
        reply = Session(None).method("labels")(labels.name)
        assert reply["colours"] == labels.colours.tolist()
        assert reply["clear"] == clear_colours()[[VOC.id(name) for name in labels.names]].tolist()
