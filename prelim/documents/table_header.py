"""The heading lines of result tables: which columns they name, and where. Two tables may stand side by side."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from prelim.documents.day import DAY, Order, moment_in
from prelim.documents.printed_units import is_unit
from prelim.documents.reference import limits
from prelim.documents.table_lines import Cell, Line
from prelim.knowledge.lab_words import deletes, folded, lab_words, plain_words

_FEWEST_CELLS = 2
_ENOUGH = 3
"""So many named columns are a heading, however close they stand."""
_LONGEST = 5
"""Words in a column's name."""
_DATE = re.compile(rf"\(?(?:{DAY}|\d{{1,2}}\.\d{{1,2}}\.\d{{2}}(?!\d))\)?|\(?\b\d{{1,2}}[:h]\d{{2}}(?!\d)\)?")
_UNIT = re.compile(r"\s*[\[(]([^\])]+)[\])]\s*$")
UNKNOWN = "unknown"
ELSEWHERE = "value elsewhere"
"""The column of a result that is not in the result column: out of range."""
_LOOK_AHEAD = 40
_BESIDE = 1.3
"""How far left of its heading, in line heights, a name of a right-hand table may begin."""


class Column(NamedTuple):
    """A column by its heading: what it holds, the printed words, the place, its own date and unit where printed."""

    kind: str
    text: str
    x0: float
    x1: float
    day: str | None = None
    unit: str = ""


class Header(NamedTuple):
    """One table's columns, left to right, and the range of places, [left, right), that is its own."""

    columns: tuple[Column, ...]
    left: float = float("-inf")
    right: float = float("inf")
    exact: bool = False

    @property
    def kinds(self) -> set[str]:
        return {column.kind for column in self.columns}

    @property
    def x0(self) -> float:
        return self.columns[0].x0

    @property
    def x1(self) -> float:
        return self.columns[-1].x1


class Reading(NamedTuple):
    """How headings are read: `column` names a printed heading's column, `order` is that of day and month in dates."""

    column: Callable[[str], str | None]
    order: Order | None


def separator_of(text: str) -> str | None:
    """What parts the cells of the lines that look like a header: a bar, tab, semicolon or comma; None for none."""
    for line in text.splitlines():
        for separator in ("|", "\t", ";", ","):
            named = {lab_words().column(part) for part in line.split(separator)} - {None}
            if len(named) >= _FEWEST_CELLS and "value" in named:
                return separator
    return None


def headers_at(lines: Sequence[Line], at: int, how: Reading) -> tuple[list[Header], int]:
    """The tables that begin with line `at`, and how many lines their heading takes: two where its words are wrapped."""
    line = lines[at]
    if not any(_may_name_results(one) for one in lines[at : at + 2]):
        return [], 1
    if at + 1 < len(lines) and _goes_on(line, lines[at + 1], how):
        both = _headers(_stacked(line, lines[at + 1]), how)
        upper, lower = _named(_headers(line, how)), _named(_headers(lines[at + 1], how))
        if _named(both) > lower and _named(both) >= upper and (upper or not lower or _covers(lines[at + 1], line)):
            return _settled(both, lines[at + 2 :]), 2
    return _settled(_headers(line, how) or _beside_rows(line, how), lines[at + 1 :]), 1


def _may_name_results(line: Line) -> bool:
    """Whether a line holds a word of a result column's heading, or one a letter apart, or a date."""
    words = re.findall(r"[^\W\d_]{3,}", folded(line.text))
    return (
        any(word in _result_words() for word in words)
        or any(edit in _result_words() for word in words if len(word) > _LONGEST for edit in deletes(word))
        or bool(_DATE.search(line.text))
    )


@cache
def _result_words() -> frozenset[str]:
    """The words of result columns' headings, and what a letter less leaves of the longer ones."""
    words = {word for phrase, (kind, _) in lab_words().columns.items() if kind == "value" for word in phrase.split()}
    return frozenset(edit for word in words for edit in (deletes(word) if len(word) > _LONGEST else {word}))


def _named(headers: Sequence[Header]) -> int:
    return sum(not column.kind.startswith(UNKNOWN) for header in headers for column in header.columns)


