"""PDF pages: the words that another reader finds, at the same places; turned, cropped, locked, broken, endless ones."""

import io
import math
import random
import time
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from PIL import Image
from pypdfium2 import PdfDocument
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from prelim.documents import pages
from prelim.documents.files import open_document, page_picture
from prelim.documents.pages import Paged, pdf_pages
from prelim.documents.pdf import draw_page, read_pages
from prelim.documents.words import Char, lines_of, text_of, turned_box
from prelim.errors import InputError
from prelim.isolation import Answer
from tests.conftest import EXAMPLES
from tests.made_scans import lab_sheet, letter, pdf_of

Draw = Callable[[Canvas], Any]


def sheet_of(data: bytes, folder: Path, number: int = 0) -> dict[str, Any]:
    """What is read of one page, here and not in a child."""
    path = folder / "a.pdf"
    path.write_bytes(data)
    sheet: dict[str, Any] = read_pages("a.pdf", str(path), number, number + 1).plain["sheets"][0]
    return sheet


def text_at(x: float, y: float, text: str) -> Draw:
    return lambda canvas: canvas.drawString(x, y, text)


def both(*draws: Draw) -> Draw:
    return lambda canvas: [draw(canvas) for draw in draws]


def turned(x: float, y: float, degrees: float, text: str) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.translate(x, y)
        canvas.rotate(degrees)
        canvas.drawString(0, 0, text)
        canvas.restoreState()

    return draw


@pytest.mark.parametrize(
    "data",
    [
        *(path.read_bytes() for path in sorted(EXAMPLES.glob("*/labs*.pdf"))),
        pdf_of(lab_sheet(1)),
        pdf_of(lab_sheet(2, font="Courier", size=9)),
        pdf_of(lab_sheet(3, font="Times-Roman", size=11)),
        pdf_of(letter(4)),
    ],
)
def test_the_words_that_pdfplumber_finds(data: bytes, tmp_path: Path) -> None:
    """The same words in the same order, each edge within a point."""
    with pdfplumber.open(io.BytesIO(data)) as opened:
        theirs = opened.pages[0].extract_words()
    ours = sheet_of(data, tmp_path)["words"]
    assert [word[0] for word in ours] == [word["text"] for word in theirs] and len(ours) > 20
    for mine, other in zip(ours, theirs, strict=True):
        assert all(abs(a - other[edge]) < 1 for a, edge in zip(mine[1:], ("x0", "top", "x1", "bottom"), strict=True))


def test_text_is_line_by_line_whatever_the_order_of_its_drawing(tmp_path: Path) -> None:
    cells = [(50, 700, "Sodium"), (200, 700, "140"), (50, 680, "Potassium"), (200, 680, "4.1"), (260, 680, "mmol/L")]
    random.Random(3).shuffle(cells)
    data = pdf_of(both(*(text_at(*cell) for cell in cells)))
    assert sheet_of(data, tmp_path)["text"] == "Sodium 140\nPotassium 4.1 mmol/L"


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_page_is_read_as_it_is_shown(quarters: int, tmp_path: Path) -> None:
    """Drawn so that it is upright once the viewer has turned it as /Rotate says."""
    places = {0: (60, 740), 1: (60, 60), 2: (540, 60), 3: (540, 740)}
    draw = turned(*places[quarters], 90 * quarters, "Sodium 140")

    def page(canvas: Canvas) -> None:
        draw(canvas)
        canvas.setPageRotation(90 * quarters)

    size = (600, 800) if quarters % 2 == 0 else (800, 600)  # reportlab turns the box of a turned page
    sheet = sheet_of(pdf_of(page, size=size), tmp_path)
    assert sheet["text"] == "Sodium 140"
    _, x0, top, x1, bottom = sheet["words"][0]
    assert x1 - x0 > 2 * (bottom - top) and 0 < x0 < 120 and 40 < top < 80, "wide, at the top left as shown"


