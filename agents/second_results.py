"""The laboratory results in a person's report against those of a case: values, units, days, what is critical."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from agents.dates import dates_in, without_dates
from agents.figures import as_number
from agents.laboratory import is_critical
from agents.results import check_result
from agents.second_looks import Looks, Passage, Report
from agents.trending import current_results
from prelim.documents.sections import sentences_of
from prelim.facts import SecondLook
from prelim.knowledge.labs import lab_table
from prelim.knowledge.unit_names import ucum_of
from prelim.knowledge.units import convert
from prelim.types import LabResult

_VALUE = re.compile(
    r"[^\d<>≤≥\n.;]{0,24}?(?P<value>\d+(?:[.,]\d+)*)\s*(?P<unit>%|[A-Za-zµμ\d^*]+/[A-Za-z\d]+(?:\.[A-Za-z\d]+)*)?"
)
"""A value after a name, and its unit where that is plainly one."""
_ALONE = 3
"""A name shorter than this is a symbol ("K", "Na"): it counts in capitals, and with a value after it."""
_CLOSE = 0.01
"""Values that differ less than this share are the same, printed or converted otherwise."""


def result_looks(looks: Looks, reports: Sequence[Report]) -> Iterator[SecondLook]:
    """What the reports say otherwise of a result, then the critical results that they do not mention."""
    draft, mentioned = looks.draft, set[str]()
    groups: dict[tuple[str, ...], list[LabResult]] = {}
    for lab in draft.labs:
        groups.setdefault(_names(lab.name), []).append(lab)
    for names, labs in groups.items():
        for report in reports:
            for start, end in sentences_of(report.text):
                passage = Passage(report, start, end)
                for name in _named(names, passage.text):
                    mentioned |= {lab.id for lab in labs}
                    yield from _differs(looks, labs, passage, name)
    for lab in current_results(draft.labs, draft.trends):
        if is_critical(lab) and lab.id not in mentioned:
            detail = f"{lab.name} {_printed(lab)} is critical; the report does not mention it"
            yield looks.add("missing", detail, label=lab.name, places=looks.cells(lab.evidence))


def _differs(looks: Looks, labs: Sequence[LabResult], passage: Passage, name: re.Match[str]) -> Iterator[SecondLook]:
    """Where no result of this test has the value, the day or the flag that a sentence gives it."""
    said, places = passage.text, looks.cells(cell for lab in labs for cell in lab.evidence)
    value, day = _value(said, name), [one.days for one in dates_in(said)]
    known = " and ".join(dict.fromkeys(_printed(lab) for lab in labs))
    alike = [lab for lab in labs if value is None or _same(value, lab)]
    earlier = value is not None and any(_same(value, lab) for lab in _before(looks, labs))
    detail = ""
    if value is not None and not alike:
        detail = "" if earlier else f"The report gives {labs[0].name} as {value['value']}, the result is {known}"
    elif value is not None and day and not _on_a_day(alike, day):
        days = " and ".join(sorted({lab.collected[:10] for lab in alike if lab.collected}))
        detail = f"{labs[0].name} {value['value']} is of {days}, not of the day that the report gives"
    elif not earlier and all(_misjudged(said, name.group(), lab) for lab in alike):
        detail = f"The report judges {labs[0].name} otherwise than its range does: {known}"
    if detail:
        yield looks.add("contradicted", detail, passage=passage, label=labs[0].name, places=places)


def _value(said: str, name: re.Match[str]) -> re.Match[str] | None:
    """The value that follows a name, if one does."""
    return _VALUE.match(without_dates(said), name.end())


def _same(value: re.Match[str], lab: LabResult) -> bool:
    """Whether a value is a result's, in its own unit or another. Text is compared as it is printed."""
    if lab.value is None:
        return value["value"] in lab.value_text
    number, unit = as_number(value["value"]), ucum_of(value["unit"]) if value["unit"] else None
    own = lab.ucum or ucum_of(lab.unit)
    if unit and own and unit != own:
        converted = convert(number, unit, own, lab.loinc or lab_table().loinc(lab.name, own))
        if converted is None:
            return False
        number = converted
    return abs(number - lab.value) <= _CLOSE * abs(lab.value)


def _before(looks: Looks, labs: Sequence[LabResult]) -> list[LabResult]:
    """The earlier results of a test, as its trend holds them."""
    mine = {lab.id: lab for lab in labs}
    return [
        mine[trend.points[-1].ref].model_copy(update={"value": point.value, "value_text": point.value_text})
        for trend in looks.draft.trends
        if trend.points[-1].ref in mine
        for point in trend.points[:-1]
    ]


def _on_a_day(labs: Sequence[LabResult], days: Sequence[frozenset[str]]) -> bool:
    """Whether a result was collected on one of the days, as far as its day is known."""
    return any(not lab.collected or any(lab.collected[:10] in day for day in days) for lab in labs)


def _misjudged(said: str, name: str, lab: LabResult) -> bool:
    """Whether the words around a result contradict its flag (agents/results.py)."""
    checks = check_result(said, lab.model_copy(update={"name": name}), (), False)
    return any(check.name == "finding" and not check.passed for check in checks)


def _printed(lab: LabResult) -> str:
    day = f" ({lab.collected[:10]})" if lab.collected else ""
    return f"{lab.value_text} {lab.unit}".strip() + day


# ------------------------------------------------------------------ names


@cache
def _names(printed: str) -> tuple[str, ...]:
    """The printed name of a test and every other name of the same analytes, the longest first."""
    table = lab_table()
    keys = {meaning.analyte.key for meaning in table.every(printed)}
    also = {name for name, of in table.names.items() if keys & set(of)}
    return tuple(sorted({printed.lower(), *also}, key=lambda name: (-len(name), name)))


def _named(names: tuple[str, ...], said: str) -> list[re.Match[str]]:
    """Where a sentence names a test: by its longest name there, of symbols only those with a value."""
    found = list(_pattern(names).finditer(said))
    return [one for one in found if len(one.group()) >= _ALONE or (one.group()[0].isupper() and _value(said, one))]


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    words = (r"[\W_]+".join(map(re.escape, re.findall(r"[^\W_]+", name))) for name in names)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(filter(None, words))})(?![\w-])", re.I)
