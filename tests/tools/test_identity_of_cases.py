"""Whose case it is: contradicting ids stop the case, a foreign document is refused alone, and nobody is ever named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memory.artifacts import Artifacts
from prelim.errors import RefusedError
from prelim.types import Case, digest_of
from tests.made_dicom import dicom, uid
from tests.made_files import fill
from tools.intake import Who, identify, intake, scan
from tools.patient import refuse_two_patients

NAME, ID, OTHER, BORN = "Zq^Canary", "ZQCANARY-77", "XWCANARY-88", "19330217"
PRIVATE = ("canary", "zq", "xw", BORN, "1933-02-17")
MINE = {"PatientName": NAME, "PatientID": ID, "PatientBirthDate": BORN}
Made = Callable[..., Path]


def film(name: str, **tags: Any) -> bytes:
    return dicom(StudyDate="20250314", SOPInstanceUID=uid("identity", name), **tags)


def key_of(id: str) -> str:
    return "p-" + digest_of(id)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A case folder: films by their tags, documents by their texts, and the patient of case.yaml."""

    def made(patient: dict[str, Any] | None = None, **files: dict[str, str] | str) -> Path:
        contents = {name: film(name, **of) if isinstance(of, dict) else of for name, of in files.items()}
        stated: dict[str, str | bytes] = {"case.yaml": json.dumps({"patient": patient})} if patient else {}
        return fill(tmp_path / "case", {**stated, **contents})

    return made


def who(folder: Path, artifacts: Artifacts, patient: str | None = None) -> Who:
    return identify(scan(folder, artifacts), artifacts, patient, key_of)


def read(folder: Path, artifacts: Artifacts) -> Case:
    """The case as its own patient's, with nobody named in any of it."""
    key = who(folder, artifacts).patient_key
    case = intake(scan(folder, artifacts), artifacts, patient_key=key, key_of=key_of)
    unnamed(case.model_dump_json())
    return case


def unnamed(printed: str) -> None:
    assert printed and not [word for word in PRIVATE if word in printed.lower()]


def stopped(folder: Path, artifacts: Artifacts, patient: str | None = None) -> str:
    """What is said to whoever asked."""
    with pytest.raises(RefusedError) as error:
        who(folder, artifacts, patient)
    assert error.value.code == "patient_mismatch" and error.value.remedy and error.value.exit_status == 3
    unnamed(json.dumps(error.value.as_json()))
    return error.value.message


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_patients_in_a_folder_stop_the_case(order: tuple[str, str], made: Made, artifacts: Artifacts) -> None:
    folder = made(**{order[0]: MINE, order[1]: {"PatientID": OTHER, "PatientName": "Xw^Canary"}})
    for asked in (None, ID):
        assert stopped(folder, artifacts, asked) == "The files carry the ids of different patients."


@pytest.mark.parametrize("patient", [ID, None])
def test_case_yaml_and_the_images_must_agree(patient: str | None, made: Made, artifacts: Artifacts) -> None:
    said = stopped(made({"id": ID}, a={"PatientID": OTHER}), artifacts, patient)
    assert said.startswith("The patient id asked for is not" if patient else "case.yaml states another")


@pytest.mark.parametrize("tags", [MINE, {}])
def test_the_patient_asked_for_must_be_the_files(tags: dict[str, str], made: Made, artifacts: Artifacts) -> None:
    said = stopped(folder := made({"id": ID}, a=tags), artifacts, OTHER)
    assert said.startswith("The patient id asked for is not the one that the files")
    assert who(folder, artifacts, f" {ID} ") == who(folder, artifacts) == (key_of(ID), False)


@pytest.mark.parametrize(("stated", "ids"), [(ID, [OTHER]), (OTHER, [ID]), ("", [ID, OTHER])])
def test_listed_other_ids_are_the_same_patient(stated: str, ids: list[str], made: Made, artifacts: Artifacts) -> None:
    folder = made({"id": stated, "other_ids": ids}, a=MINE, b={"PatientID": OTHER}, c=f"MRN: {OTHER}\nStable.")
    assert who(folder, artifacts).patient_key == key_of(stated or ID)
    assert not (case := read(folder, artifacts)).refused and len(case.documents) == 1


