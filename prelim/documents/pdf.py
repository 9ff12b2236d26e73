"""PDF pages as words with boxes, and as pictures. Everything here runs in a child (prelim/isolation.py).

A page's frame is the page as it is shown: cropped, and turned as its /Rotate says.
"""

import ctypes
import io
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from prelim.documents.words import Char, Word, lines_of, text_of, turned_box
from prelim.errors import InputError
from prelim.isolation import Answer

LONGEST_PX = 5000
"""A page is drawn smaller where its longer side would have more."""
_ENOUGH_S = 10.0
_STAMP_WORDS = 40
"""Over a picture of the whole page, fewer visible words than this are a stamp or a header that a copier added."""
_MOST_UNMAPPED = 0.2
"""A page is looked at, not copied, where the font does not say what more of its characters than this mean."""
_SLANT = 0.05
_HYPHENS = (0x02, 0xFFFE)
"""What PDFium makes of a hyphen at a line's end."""
_WHOLE_PAGE, _LARGE = 0.5, 0.1
_HEAD_BYTES = 1024


class Sheet(NamedTuple):
    """One page. `scanned`: its text is in its picture, to be recognised; then `words` are what stands beside it."""

    words: tuple[Word, ...]
    text: str
    scanned: bool = False
    issues: tuple[str, ...] = ()


def is_pdf(head: bytes) -> bool:
    """Whether a file begins as a PDF does; readers allow other bytes before it."""
    return b"%PDF-" in head[:_HEAD_BYTES]


def read_pages(name: str, path: str, first: int, end: int) -> Answer:
    """The operation: {"count", "sheets"}: how many pages there are, and the pages from `first` (from 0) up to `end`.

    After some seconds it answers with fewer. InputError locked, unreadable (a file without pages too).
    """
    started, sheets = time.monotonic(), []
    with _opened(path, name) as document:
        for number in range(first, min(end, len(document))):
            sheets.append(_sheet(document, number)._asdict())
            if time.monotonic() - started > _ENOUGH_S:
                break
        return Answer({"count": len(document), "sheets": sheets})


def draw_page(name: str, path: str, page: int, dpi: float) -> Answer:
    """The operation: page `page` (from 0) as an RGB PNG of its frame, at most so fine. InputError as `drawn`."""
    out = io.BytesIO()
    drawn(name, path, page, dpi).picture.save(out, "PNG", compress_level=4)
    return Answer(None, [out.getvalue()])


class Drawn(NamedTuple):
    """A page in RGB, and how fine it was drawn."""

    picture: Image.Image
    dpi: float


