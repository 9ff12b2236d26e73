"""Lab reports with random results, drawn as PDF."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from examples.patients import draw_report


class _Test(NamedTuple):
    name: str
    unit: str
    low: float
    high: float
    decimals: int
    critical_low: float | None = None
    critical_high: float | None = None


_TESTS = (
    _Test("CRP", "mg/L", 0, 5, 1),
    _Test("WBC", "10^9/L", 4, 10, 1),
    _Test("Hemoglobin", "g/dL", 12, 16, 1, 6.0, None),
    _Test("Platelets", "10^9/L", 150, 400, 0, 15, None),
    _Test("Sodium", "mmol/L", 135, 145, 0, 117, 163),
    _Test("Potassium", "mmol/L", 3.5, 5.1, 1, 2.3, 7.1),
    _Test("Creatinine", "mg/dL", 0.6, 1.2, 2),
    _Test("Glucose", "mg/dL", 70, 99, 0, 35, 540),
)


def draw_labs(path: Path, rng: np.random.Generator, patient: str, day: date) -> None:
    """A lab report of four to eight tests: normal, high, low, and now and then a critical one (flagged HH or LL).

    `patient` is an id, or the whole heading that names the patient.
    """
    count = int(rng.integers(4, len(_TESTS) + 1))
    chosen = [_TESTS[number] for number in sorted(rng.permutation(len(_TESTS))[:count])]
    draw_report(path, patient, day.isoformat(), tuple(_row(rng, test) for test in chosen))


def _row(rng: np.random.Generator, test: _Test) -> tuple[str, ...]:
    """Name, result, unit, reference, flag."""
    width, chance, twice = test.high - test.low, rng.random(), 1
    critical = [value for value in (test.critical_low, test.critical_high) if value is not None]
    if critical and chance < 0.08:
        value, twice = critical[int(rng.integers(len(critical)))], 2
    elif chance < 0.3:
        value = test.high + width * rng.uniform(0.15, 0.8)
    elif chance < 0.45 and test.low:
        value = test.low - min(width, test.low) * rng.uniform(0.1, 0.3)
    else:
        value = test.low + width * rng.uniform(0.1, 0.9)
    flag = twice * ("H" if value > test.high else "L" if value < test.low else "")
    reference = f"{test.low:g}-{test.high:g}" if test.low else f"<{test.high:g}"
    return test.name, f"{value:.{test.decimals}f}", test.unit, reference, flag
