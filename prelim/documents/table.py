"""Result tables: lines of cells → rows. What is no result (a person, a page, a comment) never becomes one.

A heading opens a table; tables may stand side by side; a table goes on over pages until another heading. Under a
heading the cells are read by place; elsewhere a line is a row only if all of it looks like one (table_free.py). A
column headed by its own date gives rows of its own, dated so; an undated column of earlier results gives none.
"""

import itertools
import re
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from prelim.documents.day import Order, moment_in, order_in
from prelim.documents.printed_units import unit_at
from prelim.documents.table_cells import Cells, Stars, is_evident, is_number, tidy
from prelim.documents.table_columns import placed
from prelim.documents.table_free import free_row
from prelim.documents.table_header import ELSEWHERE, Column, Header, Reading, headers_at, separator_of
from prelim.documents.table_lines import Cell, Line, lines_of_pages, lines_of_text
from prelim.documents.table_scanned import mended
from prelim.documents.table_wraps import Piece, attached
from prelim.knowledge.lab_words import Language, lab_words, plain_words

_PLAIN_HEADER = {"name": "Test", "value": "Result", "unit": "Unit", "reference": "Reference", "flag": "Flag"}
"""What a table without a heading is asked about under."""
_MOST_HEADING_WORDS = 8
_SMALLER, _FEWEST_WORDS = 0.76, 2
_NEAR = 2.5
"""A row that only its place speaks for follows another within so many line heights."""


class Row(NamedTuple):
    """One result: its cells by column, the line's whole text, and what holds for it by its headings."""

    cells: Cells
    line: str
    specimen: str | None = None
    collected: str | None = None
    unit: str = ""
    """The unit of its column's or table's heading, where it has none of its own."""

    def text(self, column: str) -> str:
        """A cell's text; empty where the row has none."""
        return self.cells[column].text if column in self.cells else ""


class Table(NamedTuple):
    """A header (column → its printed words, in printed order) and the rows under it."""

    header: dict[str, str]
    rows: tuple[Row, ...]


class Sheet(NamedTuple):
    """All that a document holds: its tables, and the lines that no row was made of."""

    tables: tuple[Table, ...]
    passed: tuple[Line, ...]
    language: Language
    collected: str | None
    """When the first sample was drawn that a line names."""


class Context(NamedTuple):
    """What holds for the rows that follow, by the lines before them."""

    specimen: str | None = None
    collected: str | None = None
    unit: str = ""


def sheet_of_pages(pages: Sequence[Sequence[Sequence[str | float]]], scanned: bool = False) -> Sheet:
    """What a PDF's or scan's pages hold, from their words with boxes. `scanned`: a heading may have a letter wrong."""
    lines = lines_of_pages(pages)
    return _sheet(mended(lines) if scanned else lines, scanned)


def sheet_of_text(text: str) -> Sheet:
    """What plain, separated or CSV text holds."""
    return _sheet(lines_of_text(text, separator_of(text)), False)


def _sheet(lines: Sequence[Line], scanned: bool) -> Sheet:
    text = "\n".join(line.text for line in lines)
    language = lab_words().language(text)
    order = order_in(text) or (None if language == "en" else "day first")
    how = Reading(lab_words().column_nearly if scanned else lab_words().column, order)
    stars: Stars = "footnote" if _explains_stars(lines) else "flag"
    tables, passed = [], []
    context = before = Context()
    begun = -1
    for stretch in _stretches(lines, how):
        before, begun = (before if stretch.at == begun else context), stretch.at
        pieces = attached([_piece(stretch.header, line, stars) for line in stretch.lines], stars)
        rows, context = _rows(stretch.header, pieces, stars, order, before)
        if scanned and stretch.header and {"unit", "reference"} <= stretch.header.kinds:
            rows = [row for row in rows if not _is_bare(row)]
        if rows:
            tables.append(Table(_printed(stretch.header), tuple(rows)))
        passed += [piece.line for piece in pieces if not piece.is_row and not piece.joined]
    return Sheet(tuple(tables), tuple(passed), language, moment_in(text, order))


