"""Drawn lab tables: the lines that the product sends (prelim/prompts/labs.yaml) and the row they hold."""

from typing import NamedTuple

import numpy as np

from prelim.models.answers import CELL_SEPARATOR, LabRowAnswer
from prelim.models.phantom.wording import choose

Rng = np.random.Generator


class Analyte(NamedTuple):
    """A common test: unit, reference range and the decimals it is printed with."""

    name: str
    unit: str
    low: float
    high: float
    decimals: int


ANALYTES = tuple(
    Analyte(*row)
    for row in (
        ("Hemoglobin", "g/dL", 12, 16, 1),
        ("Hematocrit", "%", 36, 48, 1),
        ("WBC", "10^9/L", 4, 10, 1),
        ("Leukocytes", "10^9/L", 4, 10, 1),
        ("Neutrophils", "10^9/L", 2, 7.5, 1),
        ("Lymphocytes", "10^9/L", 1, 4, 1),
        ("Platelets", "10^9/L", 150, 400, 0),
        ("Sodium", "mmol/L", 135, 145, 0),
        ("Potassium", "mmol/L", 3.5, 5.1, 1),
        ("Chloride", "mmol/L", 98, 107, 0),
        ("Bicarbonate", "mmol/L", 22, 29, 0),
        ("Creatinine", "mg/dL", 0.6, 1.2, 2),
        ("Urea", "mg/dL", 15, 45, 0),
        ("eGFR", "mL/min", 60, 120, 0),
        ("CRP", "mg/L", 0, 5, 1),
        ("Procalcitonin", "ng/mL", 0, 0.5, 2),
        ("Glucose", "mg/dL", 70, 110, 0),
        ("HbA1c", "%", 4, 5.6, 1),
        ("ALT", "U/L", 5, 40, 0),
        ("AST", "U/L", 5, 40, 0),
        ("GGT", "U/L", 8, 61, 0),
        ("LDH", "U/L", 135, 225, 0),
        ("Lactate", "mmol/L", 0.5, 2, 1),
        ("Troponin", "ng/L", 0, 14, 0),
        ("BNP", "pg/mL", 0, 100, 0),
        ("NT-proBNP", "pg/mL", 0, 125, 0),
        ("Albumin", "g/dL", 3.5, 5, 1),
        ("Bilirubin", "mg/dL", 0.2, 1.2, 1),
        ("Calcium", "mg/dL", 8.5, 10.5, 1),
        ("Magnesium", "mmol/L", 0.7, 1.1, 2),
        ("INR", "", 0.8, 1.2, 1),
        ("D-dimer", "mg/L", 0, 0.5, 2),
        ("Ferritin", "ng/mL", 30, 300, 0),
        ("TSH", "mU/L", 0.4, 4, 2),
        ("ESR", "mm/h", 0, 20, 0),
    )
)
_HEADERS = {
    "name": ("Test", "Test", "Analyte", "Component", "Name", "Parameter"),
    "value": ("Result", "Result", "Value"),
    "unit": ("Unit", "Unit", "Units"),
    "reference": ("Reference", "Reference", "Reference range", "Normal range", "Range"),
    "flag": ("Flag", "Flag", "Abnormal"),
    "previous": ("Previous",),
}
_ORDER = ("name", "value", "unit", "reference", "flag")
_WORDS = ("negative", "positive", "not detected")


def table(rng: Rng, usual: bool = False, drill: bool = False) -> tuple[str, LabRowAnswer]:
    """A header and a result line, and what it holds. `usual`: the common layout, for first lessons.

    `drill`: a test that does not exist, so that nothing can be known and everything must be copied.
    """
    columns = list(_ORDER) if usual or rng.random() < 0.4 else _columns(rng)
    header = {column: _HEADERS[column][0] if usual else choose(rng, _HEADERS[column]) for column in columns}
    cells = _row(rng, _invented(rng) if drill else _analyte(rng))
    lines = [CELL_SEPARATOR.join(printed[c] for c in columns) for printed in (header, cells)]
    return "\n".join(lines), LabRowAnswer(**{k: cells[k] if k in columns else "" for k in _ORDER})


def _columns(rng: Rng) -> list[str]:
    """Name and result always; the others come and go, the order varies, the name mostly first."""
    columns = ["name", "value"]
    columns += [column for column in ("unit", "reference", "flag") if rng.random() < 0.8]
    if rng.random() < 0.5:
        tail = columns[1:]
        rng.shuffle(tail)
        columns = ["name", *tail]
    if rng.random() < 0.08:
        rng.shuffle(columns)
    if rng.random() < 0.25:
        columns.insert(int(rng.integers(2, len(columns) + 1)), "previous")
    return columns


def _analyte(rng: Rng) -> Analyte:
    known = ANALYTES[int(rng.integers(len(ANALYTES)))]
    return known._replace(name=_made_up(rng)) if rng.random() < 0.15 else known


def _invented(rng: Rng) -> Analyte:
    unit, decimals = ANALYTES[int(rng.integers(len(ANALYTES)))].unit, int(rng.integers(0, 3))
    low = round(float(np.exp(rng.uniform(np.log(0.2), np.log(300)))), decimals)
    high = round(low * rng.uniform(1.2, 3) + 10.0**-decimals, decimals)
    return Analyte(_made_up(rng), unit, low, high, decimals)


def _made_up(rng: Rng) -> str:
    """A name the model cannot know: copying must not depend on the list."""
    word = "".join(chr(97 + int(c)) for c in rng.integers(0, 26, int(rng.integers(3, 8))))
    return word.upper() if rng.random() < 0.3 else word.capitalize()


def _row(rng: Rng, analyte: Analyte) -> dict[str, str]:
    dash, flags = choose(rng, ("-", " - ")), choose(rng, ("HL", "HL", "HH", "*"))
    low, high, decimals = analyte.low, analyte.high, analyte.decimals
    value, previous = np.maximum(10.0**-decimals, rng.uniform(low * 0.5, high * 1.8, 2))
    text, reference, unit = f"{value:.{decimals}f}", _reference(rng, low, high, dash), analyte.unit
    flag = _flag(value, low, high, flags)
    kind = rng.random()
    if kind < 0.06:
        text, flag = choose(rng, (f"<{low or high / 10:g}", f">{high * 10:g}")), ""
    elif kind < 0.1:
        text, flag, reference = choose(rng, _WORDS), "", choose(rng, ("negative", ""))
    elif kind < 0.12:
        text, flag = "", ""
    elif kind < 0.15:
        unit = ""
    cells = {"name": analyte.name, "value": text, "unit": unit, "reference": reference, "flag": flag}
    return {**cells, "previous": f"{previous:.{decimals}f}"}


def _reference(rng: Rng, low: float, high: float, dash: str) -> str:
    """`0.6-1.2`, `0.6 - 1.2`; one-sided where the range begins at zero, and sometimes elsewhere."""
    kind = rng.random()
    if kind < 0.04:
        return f">{dash.strip('-')[:1]}{low:g}"
    if kind < (0.54 if not low else 0.08):
        return f"<{dash.strip('-')[:1]}{high:g}"
    return f"{low:g}{dash}{high:g}"


def _flag(value: float, low: float, high: float, style: str) -> str:
    """H or L; HH or LL far outside, where the laboratory prints them; or a star for both."""
    flag = "H" if value > high else "L" if value < low else ""
    if style == "HH" and (value > 1.4 * high or value < 0.7 * low):
        return 2 * flag
    return "*" if style == "*" and flag else flag
