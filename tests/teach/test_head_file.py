"""Files of heads: what is written is read again, small and always the same; damaged, foreign, hostile and newer ones end in a sentence."""

import io
import json
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.errors import StudioError
from pystudio.networks import stages
from pystudio.teach import class_set, read_head, teach, write_head
from pystudio.teach.head import MAX_HIDDEN, Head, network_version
from pystudio.teach.head_file import FORMAT
from pystudio.teach.strokes import MAX_CLASSES
from tests.teach.made import TWO, made

HEAD = replace(teach([(made(), TWO)], class_set(["Himmel „blau“", "草", "nowhere"], [[90, 170, 255], [120, 220, 80], [1, 2, 3]]), hidden=3).head, temperature=1.5)
FILE = write_head(HEAD)


def repacked(change):
    """The file with members changed: a dict of name to bytes, to be altered in place."""
    with zipfile.ZipFile(io.BytesIO(FILE)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def npy(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), **options)
    return file.getvalue()


def about(**changes):
    def change(members):
        told = json.loads(np.load(io.BytesIO(members["about.npy"])).tobytes()) | changes
        members["about.npy"] = npy(np.frombuffer(json.dumps(told).encode(), np.uint8))

    return repacked(change)


def with_array(name, array):
    return repacked(lambda members: members.update({f"{name}.npy": npy(array)}))


# ---------------------------------------------------------------- round trips
def test_what_is_written_is_read_again_and_labels_the_same():
    found = read_head(FILE)
    assert (found.network, found.version, found.stages, found.temperature) == (HEAD.network, HEAD.version, HEAD.stages, 1.5)
    assert found.labels.names == HEAD.labels.names and np.array_equal(found.labels.colours, HEAD.labels.colours)
    assert found.taught.tolist() == [True, True, False] and found.hidden == 3
    assert all(np.array_equal(a, b) for one, two in zip(found.layers, HEAD.layers, strict=True) for a, b in zip(one, two))
    assert np.array_equal(found.predict(made()).label_map, HEAD.predict(made()).label_map)


def test_the_same_head_gives_the_same_bytes_and_numpy_reads_them():
    assert write_head(read_head(FILE)) == FILE
    with np.load(io.BytesIO(FILE)) as arrays:
        assert np.array_equal(arrays["weights0"], HEAD.layers[0][0]) and json.loads(arrays["about"].tobytes())["network"] == "deeplab_s16"


def test_the_largest_head_is_below_100_kb():
    random = np.random.default_rng(0)
    names = stages.resolve("all", made(("colour",)).network)
    n_features = made(names).n_features
    numbers = lambda *shape: random.normal(size=shape).astype(np.float32)  # noise is what compresses least
    labels = class_set([f"class {k} of a long name" for k in range(MAX_CLASSES)])
    for sizes in ((n_features, MAX_CLASSES), (n_features, MAX_HIDDEN, MAX_CLASSES)):
        layers = tuple((numbers(b, a), numbers(b)) for a, b in zip(sizes, sizes[1:]))
        head = Head("deeplab_s16", network_version("deeplab_s16"), names, labels, numbers(n_features), np.abs(numbers(n_features)), layers, taught=np.ones(MAX_CLASSES, bool))
        assert len(write_head(head)) < 100_000
        assert read_head(write_head(head)).labels.names == labels.names


# ---------------------------------------------------------------- files that cannot be used
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not the file of a head"), (b"\x89PNG\r\n", "not the file of a head"), (b"PK\x03\x04 cut", "damaged"), (FILE[:-40], "damaged"), (FILE[:60], "damaged"),
        (b"PK" + bytes(10**6), "no head has"), (repacked(lambda members: members.pop("about.npy")), "not the file of a head"),
        (repacked(lambda members: members.pop("mean.npy")), "damaged"), (about(program="something else"), "not the file of a head"),
        (about(format=FORMAT + 1), "newer PyStudio"), (about(format="1"), "not the file of a head"), (about(temperature=float("nan")), "damaged"), (about(temperature=0), "damaged"),
        (about(stages=[]), "damaged"), (about(stages=[5]), "damaged"), (about(network=""), "damaged"), (about(classes=[]), "damaged"), (about(classes=[{"name": "a", "colour": [1, 2, 3]}] * 2), "damaged"),
        (about(classes=[{"name": k, "colour": [1, 2, 300]} for k in "abc"]), "damaged"), (about(classes=[{"name": k, "colour": [1, 2, 3]} for k in "ab"]), "damaged"),
        (with_array("mean", np.zeros(3, np.float32)), "damaged"), (with_array("scale", 0 * HEAD.scale), "damaged"), (with_array("mean", HEAD.mean.astype(float)), "damaged"),
        (with_array("mean", np.full_like(HEAD.mean, np.inf)), "damaged"), (with_array("weights0", HEAD.layers[0][0].T), "damaged"), (with_array("weights0", np.asfortranarray(HEAD.layers[0][0])), "damaged"),
        (with_array("bias1", np.zeros(4, np.float32)), "damaged"), (repacked(lambda members: members.update({"about.npy": npy(np.frombuffer(b"[" * 10_000, np.uint8))})), "damaged"),
        (repacked(lambda members: members.update({"mean.npy": members["mean.npy"][:-3]})), "damaged"), (repacked(lambda members: members.update({"mean.npy": members["mean.npy"] + b"more"})), "damaged"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_head_is_refused_in_a_sentence(data, said):
    with pytest.raises(StudioError, match=said) as raised:
        read_head(data, "mine.npz")
    assert raised.value.message.startswith("mine.npz") and raised.value.remedy.endswith(".")


def test_objects_that_could_run_a_program_are_never_loaded():
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    bomb = np.empty(1, object)
    bomb[0] = Bomb()
    data = repacked(lambda members: members.update({"mean.npy": npy(bomb, allow_pickle=True), "extra.npy": pickle.dumps(Bomb())}))
    with pytest.raises(StudioError, match="damaged"):
        read_head(data)


def test_an_array_that_says_it_is_huge_takes_no_memory():
    def change(members):
        header = npy(np.zeros(2, np.float32)).replace(b"(2,), }", b"(999999999999,), }")
        members["mean.npy"] = header

    with pytest.raises(StudioError, match="damaged"):
        read_head(repacked(change))
    with pytest.raises(StudioError, match="damaged"):  # a zip that unpacks to far more than its array says
        read_head(repacked(lambda members: members.update({"mean.npy": members["mean.npy"] + bytes(10**8)})))


@settings(max_examples=150)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255), st.booleans())
def test_a_changed_byte_gives_a_head_or_a_sentence_and_nothing_else(place, change, cut):
    data = bytearray(FILE)
    data[place] ^= change
    try:
        head = read_head(bytes(data[:place] if cut else data))
    except StudioError:
        return
    assert len(head.labels) == 3 and all(np.isfinite(part).all() for layer in head.layers for part in layer)
