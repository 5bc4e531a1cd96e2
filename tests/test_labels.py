"""Ids, names and colours, against the tables that the VOC devkit prints."""

import numpy as np
import pytest

from pystudio.errors import LabelError
from pystudio.labels import PERSON, VOC, VOID, label_set, voc_colour_map

# The devkit's own documentation lists these (R, G, B).
OFFICIAL = {
    "background": (0, 0, 0), "aeroplane": (128, 0, 0), "bicycle": (0, 128, 0), "bird": (128, 128, 0), "boat": (0, 0, 128),
    "bottle": (128, 0, 128), "bus": (0, 128, 128), "car": (128, 128, 128), "cat": (64, 0, 0), "chair": (192, 0, 0),
    "cow": (64, 128, 0), "diningtable": (192, 128, 0), "dog": (64, 0, 128), "horse": (192, 0, 128), "motorbike": (64, 128, 128),
    "person": (192, 128, 128), "pottedplant": (0, 64, 0), "sheep": (128, 64, 0), "sofa": (0, 192, 0), "train": (128, 192, 0),
    "tvmonitor": (0, 64, 128),
}  # fmt: skip


def test_voc_has_the_official_ids_and_colours():
    assert len(VOC) == 21
    for id, (name, colour) in enumerate(OFFICIAL.items()):
        assert VOC.id(name) == id
        assert tuple(VOC.colour(id)) == colour


def test_void_has_its_official_colour_in_every_set():
    for labels in (VOC, PERSON):
        assert tuple(labels.colour(VOID)) == (224, 224, 192)
        assert tuple(labels.palette()[VOID]) == (224, 224, 192)


def test_the_256_colours_of_the_map_are_all_different():
    assert len(np.unique(voc_colour_map(), axis=0)) == 256


def test_a_name_is_found_however_it_is_spaced():
    assert VOC.id("Potted-Plant") == VOC.id("potted plant") == VOC.id("pottedplant") == 16


def test_a_misspelt_class_gets_a_suggestion():
    with pytest.raises(LabelError, match="“hors”") as caught:
        VOC.id("hors")
    assert "horse" in caught.value.remedy


@pytest.mark.parametrize("id", [-1, 21, 254])
def test_an_unknown_id_is_named(id):
    with pytest.raises(LabelError, match=str(id)):
        VOC.colour(id)


def test_colours_cannot_be_changed_by_accident():
    with pytest.raises(ValueError):
        VOC.colours[0] = 1


def test_sets_are_found_by_name_and_a_wrong_name_lists_them():
    assert label_set("voc") is VOC and label_set("person") is PERSON
    with pytest.raises(LabelError, match="voc, person"):
        label_set("coco")


def test_person_has_the_same_colour_in_both_sets():
    assert tuple(PERSON.colour(PERSON.id("person"))) == tuple(VOC.colour(VOC.id("person")))