def _explains_stars(lines: Sequence[Line]) -> bool:
    """Whether a line begins with a star and says something else than that starred values are abnormal."""
    notes = [line.text.casefold() for line in lines if re.match(r"\*+\)?\s*[^\W\d_]{2}", line.text)]
    return bool(notes) and not any(word in note for note in notes for word in lab_words().outside)


# ------------------------------------------------------------------ lines by table


class Stretch(NamedTuple):
    """A table's lines from number `at` on; without a header those that stand in no table."""

    header: Header | None
    at: int
    lines: list[Line]


def _stretches(lines: Sequence[Line], how: Reading) -> list[Stretch]:
    """The lines by their tables. A heading holds on the next pages too, unless they have one of their own."""
    heads = _heads(lines, how)
    headed = {lines[at].page for at in heads}
    stretches = [Stretch(None, 0, [])]
    open_now, at, begun = stretches[:], 0, set[tuple[Column, ...]]()
    while at < len(lines):
        line, (headers, used) = lines[at], heads.get(at, ([], 1))
        if headers:
            kept = [
                one.header for one in open_now if one.header and not any(_overlap(one.header, new) for new in headers)
            ]
            begun = {header.columns for header in headers}
            open_now = [Stretch(header, at, []) for header in _bounded([*kept, *headers])]
            stretches += open_now
        elif at and line.page != lines[at - 1].page and line.page in headed:
            open_now = [Stretch(None, at, [])]
            stretches += open_now
        for stretch in open_now:
            if headers and stretch.header and stretch.header.columns in begun:
                continue
            part = line.between(stretch.header.left, stretch.header.right) if stretch.header else line
            if part.cells:
                stretch.lines.append(part)
        at += used
    return [stretch for stretch in stretches if stretch.lines]


def _heads(lines: Sequence[Line], how: Reading) -> dict[int, tuple[list[Header], int]]:
    """The tables that begin with a line, by its number, and how many lines their heading takes."""
    heads, at = {}, 0
    while at < len(lines):
        found, used = headers_at(lines, at, how)
        if found:
            heads[at] = (found, used)
        at += used
    return heads


def _overlap(one: Header, other: Header) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1


def _bounded(headers: Sequence[Header]) -> list[Header]:
    """Tables side by side that began on different lines: each ends where the next begins."""
    ordered = sorted(headers, key=lambda header: header.x0)
    for number, (one, after) in enumerate(itertools.pairwise(ordered)):
        if one.right > after.x0:
            ordered[number] = one._replace(right=after.x0 - 1.0)
            ordered[number + 1] = after._replace(left=after.x0 - 1.0)
    return ordered


# ------------------------------------------------------------------ rows


def _piece(header: Header | None, line: Line, stars: Stars) -> Piece:
    """A line with the cells that it gives each result column (one, or one for each date)."""
    if header is None:
        row = free_row(line, stars)
        return Piece(line, [row] if row else [], [row])
    line = _without_small_print(line)
    cells, cut = placed(line, header)
    shared: Cells = {}
    for number, cell in cells.items():
        shared.setdefault(header.columns[number].kind, cell)
    if "name" not in header.kinds and line.cells and line.cells[0].x0 < header.x0 and not line.exact:
        shared, cells = _unnamed(line, header)
    shared.pop("value", None)
    elsewhere = shared.pop(ELSEWHERE, None)
    results = [number for number, column in enumerate(header.columns) if column.kind == "value"]
    raw = [{**shared, "value": cells[number]} if number in cells else dict(shared) for number in results]
    if elsewhere and "value" not in raw[0]:
        raw[0]["value"] = elsewhere
    for one, number in zip(raw, results, strict=True):
        if header.columns[number].day and number != _latest(header):
            one.pop("flag", None)
    rows = [tidy(one, stars, strict=cut) for one in raw]
    if not any(rows) and "previous" not in header.kinds and len(results) == 1 and (free := free_row(line, stars)):
        return Piece(line, [free], [free])
    return Piece(line, raw, rows)


