"""Lab reports with random results, drawn as PDF. Drawing needs reportlab, which the development set-up brings along."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from prelim.documents.values import read_value
from prelim.errors import UnavailableError
from tools.lab_truth import LabTruth

_COLUMNS = {"Test": 50, "Result": 230, "Unit": 300, "Reference": 390, "Flag": 490}
_STREAM = 20261127
"""Sets these sheets apart from others of the same seed."""


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


def drawn_sheet(path: Path, number: int, seed: int) -> tuple[LabTruth, ...]:
    """Draw one of the sheets of a seed, each of another patient, and return its rows."""
    rng = np.random.default_rng([_STREAM, seed, number])
    return draw_labs(path, rng, f"PHANTOM-{number}", date(2025, 1, 1))


def draw_labs(path: Path, rng: np.random.Generator, patient: str, day: date) -> tuple[LabTruth, ...]:
    """A lab report of four to eight tests: normal, high, low, and now and then a critical one (flagged HH or LL).

    `patient` is an id, or the whole heading that names the patient. Returns the rows. UnavailableError library_missing.
    """
    count = int(rng.integers(4, len(_TESTS) + 1))
    chosen = [_TESTS[number] for number in sorted(rng.permutation(len(_TESTS))[:count])]
    rows = tuple(_row(rng, test) for test in chosen)
    draw_report(path, patient, day.isoformat(), rows)
    return tuple(LabTruth(name, read_value(value).value, None, unit) for name, value, unit, *_ in rows)


def draw_report(path: Path, patient: str, day: str, rows: tuple[tuple[str, ...], ...]) -> None:
    """A lab report as a PDF with text. `patient` is an id, or the lines that name the patient."""
    try:
        from reportlab.pdfgen.canvas import Canvas
    except ImportError as error:
        remedy = "Install it: pip install -c constraints.txt reportlab."
        raise UnavailableError("library_missing", "Drawing a lab report needs reportlab.", remedy) from error
    page = Canvas(str(path), invariant=1)
    page.setFont("Helvetica-Bold", 13)
    page.drawString(50, 790, "Laboratory report (drawn example)")
    page.setFont("Helvetica", 10)
    for number, line in enumerate(reversed((patient if ":" in patient else f"Patient ID: {patient}").splitlines())):
        page.drawString(50, 768 + 11 * number, line)
    page.drawString(50, 752, f"Collected: {day}")
    for number, cells in enumerate((tuple(_COLUMNS), *rows)):
        for x, text in zip(_COLUMNS.values(), cells, strict=True):
            page.drawString(x, 720 - 18 * number, text)
    page.save()


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
