"""Words with their places → lines of cells. A line is cut at wide gaps; separated text (CSV, " | ") at its separators.

Horizontal places are PDF points, or for text the column of a character; only their order and distances are used.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prelim.types import BoxPt, Chars

_CELL_GAP = 0.75
"""A gap wider than this share of the line's height parts two cells."""
_TEXT_GAP = 1.5
"""The same for text, in characters: two spaces part cells, one does not."""
_LEVEL = 0.4
"""Middles closer than this share of the height are level."""
_MARK = 0.5
"""What is lower than this share of a word is a mark: a dash, a star, a raised figure."""
_STEP = 100.0
"""How far apart the columns of separated text are put."""
_LEADER = re.compile(r"[.·…_‥]{3,}|…+|-{4,}")
_LONGEST = 10_000
"""A longer line is no row of a table."""


class Word(NamedTuple):
    """One printed word and its address. `other` is what a second reading of a scan made of it, where that differs."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    page: int | None = None
    start: int | None = None
    other: str | None = None

    def cut(self, start: int, end: int) -> "Word":
        """A part of the word; its place is shared out by characters."""
        share = (self.x1 - self.x0) / max(1, len(self.text))
        at = None if self.start is None else self.start + start
        whole = (start, end) == (0, len(self.text))
        return self._replace(
            text=self.text[start:end],
            x0=self.x0 + share * start,
            x1=self.x0 + share * end,
            start=at,
            other=self.other if whole else None,
        )


class Cell(NamedTuple):
    """A run of words."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def x0(self) -> float:
        return min(word.x0 for word in self.words)

    @property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    @property
    def page(self) -> int | None:
        return self.words[0].page

    @property
    def box_pt(self) -> BoxPt | None:
        """The box around the words of its first page; None for text."""
        mine = [word for word in self.words if word.page == self.page]
        if self.page is None:
            return None
        return min(w.x0 for w in mine), min(w.top for w in mine), max(w.x1 for w in mine), max(w.bottom for w in mine)

    @property
    def chars(self) -> Chars | None:
        """[start, end) in the text; None for a PDF."""
        starts = [word.start for word in self.words if word.start is not None]
        if not starts:
            return None
        return min(starts), max((word.start or 0) + len(word.text) for word in self.words)

    @property
    def other(self) -> str | None:
        """What a second reading made of the cell; None where it made the same."""
        if not any(word.other for word in self.words):
            return None
        return " ".join(word.other or word.text for word in self.words)

    def cut(self, start: int, end: int) -> "Cell":
        """The words of a part of the cell's text, [start, end) in it, without the spaces around them."""
        kept, at = [], 0
        for word in self.words:
            first, last = max(0, start - at), min(len(word.text), end - at)
            if first < last:
                kept.append(word.cut(first, last))
            at += len(word.text) + 1
        return Cell(tuple(kept))


class Line(NamedTuple):
    """The cells of one line, left to right. `exact`: they are cut by separators, each place is a column's number."""

    cells: tuple[Cell, ...]
    exact: bool = False

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def top(self) -> float:
        return min(cell.top for cell in self.cells)

    @property
    def bottom(self) -> float:
        return max(cell.bottom for cell in self.cells)

    @property
    def page(self) -> int | None:
        return self.cells[0].page

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def between(self, left: float, right: float) -> "Line":
        """The words that begin in [left, right), in their cells."""
        parts = (Cell(tuple(w for w in cell.words if left <= w.x0 < right)) for cell in self.cells)
        return Line(tuple(part for part in parts if part.words), self.exact)


def without_leaders(word: Word) -> list[Word]:
    """A word without the dots or dashes that lead from a name to its value; it may fall into two."""
    if not _LEADER.search(word.text):
        return [word]
    ends = [0, *(end for match in _LEADER.finditer(word.text) for end in match.span()), len(word.text)]
    return [word.cut(start, end) for start, end in zip(ends[::2], ends[1::2], strict=True) if start < end]


def joined(cells: Sequence[Cell]) -> Cell:
    """Cells as one, in the order given."""
    return Cell(tuple(word for cell in cells for word in cell.words))


# ------------------------------------------------------------------ from pages