def _without_small_print(line: Line) -> Line:
    """A line without its first cell where that is of smaller letters than the others: a method under a name."""
    first, *rest = line.cells
    if line.exact or not rest or len(first.words) < _FEWEST_WORDS:
        return line
    height = median(word.bottom - word.top for cell in rest for word in cell.words)
    small = all(word.bottom - word.top < _SMALLER * height for word in first.words)
    return Line(tuple(rest), line.exact) if small else line


def _unnamed(line: Line, header: Header) -> tuple[Cells, dict[int, Cell]]:
    """The cells of a table whose names have no heading: the leftmost is the name."""
    cells, _ = placed(Line(line.cells[1:], line.exact), header) if len(line.cells) > 1 else ({}, False)
    shared: Cells = {"name": line.cells[0]}
    for number, cell in cells.items():
        shared.setdefault(header.columns[number].kind, cell)
    return shared, cells


def _latest(header: Header) -> int:
    """The number of the newest result column: an undated one, else the latest date."""
    results = [
        (column.day or "9999", -number) for number, column in enumerate(header.columns) if column.kind == "value"
    ]
    return -max(results)[1]


def _rows(
    header: Header | None, pieces: Sequence[Piece], stars: Stars, order: Order | None, context: Context
) -> tuple[list[Row], Context]:
    """The rows, each with the context that the lines before it give, and what of it goes on."""
    rows: list[Row] = []
    last: Line | None = None
    columns = [column for column in header.columns if column.kind == "value"] if header else []
    for piece in pieces:
        if not piece.is_row:
            context = _after(context, piece, order)
            continue
        near = (
            last is not None
            and last.page == piece.line.page
            and piece.line.top - last.bottom < _NEAR * piece.line.height
        )
        sure = near or (header is not None and header.exact)
        made = [
            _row(clean, raw, columns[number] if columns else None, piece, context, order)
            for number, (raw, clean) in enumerate(zip(piece.raw, piece.rows, strict=True))
            if clean and (sure or is_evident(clean))
        ]
        rows += made
        last = piece.line if made else last
    return rows, context


def _is_bare(row: Row) -> bool:
    """Whether a number has neither unit nor range where its table has both: in a scan it may be anything."""
    return not row.cells.keys() & {"unit", "reference"} and not row.unit and is_number(row.text("value"))


def _row(clean: Cells, raw: Cells, column: Column | None, piece: Piece, context: Context, order: Order | None) -> Row:
    drawn = moment_in(raw["collected"].text, order, drawn=False) if "collected" in raw else None
    own = lab_words().specimen(raw["specimen"].text) if "specimen" in raw else None
    named = own or lab_words().specimen(clean["name"].text) or context.specimen
    day, unit = (column.day, column.unit) if column else (None, "")
    return Row(clean, piece.text, named, drawn or day or context.collected, unit or context.unit)


def _after(context: Context, piece: Piece, order: Order | None) -> Context:
    """What a line that is no row changes: a day of collection, a unit for all, a heading that names a specimen."""
    text = piece.line.text
    drawn = moment_in(text, order)
    if drawn:
        context = context._replace(collected=drawn)
    unit = _unit_for_all(text)
    if unit:
        return context._replace(unit=unit)
    if (
        piece.joined
        or len(text.split()) > _MOST_HEADING_WORDS
        or text.rstrip().endswith(".")
        or re.search(r"\d{2}", text)
    ):
        return context
    return context._replace(specimen=lab_words().specimen(text))


def _unit_for_all(text: str) -> str:
    """The unit of "all values in mmol/L"; empty where a line says no such thing."""
    plain = plain_words(text)
    for phrase in lab_words().all_in:
        at = text.casefold().find(phrase)
        rest = text[at + len(phrase) :].lstrip(" :") if at >= 0 else ""
        length = unit_at(rest)
        if length and len(plain.split()) <= _MOST_HEADING_WORDS:
            return rest[:length]
    return ""


def _printed(header: Header | None) -> dict[str, str]:
    """The header's words by column, as the model is asked about them."""
    if header is None:
        return dict(_PLAIN_HEADER)
    found: dict[str, str] = {}
    for column in header.columns:
        if column.kind in _PLAIN_HEADER:
            found.setdefault(column.kind, column.text)
    return found
