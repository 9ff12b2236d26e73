"""The checks of a sentence against a laboratory result that it rests on or names, and the result before it."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from agents.dates import dates_in, without_dates
from agents.figures import as_number, figures_in
from agents.laboratory import is_critical
from prelim.draft import Check
from prelim.facts import TrendPoint
from prelim.knowledge.unit_names import ucum_of
from prelim.knowledge.wording import wording
from prelim.types import LabResult

_HIGH = re.compile(r"\b(?:high|elevated|raised|increased|above(?! \d))\b", re.I)
_LOW = re.compile(r"\b(?:low|decreased|reduced|below(?! \d))\b", re.I)
_CRITICAL = re.compile(r"\b(?:critical\w*|panic|alarming\w*)\b", re.I)
_WITHIN = re.compile(r"(?<!not )\b(?:within|normal)\b", re.I)
_UNJUDGED = re.compile(r"\bnot judged\b", re.I)
_CUT = re.compile(r"[.;]\s|\bbut\b|\bhowever\b", re.I)
_NEAR_NUMBER = re.compile(r"\D{0,24}\d")
_UNIT_AHEAD = re.compile(r"\s*(?:%|°|[A-Za-zµμ]+/[A-Za-z\d]|(?:mg|g|kg|ng|µg|ug|mmol|umol|mol|mL|L|U|IU|mm|cm)\b)")
_REFERENCE = re.compile(
    r"\(?\b(?:reference(?: (?:range|interval))?|ref\.?(?: range)?|normal range)\b:?\s+(?P<of>.*)", re.I
)
_LIMITS = re.compile(r"\b(?:reference|ref|normal range)\b(?:[^();,]|,\d)*", re.I)
_PAST = re.compile(
    r"\b(?:was|were|previously|formerly|before|earlier|prior|up from|down from|(?:ris|fall|increas|decreas)\w* from"
    r"|after|from)\b",
    re.I,
)
_COMPARATORS = {
    "<": r"<|less than|below|under",
    "<=": r"<=|≤|at most|up to",
    ">": r">|more than|greater than|above|over",
    ">=": r">=|≥|at least",
}
_COMPARATOR = {mark: re.compile(rf"(?:{ways})\s*$", re.I) for mark, ways in _COMPARATORS.items()}
_PLAIN = re.compile(r"(?P<mark>[<>]=?|[≤≥]|)\s*(?P<number>\d[\d.,]*)")
_NEAR = 40
"""How far behind a result's name its value may stand, in characters."""
_TOKEN = re.compile(
    r"\s*(?:[x×*·]\s*)?(%|°\s?[CF]|10\s*(?:[\^*xeE]|\*\*)?\s*\(?(?:\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)\)?\s?/\s?\w+"
    r"|[A-Za-zµμ]+(?:\s?/\s?[\w.²³µμ]+)*(?:\s+per\s+\w+)?)"
)


def check_result(
    text: str, lab: LabResult, beside: Iterable[LabResult], closed: bool, before: TrendPoint | None = None
) -> Iterator[Check]:
    """The result's name, then its value, unit, limits, flag and day as printed, and those of the result before it.

    A closed sentence names every result that it rests on (`beside`: all of them), and gives the value of one that
    stands out. Else a name may stand alone; whether it is called within its range is checked all the same.
    """
    places = [match.end() for match in _mentions(text, lab)]
    if not places:
        return iter((Check(name="finding", passed=not closed, detail=f"does not name {lab.name}" if closed else ""),))
    tried = [list(_said_at(text, place, lab, tuple(beside), closed, before)) for place in places]
    return iter(next((checks for checks in tried if all(check.passed for check in checks)), tried[0]))


def _said_at(
    text: str, place: int, lab: LabResult, beside: tuple[LabResult, ...], closed: bool, before: TrendPoint | None
) -> Iterator[Check]:
    """The checks of what follows one mention of a result's name."""
    if _misjudged(text if closed else _clause(text, place), lab, closed):
        yield Check(name="finding", passed=False, detail=f"{lab.name} is not flagged so")
    rest = _own_part(text, place, lab, beside)
    if closed and lab.disagreement and not wording().disputed.search(text.lower()):
        yield Check(name="doubt", passed=False, detail=f"does not say that {lab.name} is in doubt")
    blank = without_dates(rest)
    if not (closed and lab.flag in ("H", "L")) and not _NEAR_NUMBER.match(blank):
        yield from _day(rest, lab)
        return
    end = value_end(blank, lab.value_text)
    if end is None:
        yield Check(name="number", passed=False, detail=f"{lab.name} is printed as {lab.value_text}")
        return
    yield check_unit(rest[end:], lab.unit)
    reference, past = _REFERENCE.search(rest, end), _PAST.search(rest, end)
    yield from _limits(reference, lab)
    now = rest[: past.start()] if past else rest
    yield from _day(now, lab)
    yield from _flag(now, lab, closed)
    if past and before:
        yield from _earlier(rest[past.start() :], before)


def _own_part(text: str, place: int, lab: LabResult, beside: tuple[LabResult, ...]) -> str:
    """What follows a result's name, up to where another result is named."""
    others = [match.start() for other in beside if other.name != lab.name for match in _mentions(text, other)]
    others += [match.start() for match in _mentions(text, lab)]
    return text[place : min((start for start in others if start >= place), default=len(text))]


