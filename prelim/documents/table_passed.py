"""Lines that the table reader passes over though they begin with a known test: what the model may make a row of.

Its cells are copied from the line, the name and a number first; a word left between them makes the line a sentence.
"""

import itertools
import re
from collections.abc import Mapping

from prelim.documents.printed_units import is_unit
from prelim.documents.reference import is_reference
from prelim.documents.table_cells import Cells, is_known
from prelim.documents.table_lines import Cell, Line, joined
from prelim.documents.values import read_value

LINE_HEADER = "Test | Result | Unit | Reference | Flag"
_LONGEST = 24
"""Words."""
_CELL_SEPARATOR = " | "


def worth_asking(line: Line) -> bool:
    """Whether a line begins with a known test and holds a number behind its name."""
    words = joined(line.cells).words
    if len(words) > _LONGEST:
        return False
    ends = [end for end in range(1, len(words)) if is_known(Cell(words[:end]).text.rstrip(" :"))]
    return bool(ends) and any(re.search(r"\d", word.text) for word in words[ends[0] :])


def asked_line(line: Line) -> str:
    """The line as the model is shown it, its cells parted."""
    return _CELL_SEPARATOR.join(cell.text for cell in line.cells)


def answer_row(line: Line, answer: Mapping[str, str]) -> Cells | None:
    """The cells of the model's answer in the line; None where they do not stand there in a row, or are no result.

    The name comes first and is known, the value is a number, a unit or range is one. Only whole cells behind the last
    may be left over (a remark, a method).
    """
    whole = joined(line.cells)
    found: Cells = {}
    spans: list[tuple[int, int]] = []
    for kind, said in answer.items():
        start = whole.text.find(said, spans[0][1] if spans else 0) if said else -1
        if said and start < 0:
            return None
        if said:
            found[kind] = whole.cut(start, start + len(said))
            spans.append((start, start + len(said)))
    if "name" not in found or "value" not in found or spans[0][0] > 0:
        return None
    unit, reference = found.get("unit"), found.get("reference")
    evident = (unit and is_unit(unit.text)) or (reference and is_reference(reference.text))
    number = read_value(found["value"].text)
    if (
        not evident
        or number.kind != "numeric"
        or (number.comparator and reference is None)
        or not is_known(found["name"].text)
    ):
        return None
    return found if _nothing_between(line, whole.text, sorted(spans)) else None


def _nothing_between(line: Line, text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether the cells follow each other, and what is behind the last begins a cell of the line."""
    gaps = [text[end:start] for (_, end), (start, _) in itertools.pairwise(spans)]
    if any(re.search(r"[^\W_]", gap) for gap in gaps):
        return False
    rest = text[spans[-1][1] :].strip(" .;,()*")
    return not rest or any(
        " ".join(cell.text for cell in line.cells[number:]).strip(" .;,()*") == rest
        for number in range(len(line.cells))
    )
