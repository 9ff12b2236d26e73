"""Names and ranges that are wrapped over lines: which lines belong to which row."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prelim.documents.reference import is_reference
from prelim.documents.table_cells import Cells, Stars, tidy
from prelim.documents.table_lines import Cell, Line, joined
from prelim.knowledge.lab_words import lab_words

_TIGHT = 0.6
"""Lines of one row stand closer than this share of the gap to the next row."""
_CLOSE = 0.7
"""A line further away than this share of its height is no part of a row."""
_SMALLER, _EVEN = 0.8, 1.05
"""A line lower than this share of the one above is a remark."""
_MOST_WORDS = 9


@dataclass
class Piece:
    """A line of a table: the raw cells of each result column, the row each makes (None: none).

    `joined` once the line went into another's row; `before` and `behind` are the lines that went into this one's.
    """

    line: Line
    raw: list[Cells]
    rows: list[Cells | None]
    joined: bool = False
    before: list["Piece"] = field(default_factory=list)
    behind: list["Piece"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The whole row as printed, line by line."""
        return " ".join(piece.line.text for piece in (*self.before, self, *self.behind))

    @property
    def is_row(self) -> bool:
        return any(self.rows)

    @property
    def name(self) -> Cell | None:
        return self.raw[0].get("name") if self.raw else None

    @property
    def has_value(self) -> bool:
        return any("value" in cells for cells in self.raw)

    @property
    def is_part(self) -> bool:
        """Whether the line can be the rest of a row: words under the name, a range, and no value."""
        kinds = set(self.raw[0]) if self.raw else set()
        alone = kinds <= {"name", "reference", "unit"} if "name" in kinds else "reference" in kinds
        return alone and not self.has_value and not self.line.exact and bool(kinds)


def attached(pieces: Sequence[Piece], stars: Stars) -> list[Piece]:
    """The lines, those that go on another's row put into it."""
    for at, piece in enumerate(pieces):
        if piece.is_row or not piece.is_part:
            continue
        if _is_remark(pieces, at):
            piece.joined = True
            continue
        above, below = _row_above(pieces, at), pieces[at + 1] if at + 1 < len(pieces) else None
        if above is not None and _continues(piece, above, below):
            above.behind.append(piece)
            piece.joined = True
        elif below is not None and _begins(piece, below):
            below.before.append(piece)
            piece.joined = True
    for piece in pieces:
        if piece.before or piece.behind:
            piece.raw = [_merged(piece, cells) for cells in piece.raw]
            piece.rows = [tidy(cells, stars) for cells in piece.raw]
    return list(pieces)


def _is_remark(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a line stands in smaller letters close under a line of the table: a method, a note, no part of a name."""
    piece = pieces[at]
    above = pieces[at - 1].line if at else None
    if above is None or piece.name is None or piece.line.height > _SMALLER * above.height:
        return False
    heights = [word.bottom - word.top for cell in above.cells for word in cell.words]
    if max(heights) > _EVEN * min(heights):  # a scan's words are as high as their letters: that tells no size
        return False
    return _gap(above, piece.line) < _CLOSE * above.height


def _row_above(pieces: Sequence[Piece], at: int) -> Piece | None:
    """The row that the line before belongs to."""
    for piece in reversed(pieces[:at]):
        if piece.is_row or (piece.has_value and piece.name is None):
            return piece
        if not piece.joined:
            return None
    return None


def _last_line(piece: Piece) -> Line:
    return piece.behind[-1].line if piece.behind else piece.line


def _gap(upper: Line, lower: Line) -> float:
    return lower.top - upper.bottom if upper.page == lower.page else float("inf")


def _continues(piece: Piece, above: Piece, below: Piece | None) -> bool:
    """Whether a line goes on the row above: a range without a name, or a name that has to go on, or closer lines."""
    gap, height = _gap(_last_line(above), piece.line), piece.line.height
    if gap > _CLOSE * height or (piece.name is not None and not _may_go_on(piece.name)):
        return False
    if piece.name is None:
        return True
    start = (above.behind[-1].name if above.behind else None) or above.name
    if start is None:
        return True
    if _is_left_open(start.text) or piece.name.text[0].islower() or piece.name.text[0] in "([/":
        return True
    after = _gap(piece.line, below.line) if below is not None else float("inf")
    closer = gap < _TIGHT * after - 0.1 and piece.line.page is not None
    return closer and below is not None and below.has_value and not _is_heading(piece.name.text)


def _begins(piece: Piece, below: Piece) -> bool:
    """Whether a line begins the row below: that has no name of its own, or one that has to go on."""
    if piece.name is None or not below.has_value or not _may_go_on(piece.name):
        return False
    if _gap(piece.line, below.line) > _CLOSE * piece.line.height:
        return False
    if below.name is None:
        return True
    return _is_left_open(piece.name.text) or below.name.text[0].islower() or below.name.text[0] in "(["


def _may_go_on(name: Cell) -> bool:
    text = name.text
    return (
        len(name.words) <= _MOST_WORDS
        and not text.endswith((".", ":"))
        and text[0] not in "*†‡•"
        and not is_reference(text)
    )


def _is_left_open(text: str) -> bool:
    last = text.split()[-1].casefold()
    return (
        last in lab_words().joining
        or text[-1] in "-/,(["
        or text.count("(") > text.count(")")
        or text.count("[") > text.count("]")
    )


def _is_heading(text: str) -> bool:
    return text.isupper() or lab_words().specimen(text) is not None


def _merged(piece: Piece, cells: Cells) -> Cells:
    """A row's cells with those of its other lines, top to bottom."""
    merged = dict(cells)
    for kind in ("name", "reference", "unit"):
        parts = [one.raw[0][kind] for one in piece.before if kind in one.raw[0]]
        parts += [cells[kind]] if kind in cells else []
        parts += [one.raw[0][kind] for one in piece.behind if kind in one.raw[0]]
        if parts:
            merged[kind] = joined(parts)
    return merged
