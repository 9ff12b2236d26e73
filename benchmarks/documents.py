"""Sheets of paper: what a page costs beside pdfplumber, and what of spoilt scans is read right, wrong or doubted."""

import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pdfplumber

from benchmarks.figure import Figure, figure, median_s
from prelim.documents.files import open_document, open_picture
from prelim.documents.read import Read
from prelim.documents.words import Word
from prelim.errors import InputError
from tests.made_scans import SPOILT, lab_sheet, letter, pdf_of

FONTS, REDUCED_FONTS = ("Helvetica", "Times-Roman", "Courier"), ("Helvetica",)
PAGES, TIMES = 20, 5
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SEED = 100


def measure(full: bool, only: str = "") -> list[Figure]:
    """All rows, or the named one: pdf or scan."""
    rows = {"pdf": _pdf, "scan": _scans}
    return [row for name in ([only] if only else rows) for row in rows[name](full)]


def _pdf(full: bool) -> list[Figure]:
    """A page with text, children warm, beside pdfplumber's words and text in this process; both on the same files."""
    draws = [lab_sheet(seed) if seed % 2 else letter(seed) for seed in range(PAGES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pdf"
        path.write_bytes(pdf_of(*draws))
        ours = median_s(lambda: open_document("a.pdf", path), TIMES) * 1000 / PAGES
        theirs = median_s(lambda: _plumbed(path), TIMES) * 1000 / PAGES
    note = f"{PAGES} pages of about 170 and 200 words, median of {TIMES}; ours with the way to a child and back"
    return [
        figure("documents/pdf page beside pdfplumber", ours, "ms", other=theirs, other_name="pdfplumber", note=note),
        figure("documents/pdf page", ours, "ms", goal=50, note=note),
    ]


def _plumbed(path: Path) -> None:
    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_words()
            page.extract_text()


# ------------------------------------------------------------------ scans


def _scans(full: bool) -> list[Figure]:
    counts, taken = Counter[str](), list[float]()
    ways = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number, font in enumerate(FONTS if full else REDUCED_FONTS):
            for kind in (lab_sheet, letter):
                data = pdf_of(kind(_SEED + number, font=font))
                (Path(folder) / "plain.pdf").write_bytes(data)
                plain = open_document("plain.pdf", Path(folder) / "plain.pdf")
                for way, spoil in SPOILT.items():
                    scan = Path(folder) / "scan.png"
                    spoil(data, number).save(scan)
                    started = time.perf_counter()
                    read = _read(scan)
                    taken.append(time.perf_counter() - started)
                    found = _counted(plain.text, read)
                    counts, ways[way] = counts + found, ways[way] + found["wrong"] + found["missing"]
    return _figures(counts, ways, taken, full)


def _read(scan: Path) -> Read | None:
    try:
        return open_picture("scan.png", scan, asked=True)
    except InputError:
        return None


def _counted(text: str, read: Read | None) -> Counter[str]:
    """Words and numbers in all and right; numbers wrong, and those of them in a word that was doubted."""
    words: Sequence[Word] = read.words[0] if read and read.words else ()
    told = [(number, len(word) == 6) for word in words for number in _NUMBER.findall(word[0])]
    right = set(_matched(_NUMBER.findall(text), [number for number, _ in told]))
    wrong = [doubted for place, (_, doubted) in enumerate(told) if place not in right]
    spelt = re.findall(r"[^\W\d_]+", text)
    return Counter(
        words=len(spelt),
        words_right=len(_matched(spelt, re.findall(r"[^\W\d_]+", read.text if read else ""))),
        numbers=len(_NUMBER.findall(text)),
        numbers_right=len(right),
        wrong=len(wrong),
        wrong_doubted=sum(wrong),
        missing=max(0, len(_NUMBER.findall(text)) - len(told)),
        right_doubted=sum(doubted for place, (_, doubted) in enumerate(told) if place in right),
    )


def _matched(truth: Sequence[str], found: Sequence[str]) -> list[int]:
    """The places in `found` that match the truth in its order."""
    blocks = SequenceMatcher(None, truth, found, autojunk=False).get_matching_blocks()
    return [block.b + offset for block in blocks for offset in range(block.size)]


def _figures(counts: Counter[str], ways: Counter[str], taken: Sequence[float], full: bool) -> list[Figure]:
    worst = ", ".join(f"{way}: {count}" for way, count in ways.most_common(4) if count)
    pages = f"{len(taken)} pages, {len(SPOILT)} ways to spoil each"
    taken_s = statistics.median(taken)
    numbers = f"{pages}; {counts['numbers']} numbers, {counts['missing']} not seen; wrong or not seen: {worst}"
    doubted = f"{counts['wrong_doubted']} of {counts['wrong']} wrong numbers stand in a word that was doubted"
    return [
        figure("documents/scanned page", taken_s, "s", goal=1.5, note=f"{pages}; median, a child warm"),
        _share("documents/scan words right", counts["words_right"], counts["words"], pages),
        _share("documents/scan numbers right", counts["numbers_right"], counts["numbers"], numbers),
        _share("documents/scan wrong numbers doubted", counts["wrong_doubted"], counts["wrong"], doubted),
        _share(
            "documents/scan right numbers doubted",
            counts["right_doubted"],
            counts["numbers_right"],
            f"{counts['right_doubted']} of {counts['numbers_right']}: what a second look costs",
        ),
    ]


def _share(name: str, part: int, whole: int, note: str) -> Figure:
    return figure(name, part / max(whole, 1), "share", note=note)
