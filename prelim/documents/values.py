"""Printed laboratory values: numbers, comparators, ranges, flags. What cannot be read stays text."""

import re
from typing import Literal, NamedTuple

from prelim.types import Reference

Comparator = Literal["<", "<=", ">", ">="]
_NUMBER = r"[+-]?\d+(?:[.,]\d+)*"
_VALUE = re.compile(rf"^\s*(<=|>=|≤|≥|<|>)?\s*({_NUMBER})\s*$")
_RANGE = re.compile(rf"^\s*[\[(]?\s*({_NUMBER})\s*(?:-|–|to|\.\.)\s*({_NUMBER})\s*[\])]?\s*$", re.I)
_ONE_SIDED = re.compile(rf"^\s*(<=|>=|≤|≥|<|>|up to|below|above|over)\s*({_NUMBER})\s*$", re.I)
_ASCII: dict[str, Comparator] = {"≤": "<=", "≥": ">=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_UPPER = ("<", "<=", "≤", "up to", "below")
_QUALITATIVE = re.compile(
    r"^(not\s+)?(negative|positive|detected|reactive|present|absent|trace|normal|abnormal)$|^non-?reactive$",
    re.I,
)


class Printed(NamedTuple):
    """A printed value: its kind, number and comparator."""

    kind: Literal["numeric", "qualitative", "text"]
    value: float | None
    comparator: Comparator | None


def read_value(text: str, decimal_comma: bool = False) -> Printed:
    """ "<5" is 5 with the comparator "<"; "negative" is qualitative; anything else is text."""
    match = _VALUE.match(text)
    number = to_number(match.group(2), decimal_comma) if match else None
    if match and number is not None:
        return Printed("numeric", number, _ASCII.get(match.group(1) or ""))
    return Printed("qualitative" if _QUALITATIVE.match(text.strip()) else "text", None, None)


def to_number(text: str, decimal_comma: bool = False) -> float | None:
    """A printed number; None where its separators allow no one reading.

    "1,234" is 1234 unless the document writes decimals with a comma; "1,23" can only be a decimal.
    """
    if "," in text and "." in text:
        decimal = max(text.rfind(","), text.rfind("."))
        plain = re.sub("[.,]", "", text[:decimal]) + "." + text[decimal + 1 :]
        return float(plain) if re.fullmatch(r"[+-]?\d+\.\d+", plain) else None
    if text.count(",") == 1 and (decimal_comma or not re.search(r",\d{3}$", text)):
        return float(text.replace(",", "."))
    if "," in text:
        return float(text.replace(",", "")) if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", text) else None
    return float(text) if text.count(".") <= 1 else None


def writes_decimal_comma(texts: list[str]) -> bool:
    """Whether a document's numbers show that its comma is decimal: one with other than three digits after it."""
    commas = [text for text in texts if re.search(r"\d,\d", text)]
    return any(re.search(r"\d,(\d{1,2}|\d{4,})\b", text) for text in commas)


def read_reference(text: str, decimal_comma: bool = False) -> Reference:
    """A reference range, two- or one-sided; its text alone where it is neither."""
    between, one = _RANGE.match(text), _ONE_SIDED.match(text)
    if between:
        low, high = (to_number(part, decimal_comma) for part in between.groups())
        return Reference(low=low, high=high, text=text)
    if one:
        limit = to_number(one.group(2), decimal_comma)
        upper = one.group(1).lower() in _UPPER
        return Reference(low=None if upper else limit, high=limit if upper else None, text=text)
    return Reference(text=text)


def flag_of(printed: Printed, reference: Reference) -> Literal["L", "H", "N"] | None:
    """The flag by the range; None where a value with a comparator, or the range, does not decide it."""
    value, high = printed.value, reference.high
    low = None if reference.low == 0 and high is not None else reference.low  # nothing measured is below zero
    if value is None or (low is None and high is None):
        return None
    below, above = printed.comparator in ("<", "<="), printed.comparator in (">", ">=")
    if high is not None and ((value > high and not below) or (above and value >= high)):
        return "H"
    if low is not None and ((value < low and not above) or (below and value <= low)):
        return "L"
    surely_in = (high is None or (value <= high and not above)) and (low is None or (value >= low and not below))
    return "N" if surely_in else None
