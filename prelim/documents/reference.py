"""Printed reference ranges: two- and one-sided, and those that hold for a sex or an age."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from prelim.documents.values import NUMBER, to_number
from prelim.knowledge.lab_words import folded, lab_words
from prelim.types import Reference, Sex

_ADULT = 18
_REMEMBERED = 2048
"""Cells of a report repeat: so many texts are read once."""


def _any(words: tuple[str, ...] | list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: -len(word)))


_WORDS = lab_words()
_REMARK = r"(?:\s*[\[(]?[^\d<>≤≥]*(?:/\s*(?:1[.,]73\s*m[2²]?|[hL]))?[\])]?)"
"""A unit or a word behind the limits."""
_LEAD = r"\s*(?:(?:ref|norm|normal|reference|referenz|range)\w*\.?\s*:?)?\s*[\[(]?\s*"
_RANGE = re.compile(
    rf"{_LEAD}\(?({NUMBER})\)?\s*(?:[-–—−]{{2,3}}|{_any(_WORDS.between)})\s*\(?({NUMBER})\)?({_REMARK})\s*", re.I
)
_ONE_SIDED = re.compile(rf"{_LEAD}({_any(_WORDS.below)}|{_any(_WORDS.above)})\s*({NUMBER})({_REMARK})\s*", re.I)
_POWER = r"(?:[x×*]\s*)?10\s*[\^*eE]\s*\d{1,2}\s*/\s*\w+|10[⁰¹²³⁴-⁹]+\s*/\s*\w+"
_YEARS = _any(_WORDS.years)
_SEXES = _any([*_WORDS.sexes, *map(folded, _WORDS.sexes)])
_BOUNDS = _any([word for word in (*_WORDS.below, *_WORDS.above) if word.isalpha()])
_CONDITION = re.compile(
    rf"(?P<sex>(?<![\w/])(?:{_SEXES}|[mfwh])(?=\s*[:.=,]|\s*[<>≤≥(\d]|\s+(?:{_BOUNDS})\b|\s*\())"
    rf"|(?P<from>\d+)\s*(?:-|–|to|bis|a|à)\s*(?P<to>\d+)\s*(?:{_YEARS})\b\.?"
    rf"|(?P<sign>[<>≤≥]=?)\s*(?P<limit>\d+)\s*(?:{_YEARS})\b\.?"
    rf"|(?P<adults>\b(?:{_any(_WORDS.adults)})\b)|(?P<children>\b(?:{_any(_WORDS.children)})\b)",
    re.I,
)
_PAIRS = {
    "mf": {"m": "M", "f": "F"},
    "mw": {"m": "M", "w": "F"},
    "hm": {"h": "M", "m": "F"},
    "fh": {"h": "M", "f": "F"},
}
"""What single letters mean beside each other: hombre and mujer, homme and femme, männlich and weiblich."""


class Part(NamedTuple):
    """One of several ranges: for whom it is, as printed, and its limits."""

    label: str
    conditions: tuple[re.Match[str], ...]
    text: str


def read_reference(
    text: str, decimal_comma: bool = False, sex: Sex | None = None, age_years: int | None = None
) -> Reference:
    """A reference range. Of several, by sex or age, the one that holds; where that is not known its text alone."""
    plain = limits(text, decimal_comma)
    if plain:
        return Reference(low=plain[0], high=plain[1], text=text)
    parts = list(_parts(text))
    letters = _PAIRS.get(
        "".join(sorted({_letter(c) for part in parts for c in part.conditions} - {""})), {"m": "M", "f": "F"}
    )
    holding = [part for part in parts if all(_holds(c, letters, sex, age_years) for c in part.conditions)]
    read = [(part, found) for part in holding if (found := limits(part.text, decimal_comma))]
    if len(read) != 1:
        return Reference(text=text)
    part, (low, high) = read[0]
    return Reference(low=low, high=high, text=text, applies_to=part.label)


@lru_cache(_REMEMBERED)
def limits(text: str, decimal_comma: bool = False) -> tuple[float | None, float | None] | None:
    """The limits of one range; None where the text is none. Limits the wrong way round are none."""
    text = re.sub(_POWER, " ", text)
    between, one = _RANGE.fullmatch(text), _ONE_SIDED.fullmatch(text)
    if between:
        low, high = (to_number(part, decimal_comma) for part in between.groups()[:2])
        return (low, high) if low is not None and high is not None and low <= high else None
    if one:
        limit = to_number(one.group(2), decimal_comma)
        upper = one.group(1).casefold() in _WORDS.below
        return None if limit is None else (None if upper else limit, limit if upper else None)
    return None


@lru_cache(_REMEMBERED)
def is_reference(text: str) -> bool:
    """Whether a text is a range, or ranges by sex or age, or a result in words that is normal."""
    return bool(limits(text) or limits(text, True) or _WORDS.meaning(text)) or any(
        limits(part.text) or limits(part.text, True) for part in _parts(text)
    )


def _parts(text: str) -> Iterator[Part]:
    """The text cut at what says for whom a range is. What stands side by side ("Men, adults:") holds together."""
    found = list(_CONDITION.finditer(text))
    groups: list[list[re.Match[str]]] = []
    for match in found:
        if groups and not re.search(r"\w", text[groups[-1][-1].end() : match.start()]):
            groups[-1].append(match)
        else:
            groups.append([match])
    stops = [group[0].start() for group in groups[1:]] + [len(text)]
    for group, stop in zip(groups, stops[: len(groups)], strict=True):
        label = text[group[0].start() : group[-1].end()].strip(" :.")
        yield Part(label, tuple(group), text[group[-1].end() : stop].strip(" :;,/|.)="))


def _letter(condition: re.Match[str]) -> str:
    said = (condition["sex"] or "").casefold()
    return said if len(said) == 1 and said.isalpha() else ""


def _holds(condition: re.Match[str], letters: dict[str, str], sex: Sex | None, age: int | None) -> bool:
    if condition["sex"]:
        said = condition["sex"].casefold()
        meant = letters.get(said) or {folded(word): sex for word, sex in _WORDS.sexes.items()}.get(folded(said))
        return sex is not None and meant == sex
    if age is None:
        return False
    if condition["limit"]:
        limit = int(condition["limit"])
        return {"<": age < limit, ">": age > limit}.get(
            condition["sign"], age <= limit if condition["sign"][0] in "<≤" else age >= limit
        )
    if condition["from"]:
        return int(condition["from"]) <= age <= int(condition["to"])
    return (age >= _ADULT) == bool(condition["adults"])
