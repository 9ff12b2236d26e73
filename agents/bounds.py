"""A value that results are held against: "above 50", "below 137 mmol/L"."""

import re
from typing import Literal

from prelim.knowledge.labs import lab_table
from prelim.knowledge.units import convert
from prelim.types import Record, Value

_OVER = r"above|over|more than|greater than|higher than|exceed(?:s|ed|ing)?|at least|>=?|≥"
_UNDER = r"below|under|less than|lower than|fewer than|at most|<=?|≤"
_UNIT = r"(?P<unit>%|[a-zA-Zµμ]{1,6}(?:/[\w.]{1,8})+|(?:mm ?Hg|mg|kg|cm|g|fL|pg)\b|(?:x ?)?10[*^]?\d+/\w+)"
_FORM = re.compile(
    rf"(?P<word>{_OVER}|{_UNDER})\s*(?P<value>\d+(?:\.\d+)?)(?![\d-])(?!\s*(?:day|week|month|year|hour|time)s?\b)\s*{_UNIT}?",
    re.I,
)
_EQUAL = {
    "at least": "at least",
    ">=": "at least",
    "≥": "at least",
    "at most": "at most",
    "<=": "at most",
    "≤": "at most",
}


class Bound(Value):
    """A value that results lie above or below; without `unit` it is in theirs."""

    side: Literal["above", "below", "at least", "at most"]
    value: float
    unit: str | None = None

    @property
    def words(self) -> str:
        """As it is said: "above 50 mg/L"."""
        return f"{self.side} {self.value:g}{f' {self.unit}' if self.unit else ''}"


def bound_in(text: str) -> tuple[Bound | None, str]:
    """The value that a question holds results against, and the question with blanks in its place."""
    match = _FORM.search(text)
    if match is None:
        return None, text
    word = match["word"].lower()
    side = _EQUAL.get(word) or ("above" if re.fullmatch(_OVER, word) else "below")
    blank = " " * (match.end() - match.start())
    made = Bound(side=side, value=float(match["value"]), unit=match["unit"])
    return made, f"{text[: match.start()]}{blank}{text[match.end() :]}"


def holds(record: Record, bound: Bound) -> bool | None:
    """Whether a result lies on that side; None where that cannot be said: no number, a "<5", another unit."""
    if record.value is None:
        return None
    limit: float | None = bound.value
    if bound.unit and bound.unit != record.unit:
        mine, theirs = lab_table().ucum(bound.unit), lab_table().ucum(record.unit or "")
        loinc = record.loinc or lab_table().loinc(record.title, theirs)
        limit = convert(bound.value, mine, theirs, loinc) if mine and theirs else None
    if limit is None:
        return None
    if comparator := record.data.get("comparator"):
        return _of_open(comparator, record.value, limit, bound.side in ("above", "at least"))
    return {
        "above": record.value > limit,
        "below": record.value < limit,
        "at least": record.value >= limit,
        "at most": record.value <= limit,
    }[bound.side]


def _of_open(comparator: str, value: float, limit: float, above: bool) -> bool | None:
    """Whether "<5" or ">5" lies above a limit, or below it; None where it may lie on either side."""
    if comparator.startswith("<") and value < limit:
        return not above
    if comparator.startswith(">") and value > limit:
        return above
    return None
