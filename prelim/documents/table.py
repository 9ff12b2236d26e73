"""Lab tables: words with their places → rows of cells by column. Plain text loses empty cells, places do not.

A line of words is cut into cells at wide gaps; a header line names the columns; every cell below belongs to the
column whose header it lies nearest to. Separated text (CSV, " | ") is cut at its separators.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prelim.documents.read import Word
from prelim.types import BoxPt, Chars

COLUMNS = {
    "name": (
        "test",
        "tests",
        "test name",
        "analyte",
        "component",
        "parameter",
        "assay",
        "name",
        "examination",
    ),
    "value": ("result", "results", "value", "your result", "current result"),
    "unit": ("unit", "units"),
    "reference": (
        "reference",
        "reference range",
        "reference interval",
        "ref range",
        "ref. range",
        "normal",
        "normal range",
        "range",
    ),
    "flag": ("flag", "flags", "abnormal"),
    "previous": ("previous", "previous result", "prior", "last result"),
}
_UNKNOWN = "unknown"
_CHAR_WIDTH = 1.0
_CELL_GAP = 0.75
"""A gap wider than this share of the line's height parts two cells."""


class Cell(NamedTuple):
    """A run of words. `x0`, `x1` in the document's own horizontal unit; the address is a PDF box or characters."""

    text: str
    x0: float
    x1: float
    page: int | None
    box_pt: BoxPt | None
    chars: Chars | None


class Row(NamedTuple):
    """One result line: its cells by column, and the line's whole text."""

    cells: dict[str, Cell]
    line: str

    def text(self, column: str) -> str:
        """A cell's text; empty where the row has none."""
        return self.cells[column].text if column in self.cells else ""


class Table(NamedTuple):
    """A header (column → its printed word, in printed order) and the rows under it."""

    header: dict[str, str]
    rows: tuple[Row, ...]


Line = list[Cell]


def tables_in_pdf(pages: Sequence[Sequence[Word]]) -> list[Table]:
    """The tables of a PDF's pages (numbered from 1)."""
    lines = [line for number, words in enumerate(pages, start=1) for line in _pdf_lines(words, number)]
    return _tables(lines)


def tables_in_text(text: str) -> list[Table]:
    """The tables of plain, separated or CSV text."""
    return _tables(list(_text_lines(text)))


# ------------------------------------------------------------------ lines of cells


def _pdf_lines(words: Sequence[Word], page: int) -> Iterator[Line]:
    """Words whose heights overlap by half are one line, left to right."""
    rest = sorted(words, key=lambda word: (word[2] + word[4]) / 2)
    while rest:
        first = rest[0]
        middle = (first[2] + first[4]) / 2
        line = [word for word in rest if word[2] <= middle <= word[4]]
        rest = [word for word in rest if word not in line]
        yield _cells(sorted(line, key=lambda word: word[1]), page)


def _cells(words: Sequence[Word], page: int) -> Line:
    height = max(word[4] - word[2] for word in words)
    runs: list[list[Word]] = []
    for word in words:
        if runs and word[1] - runs[-1][-1][3] <= _CELL_GAP * height:
            runs[-1].append(word)
        else:
            runs.append([word])
    return [_pdf_cell(run, page) for run in runs]


def _pdf_cell(run: Sequence[Word], page: int) -> Cell:
    box = (run[0][1], min(word[2] for word in run), run[-1][3], max(word[4] for word in run))
    return Cell(" ".join(word[0] for word in run), box[0], box[2], page, box, None)


def _text_lines(text: str) -> Iterator[Line]:
    """Each line's cells: at its separators, else at two or more spaces. Addresses are characters of the text."""
    separator = _separator(text)
    start = 0
    for raw in text.splitlines(keepends=True):
        line = raw.rstrip("\r\n")
        yield _separated(line, start, separator) if separator and separator in line else _spaced(line, start)
        start += len(raw)


