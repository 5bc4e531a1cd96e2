"""The answers for teachers on the page "In class", worked out anew from the drawings and tables of the worksheet itself."""
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pystudio.builder import ROOT

PAGES = ROOT / "site_src"
CELL = 26  # of the drawings' fine grids, in their own units
TIMES = 20  # how much finer the fish is measured


@pytest.fixture(scope="module")
def answers():
    """The four answers, as the page says them."""
    told = (PAGES / "class.md").read_text(encoding="utf-8").split("## Answers to the worksheet")[1]
    return dict(re.findall(r"\*\*(\d)\*\* (.+)", told))


@pytest.fixture(scope="module")
def sheet():
    return (PAGES / "worksheet.md").read_text(encoding="utf-8")


def quotient(over, under):
    """Two decimals, halves upwards, as pupils round."""
    return f"{(200 * over + under) // (2 * under) / 100:.2f}"


def drawing(name):
    return (PAGES / "images" / f"worksheet-{name}.svg").read_text(encoding="utf-8")


def more_than_half(outlines, left, cell, columns, rows):
    """How many squares of a grid are more than half covered."""
    canvas = Image.new("1", (columns * cell * TIMES, rows * cell * TIMES))
    for outline in outlines:
        ImageDraw.Draw(canvas).polygon([((x - left) * TIMES, (y - CELL) * TIMES) for x, y in outline], fill=1)
    return int((np.asarray(canvas).reshape(rows, cell * TIMES, columns, cell * TIMES).mean(axis=(1, 3)) > 0.5).sum())


def test_the_fish_has_as_many_squares_as_we_say(answers):
    numbers = [list(map(float, re.findall(r"-?[\d.]+", path))) for path in re.findall(r'class="outline thin" d="([^"]+)"', drawing("fish"))]
    outlines = [list(zip(each[::2], each[1::2])) for each in numbers]
    fine = more_than_half(outlines[:2], 0, CELL, 12, 8)
    coarse = more_than_half(outlines[2:], 360, 2 * CELL, 6, 4)
    assert f"Fine grid: {fine} by our count" in answers["1"]
    assert f"Coarse grid: {coarse} large pixels, which make {4 * coarse} small ones" in answers["1"]


def test_labels_and_doubts_follow_from_the_scores(answers, sheet):
    lines = [[part.strip() for part in line.strip("|").split("|")] for line in sheet.splitlines() if line.startswith("|")]
    classes = next(line for line in lines if line[0] == "Pixel")[1:-1]
    scores = {line[0]: [float(number.replace("−", "-")) for number in line[1:-1]] for line in lines if re.fullmatch("[A-F]", line[0])}
    labels = ", ".join(f"{pixel} {classes[int(np.argmax(row))]}" for pixel, row in scores.items())
    assert answers["2"].startswith(labels + ".")
    lead = {pixel: round(float(np.diff(sorted(row)[-2:])[0]), 1) for pixel, row in scores.items()}
    close = {pixel: ahead for pixel, ahead in lead.items() if ahead < 0.5}
    told = {pixel: float(ahead) for pixel, ahead in re.findall(r"([A-F]) \(([\d.]+)(?: apart)?\)", answers["2"])}
    assert told == close and min(set(lead.values()) - set(close.values())) >= 1  # nobody is between sure and unsure


def test_the_grades_follow_from_the_squares(answers):
    svg = drawing("iou")
    truth = {(float(x) // CELL, float(y) // CELL) for x, y in re.findall(r'class="outline" d="M([\d.]+) ([\d.]+) L', svg) if float(x) < 270}
    mask = {(float(x) // CELL, float(y) // CELL) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg) if float(x) < 270}
    t, m, both, either = len(truth), len(mask), len(truth & mask), len(truth | mask)
    right = 80 - len(truth ^ mask)
    for said in (f"Truth {t}, mask {m}, both {both}, at least one {either}.", f"IoU = {both} ÷ {either} = {quotient(both, either)}.",
                 f"Dice = {2 * both} ÷ {t + m} = {quotient(2 * both, t + m)}.", f"Right: {right} of 80 ({both} cat and {right - both} background), so the accuracy is {quotient(right, 80)}.",
                 f"Lazy mask: accuracy {80 - t} ÷ 80 = {quotient(80 - t, 80)}, IoU 0.", f"Greedy mask: accuracy {t} ÷ 80 = {quotient(t, 80)}, IoU {t} ÷ 80 = {quotient(t, 80)}."):
        assert said in answers["3"]


@pytest.mark.parametrize("tolerance", [5, 6])
def test_the_region_grows_as_far_as_we_say(answers, tolerance):
    numbers = np.array([int(number) for number in re.findall(r">(\d\d)<", drawing("grow"))]).reshape(6, 8)
    region, waiting = {(2, 2)}, [(2, 2)]
    assert numbers[2, 2] == 54
    for row, column in waiting:
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= r < 6 and 0 <= c < 8 and (r, c) not in region and abs(numbers[r, c] - 54) <= tolerance:
                region.add((r, c))
                waiting.append((r, c))
    assert f"Tolerance {tolerance}: {len(region)} pixels" in answers["4"]
    assert (48 in numbers[tuple(zip(*region))]) == (tolerance == 6)
