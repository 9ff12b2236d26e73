"""FHIR R4's data types as plain values: codes, moments, quantities as printed, reference ranges.

Source: HL7 FHIR R4, 2.24 Data Types. Numbers keep their text, so that 1.90 stays "1.90".
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from prelim.documents.values import Comparator, read_value
from prelim.types import Reference

Json = Mapping[str, Any]
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


class Unusable(ValueError):
    """A valid resource that says what no result can hold. Its words end the sentence "Observation holds …"."""


class Measured(NamedTuple):
    """A value: its kind, number and comparator, its text as printed, its unit as printed and in UCUM."""

    kind: Any
    value: float | None
    comparator: Comparator | None
    text: str
    unit: str = ""
    ucum: str | None = None


def concept(item: Json | None) -> str:
    """A CodeableConcept in words: its text, else its first display or code."""
    if not item:
        return ""
    shown = [coding.get("display") or coding.get("code") for coding in item.get("coding", ())]
    return str(item.get("text") or next(filter(None, shown), ""))


def code_of(item: Json | None, system: str) -> str | None:
    """The first code of a system."""
    codings = item.get("coding", ()) if item else ()
    return next((str(c["code"]) for c in codings if c.get("system") == system and c.get("code")), None)


def codes(items: Json | Sequence[Json] | None) -> set[str]:
    """Every code, and every text, of one or several concepts, in lower case."""
    several = [items] if isinstance(items, Mapping) else items or []
    found = {str(coding.get("code", "")).lower() for item in several for coding in item.get("coding", ())}
    return (found | {str(item.get("text", "")).lower() for item in several}) - {""}


def moment(resource: Json, *names: str) -> str | None:
    """The first of some fields that holds a time: a dateTime as written, a Period's start."""
    for name in names:
        value = resource.get(name)
        value = value.get("start") or value.get("end") if isinstance(value, Mapping) else value
        if value:
            return str(value)
    return None


def day(moment: str | None) -> str | None:
    """The day of a moment as it is written; FHIR allows a year or a month alone."""
    return moment[:10] if moment else None


def measured(resource: Json) -> Measured | None:
    """The value[x] of an Observation or of a component of one; None where it has none."""
    if "valueQuantity" in resource:
        return _quantity(resource["valueQuantity"])
    if "valueRatio" in resource:
        parts = (resource["valueRatio"].get(name, {}) for name in ("numerator", "denominator"))
        return Measured("text", None, None, ":".join(f"{_sign(part)}{part.get('value', '')!s}" for part in parts))
    if "valueRange" in resource:
        low, high = (resource["valueRange"].get(name, {}) for name in ("low", "high"))
        unit = str(low.get("unit") or high.get("unit") or "")
        return Measured("text", None, None, f"{low.get('value', '')!s}-{high.get('value', '')!s}", unit)
    return next(_worded(resource), None)


def _worded(resource: Json) -> Iterator[Measured]:
    """Values without a unit: words, yes and no, whole numbers, and why there is none."""
    if "valueCodeableConcept" in resource:
        yield _text(concept(resource["valueCodeableConcept"]))
    for name in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if name in resource:
            yield _text(str(resource[name]))
    if "valueBoolean" in resource:
        yield Measured("qualitative", None, None, "yes" if resource["valueBoolean"] else "no")
    if "dataAbsentReason" in resource:
        yield Measured("text", None, None, f"no value ({concept(resource['dataAbsentReason'])})")


def _text(text: str) -> Measured:
    printed = read_value(text)
    return Measured(printed.kind, printed.value, printed.comparator, text)


def _quantity(item: Json) -> Measured | None:
    if item.get("value") is None:
        return None
    sign: Comparator | None = _sign(item) or None
    ucum = str(item["code"]) if item.get("system") == UCUM and item.get("code") else None
    unit = str(item.get("unit") or item.get("code") or "")
    return Measured("numeric", _number(item), sign, f"{sign or ''}{item['value']!s}", unit, ucum)


def _sign(item: Json) -> Any:
    """Source: HL7 FHIR R4, value set quantity-comparator, which is required."""
    sign = item.get("comparator", "")
    if sign and sign not in get_args(Comparator):
        raise Unusable("a comparator that FHIR does not know")
    return sign


def _number(item: Json | None) -> float | None:
    """The value of a quantity, if it has one."""
    if not item or item.get("value") is None:
        return None
    number = float(item["value"])
    if not math.isfinite(number):
        raise Unusable("a number that is too large")
    return number


def reference(resource: Json) -> Reference:
    """The reference range. Of several none is chosen: all are in its text, each with whom it is for."""
    ranges = resource.get("referenceRange") or []
    printed = [_range_text(item) for item in ranges]
    if len(ranges) != 1:
        return Reference(text="; ".join(filter(None, printed)))
    [item] = ranges
    return Reference(
        low=_number(item.get("low")),
        high=_number(item.get("high")),
        text=printed[0],
        applies_to=_applies_to(item) or None,
    )


def _range_text(item: Json) -> str:
    low, high = (item.get(name, {}).get("value") for name in ("low", "high"))
    between = f"{low!s}-{high!s}" if low is not None and high is not None else ""
    one = f">= {low!s}" if low is not None else f"<= {high!s}" if high is not None else ""
    text = str(item.get("text") or between or one)
    return f"{_applies_to(item)}: {text}" if _applies_to(item) and not item.get("text") else text


def _applies_to(item: Json) -> str:
    whom = [concept(one) for one in item.get("appliesTo", ())]
    ages = [str(item["age"][end]["value"]) for end in ("low", "high") if item.get("age", {}).get(end, {}).get("value")]
    return " ".join([*filter(None, whom), *([f"age {'-'.join(ages)}"] if ages else [])])
