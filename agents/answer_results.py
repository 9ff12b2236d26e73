"""Answers from laboratory results and vital signs: values exactly as recorded, each with its unit, day and source."""

from collections.abc import Sequence
from typing import NamedTuple

from agents.chart import Chart
from agents.look_ups import Results, Trend
from agents.planner import results_titled
from agents.reports import gist_of
from memory.matching import is_of_test
from memory.periods import Window
from memory.planning import plan
from memory.ranking import rank
from memory.request import Request
from memory.vocabulary import vocabulary
from prelim.answer import AnswerStatement, Quoted
from prelim.facts import LabTrend
from prelim.types import LabResult, Record
from tools.trends import result_of, trends_of

QUOTE_CHARS = 400
_SHOWN = 30
"""Of a longer series the latest are listed."""
_DAYS_NAMED = 12
_ORDERS = {"latest": "last", "oldest": "first", "highest": "highest", "lowest": "lowest", "nearest": "nearest"}
_MOVED = {"rising": "higher than", "falling": "lower than", "steady": "about the same as"}


class Told(NamedTuple):
    """What a look-up found, as statements; where it found nothing, `missing` says what the record does not hold."""

    statements: tuple[AnswerStatement, ...] = ()
    missing: str = ""


def quoted(record: Record, start: int = 0) -> Quoted:
    """A record as a source: its words, of a long text those from `start`."""
    return Quoted(record=record.id, quote=record.text[start : start + QUOTE_CHARS], date=record.date)


def stated(text: str, records: Sequence[Record]) -> AnswerStatement:
    """A statement that rests on whole records."""
    return AnswerStatement(text=text, evidence=tuple(quoted(record) for record in records))


def days_of(since: str | None, until: str | None) -> str:
    """The days of a window in words: " between 2011-01-01 and 2011-12-31"; empty where it sets none."""
    if since and until:
        return f" on {since}" if since == until else f" between {since} and {until}"
    return f" since {since}" if since else f" until {until}" if until else ""


def results(chart: Chart, asked: Results) -> Told:
    """The results that are asked for: their values, days, number, or how they lie in their ranges."""
    pool = _pool(chart, asked)
    days = days_of(asked.since, asked.until)
    if not pool:
        return _missing(chart, asked, days)
    if asked.tell == "count":
        return Told((_counted(pool, days),))
    wanted = Request(order=asked.order, window=Window(near=asked.near), skip=asked.skip, count=asked.count)
    found = rank(pool, wanted, None) if asked.skip < len(pool) else []
    if not found:
        return Told(missing=f"There is no other result of {pool[0].title} before that{days}.")
    if asked.tell == "date":
        return Told(tuple(stated(_dated(one, asked), [one]) for one in found[:_SHOWN]))
    tell = _ranged if asked.tell == "range" else _valued
    return Told(tuple(stated(tell(one, pool, asked), [one]) for one in found[:_SHOWN]))


def trend(chart: Chart, asked: Trend) -> Told:
    """A series, the oldest first, and how its last two results lie to each other."""
    whole = Results(test=asked.test, specimen=asked.specimen, since=asked.since, until=asked.until)
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


def within_days(record: Record, since: str | None, until: str | None) -> bool:
    """Whether a record's day lies in a window; an undated one lies in none that has bounds."""
    if not (since or until):
        return True
    return bool(record.date) and (since or "") <= (record.date or "") <= (until or "9999")


def _of_test(chart: Chart, test: str, specimen: str | None) -> list[Record]:
    tests = {test} if f"test {test}" in vocabulary().ways else plan(test, chart.today).tests
    if not tests:
        return results_titled(chart.records, test)
    request = Request(tests=frozenset(tests), specimens=frozenset({specimen} if specimen else ()))
    return [record for record in chart.records if is_of_test(record, request)]


def _missing(chart: Chart, asked: Results, days: str) -> Told:
    """What is not there; where the test was done at another time, when that was."""
    others = _of_test(chart, asked.test, asked.specimen)
    if not others:
        notes = _in_words(chart, asked)
        return notes or Told(missing=f"The record holds no result of {asked.test}.")
    span = sorted({one.date for one in others if one.date})
    known = f" There are {len(others)} at other times, from {span[0]} to {span[-1]}." if span else ""
    return Told(missing=f"The record holds no result of {asked.test}{days}.{known}")


def _in_words(chart: Chart, asked: Results) -> Told | None:
    """Where notes and reports speak of a test that has no result of its own."""
    request = Request(tests=frozenset({asked.test} if f"test {asked.test}" in vocabulary().ways else ()))
    texts = [one for one in chart.records if one.type in ("note", "report")]
    texts = [one for one in texts if within_days(one, asked.since, asked.until)]
    found = rank(texts, request, None) if request.tests else []
    if not found:
        return None
    told = f"No result of {asked.test} is on record; a text speaks of it"
    return Told(
        tuple(
            AnswerStatement(
                text=f"{told}: “{passage_of(one)}” ({one.title}, {day_of(one)}).",
                evidence=(quoted(one, (one.passage or (0, 0))[0]),),
            )
            for one in found[:3]
        )
    )


def passage_of(record: Record) -> str:
    """The sentence of a text that answers, or its gist."""
    start, end = record.passage or gist_of(record.text)
    return " ".join(record.text[start:end].split())


def day_of(record: Record) -> str:
    """A record's day in words."""
    return record.date or "undated"


# ------------------------------------------------------------------ as sentences


def value_of(record: Record) -> str:
    """A result as it is recorded: value and unit, nothing rounded."""
    if "value_text" in record.data:
        return f"{record.data['value_text']} {record.data.get('unit') or ''}".strip()
    rest = record.text.removeprefix(record.title).strip(" ,:")
    return rest or record.text


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
