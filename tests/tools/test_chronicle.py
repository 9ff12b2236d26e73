"""Documents into a patient's history: typed records, each once, and nothing of another patient's."""

import json
from pathlib import Path

import pytest

from examples import record
from prelim.errors import InputError, RefusedError
from tests.conftest import EXAMPLES
from tools.chronicle import add_documents
from tools.tool import Context


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record.bundle()))
    return file


def held(context: Context, patient: str) -> list[tuple[str, str | None, str]]:
    return sorted((r.type, r.date, r.title) for r in context.history.records(context.key_of(patient)))


def test_an_export_becomes_typed_records(context: Context, export: Path) -> None:
    found = add_documents(context, "EXAMPLE-1", [export], as_patient=False)
    assert found.added == 9 and found.warnings == ()
    records = context.history.records(context.key_of("EXAMPLE-1"), types=("lab",))
    assert [(r.date, r.title, r.value, r.unit, r.loinc) for r in records] == [
        ("2023-11-08", "Hemoglobin", 13.1, "g/dL", "718-7"),
        *sorted(
            [
                ("2024-02-20", "CRP", 3.1, "mg/L", "1988-5"),
                ("2024-02-20", "Creatinine", 78.0, "umol/L", "14682-9"),
                ("2024-02-20", "Hemoglobin", 12.6, "g/dL", "718-7"),
            ],
            key=lambda row: [r.title for r in records].index(row[1], 1),
        ),
    ]
    assert [type for type, _, _ in held(context, "EXAMPLE-1")].count("medication") == 2


def test_the_same_export_again_adds_nothing(context: Context, export: Path, tmp_path: Path) -> None:
    add_documents(context, "EXAMPLE-1", [export], as_patient=False)
    before = held(context, "EXAMPLE-1")
    other = tmp_path / "again.json"
    other.write_text(json.dumps(record.bundle(), indent=3))  # other bytes, the same record
    assert add_documents(context, "EXAMPLE-1", [export, other], as_patient=False).added == 0
    assert held(context, "EXAMPLE-1") == before


def test_another_patients_export_is_refused_unless_it_is_said_to_be_theirs(context: Context, export: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        add_documents(context, "SOMEBODY", [export], as_patient=False)
    assert caught.value.code == "patient_mismatch" and held(context, "SOMEBODY") == []
    assert add_documents(context, "SOMEBODY", [export], as_patient=True).added == 9


def test_one_foreign_file_keeps_all_out(context: Context, export: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "note.txt"
    foreign.write_text("Patient ID: OTHER\nNote date: 2025-01-01\nStable.")
    with pytest.raises(RefusedError):
        add_documents(context, "EXAMPLE-1", [export, foreign], as_patient=False)
    assert held(context, "EXAMPLE-1") == []


def test_a_bad_resource_is_told_and_the_rest_is_added(context: Context, export: Path) -> None:
    changed = record.bundle()
    del changed["entry"][1]["resource"]["subject"]
    export.write_text(json.dumps(changed))
    found = add_documents(context, "EXAMPLE-1", [export], as_patient=False)
    assert found.added == 8
    [warning] = found.warnings
    assert "Observation names no patient" in warning and "/entry/1/resource" in warning


def test_a_lab_report_leaves_its_results(context: Context) -> None:
    report = EXAMPLES / "growing-opacity" / "labs-2025-03-14.pdf"
    assert add_documents(context, "EXAMPLE-1", [report], as_patient=False).added == 8
    records = context.history.records(context.key_of("EXAMPLE-1"), types=("lab",))
    assert {(r.title, r.value) for r in records} >= {("CRP", 87.0), ("Procalcitonin", 0.05)}


def test_a_report_leaves_its_findings(context: Context) -> None:
    report = EXAMPLES / "growing-opacity" / "report-2025-01-03.txt"
    add_documents(context, "EXAMPLE-1", [report], as_patient=False)
    findings = context.history.records(context.key_of("EXAMPLE-1"), types=("finding",))
    said = {(r.data["label"], r.data["laterality"], r.data["state"]) for r in findings}
    assert ("lung_opacity", "right", "present") in said and ("pleural_effusion", None, "absent") in said


def test_what_holds_no_document_says_so(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "film.dcm"
    file.write_bytes((EXAMPLES / "growing-opacity" / "film-2025-01-03.dcm").read_bytes())
    with pytest.raises(InputError) as caught:
        add_documents(context, "EXAMPLE-1", [file], as_patient=False)
    assert caught.value.code == "no_document"
