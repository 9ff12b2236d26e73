"""Images with known findings: a CSV of a site's own, in long form, one finding a line."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from prelim.errors import InputError
from prelim.evaluated import Problem
from prelim.knowledge import rules
from prelim.types import Laterality, Value
from tools.case_file import FileNote

COLUMNS = ("image", "label", "laterality", "present")
STATED = ("modality", "body_part", "view")
"""Columns for images that do not say it themselves, as `case.yaml` has them."""
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


def read_truth(path: Path) -> tuple[list[Example], list[Problem]]:
    """The images of a CSV and the lines that cannot be used. InputError not_found, bad_truth.

    `bilateral` says the same of both sides, an empty laterality of any. Without a patient an image is its own group.
    """
    problems: list[Problem] = []
    rows: dict[str, list[_Row]] = {}
    for line, given in _lines(path):
        try:
            row = _row(line, given, path.parent)
            _refuse_twice(row, rows.get(row.image, ()))
        except InputError as error:
            problems.append(Problem(line=line, image=given.get("image", ""), code=error.code, message=error.message))
        else:
            rows.setdefault(row.image, []).append(row)
    return [_example(image, some, path.parent) for image, some in rows.items()], problems


def _example(image: str, rows: Sequence[_Row], folder: Path) -> Example:
    first = rows[0]
    truths = tuple(truth for row in rows for truth in row.truths)
    return Example(image, first.patient or image, truths, lambda scratch: folder / image, first.stated, first.line)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line's number and cells."""
    if not path.is_file():
        raise InputError("not_found", f"{path.name} does not exist.", "Give a CSV, or the word phantom.", path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise _bad(path, f"has no column {', '.join(missing)}")
        for cells in table:
            yield table.line_num, {name: (text or "").strip() for name, text in cells.items() if isinstance(name, str)}
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8") from error
    except csv.Error as error:
        raise _bad(path, f"is no CSV: {error}") from error


def _bad(path: Path, what: str) -> InputError:
    remedy = f"It needs the columns {', '.join(COLUMNS)}; patient, {', '.join(STATED)} are optional."
    return InputError("bad_truth", f"{path.name} {what}.", remedy, path.name)


def _row(line: int, cells: dict[str, str], folder: Path) -> _Row:
    """A line's meaning. InputError not_found, unknown_finding, bad_laterality, bad_present, bad_statement."""
    image, label, side = cells["image"], cells["label"], cells["laterality"].lower()
    if not image or not (folder / image).exists():
        raise InputError("not_found", f"The image '{image}' does not exist.", "")
    if label not in rules():
        raise InputError("unknown_finding", f"No finding is called '{label}'.", "")
    if side not in _SIDES:
        known = ", ".join(filter(None, _SIDES))
        raise InputError("bad_laterality", f"The laterality is '{side}': {known}, or empty.", "")
    if cells["present"] not in ("0", "1"):
        raise InputError("bad_present", f"present is '{cells['present']}', neither 1 nor 0.", "")
    there = cells["present"] == "1"
    truths = tuple(Truth(label=label, laterality=one, present=there) for one in _SIDES[side])
    return _Row(line, image, cells.get("patient", ""), truths, _stated(cells))


def _stated(cells: dict[str, str]) -> FileNote:
    told: dict[str, Any] = {name: cells[name] for name in STATED if cells.get(name)}
    try:
        return FileNote.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError("bad_statement", f"{first['loc'][0]} is '{first['input']}': {first['msg']}.", "") from error


def _refuse_twice(row: _Row, earlier: Sequence[_Row]) -> None:
    """One truth a finding and side, one patient and one description an image."""
    known = {(truth.label, truth.laterality): old.line for old in earlier for truth in old.truths}
    again = next((known[key] for truth in row.truths if (key := (truth.label, truth.laterality)) in known), None)
    if again is not None:
        raise InputError("duplicate", f"The same finding of the same image stands in line {again}.", "")
    if earlier and (row.patient, row.stated) != (earlier[0].patient, earlier[0].stated):
        message = f"Line {earlier[0].line} says otherwise of the same image's patient, modality, body part or view."
        raise InputError("contradiction", message, "")