def drawn(name: str, path: str, page: int, dpi: float) -> Drawn:
    """A page (from 0) at most so fine: a very large one is drawn smaller. InputError locked, unreadable, no_page."""
    with _opened(path, name) as document:
        if not 0 <= page < len(document):
            raise InputError("no_page", f"{name} has no page {page + 1}.", "", name)
        document.init_forms()
        opened = document[page]
        scale = min(dpi / 72, LONGEST_PX / max(opened.get_size()))
        return Drawn(opened.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB"), 72 * scale)


@contextmanager
def _opened(path: str, name: str) -> Iterator[pypdfium2.PdfDocument]:
    pdfium.FPDF_LoadMemDocument64(b"", 0, None)  # of a file without pages PDFium tells the error of the file before
    try:
        with open(path, "rb") as file:
            document = pypdfium2.PdfDocument(file.read())
        with document:
            yield document
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            message = f"{name} is locked: it asks for a password."
            raise InputError("locked", message, "Save it without a password.", name) from error
        message = f"{name} is a damaged PDF, or one without pages."
        raise InputError("unreadable", message, "Export it again.", name) from error


# ------------------------------------------------------------------ one page


def _sheet(document: pypdfium2.PdfDocument, number: int) -> Sheet:
    page, label = _flat(document, number), f"Page {number + 1}"
    width, height = page.get_size()
    chars, unmapped = _chars(page)
    seen = [char for char in chars if 0 < char.x0 + char.x1 < 2 * width and 0 < char.top + char.bottom < 2 * height]
    lines = lines_of(seen, width, height)
    words = tuple(word for line in lines for word in line)
    issues = [f"{label}: text outside the visible page is not read."] if len(seen) < len(chars) else []
    pictures = _pictures(page, width * height)
    scanned = not words and pdfium.FPDFPage_CountObjects(page) > 0
    if unmapped > _MOST_UNMAPPED * max(len(chars), 1):
        scanned, issues = True, [*issues, f"{label}: its fonts do not say what the characters are; it was looked at."]
    elif words and sum(pictures) >= _WHOLE_PAGE:
        scanned = len(words) < _STAMP_WORDS and _is_visible(page)
    elif words and max(pictures, default=0) >= _LARGE:
        issues.append(f"{label} holds a picture beside its text: what is written in it is not read.")
    return Sheet(words, text_of(lines), scanned, tuple(issues))


def _flat(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """A page, what is filled into its forms and notes a part of it."""
    page = document[number]
    if pdfium.FPDFPage_GetAnnotCount(page) and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == (
        pdfium.FLATTEN_SUCCESS
    ):
        page.close()
        page = document[number]
    return page


def _chars(page: pypdfium2.PdfPage) -> tuple[list[Char], int]:
    """Every character with its box in the page's frame, and how many have no known meaning."""
    text, quarters = page.get_textpage(), page.get_rotation() // 90
    left, low, right, high = page.get_bbox()
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    chars, unmapped = [], 0
    for index in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text, index) == 1:
            continue
        code = pdfium.FPDFText_GetUnicode(text, index)
        unmapped += pdfium.FPDFText_HasUnicodeMapError(text, index) == 1
        pdfium.FPDFText_GetLooseCharBox(text, index, box)
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        place = (box.left - left, high - box.top, box.right - left, high - box.bottom)
        x0, top, x1, bottom = turned_box(place, quarters, right - left, high - low)
        turn = _quarters(matrix.a, matrix.b, quarters)
        if turn == 0:
            size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
            top = bottom - size if size else top
        chars.append(Char("-" if code in _HYPHENS else chr(code), x0, top, x1, bottom, turn))
    return chars, unmapped


def _quarters(a: float, b: float, quarters: int) -> int | None:
    """Which way characters of this matrix are written on the page as it is shown; None for slanted ones."""
    turns = quarters - math.atan2(b, a) / (math.pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) < _SLANT else None


def _pictures(page: pypdfium2.PdfPage, area: float) -> list[float]:
    """The shares of the page that its pictures cover."""
    edges = [ctypes.c_float() for _ in range(4)]
    shares = []
    for index in range(pdfium.FPDFPage_CountObjects(page)):
        item = pdfium.FPDFPage_GetObject(page, index)
        if _is_picture(item) and pdfium.FPDFPageObj_GetBounds(item, *edges):
            left, low, right, high = (edge.value for edge in edges)
            shares.append(max(right - left, 0) * max(high - low, 0) / area)
    return shares


def _is_picture(item: object) -> bool:
    """A picture, or a form that holds one."""
    kind = pdfium.FPDFPageObj_GetType(item)
    if kind == pdfium.FPDF_PAGEOBJ_FORM:
        inner = (pdfium.FPDFFormObj_GetObject(item, index) for index in range(pdfium.FPDFFormObj_CountObjects(item)))
        return any(pdfium.FPDFPageObj_GetType(one) == pdfium.FPDF_PAGEOBJ_IMAGE for one in inner)
    return bool(kind == pdfium.FPDF_PAGEOBJ_IMAGE)


def _is_visible(page: pypdfium2.PdfPage) -> bool:
    """Whether most text is drawn: what text recognition lays under a picture is not."""
    text = page.get_textpage()
    drawn = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
    objects = (pdfium.FPDFText_GetTextObject(text, index) for index in range(text.count_chars()))
    kinds = Counter(pdfium.FPDFTextObj_GetTextRenderMode(item) == drawn for item in objects if item)
    return kinds[False] >= kinds[True]