def _separator(text: str) -> str | None:
    """What parts the cells of the lines that look like a header."""
    for line in text.splitlines():
        for separator in ("|", "\t", ";", ","):
            parts = [part.strip().lower() for part in line.split(separator)]
            if len({column for column in map(_column_of, parts) if column}) >= 2:
                return separator
    return None


def _separated(line: str, start: int, separator: str) -> Line:
    """Cells in the order of their column; the position is the column's number."""
    cells, at = [], 0
    values = next(csv.reader([line], delimiter=separator), [])
    for number, value in enumerate(values):
        found = line.find(value.strip(), at) if value.strip() else at
        found = at if found < 0 else found
        end = found + len(value.strip())
        if value.strip():
            cells.append(
                Cell(
                    value.strip(),
                    number * 100.0,
                    number * 100.0 + 1,
                    None,
                    None,
                    (start + found, start + end),
                )
            )
        at = end
    return cells


def _spaced(line: str, start: int) -> Line:
    return [
        Cell(
            m.group(),
            m.start() * _CHAR_WIDTH,
            m.end() * _CHAR_WIDTH,
            None,
            None,
            (start + m.start(), start + m.end()),
        )
        for m in re.finditer(r"\S+(?: \S+)*", line)
    ]


# ------------------------------------------------------------------ tables


def _column_of(text: str) -> str | None:
    words = re.sub(r"[:()\[\]]", " ", text.lower()).split()
    plain = " ".join(words)
    return next((column for column, names in COLUMNS.items() if plain in names), None)


def _header_of(line: Line) -> dict[str, Cell] | None:
    """The columns that a line names, if it names a result and one thing more; unknown ones keep their cells apart."""
    found: dict[str, Cell] = {}
    for number, cell in enumerate(line):
        column = _column_of(cell.text) or f"{_UNKNOWN} {number}"
        if column not in found:
            found[column] = cell
    return found if "value" in found and len(found.keys() & COLUMNS.keys()) >= 2 else None


def _tables(lines: Sequence[Line]) -> list[Table]:
    tables: list[tuple[dict[str, Cell], list[Row]]] = []
    for line in lines:
        header = _header_of(line)
        if header:
            tables.append((header, []))
        elif tables and line:
            row = _row(line, tables[-1][0])
            if row:
                tables[-1][1].append(row)
    return [
        Table({name: cell.text for name, cell in header.items() if name in COLUMNS}, tuple(rows))
        for header, rows in tables
        if rows
    ]


def _row(line: Line, header: dict[str, Cell]) -> Row | None:
    """The cells by their nearest header; a line without a name and a value is no result."""
    named = header if "name" in header else {"name": _leftmost(line), **header}
    cells: dict[str, Cell] = {}
    for cell in line:
        column = min(named, key=lambda name: _apart(cell, named[name]))
        if column in cells:
            cells[column] = _joined(cells[column], cell)
        else:
            cells[column] = cell
    if "name" not in cells or "value" not in cells:
        return None
    return Row(cells, " ".join(cell.text for cell in line))


def _leftmost(line: Line) -> Cell:
    return min(line, key=lambda cell: cell.x0)


def _apart(cell: Cell, header: Cell) -> float:
    """0 where they overlap, else the least distance of their left, right or middle lines."""
    if cell.x0 < header.x1 and header.x0 < cell.x1:
        return 0.0
    middle = abs((cell.x0 + cell.x1) / 2 - (header.x0 + header.x1) / 2)
    return min(abs(cell.x0 - header.x0), abs(cell.x1 - header.x1), middle)


def _joined(first: Cell, second: Cell) -> Cell:
    box = None
    if first.box_pt and second.box_pt:
        a, b = first.box_pt, second.box_pt
        box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    chars = (first.chars[0], second.chars[1]) if first.chars and second.chars else None
    return Cell(
        f"{first.text} {second.text}",
        min(first.x0, second.x0),
        max(first.x1, second.x1),
        first.page,
        box,
        chars,
    )
