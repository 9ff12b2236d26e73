"""Scanned and photographed sheets as words with boxes. Everything here runs in a child (prelim/isolation.py).

A sheet is made upright (prelim/documents/upright.py) and read by tesseract twice: the whole page, then its numbers and
what was left over, cut out, sharpened and laid out anew. Where the readings differ, both are told.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from prelim.documents.ocr import Seen, recognise
from prelim.documents.upright import INK, LETTER_PX, Grey, glyphs, scaled, small, upright
from prelim.documents.words import Word

PAGE_DPI = 150
"""Of the pages that are kept."""
_UNSURE = 60.0
"""Words that tesseract is less sure of, on the mean, may be upside down; a single one is dropped where it holds no
letter or digit."""
_PAD_PX, _GAP_PX, _ROW_PX = 5, 48, 1600
_SHARPEN = ImageFilter.UnsharpMask(3, 100, 0)
_MOST_LEFT_OVER = 60


class Scanned(NamedTuple):
    """A sheet that was read: its words in points of the page, the page as PNG at PAGE_DPI, and what was done to it."""

    lines: list[list[Word]]
    png: bytes
    issues: list[str]


def read_sheet(pixels: Grey, dpi: float | None, name: str, languages: str) -> Scanned:
    """Read a sheet of so many pixels an inch; where that is unknown, it is as wide as a sheet of paper.

    InputError ocr_missing, ocr_failed, ocr_timeout.
    """
    sheet = upright(pixels)
    page, seen = sheet.pixels, recognise(Image.fromarray(sheet.pixels), name, languages)
    quarters = sheet.quarters
    if _sureness(seen) < _UNSURE:
        over = page[::-1, ::-1]
        again = recognise(Image.fromarray(over), name, languages)
        if _certain(again) > _certain(seen):
            page, seen, quarters = over, again, quarters + 2
    words = [word for word in seen if word.confidence >= _UNSURE or _is_worded(word.text)]
    lines = _twice(page, words, name, languages)
    ...
