"""Trends: the results of a case beside the earlier ones of the same analyte, in one unit. Pure, no model is asked."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from prelim.facts import LabTrend, Trending, TrendPoint
from prelim.knowledge.labs import Meaning, default_change, lab_table, plain_name, specimen_of
from prelim.knowledge.unit_names import property_of
from prelim.knowledge.units import convert, ucum_of
from prelim.types import LabResult, Record, digest_of

_HL7_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?:\.\d+)?([+-]\d{4})?")
_DIGITS = 12
"""Significant digits of a converted value: what is left is a float's noise."""
Key = tuple[str, ...]


class Measured(NamedTuple):
    """A result, its unit in UCUM, when it was taken, and whether it is one of the case's own."""

    result: LabResult
    ucum: str | None
    day: str | None
    moment: datetime | None
    current: bool


def trends_of(current: Sequence[LabResult], earlier: Sequence[Record]) -> tuple[LabTrend, ...]:
    """One trend for each analyte of `current` that has an earlier point, in the order of `current`.

    `earlier`: records of type "lab". Results are joined by analyte and specimen (blood of every vessel is one) where
    LOINC code or name are in the table, else by code, else by name and specimen. Each point keeps its recorded text;
    what has a comparator or cannot be converted to the latest unit is shown and not compared. A result that comes from
    two sources (day, value, unit) is one point. The evidence is that of the case's own results: an earlier one's
    belongs to another draft, and its point's `ref` names the record.
    """
    series: dict[Key, list[Measured]] = {}
    for item in [_measured(lab, current=True) for lab in current] + [
        _measured(result_of(record), current=False) for record in earlier
    ]:
        series.setdefault(_key(item.result, item.ucum), []).append(item)
    found = (_trend(key, _once(items)) for key, items in series.items() if any(item.current for item in items))
    return tuple(trend for trend in found if trend is not None)


def result_of(record: Record) -> LabResult:
    """A record of the history as a result; it has no place in a document of this case."""
    if "value_text" in record.data:
        result = LabResult.model_validate(record.data)
        when = result.collected or record.time or record.date
        return result.model_copy(update={"id": record.id, "collected": when, "evidence": ()})
    return LabResult(
        id=record.id,
        name=record.title,
        loinc=record.loinc,
        kind="text" if record.value is None else "numeric",
        value=record.value,
        value_text=record.text if record.value is None else f"{record.value:g}",
        unit=record.unit or "",
        collected=record.time or record.date,
        readers="table",
    )


def _measured(result: LabResult, current: bool) -> Measured:
    moment = _moment(result.collected or "")
    day = moment.date().isoformat() if moment else result.collected
    return Measured(result, _ucum(result), day, moment, current)


def _ucum(result: LabResult) -> str | None:
    """Its unit. Nothing printed is the unity for what is coded without a unit, and unknown for the rest."""
    if result.ucum or result.unit:
        return result.ucum or ucum_of(result.unit)
    return "1" if result.loinc else None


def _moment(text: str) -> datetime | None:
    """A moment as FHIR or HL7 write it, in universal time where it has a zone; None where it is no date."""
    hl7 = _HL7_MOMENT.fullmatch(text)
    if hl7:
        year, month, day, hour, minute, second, zone = hl7.groups()
        text = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone or ''}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


# ------------------------------------------------------------------ what belongs together


def _key(result: LabResult, ucum: str | None) -> Key:
    """What is measured: by the table where it knows the result, else by code, else by name and specimen."""
    meaning = _meaning(result, ucum)
    if meaning:
        return meaning.quantity
    if result.loinc:
        return ("loinc", result.loinc)
    specimen = result.specimen or ""
    return ("name", plain_name(result.name), specimen_of(specimen) or plain_name(specimen))


def _meaning(result: LabResult, ucum: str | None) -> Meaning | None:
    """By code, else by the name where its unit leaves one quantity; a name in no known unit if it has but one."""
    table = lab_table()
    if result.loinc:
        return table.codes.get(result.loinc)
    kind = property_of(ucum) if ucum else None
    meant = table.meant(result.name, kind, result.specimen) if kind else table.every(result.name, result.specimen)
    return meant[0] if len({one.quantity for one in meant}) == 1 else None


