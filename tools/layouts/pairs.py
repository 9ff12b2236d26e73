"""How findings changed between two films: a site's own CSV, a finding of a pair a line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from prelim.errors import InputError
from prelim.knowledge import table
from prelim.models.change_figures import DIRECTIONS, Direction
from prelim.types import Laterality, Value
from tools.case_file import FileNote
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import side_of, stated

COLUMNS = ("prior", "current", "label", "change")


class ChangeTruth(Value):
    """How a finding changed; without a side, over both together."""

    label: str
    laterality: Laterality | None = None
    direction: Direction


class PairExample(NamedTuple):
    """Two films of a patient (`group`), the earlier and the later, with what changed. `image` names the later one."""

    image: str
    group: str
    truths: tuple[ChangeTruth, ...]
    prior: Callable[[Path], Path]
    current: Callable[[Path], Path]
    stated: FileNote = FileNote()
    line: int | None = None


class PairRow(NamedTuple):
    """One line of a site's own table."""

    line: int
    images: tuple[str, str]
    patient: str
    truth: ChangeTruth
    places: tuple[Path, Path]
    stated: FileNote


def read(sheet: Sheet, source: Source) -> Found[PairExample]:
    """The pairs of a site's own table. Without a patient a pair is its own group."""
    found, rows = Found[PairExample](), dict[tuple[str, str], list[PairRow]]()
    for line, cells in sheet.lines:
        with found.refusing(line, cells["current"]):
            row = _row(line, cells, source)
            rows.setdefault(row.images, []).append(row)
    found.examples = [_pair(some) for some in rows.values()]
    return found


def _row(line: int, cells: dict[str, str], source: Source) -> PairRow:
    truth = ChangeTruth(
        label=known_label(cells["label"]),
        laterality=side_of(cells.get("laterality", "")),
        direction=direction_of(cells["change"]),
    )
    images = cells["prior"], cells["current"]
    places = source.pictures.at(images[0]), source.pictures.at(images[1])
    return PairRow(line, images, cells.get("patient", ""), truth, places, stated(cells))


def _pair(rows: Sequence[PairRow]) -> PairExample:
    first, truths = rows[0], tuple(row.truth for row in rows)
    prior, current = first.places
    name = first.images[1]
    return PairExample(
        name, first.patient or name, truths, lambda scratch: prior, lambda scratch: current, first.stated, first.line
    )


def known_label(label: str) -> str:
    """A label of the table of chest films. InputError unknown_finding."""
    if label not in table("chest_xray").findings:
        raise InputError("unknown_finding", f"No finding of chest films is called '{label}'.", "")
    return label


def direction_of(text: str) -> Direction:
    """What a word for a change means. InputError bad_change."""
    if text.lower() not in DIRECTIONS:
        raise InputError("bad_change", f"The change is '{text}': {', '.join(DIRECTIONS)}.", "")
    return DIRECTIONS[text.lower()]
