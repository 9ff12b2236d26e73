"""The checks of a sentence against a laboratory result that it rests on or names."""

import re
from collections.abc import Iterable, Iterator

from agents import words
from prelim.draft import Check
from prelim.types import LabResult

_HIGH = re.compile(r"\b(?:high|elevated|raised|above|increased)\b", re.I)
_LOW = re.compile(r"\b(?:low|below|decreased|reduced)\b", re.I)
_WITHIN = re.compile(r"(?<!not )\b(?:within|normal)\b", re.I)
_UNJUDGED = re.compile(r"\bnot judged\b", re.I)
_CUT = re.compile(r"[.;]\s|\bbut\b|\bhowever\b", re.I)
_NEAR_NUMBER = re.compile(r"\D{0,24}\d")
_UNIT_AHEAD = re.compile(r"\s*(?:%|°|[A-Za-zµμ]+/[A-Za-z\d]|(?:mg|g|kg|ng|µg|ug|mmol|umol|mol|mL|L|U|IU|mm|cm)\b)")


def check_result(text: str, lab: LabResult, beside: Iterable[LabResult], closed: bool) -> Iterator[Check]:
    """The result's name, then its value as printed, its unit as printed, its limits in their order, its flag.

    A closed sentence names every result that it rests on (`beside`: all of them), and gives the value of one that
    stands out. Else a name may stand alone; whether it is called within its range is checked all the same.
    """
    named = result_named(text, lab)
    if named is None:
        yield Check(name="finding", passed=not closed, detail=f"does not name {lab.name}" if closed else "")
        return
    if _misjudged(text if closed else _clause(text, named.start()), lab, closed):
        yield Check(name="finding", passed=False, detail=f"{lab.name} is not flagged so")
    rest = text[named.end() :]
    if not (closed and lab.flag in ("H", "L")) and not _NEAR_NUMBER.match(
        _without(words.without_dates(rest), _names(beside))
    ):
        return
    value = re.match(rf"[^\d<>≤≥]{{0,24}}?(?<![\w.,<>≤≥=-]){re.escape(lab.value_text)}(?!\d|[.,]\d)", rest, re.I)
    if value is None:
        yield Check(name="number", passed=False, detail=f"{lab.name} is printed as {lab.value_text}")
        return
    yield _unit(rest[value.end() :], lab)
    reference = re.search(r"reference\s+(.*)", rest, re.I)
    if reference and lab.reference.text and not reference.group(1).startswith(lab.reference.text):
        yield Check(name="number", passed=False, detail=f"the printed reference is {lab.reference.text}")
    if (lab.flag != "H" and _HIGH.search(rest)) or (lab.flag != "L" and _LOW.search(rest)):
        yield Check(name="finding", passed=False, detail=f"{lab.name} is not flagged so")


def result_named(text: str, lab: LabResult) -> re.Match[str] | None:
    """Where a text names a result, as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(lab.name)}(?!\w)", text, re.I)


def without_names(text: str, labs: Iterable[LabResult]) -> str:
    """The text without the printed names and units of results: their digits are no values, their sides no sides."""
    return _without(text, [printed for lab in labs for printed in (lab.name, lab.unit)])


def _names(labs: Iterable[LabResult]) -> list[str]:
    """The longest first: "Bilirubin, direct" before "Bilirubin"."""
    return sorted((lab.name for lab in labs), key=len, reverse=True)


def _without(text: str, printed: Iterable[str]) -> str:
    for words_printed in filter(None, printed):
        text = re.sub(re.escape(words_printed), " ", text, flags=re.I)
    return text


def _misjudged(said: str, lab: LabResult, closed: bool) -> bool:
    """Whether words put a result within its range, or leave it unjudged, against its flag.

    A person may know a range that is not printed; against a printed one their words do not stand.
    """
    said = _without(said, [lab.name])
    outside = lab.flag != "N" if closed else lab.flag in ("H", "L")
    return bool((_WITHIN.search(said) and outside) or (_UNJUDGED.search(said) and lab.flag))


def _clause(text: str, position: int) -> str:
    """The part of a text, between full stops, semicolons and contrasts, that holds a position."""
    ends = [cut.start() for cut in _CUT.finditer(text)]
    start = max((end for end in ends if end <= position), default=0)
    return text[start : min((end for end in ends if end > position), default=len(text))]


def _unit(after: str, lab: LabResult) -> Check:
    if lab.unit:
        follows = re.match(rf"\s*{re.escape(lab.unit)}(?![\w/^*·])", after)
        return Check(name="unit", passed=bool(follows), detail="" if follows else f"the printed unit is {lab.unit}")
    alien = _UNIT_AHEAD.match(after)
    return Check(name="unit", passed=not alien, detail="no unit is printed" if alien else "")
