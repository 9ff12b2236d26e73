"""Boxes of findings on films: a site's own CSV, a box a line, in pixels of the stored matrix."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from prelim.errors import InputError
from prelim.knowledge import table
from prelim.types import BoxPx, Laterality, Value
from tools.case_file import FileNote
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import side_of, stated

COLUMNS = ("image", "label", "y0", "x0", "y1", "x1")
_EDGES = COLUMNS[2:]


class BoxTruth(Value):
    """Where a finding lies, or a structure of the body. Without a side it follows from where the box lies."""

    label: str
    laterality: Laterality | None = None
    box_px: BoxPx


class BoxExample(NamedTuple):
    """One film with its boxes; `group` is its patient. `structures`: the labels are names of the body's parts.

    `frame` is how many rows and columns the film has for which the boxes hold; None: those of the film that is given.
    """

    image: str
    group: str
    boxes: tuple[BoxTruth, ...]
    place: Callable[[Path], Path]
    stated: FileNote = FileNote()
    line: int | None = None
    structures: bool = False
    frame: tuple[int, int] | None = None


class BoxRow(NamedTuple):
    """One line of a table of boxes."""

    line: int
    image: str
    patient: str
    box: BoxTruth
    place: Path
    stated: FileNote


def read(sheet: Sheet, source: Source) -> Found[BoxExample]:
    """The films of a site's own table. Without a patient a film is its own group."""
    found, rows = Found[BoxExample](), list[BoxRow]()
    for line, cells in sheet.lines:
        with found.refusing(line, cells["image"]):
            box = BoxTruth(
                label=boxable(cells["label"]), laterality=side_of(cells.get("laterality", "")), box_px=_box(cells)
            )
            place = source.pictures.at(cells["image"])
            rows.append(BoxRow(line, cells["image"], cells.get("patient", ""), box, place, stated(cells)))
    found.examples = films_of(rows)
    return found


def films_of(rows: Sequence[BoxRow]) -> list[BoxExample]:
    """Rows by their films; the first says of what patient it is, and what the film does not say itself."""
    by_image: dict[str, list[BoxRow]] = {}
    for row in rows:
        by_image.setdefault(row.image, []).append(row)
    return [_film(some) for some in by_image.values()]


def _film(rows: Sequence[BoxRow]) -> BoxExample:
    first, boxes = rows[0], tuple(row.box for row in rows)
    return BoxExample(
        first.image, first.patient or first.image, boxes, lambda scratch: first.place, first.stated, first.line
    )


def boxable(label: str) -> str:
    """The label, if boxes of it are asked for. InputError unknown_finding."""
    rules = table("chest_xray").findings
    if label not in rules or not rules[label].boxable:
        known = ", ".join(name for name, rule in rules.items() if rule.boxable)
        raise InputError("unknown_finding", f"No finding that is boxed is called '{label}'. Known: {known}.", "")
    return label


def _box(cells: dict[str, str]) -> BoxPx:
    y0, x0, y1, x1 = (number(cells[name], name) for name in _EDGES)
    return proper((y0, x0, y1, x1))


def proper(box: BoxPx) -> BoxPx:
    """The box, if it has a height and a width. InputError bad_box."""
    y0, x0, y1, x1 = box
    if not (0 <= y0 < y1 and 0 <= x0 < x1):
        raise InputError("bad_box", f"The box [{y0:g}, {x0:g}, {y1:g}, {x1:g}] is empty, inverted or outside.", "")
    return box


def number(text: str, name: str) -> float:
    """A finite number. InputError bad_box."""
    try:
        value = float(text)
    except ValueError as error:
        raise InputError("bad_box", f"{name} is '{text}', no number.", "") from error
    if not math.isfinite(value):
        raise InputError("bad_box", f"{name} is '{text}', no finite number.", "")
    return value
