"""Printed laboratory values: numbers in their conventions, comparators, results in words, flags.

What cannot be read stays text.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from prelim.knowledge.lab_words import lab_words
from prelim.types import Reference

Comparator = Literal["<", "<=", ">", ">="]
_GROUP = "[ \u00a0\u2009\u202f'’]"
"""What parts thousands, beside comma and point."""
NUMBER = rf"[+\-−]?(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)*|[.,]\d+)"
"""A printed number in any convention."""
_ASCII: dict[str, Comparator] = {
    "≤": "<=",
    "≥": ">=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "=<": "<=",
    "=>": ">=",
}
_SIGNS = "<=|>=|=<|=>|≤|≥|<|>"


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in words)


_BELOW, _ABOVE = _alternatives(lab_words().below), _alternatives(lab_words().above)
COMPARED = rf"(?:(?:{_BELOW}|{_ABOVE})\s*)?{NUMBER}"
"""A number with what may stand before it: "<5", "up to 40", "bis 5"."""
_POWER = r"\s*(?:[x×*·]\s*10\s*\^?\s*|[eE])([+-]?\d{1,2})"
_VALUE = re.compile(rf"\s*({_BELOW}|{_ABOVE})?\s*({NUMBER})(?:{_POWER})?\s*", re.I)


class Printed(NamedTuple):
    """A printed value: its kind, number and comparator."""

    kind: Literal["numeric", "qualitative", "text"]
    value: float | None
    comparator: Comparator | None


def read_value(text: str, decimal_comma: bool = False) -> Printed:
    """ "<5" is 5 with the comparator "<"; "negative" and "nicht nachweisbar" are qualitative; the rest is text."""
    match = _VALUE.fullmatch(text)
    number = to_number(match.group(2), decimal_comma) if match else None
    if match and number is not None:
        power = int(match.group(3) or 0)
        return Printed("numeric", number * 10.0**power if power else number, _comparator(match.group(1)))
    return Printed("qualitative" if lab_words().meaning(text) else "text", None, None)


def _comparator(said: str | None) -> Comparator | None:
    """Words of limits are as strict as "<": what "bis 5" of a value means is no more than that."""
    if not said:
        return None
    return _ASCII.get(said) or ("<" if said.casefold() in lab_words().below else ">")


def to_number(text: str, decimal_comma: bool = False) -> float | None:
    """A printed number; None where its separators allow no reading.

    Only a mark before exactly three digits can be read in two ways: "1,234" is 1234 and "1.234" is 1.234, the other
    way round where the document writes decimals with a comma. "0,123" and "1,23" can only be decimals.
    """
    plain = re.sub(_GROUP, "", text.strip()).replace("−", "-")
    marks = [mark for mark in plain if mark in ".,"]
    if not re.fullmatch(r"[+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)", plain):
        return None
    if len(set(marks)) == 2:
        whole, _, decimals = plain.rpartition(marks[-1])
        return _grouped(whole, marks[0], decimals) if marks.count(marks[-1]) == 1 else None
    if len(marks) > 1:
        return _grouped(plain, marks[0], "")
    if not marks:
        return float(plain)
    thousands = "." if decimal_comma else ","
    if marks[0] == thousands and re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", plain):
        return float(plain.replace(thousands, ""))
    return float(plain.replace(",", "."))


def _grouped(whole: str, mark: str, decimals: str) -> float | None:
    """A number whose thousands are parted by `mark`."""
    if not re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})*", whole):
        return None
    return float(f"{whole.replace(mark, '')}.{decimals or 0}")


def writes_decimal_comma(texts: Iterable[str], usual: bool = False) -> bool:
    """Whether a document's numbers show that its comma is decimal; `usual` where they show nothing.

    A mark before other than three digits is decimal, as is one after a lone zero; where both marks stand in one number
    the last is. Documents that use both ways are judged by the more frequent one.
    """
    votes = {",": 0, ".": 0}
    for number in (found for text in texts for found in re.findall(r"(?<![\d.,])\d+(?:[.,]\d+)+(?![\d.,]*\d)", text)):
        marks = [mark for mark in number if mark in ".,"]
        last = number.rpartition(marks[-1])
        alone = marks.count(marks[-1]) == 1
        if alone and (len(set(marks)) == 2 or len(last[2]) != 3 or last[0] == "0"):
            votes[marks[-1]] += 1
        elif not alone and len(set(marks)) == 1:
            votes["." if marks[-1] == "," else ","] += 1
    return usual if votes[","] == votes["."] else votes[","] > votes["."]


def flag_of(printed: Printed, reference: Reference, text: str = "") -> Literal["L", "H", "N"] | None:
    """The flag by the range; None where a value with a comparator, or the range, does not decide it.

    A result in words (`text`) is inside its range where the range says the same: "negative" where that is normal.
    """
    value, high = printed.value, reference.high
    if printed.kind == "qualitative":
        meaning = lab_words().meaning(text)
        return "N" if meaning and meaning == lab_words().meaning(reference.text) else None
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