def value_end(blank: str, value: str) -> int | None:
    """Where a printed value ends that a text begins with; None where another stands there. Dates are blanked out."""
    exact = _pattern(value, r"[^\d<>≤≥]{0,40}?(?<![\w.,<>≤≥=-])", r"(?!\d|[.,]\d)").match(blank)
    if exact:
        return exact.end()
    figure, plain = next(iter(figures_in(blank)), None), _PLAIN.fullmatch(value.strip())
    if figure is None or plain is None or figure.start > _NEAR:
        return None
    ahead = blank[: figure.start]
    same = figure.number == as_number(plain["number"]) and _comparator(ahead) == _comparator(plain["mark"])
    return figure.end if same and not re.search(r"[-−]\s*$", ahead) else None


def _comparator(ahead: str) -> str | None:
    """The comparator that a text ends with."""
    return next((mark for mark in (">=", "<=", ">", "<") if _COMPARATOR[mark].search(ahead)), None)


def check_unit(after: str, unit: str) -> Check:
    """What follows a value is its unit, as printed or in another spelling of the same."""
    if not unit:
        alien = _UNIT_AHEAD.match(after)
        return Check(name="unit", passed=not alien, detail="no unit is printed" if alien else "")
    follows = bool(_pattern(unit, r"\s*", r"(?![\w/^*·])").match(after)) or _means(after, unit)
    return Check(name="unit", passed=follows, detail="" if follows else f"the printed unit is {unit}")


def _means(after: str, unit: str) -> bool:
    token = _TOKEN.match(after)
    meant = ucum_of(token.group(1)) if token else None
    return meant is not None and meant == ucum_of(unit)


def _limits(reference: re.Match[str] | None, lab: LabResult) -> Iterator[Check]:
    """The printed limits, in their order."""
    printed = lab.reference.text
    if reference and printed and not reference["of"].startswith(printed):
        limits, said = _limits_in(printed), _limits_in(reference["of"])
        if not limits or said[: len(limits)] != limits:
            yield Check(name="number", passed=False, detail=f"the printed reference is {printed}")


def _limits_in(text: str) -> list[tuple[str | None, float]]:
    return [(_comparator(text[: figure.start]), figure.number) for figure in figures_in(text)]


def _day(said: str, lab: LabResult) -> Iterator[Check]:
    """The day that is said of the result is its own."""
    if lab.collected and any(not day.fits(lab.collected[:10]) for day in dates_in(said)):
        yield Check(name="date", passed=False, detail=f"{lab.name} is of {lab.collected[:10]}")


def _flag(said: str, lab: LabResult, closed: bool) -> Iterator[Check]:
    """High, low and critical are said as flagged."""
    said = _LIMITS.sub(" ", said)
    wrong = (lab.flag != "H" and _HIGH.search(said)) or (lab.flag != "L" and _LOW.search(said))
    if wrong or (_CRITICAL.search(said) and not is_critical(lab) and closed):
        yield Check(name="finding", passed=False, detail=f"{lab.name} is not flagged so")
    missing = (lab.flag == "H" and not _HIGH.search(said)) or (lab.flag == "L" and not _LOW.search(said))
    if closed and missing and not lab.flag_conflict:
        yield Check(name="finding", passed=False, detail=f"does not say how {lab.name} is flagged")


def _earlier(said: str, before: TrendPoint) -> Iterator[Check]:
    """The result before: its value, unit and day."""
    if not figures_in(said):
        return
    end = value_end(without_dates(said), before.value_text)
    if end is None:
        yield Check(name="number", passed=False, detail=f"the result before is {before.value_text}")
    else:
        yield check_unit(said[end:], before.unit)
    if before.date and any(not day.fits(before.date[:10]) for day in dates_in(said)):
        yield Check(name="date", passed=False, detail=f"the result before is of {before.date[:10]}")


# ------------------------------------------------------------------ names


def result_named(text: str, lab: LabResult) -> re.Match[str] | None:
    """Where a text names a result, as a word of its own."""
    return next(_mentions(text, lab), None)


def _mentions(text: str, lab: LabResult) -> Iterator[re.Match[str]]:
    return _pattern(lab.name, r"(?<!\w)", r"(?!\w)").finditer(text)


@lru_cache(4096)
def _pattern(printed: str, before: str, after: str) -> re.Pattern[str]:
    """What is printed, as it stands, between what may stand before and after it."""
    return re.compile(f"{before}{re.escape(printed)}{after}", re.I)


def without_names(text: str, labs: Iterable[LabResult], *, units: bool = True) -> str:
    """The text without the printed names of results, and their units: no values, no sides. Positions are kept."""
    printed = {word for lab in labs for word in (lab.name, lab.unit if units else "") if word}
    for word in sorted(printed, key=len, reverse=True):
        own = _pattern(word, r"(?<![A-Za-z])", r"(?![A-Za-z])")
        text = own.sub(lambda found: " " * len(found.group()), text)
    return text


def _misjudged(said: str, lab: LabResult, closed: bool) -> bool:
    """Whether words put a result within its range, or leave it unjudged, against its flag.

    A person may know a range that is not printed; against a printed one their words do not stand.
    """
    said = without_names(said, [lab])
    outside = lab.flag != "N" if closed else lab.flag in ("H", "L")
    return bool((_WITHIN.search(said) and outside) or (_UNJUDGED.search(said) and lab.flag))


def _clause(text: str, position: int) -> str:
    """The part of a text, between full stops, semicolons and contrasts, that holds a position."""
    ends = [cut.start() for cut in _CUT.finditer(text)]
    start = max((end for end in ends if end <= position), default=0)
    return text[start : min((end for end in ends if end > position), default=len(text))]
