"""Scanned and photographed sheets as words with boxes. Everything here runs in a child (prelim/isolation.py).

A sheet is made upright (prelim/documents/upright.py), read by tesseract, and its numbers are looked at a second time.
A page's frame is the upright, level page, in points.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from prelim.documents.ocr import Seen, recognise
from prelim.documents.pdf import page_as_picture
from prelim.documents.second_reading import Checked, checked
from prelim.documents.upright import Grey, upright
from prelim.documents.words import Word, text_of
from prelim.errors import InputError
from prelim.isolation import Answer

PAGE_DPI = 150
"""Of the pages that are kept."""
_READ_DPI = 200
"""At which a page of a PDF is drawn to be read; its letters are then made as large as is read best."""
_SURE, _PLAIN_SURE = 70.0, 30.0
"""A page whose words are less sure than this may be upside down. Less sure, a word is dropped if it has no letter."""
_LEVEL = 0.5
"""Words are in one line where the middle of one lies within this share of the other's height from its middle."""
_DPI = (72.0, 1200.0)
_SHEET_IN = (4.0, 18.0)
"""Widths of paper that a picture's own resolution may claim: from A6 to A3 on its side."""
_A4_IN = (8.27, 11.69)
_MOST_SIDE_PX = 4500


class Sized(NamedTuple):
    """A picture of paper in grey, and its pixels an inch, None where it does not say."""

    pixels: Grey
    dpi: float | None


def read_scanned_page(name: str, path: str, page: int, languages: str) -> Answer:
    """The operation: page `page` (from 0) of a PDF, recognised: {"words", "text", "issues"} and the page as PNG.

    InputError as `page_as_picture` and `recognise`.
    """
    picture = page_as_picture(name, path, page, _READ_DPI)
    return _read(Sized(np.asarray(picture.convert("L")), None), page, name, languages)


def read_picture(name: str, path: str, page: int, languages: str) -> Answer:
    """The operation: the same for picture `page` of an image file. InputError as `opened_picture` and `recognise`."""
    return _read(opened_picture(name, path, page), page, name, languages)


def opened_picture(name: str, path: str, page: int = 0) -> Sized:
    """Picture `page` (from 0) of an image file, upright as its EXIF says. InputError truncated, too_large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but harmless metadata
            with Image.open(path) as opened:
                opened.seek(page)
                return _sized(opened)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise InputError("too_large", f"{name} has too many pixels.", "Make it smaller.", name) from error
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, EOFError) as error:
        raise InputError("truncated", f"{name} is a damaged or truncated image.", "Export it again.", name) from error
