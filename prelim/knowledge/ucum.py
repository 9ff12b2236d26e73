"""UCUM, the code of units (ucum.org): which strings are units, and what they measure. A layer over ucumvert.

Three differences from ucumvert, each for what UCUM says. Arbitrary units ([IU], [arb'U] …) are commensurable with
themselves alone. An equivalent is no mole: how many it is depends on the ion's valence. A number has no exponent
("10+3" is no unit).
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import yaml

_LONGEST = 100
_NUMBER_WITH_EXPONENT = re.compile(r"(?:^|[./(])\d+[+-]\d")
_ANNOTATION = re.compile(r"\{[^}]*\}")
_VAST = re.compile(r"[A-Za-z\]*^][+-]?\d{3,}")
"""A power of three digits: 10*99999999 is a valid unit, and a number that takes minutes to write."""
_LOCK = RLock()
"""One at a time: neither the parser nor the registry says that threads may share it."""


def valid(code: str) -> bool:
    """Whether a string is a UCUM unit, in the case-sensitive form; "" is the unity. Loads the grammar, .2 s, once."""
    from lark.exceptions import LarkError

    if not code or len(code) > _LONGEST or not code.isascii() or _NUMBER_WITH_EXPONENT.search(code):
        return not code
    try:
        _tree(code)
    except LarkError:
        return False
    return True


@lru_cache(maxsize=4096)
def quantity(code: str) -> Any:
    """One of a unit, as a pint quantity of this module's registry; None where no value can be calculated with it.

    An annotation alone is the unity. Loads the registry, .4 s, once.
    """
    import pint
    from lark.exceptions import VisitError

    if not valid(code) or _VAST.search(_ANNOTATION.sub("", code)):
        return None
    with _LOCK:
        registry, transformer = _registry()
        try:
            one = transformer.transform(_tree(code)) if code else registry.Quantity(1)
        except VisitError as error:
            if isinstance(error.orig_exc, (pint.UndefinedUnitError, pint.OffsetUnitCalculusError, TypeError)):
                return None
            raise
        return registry.Quantity(1) if isinstance(one, str) else registry.Quantity(one)


def in_units_of(value: float, one: Any, target: Any) -> float | None:
    """`value` times the quantity `one` as a multiple of `target`; None where they measure different things.

    None too beyond the reach of a float.
    """
    import pint

    with _LOCK:
        registry, _ = _registry()
        try:
            return float(
                registry.Quantity(value * one.magnitude, one.units).to(target.units).magnitude / target.magnitude
            )
        except (pint.DimensionalityError, pint.OffsetUnitCalculusError, OverflowError, ZeroDivisionError):
            return None


@lru_cache(maxsize=4096)
def _tree(code: str) -> Any:
    with _LOCK:
        return _parser().parse(code)


@cache
def _parser() -> Any:
    from ucumvert import get_ucum_parser

    return get_ucum_parser()


@cache
def _registry() -> tuple[Any, Any]:
    """A registry of its own, not the application's that ucumvert changes."""
    import pint
    import ucumvert

    own = frozenset(yaml.safe_load((Path(__file__).parent / "units.yaml").read_text(encoding="utf-8"))["own_dimension"])
    lines = (Path(ucumvert.__file__).parent / "pint_ucum_defs.txt").read_text(encoding="utf-8").splitlines()
    registry: Any = pint.UnitRegistry()
    registry.load_definitions([_own_dimension(line, own) for line in lines])
    return registry, ucumvert.UcumToPintTransformer(ureg=registry)


def _own_dimension(line: str, own: frozenset[str]) -> str:
    """A definition as 1 or as a mole, made a dimension of its own where UCUM calls the unit arbitrary."""
    name, equals, rest = line.partition(" = ")
    if not equals or name not in own:
        return line
    _, _, aliases = rest.partition(" = ")
    return f"{name} = [{name}]" + (f" = {aliases}" if aliases else "")
