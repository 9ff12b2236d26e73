"""Rows held against rows: pairs, whatever their order; what is read from JSON."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.errors import InputError
from prelim.types import LabResult
from tools.lab_truth import LabTruth, pairs, read_rows

NAMES = ("Sodium", "Potassium", "CRP", "Glucose")
rows = st.builds(
    LabTruth,
    st.sampled_from(NAMES),
    st.integers(1, 4).map(float),
    st.sampled_from([None, "<"]),
    st.sampled_from(["mg/L", "mmol/L"]),
)


def as_read(row: LabTruth) -> LabResult:
    given = {"id": "l", "kind": "numeric", "value_text": str(row.value), "readers": "table"}
    return LabResult.model_validate(
        {**given, "name": row.name, "value": row.value, "unit": row.unit, "comparator": row.comparator}
    )


@settings(max_examples=25)
@given(st.lists(rows, max_size=5), st.randoms())
def test_the_rows_themselves_in_any_order_are_all_found(some: list[LabTruth], order: object) -> None:
    shuffled = list(some)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    for lab, row in pairs([as_read(row) for row in shuffled], some, ("name", "value", "comparator", "unit")):
        assert lab and row and lab.name == row.name and (lab.value, lab.comparator) == (row.value, row.comparator)


@settings(max_examples=25)
@given(st.lists(rows, max_size=5), st.lists(rows, max_size=5))
def test_every_row_stands_in_one_pair(read: list[LabTruth], there: list[LabTruth]) -> None:
    found = list(pairs([as_read(row) for row in read], there))
    assert sum(lab is not None for lab, _ in found) == len(read)
    assert Counter(row for _, row in found if row) == Counter(there)


def test_json_as_the_product_prints_it_or_plain(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{"test": "CRP ", "value": "<5", "unit": "mg/L"}, {"name": "Nitrite", "value": "neg"}]))
    crp, nitrite = read_rows(file)
    assert crp == LabTruth("CRP", 5, "<", "mg/L")
    assert nitrite == LabTruth("Nitrite", None, None, "", value_text="neg")
    file.write_text(json.dumps({"labs": [as_read(crp).model_dump(mode="json")]}))
    assert read_rows(file) == (crp,)


@pytest.mark.parametrize("text", ["no json", "[3]", '{"rows": []}', '[{"name": "CRP"}]', '[{"value": 3}]'])
def test_what_is_no_row_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(InputError) as refused:
        read_rows(tmp_path / "rows.json")
    assert refused.value.code == "bad_truth"