@pytest.mark.parametrize(("issuer", "one"), [("Elsewhere", True), ("Here", False), ("", False)])
def test_ids_of_different_issuers_may_differ(issuer: str, one: bool, made: Made, artifacts: Artifacts) -> None:
    folder = made(a={**MINE, "IssuerOfPatientID": "Here"}, b={"PatientID": OTHER, "IssuerOfPatientID": issuer})
    if one:
        assert who(folder, artifacts) == (key_of(ID), False)
    else:
        stopped(folder, artifacts)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        (f"MRN: {OTHER}\nStable.", True),
        ("Patient: Xw Canary\nDOB: 1950-01-02\nStable.", True),
        (f"Patient ID,Test,Value\n{OTHER},CRP,3\n", True),
        (json.dumps({"text": "Stable.", "patient_id": OTHER}), True),
        ("Patient: Xw Canary\nStable.", False),
        ("Patient: Canary, Zq\nDOB: 1950-01-02\nStable.", False),
        ("Patient: Xw Canary\nDOB: 17.02.1933\nStable.", False),
        (f"MRN: {ID}\nStable.", False),
        ("Stable.", False),
    ],
)
def test_a_foreign_document_is_refused_alone(text: str, foreign: bool, made: Made, artifacts: Artifacts) -> None:
    case = read(made(a=MINE, note=text, own=f"MRN: {ID}\nBetter."), artifacts)
    assert [(refusal.path, refusal.code) for refusal in case.refused] == [("note", "patient_mismatch")] * foreign
    assert [document.path for document in case.documents] == (["own"] if foreign else ["note", "own"])
    assert len(case.studies) == 1


@pytest.mark.parametrize(
    ("tags", "text", "warning"),
    [
        ({}, f"MRN: {ID}\nPatient: Xw Canary\n", "note: the name is spelt differently"),
        ({}, "Stable.", "1 document states no patient id: note"),
        ({}, f"MRN: {ID}\nPID: {OTHER}\n", "note: states a further patient id"),
        ({"PatientID": ""}, f"MRN: {ID}\n", "Images without a patient id: 1"),
        ({"PatientName": "Xw^Canary"}, f"MRN: {ID}\n", "carry different names: check"),
        ({"PatientName": "Xw^Canary", "PatientBirthDate": "19880101"}, f"MRN: {ID}\n", "different names and different"),
    ],
)
def test_what_is_odd_warns(tags: dict[str, str], text: str, warning: str, made: Made, artifacts: Artifacts) -> None:
    case = read(made(a=MINE, b={**MINE, **tags}, note=text), artifacts)
    assert not case.refused and [warning in found for found in case.warnings] == [True]


def test_an_image_of_somebody_else_without_an_id_is_refused_alone(made: Made, artifacts: Artifacts) -> None:
    stranger = {"PatientName": "Xw^Canary", "PatientBirthDate": "19500102", "StudyInstanceUID": uid("other")}
    case = read(made(a=MINE, b=stranger), artifacts)
    assert [(refusal.path, refusal.code) for refusal in case.refused] == [("b", "patient_mismatch")]
    assert [study.study_instance_uid for study in case.studies] == [uid("study")]


def test_without_any_id_the_patient_is_temporary(made: Made, artifacts: Artifacts) -> None:
    folder = made(a={"PatientName": NAME}, note="Stable.")
    one = who(folder, artifacts)
    assert one.temporary and one.patient_key.startswith("t-") and who(folder, artifacts) == one
    assert read(folder, artifacts).temporary_patient
    (folder / "b").write_bytes(film("b", PatientName="Xw^Canary", PatientBirthDate=BORN))
    assert who(folder, artifacts) != one
    (folder / "c").write_bytes(film("c", PatientName=NAME, PatientBirthDate="19500102"))
    stopped(folder, artifacts)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (MINE, {"PatientID": OTHER}, False),
        (MINE, {"PatientName": "Xw^Canary", "PatientBirthDate": "19500102"}, False),
        (MINE, {**MINE, "PatientName": "Xw^Canary"}, True),
        (MINE, {}, True),
        ({**MINE, "IssuerOfPatientID": "Here"}, {"PatientID": OTHER, "IssuerOfPatientID": "Elsewhere"}, True),
    ],
)
def test_files_given_together_must_be_one_patients(
    one: dict[str, str], other: dict[str, str], same: bool, tmp_path: Path, artifacts: Artifacts
) -> None:
    manifests = [
        scan(fill(tmp_path / str(n), {"film": film(str(n), **tags)}), artifacts) for n, tags in enumerate((one, other))
    ]
    for given in (manifests, manifests[::-1]):
        if same:
            refuse_two_patients(given, artifacts)
        else:
            with pytest.raises(RefusedError) as error:
                refuse_two_patients(given, artifacts)
            assert error.value.code == "patient_mismatch"
            unnamed(json.dumps(error.value.as_json()))


def test_a_case_yaml_of_its_own_counts_where_files_are_given_together(tmp_path: Path, artifacts: Artifacts) -> None:
    stated = {
        number: {"case.yaml": f"patient: {{id: {id}}}", "film": film(id)} for number, id in enumerate((ID, OTHER))
    }
    manifests = [scan(fill(tmp_path / str(number), files), artifacts) for number, files in stated.items()]
    with pytest.raises(RefusedError):
        refuse_two_patients(manifests, artifacts)
