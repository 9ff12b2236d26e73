"""Who a document says it is about. Used to refuse another patient's document; never stored, never printed."""

import re
from datetime import datetime
from typing import NamedTuple

_ID = re.compile(
    r"\b(?:MRN|PID|patient\s*(?:id|no\.?|number)|medical\s+record\s+(?:number|no\.?))\s*[:#]\s*([A-Za-z0-9][\w./-]*)",
    re.I,
)
_NAME = re.compile(
    r"\b(?:patient(?:\s+name)?|name)\s*:\s*([^\n\d]{2,60}?)(?=\s{2,}|\n|$|\s+(?:MRN|DOB|ID|Sex|Born|Patient)\b)",
    re.I,
)
_BORN = re.compile(
    r"\b(?:DOB|date\s+of\s+birth|birth\s*date|born)\s*:?\s*([0-9A-Za-z][0-9A-Za-z ./-]{5,14}[0-9])", re.I
)
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d %b %Y", "%d %B %Y", "%Y%m%d", "%d-%b-%Y")


class Identity(NamedTuple):
    """What a text states. `birth_dates` are the readings that its birth date allows (05/06/1960 has two)."""

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    birth_dates: frozenset[str] = frozenset()


def identity_in(text: str) -> Identity:
    """The ids, names and birth dates that a document states."""
    ids = frozenset(match.strip() for match in _ID.findall(text))
    names = frozenset(normal_name(match) for match in _NAME.findall(text)) - {""}
    dates = frozenset(day for match in _BORN.findall(text) for day in readings(match))
    return Identity(ids, names, dates)


def readings(text: str) -> set[str]:
    """The ISO days that a printed date can mean."""
    days = set()
    for form in _DAYS:
        try:
            days.add(datetime.strptime(text.strip(), form).date().isoformat())
        except ValueError:
            continue
    return days


def normal_name(name: str) -> str:
    """A name without order, case or punctuation: DICOM's FAMILY^GIVEN and "Given Family" are the same."""
    return " ".join(sorted(re.findall(r"[^\W\d_]+", name.lower())))
