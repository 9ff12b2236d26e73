"""Ruled lines are taken off a page, letters and decimal points stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from prelim.documents.rules import without_rules
from prelim.documents.upright import LETTER_PX

ROWS = ("Creatinine  1.8", "Hemoglobin  13.5", "Chloride  l08.6 | (l)", "nmrnunmnrnmunnmrmnunnmrn")


def page(rules: bool, grey: int = 120, grain: float = 0.0, tilt_px: int = 0) -> np.ndarray:
    """A table of three rows, with or without its lines."""
    sheet = Image.new("L", (900, 330), 255)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=34)  # capitals of about LETTER_PX
    for row, text in enumerate(ROWS):
        draw.text((60, 30 + 70 * row), text, 0, font)
    if rules:
        for row in range(5):
            draw.line((30, 16 + 70 * row, 870, 16 + 70 * row + tilt_px), grey, 3)
        for x in (30, 870):
            draw.line((x, 16, x, 296), grey, 3)
    noise = np.random.default_rng(1).normal(0, grain, (330, 900))
    return np.clip(np.asarray(sheet) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("grey", "grain", "tilt_px"), [(0, 0, 0), (120, 0, 0), (120, 8, 0), (160, 6, 3)])
def test_lines_go_and_letters_stay(grey: int, grain: float, tilt_px: int) -> None:
    cleaned, bare = without_rules(page(True, grey, grain, tilt_px)), page(False)
    ink = bare < 128
    kept = (cleaned[ink] < 190).mean()
    assert kept > 0.995
    left = (cleaned < 190) & ~(np.asarray(Image.fromarray(bare).convert("L")) < 250)
    assert left.sum() < 0.05 * (page(True, grey) < 190).sum()


@pytest.mark.parametrize("blur_px", [0.8, 1.2, 1.6])
def test_the_tops_of_letters_in_a_blurred_line_are_no_rule(blur_px: float) -> None:
    line = Image.new("L", (900, 80), 255)
    ImageDraw.Draw(line).text((20, 20), "nmrnunmnrmnunnmrmnunnmrmnnmrnu", 0, ImageFont.load_default(size=38))
    blurred = np.asarray(line.filter(ImageFilter.GaussianBlur(blur_px)))
    assert np.array_equal(without_rules(blurred), blurred)


def test_a_page_without_lines_is_the_same() -> None:
    assert np.array_equal(without_rules(page(False)), page(False))


def test_what_is_thick_is_no_line() -> None:
    bar = np.full((200, 900), 255, np.uint8)
    bar[80 : 80 + LETTER_PX, 100:800] = 0
    assert np.array_equal(without_rules(bar), bar)
