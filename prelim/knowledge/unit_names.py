"""Units as they are printed, read into UCUM; and what kind of quantity a unit tells. The words are in units.yaml."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from prelim.knowledge.ucum import valid

_LONGEST = 40
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(r"^(?:[x*.]\s*)?10\s*(?:\*\*|[\^*xeE]|exp\s?)?\s*\(?(3|4|6|9|12)\)?(?:\s*cells)?$")
_NO_UNIT = re.compile(r"[A-Z]|[\d.,]+|n/a", re.I)
"""One letter is a flag, a number a value, "N/A" nothing: UCUM would have henry, a factor, newton per ampere of them."""
_COMPOUND = re.compile(r"[/\[{*%]")
"""A word alone is seldom a unit on a lab report, if UCUM has it or not: "nd" is a nanoday."""


class Spellings(NamedTuple):
    """Printed forms of something, by UCUM code: as written, and in small letters where that is not ambiguous."""

    exact: Mapping[str, str]
    small: Mapping[str, str]

    def code(self, printed: str) -> str | None:
        """The UCUM code of a printed form, None where it is not known."""
        return self.exact.get(printed, self.small.get(printed.lower()))


class UnitTable(NamedTuple):
    numerators: Spellings
    denominators: Spellings
    whole: Spellings
    properties: Mapping[str, str]
    families: Mapping[str, str]


@lru_cache(maxsize=4096)
def ucum_of(printed: str) -> str | None:
    """A printed unit as UCUM; "1" where nothing is printed, None where it is not known.

    Known spellings come first, for some are valid UCUM of another meaning: "G/l" is a count, not gauss per litre.
    Spellings of one unit come out alike ("mg/dl" is "mg/dL"); other valid UCUM stays as it is.
    """
    text = _plain(printed)
    if text in ("", "1"):
        return "1"
    if len(text) > _LONGEST or (_NO_UNIT.fullmatch(text) and text not in unit_table().whole.exact):
        return None
    return _known(text) or _known(text.strip("[]()")) or _as_it_is(text)


def property_of(ucum: str) -> str | None:
    """The kind of quantity that a unit tells (a key of `properties` in units.yaml); None where it is not known."""
    return unit_table().properties.get(ucum)


def family_of(property: str) -> str:
    """Properties that an analyte's molar mass joins are one family: mass and molar concentration."""
    return unit_table().families.get(property, property)


def _known(text: str) -> str | None:
    return unit_table().whole.code(text) or _composed(text)


def _as_it_is(text: str) -> str | None:
    return text if _COMPOUND.search(text) and valid(text) else None


def _composed(text: str) -> str | None:
    """A numerator over denominators. "mg/g creat" has a space in its denominator, "x 10^3 / uL" in other places."""
    table = unit_table()
    first, *rest = (part.strip() for part in text.split("/"))
    below = [table.denominators.code(part) for part in rest]
    if not rest or any(part is None for part in below):
        return None
    denominator = "".join(f"/{part}" for part in below)
    power = _POWER.match(first)
    if power:
        return f"10*{power.group(1)}{denominator}"
    together = table.whole.exact.get(first + denominator)
    above = table.numerators.code(first)
    return together or (None if above is None else above + denominator)


def _plain(printed: str) -> str:
    """One spelling of micro, powers, spaces and "per"; full-width and other compatible forms in ASCII."""
    text = re.sub(r"(?<=10)([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda found: "^" + found.group().translate(_SUPERSCRIPTS), printed)
    text = unicodedata.normalize("NFKC", text).replace("μ", "u").replace("·", ".").replace("×", "x")
    text = text.replace("⁄", "/").replace("∕", "/").replace("ˆ", "^").replace("−", "-")
    text = re.sub(r"\s+(?:per|pro|por|par)\s+", "/", " ".join(text.split()), flags=re.I)
    return re.sub(r"(?<=m)\^(?=[23])", "", re.sub(r"\s*/\s*", "/", text))


# ------------------------------------------------------------------ the table


@cache
def unit_table() -> UnitTable:
    """The table in units.yaml."""
    data = yaml.safe_load((Path(__file__).parent / "units.yaml").read_text(encoding="utf-8"))
    composed = {
        above + "".join(f"/{part}" for part in below.split("/")): name
        for name, kind in data["properties"].items()
        for above in kind.get("of", ())
        for below in kind.get("per", ())
    }
    listed = {unit: name for name, kind in data["properties"].items() for unit in kind.get("units", ())}
    families = {name: kind["family"] for name, kind in data["properties"].items() if "family" in kind}
    return UnitTable(
        numerators=_spellings(data["numerators"]),
        denominators=_spellings(data["denominators"]),
        whole=_spellings(data["whole"]),
        properties=composed | listed,
        families=families,
    )


def _spellings(entries: Mapping[str, Iterable[str]]) -> Spellings:
    exact: dict[str, str] = {}
    for code, forms in entries.items():
        for form in (code, *forms):
            exact[_plain(str(form))] = code
    meanings: dict[str, set[str]] = {}
    for form, code in exact.items():
        meanings.setdefault(form.lower(), set()).add(code)
    return Spellings(exact, {form: codes.pop() for form, codes in meanings.items() if len(codes) == 1})