def _once(items: Sequence[Measured]) -> list[Measured]:
    """In order of time, the same result of two sources once, the case's own before an earlier one."""
    kept: list[Measured] = []
    for item in sorted(items, key=lambda item: not item.current):
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    return sorted(kept, key=_order)


def _order(item: Measured) -> tuple[bool, datetime, bool]:
    """Undated, the case's own are the last and earlier ones the first."""
    return (item.current and item.moment is None, item.moment or datetime.min, item.current)


def _same(one: Measured, other: Measured) -> bool:
    values = (one.result.value, one.result.comparator), (other.result.value, other.result.comparator)
    texts = one.result.value is not None or one.result.value_text == other.result.value_text
    units = (one.ucum or one.result.unit) == (other.ucum or other.result.unit)
    timed = not (_has_time(one) and _has_time(other)) or one.moment == other.moment
    return values[0] == values[1] and texts and units and one.day == other.day and timed


def _has_time(item: Measured) -> bool:
    return len(item.result.collected or "") > len("2026-03-02")


# ------------------------------------------------------------------ compared


def _trend(key: Key, items: Sequence[Measured]) -> LabTrend | None:
    if len(items) < 2 or all(item.result.value is None for item in items):
        return None
    latest = items[-1]
    points = tuple(_point(item, latest) for item in items)
    change = _change([item.result.loinc for item in items], key)
    delta, direction = _compared(items[-2:], points[-2:], change)
    own = [item.result for item in items if item.current]
    return LabTrend(
        id="t-" + digest_of([*key, *(point.ref for point in points)])[:12],
        name=latest.result.name,
        loinc=latest.result.loinc,
        ucum=latest.ucum,
        points=points,
        delta=delta,
        direction=direction,
        evidence=tuple(dict.fromkeys(place for result in own for place in result.evidence)),
    )


def _point(item: Measured, latest: Measured) -> TrendPoint:
    result = item.result
    return TrendPoint(
        date=item.day,
        value=result.value,
        comparator=result.comparator,
        value_text=result.value_text,
        unit=result.unit,
        converted=_converted(item, latest),
        ref=result.id,
    )


def _converted(item: Measured, latest: Measured) -> float | None:
    """The value in the latest unit. "<5" is no number; a unit that is no UCUM is comparable with itself."""
    result, target = item.result, latest.ucum
    if result.value is None or result.comparator:
        return None
    if item.ucum is None or target is None:
        same = item.ucum is None and target is None and result.unit and result.unit == latest.result.unit
        return result.value if same else None
    codes = (_code(item.result, item.ucum), _code(latest.result, target))
    found = (convert(result.value, item.ucum, target, code) for code in dict.fromkeys(codes))
    value = next((value for value in found if value is not None), None)
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _code(result: LabResult, ucum: str) -> str | None:
    """A code that tells the analyte: the result's own, or one of what its name means."""
    meaning = _meaning(result, ucum)
    return result.loinc or (meaning.analyte.codes[meaning.specimen][meaning.kind] if meaning else None)


def _compared(items: Sequence[Measured], points: Sequence[TrendPoint], change: float) -> tuple[float | None, Trending]:
    """The latest less the one before, and whether it is a change: beyond `change`, relative to the one before."""
    (before, last), (one, other) = points, items
    if before.converted is None or last.converted is None or not _in_order(one, other):
        return None, "unclear"
    delta = float(f"{last.converted - before.converted:.{_DIGITS}g}")
    if abs(delta) <= abs(before.converted) * change * (1 + 10.0 ** (2 - _DIGITS)):
        return delta, "steady"
    return delta, "rising" if delta > 0 else "falling"


def _in_order(before: Measured, last: Measured) -> bool:
    """Whether it is known which of the two came first: another day, or times on the same one."""
    if before.moment is None or last.moment is None:
        return False
    return before.day != last.day or (_has_time(before) and _has_time(last) and before.moment != last.moment)


def _change(codes: Iterable[str | None], key: Key) -> float:
    """The least relative change of the analyte (prelim/knowledge/trend.yaml)."""
    meanings = (lab_table().codes.get(code) for code in codes if code)
    analytes = (meaning.analyte for meaning in meanings if meaning)
    named = lab_table().analytes.get(key[0])
    known = [one.change for one in (*analytes, *([named] if named else [])) if one.change is not None]
    return known[0] if known else default_change()
