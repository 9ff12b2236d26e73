"""Answers from laboratory results and vital signs: values exactly as recorded, each with its unit, day and source."""

import re
from collections.abc import Iterator, Sequence

from agents.answer_bounds import against
from agents.answer_notes import mentioned
from agents.answer_words import Told, day_of, days_of, listed, stated, value_of, within_days
from agents.bounds import holds
from agents.chart import Chart
from agents.look_ups import Results, Trend
from agents.plan_results import results_titled
from memory.matching import is_of_test
from memory.periods import Window
from memory.planning import plan
from memory.ranking import rank
from memory.request import Request, Term
from memory.vocabulary import vocabulary
from prelim.answer import AnswerStatement
from prelim.facts import LabTrend
from prelim.types import LabResult, Record
from tools.trends import result_of, trends_of

_COMPONENT = re.compile(r"(.+?) (-?\d+(?:\.\d+)?)(?: (\S+))?")
_SHOWN = 30
"""Of a longer series the latest are listed."""
_DAYS_NAMED, _SHORT = 12, 2
_ORDERS = {"latest": "last", "oldest": "first", "highest": "highest", "lowest": "lowest", "nearest": "nearest"}
_MOVED = {"rising": "higher than", "falling": "lower than", "steady": "about the same as"}


def results(chart: Chart, asked: Results) -> Told:
    """The results that are asked for: their values, days, number, or how they lie in their ranges."""
    pool = _pool(chart, asked)
    days = days_of(asked.since, asked.until)
    if not pool:
        return _missing(chart, asked, days)
    if asked.bound and asked.count is None:
        return against(pool, asked.bound, days, asked.tell == "count")
    if asked.tell == "count":
        return Told((_counted(pool, days),))
    wanted = Request(order=asked.order, window=Window(near=asked.near), skip=asked.skip, count=asked.count)
    found = rank(pool, wanted, None) if asked.skip < len(pool) else []
    if not found:
        return Told(missing=f"There is no other result of {pool[0].title} before that{days}.")
    if asked.tell == "date":
        return Told(tuple(stated(_dated(one, asked), [one]) for one in found[:_SHOWN]))
    tell = _ranged if asked.tell == "range" else _valued
    return Told(tuple(stated(_held(tell(one, pool, asked), one, asked), [one]) for one in found[:_SHOWN]))


def trend(chart: Chart, asked: Trend) -> Told:
    """A series, the oldest first, and how its last two results lie to each other."""
    whole = Results(test=asked.test, specimen=asked.specimen, since=asked.since, until=asked.until, count=None)
    pool = _pool(chart, whole)
    days = days_of(asked.since, asked.until)
    if not pool:
        return _missing(chart, whole, days)
    statements = [_listed(some, days) for some in _by_title(pool)]
    statements += [one for some in _by_title(pool) if (one := _moved(some))]
    return Told(tuple(statements))


# ------------------------------------------------------------------ which results


def _pool(chart: Chart, asked: Results) -> list[Record]:
    """The results of the test within the days, the oldest first."""
    found = _of_test(chart, asked.test, asked.specimen)
    return [one for one in found if within_days(one, asked.since, asked.until)]


def _of_test(chart: Chart, test: str, specimen: str | None) -> list[Record]:
    """The results of a test, those that stand as a part of another among them (a systolic pressure)."""
    tests = {test} if f"test {test}" in vocabulary().ways else plan(test, chart.today).tests
    if not tests:
        return results_titled(chart.records, test)
    request = Request(tests=frozenset(tests), specimens=frozenset({specimen} if specimen else ()))
    whole = [record for record in chart.records if is_of_test(record, request)]
    parts = (part for record in chart.records for part in _parts(record))
    return whole or [part for part in parts if is_of_test(part, request)]


def _parts(record: Record) -> Iterator[Record]:
    """The components of a measurement as results of their own, each with the record's id."""
    for text in record.data.get("components", ()):
        match = _COMPONENT.fullmatch(text)
        if match:
            changes = {"title": match[1], "text": text, "value": float(match[2]), "unit": match[3] or None}
            yield record.model_copy(update={**changes, "loinc": None, "data": {}})


def _missing(chart: Chart, asked: Results, days: str) -> Told:
    """What is not there; where the test was done at another time, when that was."""
    others = _of_test(chart, asked.test, asked.specimen)
    name = _name(asked)
    if not others:
        notes = _in_words(chart, asked)
        return notes or Told(missing=f"The record holds no result of {name}.")
    span = sorted({one.date for one in others if one.date})
    known = f" There are {len(others)} at other times, from {span[0]} to {span[-1]}." if span else ""
    return Told(missing=f"The record holds no result of {name}{days}.{known}")


def _name(asked: Results) -> str:
    """The test as it is said."""
    name = asked.test.replace("_", " ")
    return f"{asked.specimen} {name}" if asked.specimen and asked.specimen not in name else name


def _held(text: str, record: Record, asked: Results) -> str:
    """A result held against the value that is asked for."""
    if asked.bound is None:
        return text
    words, held = asked.bound.words, holds(record, asked.bound)
    how = f"it cannot be held against {words}" if held is None else words if held else f"not {words}"
    return f"{text.rstrip('.')}: {how}."


