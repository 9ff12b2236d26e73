"""The cells of a line → the columns of a header. Place decides, and what a cell looks like where places are near."""

from collections.abc import Sequence
from functools import lru_cache

from prelim.documents.printed_units import is_unit
from prelim.documents.reference import limits
from prelim.documents.table_cells import is_number
from prelim.documents.table_header import ELSEWHERE, UNKNOWN, Column, Header
from prelim.documents.table_lines import Cell, Line, Word, joined
from prelim.knowledge.lab_words import lab_words

_REMEMBERED = 2048
_PENALTY = 5.0
"""How far, in line heights, a cell may lie from the column whose kind it has to be put there all the same."""
_SHARE = 0.3
"""A cell that covers this share of two headings is cut between them."""


def placed(line: Line, header: Header) -> tuple[dict[int, Cell], bool]:
    """The line's cells by the number of their column, and whether one had to be cut out of a run of words."""
    found: dict[int, list[Cell]] = {}
    cut = False
    for cell in line.cells:
        parts = [cell] if line.exact else _parts(cell, header.columns)
        cut = cut or len(parts) > 1
        for part in parts:
            found.setdefault(_nearest(part, header, line.height), []).append(part)
    return {number: joined(cells) for number, cells in found.items()}, cut


def _parts(cell: Cell, columns: Sequence[Column]) -> list[Cell]:
    """A cell cut by the headings that it lies under, word by word."""
    x0, x1 = cell.x0, cell.x1
    under = [c for c in columns if min(x1, c.x1) - max(x0, c.x0) > _SHARE * (c.x1 - c.x0)]
    if len(under) < 2 or len(cell.words) < 2:
        return [cell]
    runs: list[tuple[Column, list[Word]]] = []
    for word in cell.words:
        column = min(under, key=lambda one: _apart(word.x0, word.x1, one))
        if runs and runs[-1][0] == column:
            runs[-1][1].append(word)
        else:
            runs.append((column, [word]))
    return [Cell(tuple(words)) for _, words in runs]


def _nearest(cell: Cell, header: Header, height: float) -> int:
    """The number of the column whose heading is nearest, weighed by what the cell looks like."""
    fit = _kind(cell.text) if not header.exact else None
    usual = fit if fit in header.kinds else None
    x0, x1 = cell.x0, cell.x1

    def cost(number: int) -> float:
        column = header.columns[number]
        stranger = usual is not None and column.kind != usual and not (usual == "value" and _may_hold_numbers(column))
        odd = fit == "value" and column.kind in ("unit", "flag", "name")
        return _apart(x0, x1, column) + (_PENALTY * height if stranger or odd else 0.0)

    return min(range(len(header.columns)), key=cost)


def _may_hold_numbers(column: Column) -> bool:
    """Whether a number may stand in a column that is not the result's."""
    return column.kind in _NUMBERS or column.kind.startswith(UNKNOWN)


_NUMBERS = ("previous", "reference", "other", ELSEWHERE)


@lru_cache(_REMEMBERED)
def _kind(text: str) -> str | None:
    """What a cell can only be, by its looks: a unit, a range with two limits, a flag, or a number."""
    if is_unit(text):
        return "unit"
    both = limits(text)
    if both and None not in both:
        return "reference"
    if lab_words().flag(text):
        return "flag"
    return "value" if is_number(text) else None


def _apart(x0: float, x1: float, column: Column) -> float:
    """0 where a cell and a heading overlap, else the least distance of their left, right or middle lines."""
    if x0 < column.x1 and column.x0 < x1:
        return 0.0
    return min(abs(x0 - column.x0), abs(x1 - column.x1), abs((x0 + x1) / 2 - (column.x0 + column.x1) / 2))
