"""Who a document says it is about. Used to refuse another patient's document; never stored, never printed."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from prelim.documents.day import BORN, readings

_ID = re.compile(
    r"\b(?:MRN|patient[\s_]*(?:id|no\.?|number|identifier)|medical\s+record\s+(?:number|no\.?))[ \t]*[:#=][ \t]*"
    r"([A-Za-z0-9][\w./-]*)",
    re.I,
)
_NUMBER = re.compile(r"\b(?:MRN|PID)[ \t]*[:#=]?[ \t]*((?=[\w./-]*\d)[A-Za-z0-9][\w./-]*)", re.I)
"""PID is a disease too, and "MRN" may stand in prose: what follows must hold a digit."""
_NAME = re.compile(
    r"(?:\bpatient(?:\s+name)?|^[ \t]*name)[ \t]*:[ \t]*"
    r"([^\n\d:]{2,60}?)(?=\s{2,}|\n|$|\s+(?:MRN|PID|DOB|ID|Sex|Gender|Age|Born|Date|Patient)\b)",
    re.I | re.M,
)
_FIELDS = {
    "ids": ("patientid", "mrn", "pid", "patientidentifier", "medicalrecordnumber", "patientnumber"),
    "names": ("patientname",),
    "birth_dates": ("birthdate", "dob", "dateofbirth", "patientbirthdate"),
}
"""Names of fields and columns, without blanks, underscores and case."""


class Identity(NamedTuple):
    """What a text states. `birth_dates` are the readings that its birth date allows (05/06/1960 has two)."""

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    birth_dates: frozenset[str] = frozenset()

    def joined(self, other: "Identity") -> "Identity":
        """What both state together."""
        return Identity(*(mine | theirs for mine, theirs in zip(self, other, strict=True)))


def identity_in(text: str) -> Identity:
    """The ids, names and birth dates that a document states."""
    return _identity([*_ID.findall(text), *_NUMBER.findall(text)], _NAME.findall(text), BORN.findall(text))


def identity_of_fields(fields: Mapping[str, Any]) -> Identity:
    """The same from named fields, such as a JSON note's or a table's row."""
    plain = {re.sub(r"[\s_-]", "", str(name)).lower(): str(value) for name, value in fields.items() if value}
    found = [[plain[name] for name in names if name in plain] for names in _FIELDS.values()]
    return _identity(*found)


def identities_in_table(text: str) -> list[Identity]:
    """The different people that the rows of a CSV name; none where it has no column for that. csv.Error if damaged."""
    first = text.lstrip().split("\n", 1)[0]
    if not any(identity_of_fields(dict.fromkeys(re.split("[,;\t]", first.replace('"', "")), "1"))):
        return []
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text.lstrip()), restkey="_more", delimiter=delimiter)
    stated = (identity_of_fields(row) for row in rows)
    return list(dict.fromkeys(identity for identity in stated if any(identity)))


def _identity(ids: Iterable[str], names: Iterable[str], born: Iterable[str]) -> Identity:
    return Identity(
        frozenset(id.strip().rstrip(".") for id in ids) - {""},
        frozenset(normal_name(name) for name in names) - {""},
        frozenset(day for printed in born for day in readings(printed)),
    )


def normal_name(name: str) -> str:
    """A name without order, case or punctuation: DICOM's FAMILY^GIVEN and "Given Family" are the same."""
    return " ".join(sorted(re.findall(r"[^\W\d_]+", name.lower())))
