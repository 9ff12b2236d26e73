"""How results changed: each trend of the draft, and what a sentence about a result says of the one before it."""

from collections.abc import Iterable
from typing import NamedTuple

from prelim.draft import Found
from prelim.facts import LabTrend, TrendPoint
from prelim.types import Evidence, LabResult, Record, evidence
from tools.trends import trends_of


class Before(NamedTuple):
    """The result before one, and where it stands; `moved`: the change is one to be told."""

    point: TrendPoint
    place: Evidence
    moved: bool


def trending(found: Found) -> tuple[tuple[LabTrend, ...], dict[str, Before]]:
    """The trends that end in a result of the draft, and by that result's id the point before it."""
    labs = (*found.labs.earlier, *found.labs.labs)
    mine = {lab.id for lab in found.labs.labs}
    trends = [trend for trend in trends_of(labs, found.priors.labs) if len(trend.points) > 1]
    ended = tuple(trend for trend in trends if trend.points[-1].ref in mine)
    places = _places(found, labs)
    dated = [trend for trend in ended if trend.points[-1].date and trend.points[-2].date]
    known = [trend for trend in dated if trend.points[-2].ref in places]
    return ended, {
        trend.points[-1].ref: Before(
            trend.points[-2], places[trend.points[-2].ref], trend.direction in ("rising", "falling")
        )
        for trend in known
    }


def current_results(labs: Iterable[LabResult], trends: Iterable[LabTrend]) -> list[LabResult]:
    """The results that no later one of the same test has replaced."""
    replaced = {point.ref for trend in trends for point in trend.points[:-1]}
    return [lab for lab in labs if lab.id not in replaced]


def _places(found: Found, labs: tuple[LabResult, ...]) -> dict[str, Evidence]:
    """Id of an earlier result or record → its place, as a text that is quoted."""
    cells = {item.id: item for item in found.labs.evidence}
    own = {lab.id: as_text(cells[cell], lab) for lab in labs for cell in lab.evidence[:1] if cell in cells}
    return own | {record.id: _remembered(record) for record in found.priors.labs}


def as_text(cell: Evidence, lab: LabResult) -> Evidence:
    """The cell of an earlier result as a dated text: a sentence quotes it, and is not about it."""
    address = cell.model_dump(exclude={"id", "kind", "date", "quote"})
    return evidence("text", **address, quote=cell.quote, date=(lab.collected or "")[:10] or None)


def _remembered(record: Record) -> Evidence:
    return evidence("text", quote=record.text, date=record.date, ref=record.id)