def _headers(line: Line, how: Reading) -> list[Header]:
    """The line's columns, as one table or several. A cell is a heading, several, or none: never in part."""
    columns = [column for cell in line.cells for column in _columns(cell, how)]
    named = [column for column in columns if column.kind != UNKNOWN]
    enough = len(line.cells) >= _FEWEST_CELLS or len({column.kind for column in named}) >= _ENOUGH
    spoken = any(cell.text.endswith(":") for cell in line.cells) and len(named) < _ENOUGH
    if not enough or spoken or 2 * len(named) <= len(columns):
        return []
    columns = _either_side(columns)
    tables: list[list[Column]] = [[]]
    for column in columns:
        kinds = [one.kind for one in tables[-1]]
        if not line.exact and "value" in kinds and (column.kind == "name" or _again(column, tables[-1])):
            tables.append([])
        tables[-1].append(column)
    found = [Header(tuple(_once(table)), exact=line.exact) for table in tables]
    return found if all(_is_table(one) for one in found) else []


def _either_side(columns: list[Column]) -> list[Column]:
    """Results in range in one column and out of range in another: the second is the first, elsewhere."""
    inside = any(column.kind == "value" and plain_words(column.text) == "in range" for column in columns)
    outside = [column for column in columns if plain_words(column.text) == "out of range"]
    return [one._replace(kind=ELSEWHERE) if inside and one in outside else one for one in columns]


def _beside_rows(line: Line, how: Reading) -> list[Header]:
    """A heading that stands beside the rows of another table: three cells or more that begin with a name's."""
    known = [[column.kind for column in _columns(cell, how)] for cell in line.cells]
    for first, kinds in enumerate(known):
        if line.exact or "name" not in kinds:
            continue
        after = (at for at in range(first, len(known)) if UNKNOWN in known[at] or not line.cells[at].text[0].isalpha())
        run = line.cells[first : next(after, len(known))]
        if len(run) >= _ENOUGH and len(run) < len(known):
            return _headers(Line(run), how)
    return []


def _again(column: Column, table: Sequence[Column]) -> bool:
    """A second undated result column begins a table that has no heading for its names."""
    first = next(one for one in table if one.kind == "value")
    return (
        column.kind == "value"
        and not column.day
        and not first.day
        and len(table) > 1
        and "name" not in {c.kind for c in table}
    )


def _is_table(header: Header) -> bool:
    return "value" in header.kinds and len(header.kinds - {UNKNOWN, "other"}) >= _FEWEST_CELLS


def _once(columns: Sequence[Column]) -> list[Column]:
    """Each column once, dated results aside. Of two names the later stands, nearer to the result; else the first."""
    kept: list[Column] = []
    for number, column in enumerate(columns):
        same = [
            one for one in kept if one.kind == column.kind and not (one.kind == "value" and (one.day or column.day))
        ]
        if same and column.kind == "name":
            kept[kept.index(same[0])] = same[0]._replace(kind=f"{UNKNOWN} {kept.index(same[0])}")
        elif same or column.kind == UNKNOWN:
            column = column._replace(kind=f"{UNKNOWN} {number}")
        kept.append(column)
    return kept


def _columns(cell: Cell, how: Reading) -> list[Column]:
    """The columns that a heading cell names: one, or several that stand close together."""
    text, unit = cell.text, ""
    match = _UNIT.search(text)
    if match and is_unit(match.group(1)):
        text, unit = text[: match.start()], match.group(1)
    day = moment_in(text, how.order, drawn=False)
    rest = _DATE.sub(" ", text).strip(" -/,") if day else text
    kind = ("value" if not rest else how.column(rest)) if day else how.column(rest)
    if day and kind == "previous":
        kind = "value"
    if kind:
        return [Column(kind, cell.text, cell.x0, cell.x1, day if kind == "value" else None, unit)]
    words = cell.words
    if len(words) > 1 and is_unit(words[-1].text) and (kind := how.column(" ".join(w.text for w in words[:-1]))):
        return [Column(kind, cell.text, cell.x0, cell.x1, None, words[-1].text)]
    bare = re.sub(r"[(\[][^()\[\]]*[)\]]", " ", text).strip()
    if bare and bare != text and (kind := how.column(bare)):
        return [Column(kind, cell.text, cell.x0, cell.x1)]
    return _close_together(cell, how) or [Column(UNKNOWN, cell.text, cell.x0, cell.x1)]


