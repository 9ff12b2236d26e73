"""Sheets are made upright, level, even and of a good size, whatever was done to them; none of this needs tesseract."""

import numpy as np
import pytest
from PIL import Image

from prelim.documents.upright import LETTER_PX, evened, flattened, glyphs, scaled, small, upright
from tests.made_scans import SPOILT, lab_sheet, letter, pdf_of, photographed, rendered, shaded, skewed

SHEET, LETTER = pdf_of(lab_sheet(3, font="Courier")), pdf_of(letter(3))
PLAIN = rendered(SHEET, 120)


@pytest.mark.parametrize("degrees", [-8, -0.4, 0, 3])
def test_a_skewed_sheet_is_levelled(degrees: float) -> None:
    sheet = upright(np.asarray(skewed(PLAIN, degrees)))
    assert sheet.tilt == pytest.approx(-degrees, abs=0.15) and sheet.quarters == 0 and not sheet.flattened


@pytest.mark.parametrize("data", [SHEET, LETTER], ids=["table", "text"])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_sheet_on_its_side_is_turned(quarters: int, data: bytes) -> None:
    """Upside down is left to the text: it is the same here as upright."""
    sheet = upright(np.rot90(np.asarray(rendered(data, 100)), quarters))
    assert sheet.quarters == quarters % 2 and sheet.pixels.shape[0] > sheet.pixels.shape[1]


@pytest.mark.parametrize("dpi", [120, 200])
def test_letters_come_out_equally_large(dpi: int) -> None:
    sheet = upright(np.asarray(rendered(SHEET, dpi)))
    marks = glyphs(small(sheet.pixels))
    tall = np.percentile(marks.heights, 75) * max(1.0, max(sheet.pixels.shape) / 1400)
    assert tall == pytest.approx(LETTER_PX, rel=0.2)


def test_shadows_go_and_letters_stay() -> None:
    dim = np.asarray(shaded(PLAIN, 0.7))
    even = evened(dim)
    paper = np.asarray(PLAIN) > 250
    assert dim[paper].std() > 20 and even[paper].mean() > 225 and np.percentile(even[paper], 5) > 200
    assert (even < 128).sum() == pytest.approx((np.asarray(PLAIN) < 128).sum(), rel=0.25)


def test_a_photographed_sheet_is_cut_out() -> None:
    """Its sides are the paper's again, and its lines level; a plain scan is left alone."""
    for seed in (1, 5):
        sheet = upright(np.asarray(photographed(rendered(SHEET, 110), seed)))
        assert sheet.flattened and abs(sheet.tilt) < 1
        assert sheet.pixels.shape[0] / sheet.pixels.shape[1] == pytest.approx(842 / 595, rel=0.08)
    assert flattened(np.asarray(PLAIN)) is None
    assert flattened(np.asarray(SPOILT["shadow"](SHEET, 1))) is None


@pytest.mark.parametrize("pixels", [np.zeros((1, 1)), np.full((300, 2), 255), np.full((40, 3000), 120)])
def test_what_bears_no_letters_is_no_trouble(pixels: np.ndarray) -> None:
    sheet = upright(pixels.astype(np.uint8))
    assert sheet.letters == 0 and sheet.pixels.size > 0


def test_scaling_keeps_at_least_a_pixel() -> None:
    assert scaled(np.zeros((3, 900), np.uint8), 0.01).shape == (1, 9)
    assert Image.fromarray(small(np.zeros((5000, 100), np.uint8))).height == 1400
