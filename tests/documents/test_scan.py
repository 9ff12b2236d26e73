"""Sheets that are recognised: numbers right or said to be doubtful, boxes where the ink is, whatever was done to them.

Tesseract may be absent from a developer's machine, never from the one that judges.
"""

import io
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader

from prelim.documents.files import open_document, open_picture
from prelim.documents.ocr import Seen
from prelim.documents.read import Read
from prelim.documents.scan import PAGE_DPI, opened_picture
from prelim.documents.second_reading import _pointed, left_over
from prelim.documents.upright import upright
from prelim.errors import InputError
from tests.made_scans import SPOILT, lab_sheet, letter, pdf_of, rendered

recognised = pytest.mark.skipif(
    not shutil.which("tesseract") and "CI" not in os.environ, reason="tesseract is not installed"
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def numbers(text: str) -> list[str]:
    return NUMBER.findall(text)


def saved(picture: Image.Image, folder: Path, name: str = "a.png", **options: object) -> Path:
    picture.save(folder / name, **options)
    return folder / name


def taken(path: Path, asked: bool = True) -> Read:
    read = open_picture(path.name, path, asked=asked)
    assert read is not None
    return read


@pytest.fixture
def sheet(tmp_path: Path) -> tuple[bytes, Read]:
    """A page of results and what its own text says."""
    data = pdf_of(lab_sheet(5, rows=16))
    path = tmp_path / "plain.pdf"
    path.write_bytes(data)
    return data, open_document("plain.pdf", path)


@pytest.mark.integration
@recognised
@pytest.mark.parametrize("way", ["clean, 200 dpi", "skew +3°", "turned 90°", "turned 180°", "photograph"])
def test_numbers_are_right_or_doubted(way: str, sheet: tuple[bytes, Read], tmp_path: Path) -> None:
    data, plain = sheet
    read = taken(saved(SPOILT[way](data, 5), tmp_path))
    right = set(numbers(plain.text))
    assert (read.pages, read.kind, read.date) == (1, plain.kind, plain.date)
    assert read.words and sum(number in numbers(read.text) for number in numbers(plain.text)) >= 0.97 * len(right)
    wrong = [word for word in read.words[0] if set(numbers(word[0])) - right]
    assert sum(len(word) == 5 for word in wrong) <= 1, "what is wrong and not doubted"
    turned = re.search(r"\d+(?=°)", way)
    assert ("was turned by" in " ".join(read.issues)) == way.startswith("turned"), turned


@pytest.mark.integration
@recognised
def test_boxes_are_where_the_ink_is(sheet: tuple[bytes, Read], tmp_path: Path) -> None:
    """In points of the upright page, and of the picture that is kept; near those of the PDF's own words."""
    data, plain = sheet
    read = taken(saved(rendered(data, 200), tmp_path, dpi=(200, 200)))
    assert read.dpi == PAGE_DPI and read.words and plain.words
    page = Image.open(io.BytesIO(read.pictures[0]))
    assert page.mode == "L" and page.size == pytest.approx((595.3 * PAGE_DPI / 72, 841.9 * PAGE_DPI / 72), abs=3)
    theirs = {word[0]: word for word in plain.words[0]}
    once = [word for word in read.words[0] if [w[0] for w in plain.words[0]].count(word[0]) == 1]
    assert len(once) > 30
    for word in once:
        there = theirs[word[0]]
        assert all(abs(a - b) < 4 for a, b in zip(word[1:5], there[1:5], strict=True))  # type: ignore[operator]
        box = [round(float(edge) * PAGE_DPI / 72) for edge in word[1:5]]
        assert page.crop((box[0], box[1], box[2] + 1, box[3] + 1)).getextrema()[0] < 120


@pytest.mark.integration
@recognised
def test_a_mixed_pdf_is_recognised_where_it_has_no_text(sheet: tuple[bytes, Read], tmp_path: Path) -> None:
    data, plain = sheet
    scan, path = ImageReader(rendered(data, 150)), tmp_path / "mixed.pdf"
    path.write_bytes(pdf_of(letter(1, lines=3), lambda canvas: canvas.drawImage(scan, 0, 0, 595.3, 841.9)))
    read = open_document("mixed.pdf", path)
    assert [bool(page) for page in read.pictures] == [False, True] and read.pages == 2
    assert set(numbers(plain.text)) <= set(numbers(read.text)) and read.text.startswith(
        open_document("m", path).text[:9]
    )


@pytest.mark.integration
@recognised
def test_every_page_of_a_fax_is_read(tmp_path: Path) -> None:
    pages = [rendered(pdf_of(lab_sheet(seed, rows=4)), 150) for seed in (1, 2)]
    path = tmp_path / "fax.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=(150, 150))
    read = taken(path, asked=False)
    assert read.pages == len(read.pictures) == 2 and read.text.count("Laboratory report") == 2
    assert "looks like a page of text" in read.issues[0]


@pytest.mark.integration
@recognised
def test_a_picture_without_text_says_so(tmp_path: Path) -> None:
    y, x = np.mgrid[0:600, 0:800]
    cat = Image.fromarray((120 + 60 * np.sin(x / 40) * np.cos(y / 55)).astype(np.uint8))
    with pytest.raises(InputError) as refused:
        taken(saved(cat, tmp_path))
    assert refused.value.code == "no_text" and "no text could be recognised" in refused.value.message


def test_what_is_no_paper_is_not_recognised(tmp_path: Path) -> None:
    assert open_picture("a.png", saved(Image.new("L", (300, 300), 90), tmp_path), asked=False) is None


def test_a_blank_sheet_needs_no_tesseract(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        taken(saved(Image.new("L", (300, 400), 250), tmp_path))
    assert refused.value.code == "no_text"


# ------------------------------------------------------------------ pictures as they come


@pytest.mark.parametrize(
    ("picture", "options", "size", "dpi"),
    [
        (Image.new("L", (1654, 2339)), {"dpi": (200, 200)}, (2339, 1654), 200),
        (Image.new("L", (1654, 2339)), {}, (2339, 1654), None),
        (Image.new("L", (3000, 4000)), {"dpi": (72, 72)}, (4000, 3000), None),
        (Image.new("L", (100, 140)), {"dpi": (300, 300)}, (140, 100), None),
        (Image.new("RGB", (1654, 9000)), {"dpi": (200, 200)}, (4500, 827), 100),
        (Image.new("1", (40, 30)), {}, (30, 40), None),
        (Image.new("P", (40, 30)), {}, (30, 40), None),
    ],
)
def test_a_pictures_size_and_resolution(
    picture: Image.Image, options: dict[str, object], size: tuple[int, int], dpi: float | None, tmp_path: Path
) -> None:
    opened = opened_picture("a.png", str(saved(picture, tmp_path, **options)))
    assert opened.pixels.shape == size and opened.pixels.dtype == np.uint8
    assert opened.dpi == (dpi if dpi is None else pytest.approx(dpi, rel=0.01))


def test_deep_clear_and_turned_pictures(tmp_path: Path) -> None:
    """16 bits by their own range, transparency as white paper, a phone's orientation undone."""
    deep = Image.fromarray(np.array([[0, 4095], [2047, 1000]], np.uint16))
    assert opened_picture("a", str(saved(deep, tmp_path))).pixels.tolist() == [[0, 255], [127, 62]]
    clear = Image.new("RGBA", (9, 9), (0, 0, 0, 0))
    assert opened_picture("a", str(saved(clear, tmp_path))).pixels.min() == 255
    turned = Image.Exif()
    turned[0x0112] = 6
    path = saved(Image.new("L", (40, 20)), tmp_path, "a.jpg", exif=turned)
    assert opened_picture("a", str(path)).pixels.shape == (40, 20)


@pytest.mark.parametrize("damage", [b"", b"\x89PNG", b"II*\0" + bytes(9)])
def test_damaged_pictures_are_named(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(damage)
    with pytest.raises(InputError) as refused:
        opened_picture("a.png", str(path))
    assert refused.value.code == "truncated"


# ------------------------------------------------------------------ the second look


def test_a_lost_point_is_seen_and_none_is_made_up() -> None:
    """Three numbers, drawn: only the first has a point, told against a reading without it."""
    data = pdf_of(lambda canvas: (canvas.setFont("Helvetica", 10), [canvas.drawString(60, 700 - 20 * n, "10.85 93 7-42")
                                                                    for n in range(12)]))  # fmt: skip
    page = upright(np.asarray(rendered(data, 200))).pixels
    ink = np.nonzero((page < 128).any(axis=1))[0]
    y0, y1 = float(ink[0]), float(ink[0] + 24)
    columns = np.nonzero((page[int(y0) : int(y1)] < 128).any(axis=0))[0]
    gaps = np.nonzero(np.diff(columns) > 8)[0]
    edges = [columns[0], *(edge for gap in gaps for edge in (columns[gap], columns[gap + 1])), columns[-1]]
    first, second, third = [(float(edges[n]), float(edges[n + 1])) for n in (0, 2, 4)]
    assert _pointed(page, Seen("1085", first[0], y0, first[1], y1, 90)) == "10.85"
    assert _pointed(page, Seen("10.85", first[0], y0, first[1], y1, 90)) == "10.85"
    assert _pointed(page, Seen("93", second[0], y0, second[1], y1, 90)) == "93"
    assert _pointed(page, Seen("7-42", third[0], y0, third[1], y1, 90)) == "7-42"


def test_ink_outside_every_word_is_found() -> None:
    page = upright(np.asarray(rendered(pdf_of(lab_sheet(1, rows=5)), 200))).pixels
    everything = left_over(page, [])
    assert len(everything) > 20
    words = [Seen("x", box.x0 - 3, box.y0 - 3, box.x1 + 3, box.y1 + 3, 90) for box in everything]
    [missed] = left_over(page, words[:-1])
    assert missed == everything[-1]
