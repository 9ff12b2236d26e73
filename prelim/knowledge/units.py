"""Units of laboratory values: what a printed one is in UCUM, which are commensurable, and values from one in another.

An analyte's molar mass and valence (laboratory/*.yaml) carry a value from mass to moles to equivalents; it is named by
a LOINC code of the table. Arbitrary units are converted to themselves alone: an [IU] of one analyte is no mass, and no
U either, except where the code says that it counts activity, which both do.
"""

import math
from functools import cache
from typing import Any

from prelim.knowledge import ucum
from prelim.knowledge.labs import Analyte, lab_table
from prelim.knowledge.unit_names import ucum_of

__all__ = ["commensurable", "convert", "ucum_of"]
_KINDS_OF_UNIT = ("{FEU}", "{DDU}")
"""Annotations that change what is counted: fibrinogen equivalents weigh about twice the D-dimer itself."""


def convert(value: float, from_ucum: str, to_ucum: str, loinc: str | None = None) -> float | None:
    """`value` in another unit; None where it cannot be done, or the result is not finite.

    With a LOINC code of the table, between mass, moles and equivalents of its analyte too. A unit that is no UCUM
    converts to nothing, not even itself.
    """
    if not math.isfinite(value) or not ucum.valid(from_ucum):
        return None
    converted = value if from_ucum == to_ucum else _converted(value, from_ucum, to_ucum, loinc)
    return converted if converted is not None and math.isfinite(converted) else None


def commensurable(a: str, b: str, loinc: str | None = None) -> bool:
    """Whether values in the one unit can be said in the other (of the analyte that `loinc` names)."""
    return convert(1.0, a, b, loinc) is not None


def _converted(value: float, from_ucum: str, to_ucum: str, loinc: str | None) -> float | None:
    one, target = ucum.quantity(from_ucum), ucum.quantity(to_ucum)
    if one is None or target is None or _counted(from_ucum) != _counted(to_ucum):
        return None
    meaning = lab_table().codes.get(loinc) if loinc else None
    if meaning and meaning.analyte.linear:
        scaled = _scaled(value, from_ucum, to_ucum, meaning.analyte)
        if scaled is not None:
            return scaled
    direct = ucum.in_units_of(value, one, target)
    if direct is not None or meaning is None:
        return direct
    ways = (way for factor in _bridges(meaning.analyte.key, meaning.kind) for way in (one / factor, one * factor))
    return next((found for way in ways if (found := ucum.in_units_of(value, way, target)) is not None), None)


def _counted(code: str) -> tuple[bool, ...]:
    return tuple(kind in code for kind in _KINDS_OF_UNIT)


def _scaled(value: float, from_ucum: str, to_ucum: str, analyte: Analyte) -> float | None:
    scale = analyte.linear
    if scale is None or {from_ucum, to_ucum} != {scale.from_, scale.to}:
        return None
    forward = from_ucum == scale.from_
    return value * scale.scale + scale.offset if forward else (value - scale.offset) / scale.scale


@cache
def _bridges(key: str, kind: str) -> tuple[Any, ...]:
    """What an amount of the analyte is multiplied with or divided by: g/mol, eq/mol, g/eq; IU for U of an activity."""
    analyte = lab_table().analytes[key]
    mass, valence = analyte.molar_mass, analyte.valence
    factors = [mass * ucum.quantity("g/mol")] if mass else []
    factors += [valence * ucum.quantity("eq/mol")] if valence else []
    factors += [mass / valence * ucum.quantity("g/eq")] if mass and valence else []
    return (*factors, ucum.quantity("[IU]/U")) if kind == "activity" else tuple(factors)
