"""Where a draft's results were read from, for its page: strips of paper with a box a cell, and lines with marks."""

from collections.abc import Sequence
from typing import NamedTuple

from memory.artifacts import Artifacts
from prelim.draft import Draft
from prelim.facts import LabTrend
from prelim.types import Evidence, PagePicture

_SPARK = (96.0, 22.0)
_EDGE = 3.0


class Cell(NamedTuple):
    """A cell on a strip, in the strip's pixels."""

    place: Evidence
    name: str
    x: float
    y: float
    width: float
    height: float


class Strip(NamedTuple):
    """A strip of a page and the cells that were read from it."""

    picture: PagePicture
    path: str
    cells: tuple[Cell, ...]


class Line(NamedTuple):
    """A line of a text, counted from 1, cut into runs; a run that is a cell carries its place."""

    number: int
    runs: tuple[tuple[str, Evidence | None], ...]


class Lines(NamedTuple):
    """The lines of a text that hold results."""

    path: str
    lines: tuple[Line, ...]


def cell_id(place: Evidence) -> str:
    """The id of a cell on the page; its row in the table of results has the place's own."""
    return f"cell-{place.id}"


def strips_of(draft: Draft) -> list[Strip]:
    """The strips in the order of the documents."""
    paths = {document.sha256: document.path for document in draft.documents}
    places = _places(draft)
    strips = []
    for picture in draft.pages:
        here = (picture.document_sha256, picture.page)
        cells = [
            _cell(picture, place, name, place.box_pt)
            for place, name in places
            if place.box_pt and (place.document_sha256, place.page) == here
        ]
        strips.append(Strip(picture, paths.get(picture.document_sha256, ""), tuple(cells)))
    return strips


def lines_of(draft: Draft, artifacts: Artifacts) -> list[Lines]:
    """The lines of those documents that have no pages."""
    found = []
    for document in draft.documents:
        mine = [p for p, _ in _places(draft) if p.chars and not p.box_pt and p.document_sha256 == document.sha256]
        if mine:
            text = artifacts.get(document.text_sha256).decode()
            found.append(Lines(document.path, tuple(_lines(text, mine))))
    return found


def shown_cells(draft: Draft) -> set[str]:
    """Ids of the evidence whose cell the page shows."""
    pages = {(picture.document_sha256, picture.page) for picture in draft.pages}
    on_strips = {p.id for p, _ in _places(draft) if p.box_pt and (p.document_sha256, p.page) in pages}
    texts: set[str | None] = {document.sha256 for document in draft.documents}
    return on_strips | {p.id for p, _ in _places(draft) if p.chars and not p.box_pt and p.document_sha256 in texts}


def _places(draft: Draft) -> list[tuple[Evidence, str]]:
    """Each result's places and its name."""
    places = {item.id: item for item in draft.evidence if item.kind == "lab"}
    return [(places[id], lab.name) for lab in draft.labs for id in lab.evidence if id in places]


def _cell(picture: PagePicture, place: Evidence, name: str, box: Sequence[float]) -> Cell:
    x0, top, x1, bottom = picture.clip_pt
    across, down = picture.columns / (x1 - x0), picture.rows / (bottom - top)
    return Cell(
        place,
        name,
        round((box[0] - x0) * across - 2, 1),
        round((box[1] - top) * down - 2, 1),
        round((box[2] - box[0]) * across + 4, 1),
        round((box[3] - box[1]) * down + 4, 1),
    )


def _lines(text: str, places: Sequence[Evidence]) -> list[Line]:
    lines, start = [], 0
    for number, raw in enumerate(text.splitlines(keepends=True), start=1):
        end = start + len(raw)
        mine = sorted(
            ((*p.chars, p) for p in places if p.chars and start <= p.chars[0] < end), key=lambda item: item[:2]
        )
        if mine:
            lines.append(Line(number, tuple(_runs(text, start, end, mine))))
        start = end
    return lines


def _runs(
    text: str, start: int, end: int, places: Sequence[tuple[int, int, Evidence]]
) -> list[tuple[str, Evidence | None]]:
    runs: list[tuple[str, Evidence | None]] = []
    at = start
    for first, last, place in places:
        if first >= at:
            runs += [(text[at:first], None), (text[first : min(last, end)], place)]
            at = min(last, end)
    return [(run, place) for run, place in [*runs, (text[at:end].rstrip("\r\n"), None)] if run]


def spark(trend: LabTrend) -> str:
    """The points of a polyline over time, in a box of 96 × 22; empty where fewer than two can be drawn."""
    values = [(point.date, point.converted) for point in trend.points if point.converted is not None and point.date]
    if len(values) < 2:
        return ""
    low, high = min(v for _, v in values if v is not None), max(v for _, v in values if v is not None)
    width, height = _SPARK
    steps = len(values) - 1
    return " ".join(
        f"{_EDGE + i * (width - 2 * _EDGE) / steps:.1f},"
        f"{height - _EDGE - ((v or 0) - low) / ((high - low) or 1) * (height - 2 * _EDGE):.1f}"
        for i, (_, v) in enumerate(values)
    )
