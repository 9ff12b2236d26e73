"""Result lines without a heading: name, value, unit and range are told by their looks, and nothing is left over.

Two of three have to agree: a known name, a unit, a range. A sentence has words left over and is no row.
"""

from prelim.documents.printed_units import is_unit
from prelim.documents.reference import is_reference
from prelim.documents.table_cells import Cells, Stars, is_known, may_be_name, tidy, value_parts
from prelim.documents.table_lines import Cell, Line, Word, joined
from prelim.documents.values import read_value

_LONGEST_LINE = 24
"""Words."""


def free_row(line: Line, stars: Stars) -> Cells | None:
    """The row that a line holds; None where it is no row, or could be two."""
    whole = joined(line.cells)
    if len(whole.words) > _LONGEST_LINE or not any(letter.isdigit() for letter in whole.text):
        return None
    found = [row for at in range(1, len(whole.words)) if (row := _parted(whole, at, stars))]
    known = [row for row in found if is_known(row["name"].text)]
    return next(iter(known or found[:1]), None)


def _is_of_a_result(word: Word) -> bool:
    """Whether a word is a sign or unit, as none of a name's is: another result stands before."""
    return word.text in ("<", ">", "≤", "≥") or ("/" in word.text and is_unit(word.text))


def _parted(whole: Cell, at: int, stars: Stars) -> Cells | None:
    """The row whose name is the first `at` words. A name that ends in a number is known, else it is a second value."""
    name, rest = Cell(whole.words[:at]), Cell(whole.words[at:])
    parts = value_parts(rest.text, stars)
    if parts is None or not may_be_name(name.text.rstrip(" :")) or any(map(_is_of_a_result, name.words)):
        return None
    cells = {"name": name} | {kind: rest.cut(*span) for kind, span in parts.items()}
    row = tidy(cells, stars, strict=True)
    if row is None or (row["name"].words[-1].text.replace(".", "").isdigit() and not is_known(row["name"].text)):
        return None
    compared = read_value(row["value"].text).comparator is not None
    ranged = "reference" in row and is_reference(row["reference"].text)
    if ranged:
        return row if "unit" in row or is_known(row["name"].text) else None
    return row if "unit" in row and is_known(row["name"].text) and not compared else None