def _in_words(chart: Chart, asked: Results) -> Told | None:
    """Where notes, reports or medications speak of a test that has no result of its own, by a name and not a unit."""
    ways = vocabulary().ways.get(f"test {asked.test}", ())
    term = Term(ways=tuple(way for way in ways if max(map(len, way)) > _SHORT))
    if not term.ways:
        return None
    head = f"No result of {_name(asked)} is on record; texts mention it."
    told = mentioned(chart, [term], asked.since, asked.until, head, asked.count, every=True)
    given = [one for one in chart.records if one.type == "medication" and within_days(one, asked.since, asked.until)]
    drugs = rank(given, Request(terms=(term,), order="latest"), None)
    return Told((*listed(drugs), *told)) if drugs or told else None


# ------------------------------------------------------------------ as sentences


def _numeric(record: Record) -> bool:
    return record.value is not None


def _valued(record: Record, pool: Sequence[Record], asked: Results) -> str:
    when = day_of(record) + _time(record, pool)
    if not _numeric(record):
        return f"{record.title}: {value_of(record)} ({when})."
    order = _ORDERS[asked.order] if asked.order in ("highest", "lowest") and asked.count == 1 else ""
    return f"{f'The {order} ' if order else ''}{record.title} was {value_of(record)} on {when}{_flagged(record)}."


def _time(record: Record, pool: Sequence[Record]) -> str:
    """The time of day, where the day alone does not tell which result it is."""
    same = [one for one in pool if one.date == record.date and one.title == record.title]
    return (
        f" at {record.time[11:16]}" if len(same) > 1 and record.time and len(record.time) > len("2026-03-02T") else ""
    )


def _flagged(record: Record) -> str:
    flag = record.data.get("flag")
    reference = (record.data.get("reference") or {}).get("text")
    return f" (flagged {flag}, reference {reference})" if flag in ("H", "L") and reference else ""


def _ranged(record: Record, pool: Sequence[Record], asked: Results) -> str:
    """How a result lies in its reference range as recorded; without one nothing is judged."""
    value, lab = _valued(record, pool, asked).rstrip(".").partition(" (flagged")[0], _lab(record)
    if lab is None or not (lab.reference.text or lab.reference.low is not None or lab.reference.high is not None):
        return f"{value}. The record gives no reference range for it."
    places = {"H": "above", "L": "below", "N": "within"}
    reference = lab.reference.text or f"{lab.reference.low}–{lab.reference.high}"
    return f"{value}, {places.get(lab.flag or '', 'not held against')} its reference range {reference}."


def _lab(record: Record) -> LabResult | None:
    return LabResult.model_validate(record.data) if "value_text" in record.data else None


def _dated(record: Record, asked: Results) -> str:
    order = _ORDERS[asked.order]
    if asked.order in ("highest", "lowest"):
        return f"The {order} {record.title} was on {day_of(record)}: {value_of(record)}."
    done = "measured" if asked.count == 1 and not asked.skip and order in ("last", "first") else ""
    when = f"was {order} {done}" if done else "was measured"
    return f"{record.title} {when} on {day_of(record)}: {value_of(record)}."


def _counted(pool: Sequence[Record], days: str) -> AnswerStatement:
    number, name = len(pool), " and ".join(dict.fromkeys(one.title for one in pool))
    when = list(dict.fromkeys(day_of(one) for one in pool))
    named = f": {', '.join(when[:_DAYS_NAMED])}{' …' if len(when) > _DAYS_NAMED else ''}"
    verb = "is 1 result" if number == 1 else f"are {number} results"
    return stated(f"There {verb} of {name}{days}{named}.", pool[:100])


def _by_title(pool: Sequence[Record]) -> list[list[Record]]:
    """The series of one name each."""
    series: dict[str, list[Record]] = {}
    for record in pool:
        series.setdefault(record.title, []).append(record)
    return list(series.values())


def _listed(series: Sequence[Record], days: str) -> AnswerStatement:
    if len(series) == 1:
        return stated(_valued(series[0], series, Results(test="")), series)
    shown = series[-_SHOWN:]
    values = "; ".join(f"{value_of(one)} ({day_of(one)}{_time(one, series)})" for one in shown)
    left = f" (the latest {_SHOWN} of them)" if len(shown) < len(series) else ""
    return stated(f"{series[0].title}, {len(series)} results{days}{left}: {values}.", shown)


def _moved(series: Sequence[Record]) -> AnswerStatement | None:
    """How the last result lies to the one before it, in one unit; None where that cannot be said."""
    if len(series) < 2:
        return None
    trends: tuple[LabTrend, ...] = trends_of([result_of(series[-1])], series[:-1])
    if not trends or trends[0].direction not in _MOVED or trends[0].delta is None:
        return None
    last, before, by = series[-1], series[-2], abs(trends[0].delta)
    moved = _MOVED[trends[0].direction]
    unit = f" {last.unit}" if last.unit else ""
    how = f"{moved} the one before" + (f", by {by:.3g}{unit}" if trends[0].direction != "steady" else "")
    return stated(f"The last {last.title} ({day_of(last)}) is {how} ({day_of(before)}).", [last, before])
