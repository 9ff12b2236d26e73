"""A calibration's entry as a test needs it."""

from typing import Any

from prelim.models.calibration import Entry
from prelim.models.metrics import Measured
from tools.probing import wording_of

HELD_OUT = Measured(
    n=40,
    positives=20,
    true_present=18,
    false_present=1,
    true_absent=17,
    false_absent=0,
    sensitivity=1.0,
    specificity=17 / 18,
    f1=36 / 37,
    abstention=0.1,
    ece=0.05,
    brier=0.04,
)


def entry(**given: Any) -> Entry:
    """An entry of the lung opacity on films; what is given instead."""
    table, label = given.get("table", "chest_xray"), given.get("label", "lung_opacity")
    usual = {
        "model": "0" * 64,
        "table": table,
        "label": label,
        "wording": wording_of(table, label),
        "temperature": 1.5,
        "present_above": 0.7,
        "absent_below": 0.3,
        "fitted_on": 50,
        "positives": 25,
        "fitted": "2026-03-01",
        "held_out": HELD_OUT,
    }
    return Entry(**{**usual, **given})
