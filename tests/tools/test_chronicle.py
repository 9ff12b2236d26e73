"""Documents into a patient's history: typed records, each once, and nothing of another patient's."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from examples import record
from prelim.errors import InputError, RefusedError
from prelim.types import LabResult
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


def creatinine(value: float, changed: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "1",
        "meta": {"lastUpdated": changed},
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": "Creatinine"},
        "subject": {"reference": "Patient/EXAMPLE-1"},
        "effectiveDateTime": "2024-02-20",
        "valueQuantity": {"value": value, "unit": "umol/L"},
    }


def test_a_later_version_of_a_resource_takes_its_place(context: Context, tmp_path: Path) -> None:
    first, later = tmp_path / "first.json", tmp_path / "later.json"
    first.write_text(json.dumps(creatinine(78, "2024-02-20T10:00:00Z")))
    later.write_text(json.dumps(creatinine(87, "2024-02-21T10:00:00Z")))
    for files, values in (([first], [78.0]), ([later], [87.0]), ([first], [87.0])):
        add_documents(context, "EXAMPLE-1", files, as_patient=False)
        records = context.history.records(context.key_of("EXAMPLE-1"))
        assert [record.value for record in records] == values


def test_a_result_of_an_export_is_whole(context: Context, tmp_path: Path) -> None:
    """With the code and unit that its export leaves out, and the place it stands in."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps(creatinine(78, "2024-02-20T10:00:00Z")))
    add_documents(context, "EXAMPLE-1", [file], as_patient=False)
    [held] = context.history.records(context.key_of("EXAMPLE-1"))
    lab = LabResult.model_validate(held.data)
    assert (held.loinc, held.unit, lab.ucum) == ("14682-9", "umol/L", "umol/L")
    assert lab.loinc == "14682-9" and lab.evidence


def test_a_message_of_results(context: Context, tmp_path: Path) -> None:
    lines = (
        r"MSH|^~\&|LAB||||20240220||ORU^R01|1|P|2.5",
        "PID|1||EXAMPLE-1",
        "OBR|1||F-1|P^Panel|||20240220",
        "OBX|1|NM|K^Potassium^L||4.20|mmol/l|3.5-5.1||||F",
    )
    file = tmp_path / "results.hl7"
    file.write_text("\r".join(lines))
    add_documents(context, "EXAMPLE-1", [file], as_patient=False)
    [held] = context.history.records(context.key_of("EXAMPLE-1"))
    assert (held.type, held.date, held.title, held.value, held.loinc) == (
        "lab",
        "2024-02-20",
        "Potassium",
        4.2,
        "2823-3",
    )
    with pytest.raises(RefusedError):
        add_documents(context, "SOMEBODY", [file], as_patient=False)


def test_what_was_forgotten_is_added_again(context: Context, export: Path) -> None:
    assert add_documents(context, "EXAMPLE-1", [export], as_patient=False).added == 9
    context.history.forget(context.key_of("EXAMPLE-1"))
    assert add_documents(context, "EXAMPLE-1", [export], as_patient=False).added == 9


@pytest.mark.integration
def test_every_result_of_the_exports_is_listed(prelim: Prelim, shared_data: Path) -> None:
    """LOINC, value, unit and moment of every laboratory observation, as a history lists them; each export once."""
    folder = shared_data / "fhir-synthea"
    for file in sorted(folder.glob("*.json")):
        [truth_file] = (folder / "truth").glob(f"{file.stem.rpartition('_')[0]}_*.json")
        truth = json.loads(truth_file.read_text())
        patient = truth["patient"]["id"]
        assert prelim.history_add(patient, [file]).added == len(prelim.history(patient)) > 0
        assert prelim.history_add(patient, [file]).added == 0
        labs = [o for o in truth["observations"] if "laboratory" in o["category"]]
        expected = Counter((o["name"], o["loinc"], o["value"], o["unit"], o["date"], o["date"][:10]) for o in labs)
        held = [record for record in prelim.history(patient) if record.type == "lab"]
        assert Counter((r.title, r.loinc, r.value, r.unit, r.time, r.date) for r in held) == expected
    assert prelim.history_check().sound


def test_what_holds_no_document_says_so(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "film.dcm"
    file.write_bytes((EXAMPLES / "growing-opacity" / "film-2025-01-03.dcm").read_bytes())
    with pytest.raises(InputError) as caught:
        add_documents(context, "EXAMPLE-1", [file], as_patient=False)
    assert caught.value.code == "no_document"