def lines_of_pages(pages: Sequence[Sequence[Sequence[str | float]]]) -> list[Line]:
    """The lines of a PDF's or scan's pages (numbered from 1), top to bottom.

    A page is a list of [text, x0, top, x1, bottom] in points, and a sixth item where a second reading differed.
    """
    return [line for number, words in enumerate(pages, start=1) for line in _page_lines(words, number)]


def _page_lines(given: Sequence[Sequence[str | float]], page: int) -> Iterator[Line]:
    """Words are of one line where their middles are level; a mark where its middle lies within the height of a word."""
    words = [part for word in given for part in without_leaders(_word(word, page))]
    placed = sorted(words, key=lambda word: word.top + word.bottom)
    lines: list[list[Word]] = []
    for word in placed:
        if lines and _beside(lines[-1], word):
            lines[-1].append(word)
        else:
            lines.append([word])
    for line in lines:
        line.sort(key=lambda word: word.x0)
        yield Line(tuple(_cells(line, _CELL_GAP * max(word.bottom - word.top for word in line))))


def _word(word: Sequence[str | float], page: int) -> Word:
    x0, top, x1, bottom = (float(number) for number in word[1:5])
    other = str(word[5]) if len(word) > 5 and word[5] is not None else None
    return Word(str(word[0]), x0, top, x1, bottom, page, None, other)


def _beside(line: Sequence[Word], word: Word) -> bool:
    least = _MARK * max(one.bottom - one.top for one in line)
    full = [one for one in line if one.bottom - one.top >= least]
    beside = min(full, key=lambda one: max(one.x0 - word.x1, word.x0 - one.x1))  # the nearest: a scan's lines slope
    high, middle, mine = beside.bottom - beside.top, beside.top + beside.bottom, word.top + word.bottom
    mark = word.bottom - word.top < _MARK * high or high < _MARK * (word.bottom - word.top)
    if mark:
        return 2 * word.top <= middle <= 2 * word.bottom or 2 * beside.top <= mine <= 2 * beside.bottom
    return abs(middle - mine) < 2 * _LEVEL * max(high, word.bottom - word.top)


def _cells(words: Sequence[Word], gap: float) -> Iterator[Cell]:
    run: list[Word] = []
    for word in words:
        if run and word.x0 - run[-1].x1 > gap:
            yield Cell(tuple(run))
            run = []
        run.append(word)
    if run:
        yield Cell(tuple(run))


# ------------------------------------------------------------------ from text


def lines_of_text(text: str, separator: str | None) -> list[Line]:
    """Each line's cells: at its separators, else at two or more spaces. Addresses are characters of the text."""
    lines, start = [], 0
    for number, raw in enumerate(text.splitlines(keepends=True)):
        line = raw.rstrip("\r\n")
        exact = separator is not None and separator in line and len(line) < _LONGEST
        words = _separated(line, start, separator, number) if exact and separator else _spaced(line, start, number)
        if words:
            lines.append(Line(tuple(words), exact))
        start += len(raw)
    return lines


def _separated(line: str, start: int, separator: str, number: int) -> list[Cell]:
    """Cells in the order of their column; their place is the column's number."""
    cells, at = [], 0
    for column, value in enumerate(next(csv.reader([line], delimiter=separator), [])):
        found = line.find(value.strip(), at)
        if not value.strip() or found < 0:
            continue
        left = column * _STEP
        spans = [(found + match.start(), match.group()) for match in re.finditer(r"\S+", value.strip())]
        places = [left + count / _LONGEST for count in range(len(spans) + 1)]
        words = [
            Word(word, x0, number, x1, number + 1, None, start + place)
            for (place, word), x0, x1 in zip(spans, places, places[1:], strict=False)
        ]
        cells.append(Cell(tuple(words)))
        at = found + len(value.strip())
    return cells


def _spaced(line: str, start: int, number: int) -> list[Cell]:
    expanded = line.expandtabs(8)
    at, words = 0, []
    for match in re.finditer(r"\S+", expanded):
        at = line.index(match.group(), at)
        word = Word(match.group(), match.start(), number, match.end(), number + 1, None, start + at)
        words.extend(without_leaders(word))
        at += len(match.group())
    return list(_cells(words, _TEXT_GAP))
