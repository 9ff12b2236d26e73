"""`prelim evaluate labs`: documents beside their rows, F1 as computed by hand."""

import json
from pathlib import Path

import pytest

from app import Prelim
from graphs.evaluate_labs import Counts, counts_of, figures
from prelim.errors import InputError
from prelim.types import LabResult
from tools.lab_truth import LabTruth

CSV = "Test,Result,Unit,Reference\nSodium,138,mmol/L,135-145\nCRP,<5,mg/L,<5\nPotassium,4.1,mmol/L,3.5-5.1\n"
ROWS = [
    {"name": "Sodium", "value": 138, "unit": "mmol/L"},
    {"name": "CRP", "value": "<5", "unit": "mg/L"},
    {"name": "Potassium", "value": 4.1, "unit": "mmol/L"},
]


def lab(name: str, value: float, unit: str, comparator: str | None = None) -> LabResult:
    given = {"id": "l", "kind": "numeric", "value_text": f"{value}", "readers": "table"}
    return LabResult.model_validate({**given, "name": name, "value": value, "unit": unit, "comparator": comparator})


def pair(folder: Path, name: str, text: str, rows: object) -> None:
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")


def test_f1_by_hand() -> None:
    """One report of three rows: one right, one with another unit, one with another value, one invented: four read."""
    truth = [
        LabTruth("Sodium", 138, None, "mmol/L"),
        LabTruth("Glucose", 99, None, "mg/dL"),
        LabTruth("CRP", 5, "<", "mg/L"),
    ]
    read = [
        lab("Sodium", 138, "mmol/L"),
        lab("Glucose", 99, "mmol/L"),
        lab("CRP", 5, "mg/L"),
        lab("Ferritin", 30, "ug/L"),
    ]
    first = counts_of("a", read, truth)
    assert first == Counts("a", 4, 3, {"name": 3, "value": 2, "unit": 2, "row": 1})
    second = counts_of("b", [lab("Sodium", 140, "mmol/L")], [LabTruth("Sodium", 140, None, "mmol/L")])
    found = {(one.name, one.label): one.value for one in figures([first, second], seed=1)}
    # rows: 2 right of 5 read and 4 there
    assert found["micro_f1", None] == pytest.approx(2 * 2 / (5 + 4))
    assert found["macro_f1", None] == pytest.approx((2 * 1 / (4 + 3) + 1) / 2)
    assert found["precision", None] == pytest.approx(2 / 5) and found["recall", None] == pytest.approx(2 / 4)
    assert found["f1", "name"] == pytest.approx(2 * 4 / 9) and found["f1", "value"] == pytest.approx(2 * 3 / 9)


def test_a_folder_of_pairs_is_read_as_the_product_reads_them(prelim: Prelim, tmp_path: Path) -> None:
    pair(tmp_path, "right", CSV, ROWS)
    pair(tmp_path, "wrong", CSV.replace("138", "183"), {"labs": ROWS})
    (tmp_path / "alone.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "nothing.json").write_text("[]", encoding="utf-8")
    pair(tmp_path, "odd", CSV, [{"name": "Sodium"}])
    found = prelim.evaluate("labs", tmp_path)
    assert found.counts == {"reports": 2, "rows read": 6, "rows there": 6}
    assert found.metric("micro_f1").value == pytest.approx(5 / 6) == found.metric("macro_f1").value
    assert found.metric("f1", "name").value == 1 and found.metric("f1", "value").value == pytest.approx(5 / 6)
    assert {one.image: one.code for one in found.problems} == {
        "nothing.json": "no_document",
        "odd.json": "bad_truth",
        "alone.csv": "no_truth",
    }
    assert str(tmp_path) not in found.model_dump_json()


def test_drawn_reports_are_the_same_for_the_same_seed(prelim: Prelim) -> None:
    found = prelim.evaluate("labs", "phantom", drawn=3, seed=5)
    assert found == prelim.evaluate("labs", "phantom", drawn=3, seed=5)
    assert found.counts["reports"] == 3 and found.counts["rows there"] >= 12
    assert (found.metric("micro_f1").value or 0) > 0.9


def test_a_folder_without_pairs_is_refused_by_name(prelim: Prelim, tmp_path: Path) -> None:
    for data, code in ((tmp_path, "no_example"), (tmp_path / "absent", "not_found")):
        with pytest.raises(InputError) as refused:
            prelim.evaluate("labs", data)
        assert refused.value.code == code
