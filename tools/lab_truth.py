"""Rows of lab reports as they have to be read, and rows that were read held against them."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prelim.documents.printed_units import misread_alike
from prelim.documents.values import read_value
from prelim.errors import InputError
from prelim.knowledge.lab_words import folded
from prelim.types import LabResult

ROW = ("name", "value", "comparator", "unit")
"""What has to agree for a row to count as read."""
_LIKE, _VERY_LIKE = 0.6, 0.8
"""Shares of the letters of a name that two names have in common: beside the same value, and alone."""


class LabTruth(NamedTuple):
    """One row as it has to be read. A result in words has no value, and its words in `value_text`."""

    name: str
    value: float | None
    comparator: str | None
    unit: str
    low: float | None = None
    high: float | None = None
    flag: str | None = None
    collected: str | None = None
    value_text: str = ""


Pair = tuple[LabResult | None, LabTruth | None]


def read_rows(path: Path) -> tuple[LabTruth, ...]:
    """The rows of a JSON file: as `prelim tool labs --json` has them, or a plain list of {name, value, unit}.

    A value is a number, or as it is printed ("<5", "negative"). InputError bad_truth.
    """
    try:
        given = json.loads(path.read_bytes())
        rows = given["labs"] if isinstance(given, dict) else given
        return tuple(_row(row) for row in rows)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = 'It holds a list of {"name", "value", "unit"}, or {"labs": […]} as `prelim tool labs --json` prints.'
        raise InputError("bad_truth", f"{path.name} holds no lab rows that can be read.", remedy, path.name) from error


def _row(given: dict[str, Any]) -> LabTruth:
    said = given["value"] if given.get("value") is not None else given["value_text"]
    printed = read_value(said) if isinstance(said, str) else None
    number = printed.value if printed else float(said)
    return LabTruth(
        name=(given["name"] if "name" in given else given["test"]).strip(),
        value=number,
        comparator=given.get("comparator") or (printed.comparator if printed else None),
        unit=(given.get("unit") or "").strip(),
        value_text=str(said) if number is None else "",
    )


def pairs(read: Sequence[LabResult], truth: Sequence[LabTruth], fields: Sequence[str] = ()) -> Iterator[Pair]:
    """Each row beside the one that it is, or None: first those that agree (in `fields`, or all), then those nearby."""
    rows, labs = list(truth), list(read)
    for agree in (lambda lab, row: not _apart(lab, row, fields), near):
        for lab in list(labs):
            row = next((row for row in rows if agree(lab, row)), None)
            if row is not None:
                rows.remove(row)
                labs.remove(lab)
                yield lab, row
    yield from ((lab, None) for lab in labs)
    yield from ((None, row) for row in rows)


def _apart(lab: LabResult, row: LabTruth, fields: Sequence[str]) -> list[str]:
    return [name for name in differences(lab, row) if not fields or name in fields]


def differences(lab: LabResult, row: LabTruth) -> list[str]:
    """The names of what differs between a row that was read and one that is there."""
    compared: dict[str, tuple[object, object]] = {
        "name": (_plain(lab.name), _plain(row.name)),
        "value": (_value(lab), _value(row)),
        "comparator": (lab.comparator, row.comparator),
        "unit": (_unit(lab.unit), _unit(row.unit)),
        "low": (lab.reference.low, row.low),
        "high": (lab.reference.high, row.high),
        "flag": (lab.flag, row.flag),
        "collected": ((lab.collected or "")[:10] or None, row.collected),
    }
    return [name for name, (mine, theirs) in compared.items() if not _equal(mine, theirs)]


def near(lab: LabResult, row: LabTruth) -> bool:
    """Whether it is the same row, however it was read: by its name, or by its value and a like name."""
    mine, theirs = _plain(lab.name), _plain(row.name)
    common = sum((Counter(mine) & Counter(theirs)).values()) / max(1, len(mine), len(theirs))
    value = _equal(_value(lab), _value(row))
    if common >= _LIKE and (value or mine == theirs or common >= _VERY_LIKE):
        return True
    return value and (mine in theirs or theirs in mine)


def _value(one: LabResult | LabTruth) -> float | str:
    return folded(one.value_text) if one.value is None else one.value


def _equal(mine: object, theirs: object) -> bool:
    if isinstance(mine, float) and isinstance(theirs, float):
        return math.isclose(mine, theirs, rel_tol=1e-9)
    return mine == theirs


def _plain(name: str) -> str:
    return "".join(folded(name).split())


def _unit(unit: str) -> str:
    """Letters that look alike are one: a reader of print cannot do better."""
    return misread_alike(unit.replace("×", "x").removeprefix("x").strip())
