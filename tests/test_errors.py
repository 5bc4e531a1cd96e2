"""What a person is told: both halves arrive, and survive a copy."""

import copy
import pickle

import pytest

from pystudio.errors import ImageError, LabelError, NetworkError, StudioError


@pytest.mark.parametrize("kind", [StudioError, ImageError, LabelError, NetworkError])
def test_an_error_says_what_is_wrong_and_what_to_do(kind):
    error = kind("The photo is empty.", "Choose another.")
    assert (error.message, error.remedy, str(error)) == ("The photo is empty.", "Choose another.", "The photo is empty. Choose another.")
    assert isinstance(error, ValueError)


def test_without_a_remedy_only_the_message_is_said():
    assert str(StudioError("It is empty.")) == "It is empty."


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_being_copied(copied):
    again = copied(LabelError("a", "b"))
    assert type(again) is LabelError and (again.message, again.remedy) == ("a", "b")
