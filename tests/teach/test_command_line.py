"""`teach` and `segment --head`, as a person uses them; and pictures of strokes."""

import io

import numpy as np
import pytest
from PIL import Image

from pystudio.__main__ import main
from pystudio.errors import LabelError
from pystudio.image import load, load_labels
from pystudio.teach import read_head
from pystudio.teach.stroke_images import class_colours, read_stroke_image, strokes_of

SKY, GRASS = (90, 170, 255), (120, 220, 80)


@pytest.fixture
def photo(tmp_path):
    """Blue above, green below."""
    image = np.full((120, 160, 3), (60, 120, 230), np.uint8)
    image[70:] = (40, 160, 30)
    Image.fromarray(image).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def drawn(background=(0, 0, 0)):
    picture = np.full((120, 160, 3), background, np.uint8)
    picture[20:24, 10:90], picture[100:104, 30:140] = SKY, GRASS
    return picture


@pytest.fixture
def strokes(tmp_path):
    Image.fromarray(drawn()).save(tmp_path / "strokes.png")
    return tmp_path / "strokes.png"


def taught(photo, strokes, tmp_path, *more):
    head = tmp_path / "head.npz"
    assert main(["teach", str(photo), str(strokes), "-o", str(head), "--stages", "colour", *more]) == 0
    return head


# ---------------------------------------------------------------- teach, segment
def test_what_was_taught_on_one_photo_labels_another(photo, strokes, tmp_path, capsys):
    head = taught(photo, strokes, tmp_path)
    out, err = capsys.readouterr()
    assert "strokes.png: The most frequent colour, #000000, was taken for “no stroke”." in err
    assert "#5aaaff, #78dc50" in out and "100.0%" in out and head.stat().st_size < 100_000

    other = load(photo)[:, ::-1][::-1]
    Image.fromarray(other).save(tmp_path / "other.png")
    mask, tinted = tmp_path / "mask.png", tmp_path / "tinted.png"
    assert main(["segment", str(tmp_path / "other.png"), "--head", str(head), "-o", str(mask), "--overlay", str(tinted), "--opacity", "1"]) == 0
    labels = read_head(head.read_bytes()).labels
    label_map = load_labels(mask, labels, shape=(120, 160))
    assert (label_map[:48] == 1).all() and (label_map[52:] == 0).all()
    assert np.array_equal(load(tinted), labels.colours[label_map])  # the first class is tinted too
    heading, *rows, summary = capsys.readouterr().out.splitlines()
    assert {row.split()[1] for row in rows} == {"#5aaaff", "#78dc50"} and "Taught on DeepLab v3, fast" in summary


def test_a_legend_names_the_classes_and_one_without_strokes_is_told(photo, strokes, tmp_path, capsys):
    legend = tmp_path / "legend.txt"
    legend.write_text("grass:120,220,80\nsky:90,170,255\nhorse:220,60,60\n")
    head = read_head(taught(photo, strokes, tmp_path, "--legend", str(legend)).read_bytes())
    assert head.labels.names == ("grass", "sky", "horse") and head.taught.tolist() == [True, True, False]
    assert "“horse” has no stroke yet" in capsys.readouterr().err