def test_a_cropped_page_begins_where_it_is_shown(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        both(text_at(100, 700, "inside"), text_at(10, 20, "outside"))(canvas)
        canvas.setCropBox((50, 50, 500, 750))

    sheet = sheet_of(pdf_of(page, size=(600, 800)), tmp_path)
    [[text, x0, _, _, bottom]] = sheet["words"]
    assert (text, round(x0)) == ("inside", 50) and bottom == pytest.approx(53, abs=1)
    assert sheet["issues"] == ("Page 1: text outside the visible page is not read.",)


def test_sideways_and_slanted_text_stays_out_of_the_lines(tmp_path: Path) -> None:
    watermark, margin = turned(200, 680, 45, "DRAFT COPY"), turned(300, 690, 90, "Ward 7")
    sheet = sheet_of(pdf_of(both(watermark, text_at(50, 700, "Sodium"), text_at(400, 700, "140"), margin)), tmp_path)
    assert sheet["text"].splitlines() == ["Sodium 140", "Ward 7", "DRAFT COPY"]


def test_ends_of_lines_keep_their_hyphens_and_blanks_are_not_needed(tmp_path: Path) -> None:
    """PDFium marks a hyphen at a line's end; TeX writes no blanks at all."""
    ends, gap = [text_at(50, 700, "gamma-"), text_at(50, 688, "GT")], [text_at(50, 600, "of"), text_at(62, 600, "it")]
    data = pdf_of(both(*ends, *gap))
    assert sheet_of(data, tmp_path)["text"] == "gamma-\nGT\nof it"


def test_a_filled_form_is_read(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(50, 700, "Potassium")
        canvas.acroForm.textfield(name="k", value="4.7", x=200, y=695, width=60, height=18, fontSize=10)

    assert sheet_of(pdf_of(page), tmp_path)["text"] == "Potassium 4.7"


# ------------------------------------------------------------------ which pages are recognised


def picture(box: tuple[float, float, float, float] = (0, 0, 595, 842)) -> Draw:
    return lambda canvas: canvas.drawImage(ImageReader(Image.new("L", (40, 60), 200)), *box)


def unseen(text: str) -> Draw:
    def draw(canvas: Canvas) -> None:
        written = canvas.beginText(50, 700)
        written.setTextRenderMode(3)
        written.textLine(text)
        canvas.drawText(written)

    return draw


@pytest.mark.parametrize(
    ("draw", "scanned", "said"),
    [
        (picture(), True, ""),
        (both(picture(), text_at(50, 800, "Received 14 March")), True, ""),
        (both(picture(), unseen("Sodium 140 mmol/L")), False, ""),
        (both(letter(1), picture()), False, ""),
        (both(letter(1), picture((100, 50, 300, 200))), False, "holds a picture beside its text"),
        (lambda canvas: canvas.line(0, 0, 90, 90), True, ""),
        (lambda canvas: None, False, ""),
        (letter(1), False, ""),
    ],
    ids=["scan", "stamped", "recognised before", "text over a picture", "with a picture", "drawn", "empty", "text"],
)
def test_which_pages_are_recognised(draw: Draw, scanned: bool, said: str, tmp_path: Path) -> None:
    sheet = sheet_of(pdf_of(draw), tmp_path)
    assert sheet["scanned"] == scanned and said in " ".join(sheet["issues"]) and bool(said) == bool(sheet["issues"])


# ------------------------------------------------------------------ bad input


def refusal(data: bytes, folder: Path) -> InputError:
    path = folder / "a.pdf"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        open_document("a.pdf", path)
    assert refused.value.file == "a.pdf" and refused.value.remedy
    return refused.value


def without_pages() -> bytes:
    out = io.BytesIO()
    with PdfDocument.new() as document:
        document.save(out)
    return out.getvalue()


WHOLE = pdf_of(letter(1))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf_of(letter(1), encrypt=StandardEncryption("closed", canPrint=0)), "locked"),
        (b"%PDF-1.4 nothing more", "unreadable"),
        (WHOLE[: len(WHOLE) // 3], "unreadable"),
        (pdf_of(lambda canvas: None), "no_text"),
        (without_pages(), "unreadable"),
    ],
    ids=["locked", "no PDF", "truncated", "empty page", "no page"],
)
def test_bad_pdfs_are_named(data: bytes, code: str, tmp_path: Path) -> None:
    assert refusal(data, tmp_path).code == code


def test_bytes_before_the_header_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"\r\nsent by fax 7\r\n" + WHOLE)
    assert open_document("a.pdf", path).text.count("\n") == 29


def test_damage_anywhere_has_a_name(tmp_path: Path) -> None:
    dice, path = random.Random(7), tmp_path / "a.pdf"
    for _ in range(60):
        mutant = bytearray(WHOLE)
        for _ in range(dice.choice((1, 5, 40))):
            mutant[dice.randrange(9, len(mutant))] = dice.randrange(256)
        path.write_bytes(mutant[: dice.randrange(20, len(mutant) + 1)])
        try:
            assert read_pages("a", str(path), 0, 1).plain["count"] >= 1
        except InputError as error:
            assert error.code in ("unreadable", "no_text", "locked")


def test_two_thousand_pages_are_read_as_far_as_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "TEXT_PAGES", 30)
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(*(text_at(50, 700, f"page {number}") for number in range(1, 2001))))
    read = open_document("a.pdf", path)
    assert (read.pages, len(read.words or ()), read.text.splitlines()[-1]) == (2000, 30, "page 30")
    assert read.issues == ("Not read: pages 31 to 2000 of 2000.",)


