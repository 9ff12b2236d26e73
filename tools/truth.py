"""Images with known findings: a CSV of a site's own, in long form, one finding a line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from prelim.errors import InputError
from prelim.knowledge import rules
from prelim.types import Laterality, Value
from tools.case_file import FileNote
from tools.layouts.pictures import Pictures
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import stated

COLUMNS = ("image", "label", "laterality", "present")
_SIDES: dict[str, tuple[Laterality | None, ...]] = {
    "left": ("left",),
    "right": ("right",),
    "bilateral": ("left", "right"),
    "midline": ("midline",),
    "": (None,),
}


class Truth(Value):
    """Whether a finding is there. Without a side: on any."""

    label: str
    laterality: Laterality | None
    present: bool


class Example(NamedTuple):
    """One image: the group it belongs to (its patient's images stay together), what is known of it, where it lies.

    `place` is given a scratch folder and returns the file, or the folder of a series.
    """

    image: str
    group: str
    truths: tuple[Truth, ...]
    place: Callable[[Path], Path]
    stated: FileNote = FileNote()
    line: int | None = None


class _Row(NamedTuple):
    line: int
    image: str
    patient: str
    truths: tuple[Truth, ...]
    stated: FileNote
    place: Path


def read(sheet: Sheet, source: Source) -> Found[Example]:
    """The images of a table and the lines that cannot be used.

    `bilateral` says the same of both sides, an empty laterality of any. Without a patient an image is its own group.
    """
    found = Found[Example]()
    rows: dict[str, list[_Row]] = {}
    for line, given in sheet.lines:
        with found.refusing(line, given.get("image", "")):
            row = _row(line, given, source.pictures)
            _refuse_twice(row, rows.get(row.image, ()))
            rows.setdefault(row.image, []).append(row)
    found.examples = [_example(image, some) for image, some in rows.items()]
    return found


def _example(image: str, rows: Sequence[_Row]) -> Example:
    first = rows[0]
    truths = tuple(truth for row in rows for truth in row.truths)
    return Example(image, first.patient or image, truths, lambda scratch: first.place, first.stated, first.line)


def _row(line: int, cells: dict[str, str], pictures: Pictures) -> _Row:
    """A line's meaning. InputError not_found, unknown_finding, bad_laterality, bad_present, bad_statement."""
    image, label, side = cells["image"], cells["label"], cells["laterality"].lower()
    place = pictures.at(image)
    if label not in rules():
        raise InputError("unknown_finding", f"No finding is called '{label}'.", "")
    if side not in _SIDES:
        known = ", ".join(filter(None, _SIDES))
        raise InputError("bad_laterality", f"The laterality is '{side}': {known}, or empty.", "")
    if cells["present"] not in ("0", "1"):
        raise InputError("bad_present", f"present is '{cells['present']}', neither 1 nor 0.", "")
    there = cells["present"] == "1"
    truths = tuple(Truth(label=label, laterality=one, present=there) for one in _SIDES[side])
    return _Row(line, image, cells.get("patient", ""), truths, stated(cells), place)


def _refuse_twice(row: _Row, earlier: Sequence[_Row]) -> None:
    """One truth a finding and side, one patient and one description an image."""
    known = {(truth.label, truth.laterality): old.line for old in earlier for truth in old.truths}
    again = next((known[key] for truth in row.truths if (key := (truth.label, truth.laterality)) in known), None)
    if again is not None:
        raise InputError("duplicate", f"The same finding of the same image stands in line {again}.", "")
    if earlier and (row.patient, row.stated) != (earlier[0].patient, earlier[0].stated):
        message = f"Line {earlier[0].line} says otherwise of the same image's patient, modality, body part or view."
        raise InputError("contradiction", message, "")
