"""Scanned and photographed sheets as words with boxes. Everything here runs in a child (prelim/isolation.py).

A sheet is made upright (prelim/documents/upright.py), read by tesseract, and its numbers are looked at a second time.
A page's frame is the upright, level page, in points.
"""

import io
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from prelim.documents.ocr import Seen, recognise
from prelim.documents.pdf import drawn
from prelim.documents.rules import without_rules
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

    InputError as `drawn` and `recognise`.
    """
    shown = drawn(name, path, page, _READ_DPI)
    return _read(Sized(np.asarray(shown.picture.convert("L")), shown.dpi), page, name, languages)


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


def _sized(opened: Image.Image) -> Sized:
    stated = opened.info.get("dpi", (0, 0))
    width = opened.width
    picture = ImageOps.exif_transpose(_grey(opened))
    picture.thumbnail((_MOST_SIDE_PX, _MOST_SIDE_PX), Image.Resampling.BOX)
    dpi = float(stated[0]) if len(set(map(float, stated))) == 1 else 0.0
    plausible = _DPI[0] < dpi <= _DPI[1] and _SHEET_IN[0] <= width / dpi <= _SHEET_IN[1]
    return Sized(np.asarray(picture), dpi * max(picture.size) / max(opened.size) if plausible else None)


def _grey(opened: Image.Image) -> Image.Image:
    """Eight bits, what is transparent on white."""
    opened.load()
    if opened.mode.startswith(("I", "F")):
        values = np.asarray(opened).astype(np.float32)
        return Image.fromarray((values * (255 / max(float(values.max()), 1.0))).clip(0, 255).astype(np.uint8))
    if opened.has_transparency_data:
        clear = opened.convert("RGBA")
        opened = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return opened.convert("L")


# ------------------------------------------------------------------ one sheet


def _read(given: Sized, page: int, name: str, languages: str) -> Answer:
    sheet = upright(given.pixels)
    pixels, quarters = sheet.pixels, sheet.quarters
    plain_page = without_rules(pixels) if sheet.letters else pixels
    seen = recognise(Image.fromarray(plain_page), name, languages) if sheet.letters else []
    if sheet.letters and _sureness(seen) < _SURE:
        over = np.ascontiguousarray(plain_page[::-1, ::-1])
        again = recognise(Image.fromarray(over), name, languages)
        if _weight(again) > _weight(seen):
            pixels = np.ascontiguousarray(pixels[::-1, ::-1])
            plain_page, seen, quarters = over, again, quarters + 2
    words = checked(plain_page, [word for word in seen if _means(word)], name, languages)
    dpi = given.dpi * sheet.factor if given.dpi and not sheet.flattened else _dpi_of_paper(pixels)
    lines = [[_word(word, dpi) for word in line] for line in _lines(words)]
    issues = _issues(f"Page {page + 1}", quarters % 4, sheet.flattened, lines)
    plain = {"words": [word for line in lines for word in line], "text": text_of(lines), "issues": issues}
    return Answer({**plain, "sure": _weight(seen)}, [_png(pixels, dpi)])


def _means(word: Seen) -> bool:
    return word.confidence >= _PLAIN_SURE or any(sign.isalnum() for sign in word.text)


def _sureness(seen: Sequence[Seen]) -> float:
    """Tesseract's mean confidence, of longer words more."""
    return sum(word.confidence * len(word.text) for word in seen) / max(sum(len(word.text) for word in seen), 1)


def _weight(seen: Sequence[Seen]) -> int:
    """How many letters and digits stand in words that tesseract is sure of."""
    sure = (word.text for word in seen if word.confidence >= _SURE)
    return sum(sign.isalnum() for text in sure for sign in text)


def _dpi_of_paper(pixels: Grey) -> float:
    rows, columns = pixels.shape
    return float(columns / _A4_IN[columns > rows])


def _lines(words: Sequence[Checked]) -> list[list[Checked]]:
    """From the top down, each from left to right."""
    lines: list[list[Checked]] = []
    for item in sorted(words, key=lambda item: item.word.y0 + item.word.y1):
        line = next((line for line in reversed(lines[-3:]) if _level(line[-1].word, item.word)), None)
        if line is None:
            lines.append([item])
        else:
            line.append(item)
    return [sorted(line, key=lambda item: item.word.x0) for line in lines]


def _level(one: Seen, other: Seen) -> bool:
    height = max(one.y1 - one.y0, other.y1 - other.y0)
    return abs(one.y0 + one.y1 - other.y0 - other.y1) / 2 <= _LEVEL * height


def _word(item: Checked, dpi: float) -> Word:
    box = (item.word.x0, item.word.y0, item.word.x1, item.word.y1)
    x0, top, x1, bottom = (round(edge * 72 / dpi, 2) for edge in box)
    plain = (item.word.text, x0, top, x1, bottom)
    return plain if item.other is None else (*plain, item.other)


def _issues(label: str, quarters: int, flattened: bool, lines: Sequence[Sequence[Word]]) -> list[str]:
    turned = [f"{label} was turned by {90 * quarters}°."] if quarters else []
    cut = [f"{label} was cut out of a photograph and flattened."] if flattened else []
    apart = sum(len(word) == 6 for line in lines for word in line)
    words = "1 number was" if apart == 1 else f"{apart} numbers were"
    return turned + cut + ([f"{label}: {words} not read alike twice."] if apart else [])


def _png(pixels: Grey, dpi: float) -> bytes:
    """The page as it is kept: at PAGE_DPI."""
    picture = Image.fromarray(pixels)
    size = (round(picture.width * PAGE_DPI / dpi), round(picture.height * PAGE_DPI / dpi))
    out = io.BytesIO()
    picture.resize((max(1, size[0]), max(1, size[1])), Image.Resampling.BOX).save(out, "PNG", compress_level=6)
    return out.getvalue()