def test_pages_come_by_several_calls_and_what_is_not_recognised_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that answers with three pages at a time; of five scanned pages two may be recognised, one of them not."""

    def call(operation: Any, name: str, path: str, first: int, *more: Any) -> Answer:
        if operation is read_pages:
            sheets = [{"words": [], "text": "t", "scanned": n in (1, 2, 3, 6), "issues": []} for n in range(7)]
            return Answer({"count": 7, "sheets": sheets[first : first + 3]})
        if first == 2:
            raise InputError("ocr_failed", "a.pdf: broken.", "Try again.", name)
        return Answer({"words": [["seen", 1, 2, 3, 4, "sees"]], "text": "seen", "issues": [], "sure": 4}, [b"png"])

    monkeypatch.setattr(pages, "call", call)
    monkeypatch.setattr(pages, "SCANNED_PAGES", 2)
    paged: Paged = pdf_pages("a.pdf", tmp_path / "a.pdf", "eng")
    assert [page.text for page in paged.pages] == ["t", "seen", *"ttttt"]
    assert paged.pages[1].words == (("seen", 1.0, 2.0, 3.0, 4.0, "sees"),) and paged.pages[1].picture == b"png"
    assert paged.issues == (
        "Page 3 was not recognised: a.pdf: broken.",
        "Not read, for only 2 pages are recognised: pages 4, 7.",
    )


# ------------------------------------------------------------------ pictures of pages


def test_a_page_is_drawn_in_the_frame_of_its_words(tmp_path: Path) -> None:
    """Ink lies in the boxes of the words and nowhere else."""
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(text_at(100, 700, "Sodium"), both(text_at(60, 100, "four"), text_at(400, 500, "2"))))
    words = (open_document("a.pdf", path).words or ())[1]
    shown = Image.open(io.BytesIO(page_picture("a.pdf", path, 2, 144))).convert("L")
    assert shown.size == (math.ceil(595.3 * 2), math.ceil(841.9 * 2))
    for word in words:
        box = [round(2 * float(edge)) for edge in word[1:5]]
        assert shown.crop((box[0], box[1], box[2], box[3])).getextrema()[0] < 100
        shown.paste(255, (box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2))
    assert shown.getextrema() == (255, 255)


def test_a_wall_sized_page_is_drawn_smaller(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(text_at(100, 700, "Sodium"), size=(14400, 14400)))
    drawn = draw_page("a.pdf", str(path), 0, 300)
    assert max(Image.open(io.BytesIO(drawn.blobs[0])).size) <= 5001
    with pytest.raises(InputError) as refused:
        draw_page("a.pdf", str(path), 1, 300)
    assert refused.value.code == "no_page"


# ------------------------------------------------------------------ words


def test_a_box_comes_back_after_four_quarters() -> None:
    box, size = (10.0, 20.0, 50.0, 30.0), (100.0, 200.0)
    for _ in range(4):
        box, size = turned_box(box, 1, *size), (size[1], size[0])
    assert box == (10.0, 20.0, 50.0, 30.0)
    assert turned_box(turned_box(box, 3, 100, 200), 1, 200, 100) == turned_box(
        turned_box(box, 2, 100, 200), 2, 100, 200
    )


def test_gaps_part_words_and_small_ones_do_not() -> None:
    def chars(*places: float) -> list[Char]:
        return [Char("abcdef"[number], x, 10, x + 5, 20) for number, x in enumerate(places)]

    def text(*places: float) -> str:
        return text_of(lines_of(chars(*places), 100, 100))

    assert text(0, 5, 10) == "abc" and text(0, 5, 12) == "ab c" and text(0, 6, 12) == "abc"
    assert [char.x0 for char in chars(0, 5)] == [a.x0 for a, _ in pairwise(chars(0, 5, 9))]


# ------------------------------------------------------------------ bombs


def bomb(stream: bytes, resources: str = "") -> bytes:
    """A page whose deflated content stands for very much more."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{resources}>>>>".encode(),
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter/FlateDecode/Length 9>>stream\n123456789\nendstream",
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, item) for number, item in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 6>>"


def zeros(size_bytes: int) -> bytes:
    engine = zlib.compressobj(9)
    block = b" " * 2**22
    return b"".join(engine.compress(block) for _ in range(size_bytes // len(block))) + engine.flush()


@pytest.mark.integration
@pytest.mark.parametrize(
    "data",
    [
        bomb(zeros(4 * 2**30)),
        bomb(zlib.compress(b"600 0 0 800 0 0 cm /I Do"), "/XObject<</I 5 0 R>>"),
        bomb(zlib.compress(b"BT 1 0 0 1 9 9 Tm (x) Tj ET " * 400_000)),
    ],
    ids=["content of 4 GB", "picture of 3.6 GB", "400,000 texts"],
)
def test_a_bomb_ends_its_child_at_most(data: bytes, tmp_path: Path) -> None:
    """A named error in time, or nothing to see; the next document is read."""
    path, started = tmp_path / "a.pdf", time.monotonic()
    path.write_bytes(data)
    try:
        open_document("a.pdf", path)
    except InputError as error:
        assert error.code in ("decode_memory", "decode_crash", "decode_timeout", "unreadable", "no_text", "ocr_missing")
    assert time.monotonic() - started < 90
    path.write_bytes(WHOLE)
    assert open_document("a.pdf", path).text
