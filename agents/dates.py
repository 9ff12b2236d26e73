"""The dates that a sentence names, in every common spelling, whole or in part."""

import re
from functools import lru_cache
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_MONTH = rf"(?P<month>{_NAMES})\b\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d{2}|'\d{2})"
_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d.])(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<year>\d{4})(?!\d)"),
    re.compile(r"(?<![\d.])(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<year>\d{2})(?!\d|\.\d)"),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(rf"(?<!\d){_DAY}(?:\s+of)?[\s-]+{_MONTH}[,\s-]*(?P<year>\d{{4}}|(?<=-)\d{{2}}(?!\d))", re.I),
    re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY},?\s+{_YEAR}(?!\d)", re.I),
    re.compile(rf"(?<!\d)(?P<year>\d{{4}})[,\s-]+{_MONTH}[\s-]+{_DAY}(?!\d)", re.I),
    re.compile(rf"\b{_MONTH},?(?:\s+of)?[\s-]+{_YEAR}(?!\d)", re.I),
    re.compile(r"(?<![\d./-])(?P<year>(?:19|20)\d{2})[-/](?P<m>0?[1-9]|1[0-2])(?!\d|[/.-]\d)"),
    re.compile(r"(?<![\d./-])(?P<m>0?[1-9]|1[0-2])/(?P<year>(?:19|20)\d{2})(?!\d|[/.]\d)"),
    re.compile(rf"(?<!\d){_DAY}(?:\s+of)?\s+(?-i:(?=[A-Z])){_MONTH}", re.I),
    re.compile(rf"\b(?-i:(?=[A-Z])){_MONTH}\s+(?:the\s+)?{_DAY}(?!\d|[/.]\d)", re.I),
    re.compile(
        r"(?:since|in|from|of|until|before|after|on)\s+(?P<year>(?:19|20)\d{2})(?!\d|[./-]\d|\s*\w*/|\s?(?:m?[lLg]|[mc]m|I?U|cells|%))",
        re.I,
    ),
)
"""Whole dates first, then a month of a year, a day without its year, and a year alone."""


class DateSaid(NamedTuple):
    """A date as written: where it stands, and the ISO days it can mean (day first or month first).

    What is said in part means "2025-03" (a month), "2025" (a year) or "--03-14" (a day of any year).
    """

    start: int
    end: int
    days: frozenset[str]

    def fits(self, day: str) -> bool:
        """Whether an ISO day is what is said."""
        return any(day.endswith(said[1:]) if said.startswith("--") else day.startswith(said) for said in self.days)

    def among(self, days: set[str]) -> bool:
        """Whether one of several ISO days is what is said."""
        return any(self.fits(day) for day in days)


@lru_cache(4096)
def dates_in(text: str) -> tuple[DateSaid, ...]:
    """Every date of a text, in order."""
    found: list[DateSaid] = []
    if not re.search(r"\d", text):
        return ()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            start = match.start("year") if len(pattern.groupindex) == 1 else match.start()
            if not any(said.start < match.end() and start < said.end for said in found):
                found.append(DateSaid(start, match.end(), _days(match.groupdict())))
    return tuple(sorted(found))


def _days(parts: dict[str, str | None]) -> frozenset[str]:
    """What the parts of a date can mean, as `DateSaid.days`."""
    year = (parts.get("year") or "").lstrip("'")
    year = f"20{year}" if len(year) == 2 else year
    if parts.get("a"):
        pairs = [(parts["b"], parts["a"]), (parts["a"], parts["b"])]
    else:
        month = parts.get("month")
        pairs = [(str(_MONTHS.index(month[:3].lower()) + 1) if month else parts.get("m"), parts.get("d"))]
    return frozenset(
        (year or "-") + "".join(f"-{int(part):02d}" for part in (month, day) if part) for month, day in pairs
    )


@lru_cache(4096)
def without_dates(text: str) -> str:
    """The text with every date blanked out, positions kept."""
    for said in dates_in(text):
        text = text[: said.start] + " " * (said.end - said.start) + text[said.end :]
    return text
