"""The figures that a sentence names: its numbers, with the unit that follows, and its vague counts."""

import re
from functools import lru_cache
from typing import NamedTuple

from agents.dates import without_dates
from prelim.knowledge.unit_names import ucum_of
from prelim.knowledge.wording import wording

_NUMBER = re.compile(
    r"(?<![A-Za-z\d.,])(?<![A-Za-z]/)(?:\d{1,3}(?:[\u00a0\u2009\u202f']\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)(?:[eE][+-]?\d{1,2}(?!\w))?"
)
_POWER = re.compile(r"(?:[x×*·]\s*)?\b10\s*(?:(?:\^|\*\*?|[eE])\s*\(?\d{1,2}\)?|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)\s*/\s*[A-Za-zµμ]+")
_UNIT = re.compile(r"[\s-]?\s?(%|°\s?[CF]|[A-Za-zµμ]+(?:\s?/\s?[A-Za-z\d.µμ]+)*(?:[²³]|\^\d)?)")
_PER = re.compile(r"([A-Za-zµμ]+)\s+per\s+([A-Za-z]+)", re.I)
_LENGTHS = {
    1.0: ("mm", "millimetre", "millimeter", "millimetres", "millimeters"),
    10.0: ("cm", "centimetre", "centimeter", "centimetres", "centimeters"),
    1000.0: ("m", "metre", "meter", "metres", "meters"),
    0.001: ("µm", "μm", "um", "micron", "microns", "micrometre", "micrometer"),
    25.4: ("in", "inch", "inches"),
}
_MM = {name: factor for factor, names in _LENGTHS.items() for name in names if name != "in"}
_SPANS = ("day", "week", "month", "year", "hour", "minute")
_TIMES = re.compile(r"\s*(?:[x×*–-]|by|to|and)\s*", re.I)
"""What joins numbers that share the unit behind the last: "3 x 4 cm", "2 to 3 mm"."""


class Figure(NamedTuple):
    """A number at [start, end) of a text. `unit` is UCUM or a span of time; a length is said in `mm` as well.

    `in_words`: a count written out.
    """

    start: int
    end: int
    number: float
    unit: str | None = None
    mm: float | None = None
    in_words: bool = False


@lru_cache(4096)
def figures_in(text: str) -> tuple[Figure, ...]:
    """Every number of a text that is no date and no part of a name (B12) or of a unit (10^9/L), in order."""
    plain = _POWER.sub(lambda power: " " * len(power.group()), without_dates(text))
    found = [_figure(match.start(), match.end(), as_number(match.group()), text) for match in _NUMBER.finditer(plain)]
    written = [
        _figure(match.start(), match.end(), wording().numbers[match.group()], text, True)
        for match in wording().number.finditer(plain.lower())
    ]
    return tuple(_sharing(sorted([*found, *written]), text))


def numbers_in(text: str) -> list[float]:
    """Every number of a text, in order."""
    return [figure.number for figure in figures_in(text)]


def _figure(start: int, end: int, number: float, text: str, in_words: bool = False) -> Figure:
    unit, factor = unit_at(text, end)
    return Figure(start, end, number, unit, None if factor is None else round(number * factor, 9), in_words)


def unit_at(text: str, place: int) -> tuple[str | None, float | None]:
    """The unit that stands at a place of a text, and how many millimetres it is if a length; None if there is none."""
    power = _POWER.match(text, place + len(text[place:]) - len(text[place:].lstrip()))
    if power:
        return ucum_of(power.group()), None
    match = _UNIT.match(text, place)
    if match is None:
        return None, None
    per = _PER.match(text, match.start(1))
    printed = f"{per.group(1)}/{per.group(2)}" if per else match.group(1)
    word = printed.lower()
    if word in _MM:
        return "mm", _MM[word]
    span = word.removesuffix("s")
    return (span, None) if span in _SPANS else (_unit_of(printed), None)


def _unit_of(printed: str) -> str | None:
    """A printed unit as UCUM; a word that is none of the usual units is none, though UCUM may have it."""
    code = ucum_of(printed)
    return code if code not in ("1", None) else None


def _sharing(figures: list[Figure], text: str) -> list[Figure]:
    """The figures, those before an "x" or a dash with the unit of the one behind."""
    done = list(figures)
    for index in range(len(done) - 2, -1, -1):
        one, behind = done[index], done[index + 1]
        if one.unit is None and behind.unit and _TIMES.fullmatch(text, one.end, behind.start):
            scale = behind.mm / behind.number if behind.mm is not None and behind.number else None
            mm = None if scale is None else round(one.number * scale, 9)
            done[index] = one._replace(unit=behind.unit, mm=mm)
    return done


def counts_in(text: str) -> list[str]:
    """The vague counts of a text: "multiple", "several", "a pair of"."""
    return [match.group() for match in wording().counts.finditer(text.lower())]


@lru_cache(4096)
def as_number(printed: str) -> float:
    """A printed number: a comma before three digits groups, any other is decimal; so do a thin space and a '."""
    plain = re.sub(r"[\s']", "", printed)
    mantissa, mark, power = plain.lower().partition("e")
    if re.fullmatch(r"\d+,(?:\d{1,2}|\d{4,})", mantissa) or re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|0,\d+", mantissa):
        mantissa = mantissa.replace(".", "").replace(",", ".")
    mantissa = mantissa.replace(",", "")
    head, _, tail = mantissa.rpartition(".")
    value = float(f"{head.replace('.', '')}.{tail}" if head else mantissa)
    return value * 10 ** int(power) if mark else value
