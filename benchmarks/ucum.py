"""UCUM's own cases: validation, conversion, multiplication and division, and the example codes for messaging.

The cases are those of UcumFunctionalTests.xml (edition 2021) and its revision .2.xml, and the table of example codes;
what does not pass is listed in a row's note under its reason.
"""

import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figure import Figure, figure
from prelim.knowledge import ucum

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "ucum"
EDITIONS = {"1": "UcumFunctionalTests.xml", "2": "UcumFunctionalTests.2.xml"}
_WHY = {
    "[mu_0] → g.m.C-2": "a constant that is measured since 2019",
    "m[Hg] → g.s-2.m-1": "pint takes 13.5951 kg/L × standard gravity, UCUM rounds: 3 parts in a million",
    "s/m/mg → s.m-1.g-1": "the other edition says 6300",
    "s/4.m → s/m": "from left to right this is s·m/4",
    "g.m/{hb}m2": "the same edition calls {a}rad2{b} no unit",
    "Torr": "not in UCUM; known as a printed name of mm[Hg]",
    "[pH]": "no value is calculated with a pH",
}
"""Read one by one."""
_NO_NAMES = "no names of units are made: a report shows a unit as printed"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Outcome(NamedTuple):
    """A case, whether it passes, and why not."""

    case: str
    passed: bool
    reason: str = ""


def measure(full: bool, row: str | None = None) -> list[Figure]:
    """One row a kind of case and edition: how many pass, of how many; none where the cases are not there."""
    if not DATA.is_dir():
        return []
    rows = {name: work for name, work in _work().items() if row in (None, name)}
    outcomes = {name: list(work()) for name, work in rows.items()}
    return [_figure(name, some) for name, some in outcomes.items() if some]


def _work() -> dict[str, Callable[[], Iterator[Outcome]]]:
    kinds: dict[str, Callable[[Mapping[str, str]], Outcome]] = {
        "validation": validated,
        "conversion": converted,
        "multiplication": multiplied,
        "division": divided,
        "displayNameGeneration": displayed,
    }
    work: dict[str, Callable[[], Iterator[Outcome]]] = {
        f"{kind}-{edition}": partial(_checked, check, file, kind)
        for edition, file in EDITIONS.items()
        for kind, check in kinds.items()
    }
    work["examples-valid"] = lambda: (Outcome(code, ucum.valid(code), "rejected") for code in example_codes())
    work["examples-calculable"] = lambda: (calculable(code) for code in example_codes())
    return work


def _checked(check: Callable[[Mapping[str, str]], Outcome], file: str, kind: str) -> Iterator[Outcome]:
    return map(check, cases(file, kind))


def cases(file: str, kind: str) -> list[dict[str, str]]:
    """The attributes of the cases of one kind."""
    [path] = DATA.rglob(file)
    return [case.attrib for case in ElementTree.parse(path).getroot().iterfind(f"{kind}/case")]


def example_codes() -> list[str]:
    """Column B of the first sheet of the table of example codes: a workbook is zipped XML."""
    [path] = DATA.rglob("*.xlsx")
    with zipfile.ZipFile(path) as book:
        strings = ["".join(one.itertext()) for one in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        cells = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{_SHEET}c")
        column = [cell for cell in cells if re.fullmatch(r"B\d+", cell.get("r", ""))]
        values = [(cell.get("t"), cell.findtext(f"{_SHEET}v")) for cell in column]
    codes = [strings[int(value)] if kind == "s" else value for kind, value in values if value is not None]
    return codes[1:]


# ------------------------------------------------------------------ one case


def validated(case: Mapping[str, str]) -> Outcome:
    found, expected = ucum.valid(case["unit"]), case["valid"] == "true"
    return Outcome(f"{case['id']} {case['unit']}", found == expected, "rejected" if expected else "accepted")


def converted(case: Mapping[str, str]) -> Outcome:
    one, target = ucum.quantity(case["srcUnit"]), ucum.quantity(case["dstUnit"])
    found = None if one is None or target is None else ucum.in_units_of(float(case["value"]), one, target)
    return _compared(f"{case['id']} {case['srcUnit']} → {case['dstUnit']}", found, case["outcome"])


def multiplied(case: Mapping[str, str]) -> Outcome:
    return _calculated(case, lambda one, other: one * other)


def divided(case: Mapping[str, str]) -> Outcome:
    return _calculated(case, lambda one, other: one / other)


def displayed(case: Mapping[str, str]) -> Outcome:
    return Outcome(f"{case['id']} {case['unit']}", False, _NO_NAMES)


def calculable(code: str) -> Outcome:
    return Outcome(code, ucum.quantity(code) is not None, "no value is calculated with it")


def _calculated(case: Mapping[str, str], operation: Callable[[Any, Any], Any]) -> Outcome:
    one, other, target = (ucum.quantity(case[name]) for name in ("u1", "u2", "uRes"))
    found = ucum.in_units_of(operation(float(case["v1"]), float(case["v2"])), operation(one, other), target)
    return _compared(f"{case['id']} {case['u1']}, {case['u2']}", found, case["vRes"])


def _compared(case: str, found: float | None, outcome: str) -> Outcome:
    """To the digits that the outcome is written with: "25" for 6.3 × 4."""
    if found is None:
        return Outcome(case, False, "not converted")
    digits = max(1, min(12, len(Decimal(outcome).as_tuple().digits)))
    same = abs(found - float(outcome)) <= abs(float(outcome)) * 0.5000001 * 10.0 ** (1 - digits)
    return Outcome(case, same, f"{found:.12g} for {outcome}")


# ------------------------------------------------------------------ the rows


def _figure(name: str, outcomes: list[Outcome]) -> Figure:
    failed: dict[str, list[str]] = {}
    for one in outcomes:
        if not one.passed:
            failed.setdefault(_WHY.get(one.case.split(" ", 1)[-1], one.reason), []).append(one.case.strip())
    listed = "; ".join(f"{reason}: {', '.join(some)}" for reason, some in failed.items())
    passed = sum(one.passed for one in outcomes)
    return figure(name, passed, "cases", more_is_better=True, note=f"of {len(outcomes)}. {listed}".rstrip(". "))
