"""The rules for reserved heights that `build.py heights` writes; whether pages then stay where they are, the browser tests see."""
import pytest

from pystudio.builder import BuildError, heights

SHEET = f"a {{ b: c; }}\n{heights.BEGIN}.old {{ }}\n{heights.END}d {{ e: f; }}\n"


def test_only_what_stands_between_the_marks_is_written_anew():
    found = heights.with_rules(SHEET, "toy", [(284, 90), (288, 92), (292, 60), (296, 61)])
    assert found == (f"a {{ b: c; }}\n{heights.BEGIN}.ps > .ps-skeleton-toy {{ --ps-around: 90px; }}\n"
                     f"@container (min-width: 292px) {{ .ps > .ps-skeleton-toy {{ --ps-around: 60px; }} }}\n{heights.END}d {{ e: f; }}\n")
    assert heights.with_rules(found, "toy", [(284, 90), (292, 60)]) == found


def test_every_width_keeps_a_height_that_is_near_its_own():
    measured = [(width, 1000 - width // 7) for width in (*heights.PHONES, *heights.DESKS)]
    rules = heights.rules("toy", measured)
    steps = [(0, 1000 - 284 // 7)] + [(int(line.split("min-width: ")[1].split("px")[0]), int(line.split("around: ")[1].split("px")[0])) for line in rules.splitlines()[1:]]
    for width, height in measured:
        reserved = [kept for least, kept in steps if least <= width][-1]
        assert abs(reserved - height) <= heights.SAME


def test_a_style_sheet_without_its_second_mark_is_told():
    with pytest.raises(BuildError, match="End of what was measured"):
        heights.with_rules(SHEET.replace(heights.END, ""), "toy", [(284, 90)])
