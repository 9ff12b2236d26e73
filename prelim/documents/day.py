"""Printed dates: what they can mean, and which one a document gives as its own."""

import re
from datetime import datetime

DAY = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{4}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{8})(?!\d)"
)
"""A printed day with a year of four digits."""
BORN = re.compile(rf"\b(?:DOB|D\.O\.B\.?|date\s+of\s+birth|birth\s*date|born(?:\s+on)?)\s*[:=]?\s*({DAY})", re.I)
_FORMS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%Y%m%d",
)
_LABELS = (
    r"collected(?:\s+on)?",
    r"(?:date|day)\s+of\s+(?:exam(?:ination)?|study|report|service|visit|collection)",
    r"(?:exam|study|report|service|visit|collection|specimen|note)\s+date",
    r"date",
)
"""The most telling first."""
_HEAD_LINES = 5


def readings(printed: str) -> set[str]:
    """The ISO days that a printed date can mean: 05/06/1960 has two."""
    plain = re.sub(r"(?<=[A-Za-z])[.]", "", printed.replace(",", " ").strip())
    plain = re.sub(r"(?<=\w)-(?=[A-Za-z])|(?<=[A-Za-z])-(?=\d)|\s+", " ", plain)
    days = set()
    for form in _FORMS:
        try:
            days.add(datetime.strptime(plain, form).date().isoformat())
        except ValueError:
            continue
    return days


def day_in(text: str) -> str | None:
    """The day that a text states as its own, else the first one in its opening lines; never a birth date.

    A date with two readings is not guessed at.
    """
    rest = BORN.sub(" ", text)
    labelled = (re.findall(rf"\b{label}\s*[:=]?\s*({DAY})", rest, re.I) for label in _LABELS)
    head = "\n".join(rest.splitlines()[:_HEAD_LINES])
    candidates = [printed for found in labelled for printed in found] + re.findall(rf"(?<!\d){DAY}", head)
    meant = (readings(printed) for printed in candidates)
    return next((days.pop() for days in meant if len(days) == 1), None)
