"""No refusal, warning or error names the patient, whatever of the case is damaged."""

import json
from pathlib import Path
from typing import Any

import pytest

from memory.artifacts import Artifacts
from prelim.errors import InputError, PrelimError
from prelim.types import Study, digest_of
from tests.made_dicom import dicom
from tests.made_files import fill
from tools.intake import identify, inspect, intake, scan

NAME, ID, OTHER, BORN = "Zq^Canary", "ZQCANARY-77", "XWCANARY-88", "19330217"
TAGS = {
    "PatientName": NAME,
    "PatientID": ID,
    "PatientBirthDate": BORN,
    "OtherPatientIDs": OTHER,
    "AccessionNumber": "CANARY-99",
}
FILM = dicom(**TAGS)
ABOUT = f"Patient: Canary, Zq  MRN: {ID}\nDOB: 1933-02-17\n"


def key_of(id: str) -> str:
    return "p-" + digest_of(id)


def unnamed(printed: str) -> None:
    assert printed and not [word for word in ("canary", "-77", BORN, "1933-02-17") if word in printed.lower()]


def test_by_refusals_and_warnings(tmp_path: Path, artifacts: Artifacts) -> None:
    bad: dict[str, bytes | str] = {
        "cut": FILM[:-20],
        "old.zip/cut": FILM[:-24],
        "rows": dicom(Rows=0, **TAGS),
        "film-copy": FILM,
        "same-uid": FILM.replace(dicom()[-8:], bytes(8)),
        "table": f"patient_id,test,value\n{ID},CRP,1\n{OTHER},CRP,2\n",
        "fhir": json.dumps({"resourceType": "Patient", "name": NAME, "id": ID}),
        "json": json.dumps({"patient_id": ID, "name": NAME}),
        "broken": f'{{"patient_id": "{ID}", "text": ',
        "letter.dcm": f"About\n{ABOUT}",
        "foreign": f"MRN: {OTHER}\nPatient: Xw Canary\n",
        "sub/case.yaml": f"patient: {{id: {ID}}}",
    }
    odd: dict[str, bytes | str] = {"own": ABOUT, "spelt": f"Patient: Zqq Canary\nMRN: {ID}\nPID: 9-77\n", "film": FILM}
    folder = fill(tmp_path / "case", {**bad, **odd})
    manifest = scan(folder, artifacts)
    who = identify(manifest, artifacts, None, key_of)
    case = intake(manifest, artifacts, patient_key=who.patient_key, key_of=key_of)
    assert {refusal.path for refusal in case.refused} == set(bad) and len(case.warnings) == 2
    unnamed(case.model_dump_json())
    unnamed(inspect(folder, artifacts).model_dump_json())


@pytest.mark.parametrize(
    "patient",
    [
        NAME,
        [NAME, ID],
        {"birth_date": NAME},
        {"birth_date": f"{BORN} or so"},
        {"sex": NAME},
        {"id": [ID]},
        {"other_ids": ID},
        {"name": {"family": NAME}},
    ],
)
def test_by_mistakes_in_case_yaml(patient: Any, tmp_path: Path, artifacts: Artifacts) -> None:
    folder = fill(tmp_path / "case", {"film": FILM, "case.yaml": json.dumps({"patient": patient})})
    manifest = scan(folder, artifacts)
    for read in (lambda: identify(manifest, artifacts, ID, key_of), lambda: inspect(folder, artifacts)):
        with pytest.raises(InputError) as error:
            read()
        assert (error.value.code, error.value.file) == ("bad_manifest", "case.yaml")
        unnamed(json.dumps(error.value.as_json()))


@pytest.mark.parametrize("stated", [f"patient: {{name: {NAME}, id: '{ID}", f"{NAME}\n\t{ID}: [", f"&{ID} *{ID}"])
def test_by_what_is_no_yaml(stated: str, tmp_path: Path, artifacts: Artifacts) -> None:
    folder = fill(tmp_path / "case", {"film": FILM, "case.yaml": stated})
    with pytest.raises(PrelimError) as error:
        inspect(folder, artifacts)
    assert error.value.code == "bad_manifest"
    unnamed(json.dumps(error.value.as_json()))


@pytest.mark.parametrize("patient", [None, OTHER])
def test_by_a_case_of_two_patients(patient: str | None, tmp_path: Path, artifacts: Artifacts) -> None:
    folder = fill(tmp_path / "case", {"a": FILM, "b": dicom(PatientID=OTHER, PatientName="Xw^Canary")})
    with pytest.raises(PrelimError) as error:
        identify(scan(folder, artifacts), artifacts, patient, key_of)
    assert error.value.code == "patient_mismatch"
    unnamed(json.dumps(error.value.as_json()))


def test_by_what_an_earlier_version_stored() -> None:
    """Studies carried their accession number: they are read, without it."""
    stored = Study(study_instance_uid="1.2").model_dump(mode="json") | {"accession": ID}
    unnamed(Study.model_validate(stored).model_dump_json())