def test_several_photos_teach_one_head(photo, strokes, tmp_path, capsys):
    one, two = drawn(), drawn()
    one[100:104], two[20:24] = 0, 0  # one class on each
    for name, picture in (("one.png", one), ("two.png", two)):
        Image.fromarray(picture).save(tmp_path / name)
    head = tmp_path / "head.npz"
    assert main(["teach", str(photo), str(tmp_path / "one.png"), str(photo), str(tmp_path / "two.png"), "-o", str(head), "--stages", "colour"]) == 0
    mask = tmp_path / "mask.png"
    assert main(["segment", str(photo), "--head", str(head), "-o", str(mask), "--refine"]) == 0
    label_map = np.array(Image.open(mask))
    assert (label_map[:65] == 0).all() and (label_map[75:] == 1).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{photo}", "-o", "{folder}/head.npz"], "in pairs"), (["{photo}", "{photo}", "-o", "{folder}/head.npz"], "only the colour"),
        (["{photo}", "{small}", "-o", "{folder}/head.npz"], "small.png has 10 rows"), (["{photo}", "{strokes}", "-o", "{photo}"], "read and written"),
        (["{photo}", "{strokes}", "-o", "{folder}/none/head.npz", "--stages", "colour"], "cannot be written"), (["{photo}", "{strokes}", "-o", "{folder}/h.npz", "--network", "deeplabb"], "Did you mean"),
        (["{photo}", "{strokes}", "-o", "{folder}/h.npz", "--network", "selfie_segmentation"], "does not show its stages"),
        (["{photo}", "{strokes}", "-o", "{folder}/h.npz", "--hidden", "99", "--stages", "colour"], "hidden layer"), (["{photo}", "nowhere.png", "-o", "{folder}/h.npz"], "nowhere.png"),
    ],
)  # fmt: skip
def test_what_cannot_be_taught_is_one_sentence_and_exit_code_2(photo, strokes, tmp_path, capsys, arguments, said):
    Image.fromarray(drawn()[:10, :10]).save(tmp_path / "small.png")
    before = photo.read_bytes()
    filled = [each.format(photo=photo, strokes=strokes, small=tmp_path / "small.png", folder=tmp_path) for each in arguments]
    assert main(["teach", *filled]) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err.splitlines()[-1] and err.splitlines()[-1].startswith("pystudio: ")
    assert photo.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--head", "{photo}"], "not the file of a head"), (["--head", "nowhere.npz"], "cannot be read"), (["--head", "{head}", "--network", "deeplab"], "brings its own network"),
        (["--head", "{head}", "-o", "{head}"], "read and written"),
    ],
)  # fmt: skip
def test_a_head_that_cannot_be_used_is_one_sentence_and_exit_code_2(photo, strokes, tmp_path, capsys, arguments, said):
    head = taught(photo, strokes, tmp_path)
    capsys.readouterr()
    assert main(["segment", str(photo), *(each.format(photo=photo, head=head) for each in arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and len(err.splitlines()) == 1


# ---------------------------------------------------------------- pictures of strokes
def png(picture, **options):
    file = io.BytesIO()
    Image.fromarray(picture, **options).save(file, "PNG")
    return file.getvalue()


EXPECTED = np.select([(drawn() == SKY).all(axis=2), (drawn() == GRASS).all(axis=2)], [0, 1], -1)


def as_palette():
    picture = Image.fromarray(np.where(EXPECTED == -1, 2, EXPECTED).astype(np.uint8))
    picture.putpalette([*SKY, *GRASS, 255, 255, 255])
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        png(drawn()), png(drawn((255, 255, 255))), as_palette(), png(np.dstack([drawn((77, 0, 0)), np.where(EXPECTED == -1, 0, 255).astype(np.uint8)])),
        png(np.dstack([drawn((77, 0, 0)), np.where(EXPECTED == -1, 100, 200).astype(np.uint8)])), png((EXPECTED + 1).astype(np.uint8) * 80),
    ],
    ids=["on black", "on white", "palette", "transparent", "soft", "grey"],
)  # fmt: skip
def test_strokes_are_read_whatever_they_are_drawn_on(data):
    image = read_stroke_image(data, (120, 160))
    classes = class_colours([image])
    assert len(classes) == 2 and np.array_equal(strokes_of(image, classes), EXPECTED)


def test_pictures_that_are_no_strokes_are_refused():
    jpeg = io.BytesIO()
    Image.fromarray(drawn()).save(jpeg, "JPEG")
    with pytest.raises(LabelError, match="JPEG"):
        read_stroke_image(jpeg.getvalue(), (120, 160))
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    with pytest.raises(LabelError, match="colours; each would be a class"):
        class_colours([read_stroke_image(png(noise), (120, 160))])
    with pytest.raises(LabelError, match="no colour"):
        class_colours([read_stroke_image(png(np.zeros((120, 160, 3), np.uint8)), (120, 160))])
    with pytest.raises(LabelError, match="#78dc50, which the legend does not name"):
        class_colours([read_stroke_image(png(drawn()), (120, 160), "mine.png")], [("sky", SKY), ("nothing", (0, 0, 0))])
    transparent = np.dstack([drawn(), np.where(EXPECTED == -1, 0, 255).astype(np.uint8)])
    with pytest.raises(LabelError, match="the photo has 5 and 5"):
        read_stroke_image(png(transparent), (5, 5))