def _close_together(cell: Cell, how: Reading) -> list[Column]:
    """A cell's words as headings, the longest first; empty unless they all are."""
    words, at, found = [word for word in cell.words if re.search(r"\w", word.text)], 0, []
    while at < len(words):
        for count in range(min(_LONGEST, len(words) - at), 0, -1):
            part = Cell(tuple(words[at : at + count]))
            kind = how.column(part.text)
            day = moment_in(part.text, how.order, drawn=False) if _DATE.fullmatch(part.text) else None
            if kind or day:
                found.append(Column(kind or "value", part.text, part.x0, part.x1, day))
                break
        else:
            return []
        at += count
    return found


# ------------------------------------------------------------------ what the lines below tell


def _settled(headers: Sequence[Header], below: Sequence[Line]) -> list[Header]:
    """Tables parted, and columns under unknown words named by what stands in them, where their kind is missing."""
    return [_by_content(header, below) for header in _apart(headers, below)]


def _by_content(header: Header, below: Sequence[Line]) -> Header:
    missing = {"unit", "reference"} - header.kinds
    unknown = [column for column in header.columns if column.kind.startswith(UNKNOWN)]
    if not missing or not unknown:
        return header
    columns = list(header.columns)
    for column in unknown:
        cells = [
            cell.text
            for line in below[:_LOOK_AHEAD]
            for cell in line.cells
            if cell.x0 < column.x1 and column.x0 < cell.x1
        ]
        for kind, fits in (("unit", is_unit), ("reference", limits)):
            if kind in missing and cells and sum(bool(fits(text)) for text in cells) > len(cells) / 2:
                columns[columns.index(column)] = column._replace(kind=kind)
                missing.discard(kind)
                break
    return header._replace(columns=tuple(columns))


# ------------------------------------------------------------------ wrapped headings


def _goes_on(line: Line, below: Line, how: Reading) -> bool:
    """Whether the next line holds nothing but words of headings, dates and units, close beneath."""
    if line.exact or below.exact or line.page != below.page or below.top - line.bottom >= line.height:
        return False
    return all(_is_heading_word(word.text) for cell in (*line.cells, *below.cells) for word in cell.words)


def _covers(below: Line, line: Line) -> bool:
    """Whether every cell of a line stands over one of the next."""
    return all(any(one.x0 < cell.x1 and cell.x0 < one.x1 for one in below.cells) for cell in line.cells)


def _is_heading_word(text: str) -> bool:
    plain = plain_words(text)
    return plain in _vocabulary() or not plain or bool(_DATE.fullmatch(text)) or is_unit(text.strip("()[]"))


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for phrase in lab_words().columns for word in phrase.split())


def _stacked(line: Line, below: Line) -> Line:
    """Two lines as one: what stands beneath a cell belongs to it."""
    cells = [list(cell.words) for cell in line.cells]
    for cell in below.cells:
        over = [words for words in cells if words[0].x0 < cell.x1 and cell.x0 < words[-1].x1]
        if len(over) == 1:
            over[0].extend(cell.words)
        else:
            cells.append(list(cell.words))
    return Line(tuple(sorted((Cell(tuple(words)) for words in cells), key=lambda cell: cell.x0)), line.exact)


# ------------------------------------------------------------------ side by side


def _apart(headers: Sequence[Header], below: Sequence[Line]) -> list[Header]:
    """Tables side by side, each with its range of places: they part where the lines below leave the widest gap."""
    if len(headers) < 2:
        return list(headers)
    parted = []
    left = float("-inf")
    for one, following in zip(headers, [*headers[1:], None], strict=True):
        right = _gap(one, following, below) if following else float("inf")
        parted.append(one._replace(left=left, right=right))
        left = right
    return parted


def _gap(one: Header, other: Header, below: Sequence[Line]) -> float:
    """The left edge of the right-hand table's names."""
    start, stop = one.x1, other.columns[0].x0
    named = other.columns[0].kind == "name"
    least = stop - _BESIDE * below[0].height if below else stop
    edges = [
        word.x0
        for line in below[:_LOOK_AHEAD]
        if len(line.cells) > _FEWEST_CELLS
        for cell in line.cells
        for word in cell.words[:1]
        if (least <= word.x0 <= stop if named else start < word.x0 < stop)
    ]
    return min([*edges, stop if named else (start + stop) / 2]) - 1.0
