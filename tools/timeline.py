"""The page's table of findings over time: a row a finding, a column a time, results of the laboratory beside them.

Plain rows for `templates/timeline.html.j2`. A word stands beside every symbol: nothing rests on colour or shape.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prelim.draft import Draft
from prelim.facts import ChangeSince, FindingTimeline, LabTrend, TimePoint, TrendPoint
from prelim.types import Change, State
from tools.films import name_of

_COLUMNS = 9
"""Times that fit beside each other; of more the oldest that only a report tells of are left out."""
_LABS = 8
"""Results that are shown beside the findings: what moves first."""
_STATES: dict[State | None, tuple[str, str]] = {
    "present": ("●", "present"),
    "absent": ("○", "absent"),
    "uncertain": ("◐", "uncertain"),
    None: ("–", "not read"),
}
_ARROWS: dict[Change, str] = {
    "new": "✚",
    "worse": "▲",
    "stable": "▶",
    "better": "▼",
    "resolved": "✕",
    "uncertain": "?",
}


class Time(NamedTuple):
    """A column: its day, and what there is of it. `key` is a film's UID, or "report" with a day."""

    key: str
    date: str
    what: str
    current: bool = False


class Mark(NamedTuple):
    """A symbol with its word, and the id of what it rests on."""

    symbol: str
    word: str
    link: str
    style: str


class Cell(NamedTuple):
    """What is known of a finding at a time: the film's state, its change since the film before, what reports say."""

    state: Mark | None = None
    change: Mark | None = None
    since: str = ""
    reports: tuple[Mark, ...] = ()


class Row(NamedTuple):
    """A finding over all times: `stands` is how it is now, `against` how it is beside the best and worst."""

    id: str
    name: str
    cells: tuple[Cell, ...]
    stands: Mark | None
    against: tuple[str, ...]
    conflicts: tuple[str, ...]


class Result(NamedTuple):
    """The latest result of a test up to a time and since the one before; `others`: how many more there are."""

    text: str
    date: str
    others: int


class LabRow(NamedTuple):
    """A test over the same times."""

    name: str
    direction: str
    cells: tuple[Result | None, ...]


class Timeline(NamedTuple):
    """The table. `left_out`: times that only reports tell of; `labs_left_out`: trends that stand elsewhere alone."""

    times: tuple[Time, ...]
    rows: tuple[Row, ...]
    labs: tuple[LabRow, ...]
    left_out: int = 0
    labs_left_out: int = 0


def timeline_of(draft: Draft, places: Mapping[str, str]) -> Timeline | None:
    """The table of a draft; None where no finding has more than one time. `places`: id of an item → its evidence."""
    if not draft.timelines:
        return None
    every = _times(draft)
    spare = max(0, len(every) - _COLUMNS)
    dropped = [time.key for time in every if time.what == "report"][:spare]
    times = tuple(time for time in every if time.key not in dropped)
    moving = sorted(draft.trends, key=lambda trend: trend.direction not in ("rising", "falling"))
    return Timeline(
        times=times,
        rows=tuple(_row(line, times, places) for line in draft.timelines),
        labs=tuple(_lab_row(trend, times) for trend in moving[:_LABS]),
        left_out=len(dropped),
        labs_left_out=max(0, len(moving) - _LABS),
    )


def _times(draft: Draft) -> list[Time]:
    """Every film, and every day that only a report tells of, in their order."""
    current = {study.study_instance_uid for study in draft.studies if study.role == "current"}
    found: dict[str, tuple[tuple[str, int, int], Time]] = {}
    for line in draft.timelines:
        for place, point in enumerate(line.points):
            if point.source == "image" and point.sop_instance_uid:
                what = f"{point.view} film" if point.view else "film"
                key, mine = point.sop_instance_uid, point.study_instance_uid in current
                found[key] = (point.date or "", 0, place), Time(key, point.date or "undated", what, mine)
    days = {time.date for _, time in found.values()}
    for point in (point for line in draft.timelines for point in line.points if point.source == "report"):
        day = point.date or "undated"
        if day not in days:
            found[f"report {day}"] = (point.date or "", 1, 0), Time(f"report {day}", day, "report")
    return [time for _, time in sorted(found.values(), key=lambda item: item[0])]


# ------------------------------------------------------------------ rows


def _row(line: FindingTimeline, times: Sequence[Time], places: Mapping[str, str]) -> Row:
    return Row(
        id=places.get(line.id, line.id),
        name=name_of(line.label, line.laterality),
        cells=tuple(_cell(line, time, times, places) for time in times),
        stands=_mark(line.state, line.nearest.comparison if line.nearest else None, places) if line.state else None,
        against=tuple(_against(line, "best", line.best) + _against(line, "worst", line.worst)),
        conflicts=line.conflicts,
    )


def _cell(line: FindingTimeline, time: Time, times: Sequence[Time], places: Mapping[str, str]) -> Cell:
    film = next((point for point in line.points if point.sop_instance_uid == time.key), None)
    last_of_day = [other.key for other in times if other.date == time.date][-1] == time.key
    reports = [p for p in line.points if p.source == "report" and (p.date or "undated") == time.date and last_of_day]
    told = tuple(_state(point) for point in reports)
    if film is None:
        return Cell(reports=told)
    change = _mark(film.change, film.comparison, places) if film.change else None
    return Cell(_state(film), change, film.since or "undated", told)


def _state(point: TimePoint) -> Mark:
    symbol, word = _STATES[point.state]
    return Mark(symbol, word, next(iter(point.evidence), ""), f"state-{point.state or 'absent'}")


def _mark(change: Change, comparison: str | None, places: Mapping[str, str]) -> Mark:
    return Mark(_ARROWS[change], change, places.get(comparison or "", comparison or ""), change)


def _against(line: FindingTimeline, which: str, one: ChangeSince | None) -> list[str]:
    """The last film beside an extreme one, where that is not the nearest film again."""
    return [f"beside the {which}, {one.since or 'undated'}: {one.change}"] if one and one != line.nearest else []


# ------------------------------------------------------------------ results


def _lab_row(trend: LabTrend, times: Sequence[Time]) -> LabRow:
    """Each dated result stands at the first time that is not before it, else at the last."""
    dated = [time for time in times if time.date != "undated"]
    held: dict[str, list[TrendPoint]] = {}
    for point in trend.points:
        day = (point.date or "")[:10]
        if day and dated:
            time = next((time for time in dated if time.date >= day), dated[-1])
            held.setdefault(time.key, []).append(point)
    return LabRow(trend.name, trend.direction, tuple(_result(held.get(time.key, ())) for time in times))


def _result(points: Sequence[TrendPoint]) -> Result | None:
    if not points:
        return None
    last = points[-1]
    return Result(f"{last.value_text} {last.unit}".strip(), (last.date or "")[:10], len(points) - 1)
