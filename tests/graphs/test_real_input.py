"""Real films, notes and archives: intake, order, orientation and addresses are right, and the model declines."""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from prelim.draft import Draft
from prelim.models.chat import ChatMedGemma

pytestmark = pytest.mark.integration
START = date(2020, 3, 1)


@pytest.fixture
def drafted(tmp_path: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Draft]:
    """Draft a folder on a home of its own, within the card or outside it."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)

    def drafted(folder: Path, out_of_scope: bool, patient: str | None = None) -> Draft:
        home = tmp_path / f"home-{out_of_scope}"
        return Prelim(home=home, threads=1, device="cpu", out_of_scope=out_of_scope).draft(folder, patient)

    return drafted


def well_formed(draft: Draft, out_of_scope: bool) -> None:
    """In review, every address resolves, and no image question was answered within the card."""
    assert draft.status == "review"
    known = {item.id for item in draft.evidence}
    for part in (draft.findings, draft.boxes, draft.comparisons, draft.labs):
        for item in part:
            assert set(item.evidence) <= known
    films = {i.sop_instance_uid: i for s in draft.studies for q in s.series for i in q.image_set.images}
    for box in draft.boxes:
        y0, x0, y1, x1 = box.box_px
        assert 0 <= y0 < y1 <= films[box.sop_instance_uid].rows and 0 <= x0 < x1 <= films[box.sop_instance_uid].columns
    if not out_of_scope:
        assert draft.findings == () and draft.boxes == () and draft.comparisons == ()
        assert draft.not_assessed and draft.urgency == "not_triaged"
        assert all("get MedGemma" in item.reason for item in draft.not_assessed if "drawn phantoms only" in item.reason)
    assert all(finding.out_of_scope for finding in draft.findings)


def longitudinal_case(folder: Path, patient: dict[str, Any], root: Path) -> Path:
    """Films by their day, the last one current; the radiologist's notes as documents."""
    folder.mkdir()
    notes = {}
    offsets = [int(float(study["offset_days"] or number)) for number, study in enumerate(patient["studies"])]
    for number, study in enumerate(patient["studies"]):
        name, day = Path(study["file"]).name, (START + timedelta(days=offsets[number])).isoformat()
        shutil.copy(root / study["file"], folder / name)
        view = study["view"] if study["view"] in ("PA", "AP") else None
        role = "current" if offsets[number] == max(offsets) else "prior"
        notes[name] = {"date": day, "modality": "CR", "body_part": "chest", "role": role}
        if view:
            notes[name]["view"] = view
        (folder / f"note-{number}.txt").write_text(f"Date: {day}\n{study['note']}\n")
    (folder / "case.yaml").write_text(json.dumps({"patient": {"id": patient["patient"]}, "files": notes}))
    return folder


@pytest.mark.parametrize("out_of_scope", [False, True])
def test_films_over_time(out_of_scope: bool, shared_data: Path, tmp_path: Path, drafted: Callable[..., Draft]) -> None:
    root = shared_data / "cxr-longitudinal"
    for patient in json.loads((root / "patients.json").read_text())["patients"]:
        folder = longitudinal_case(tmp_path / f"{patient['patient']}", patient, root)
        draft = drafted(folder, out_of_scope)
        well_formed(draft, out_of_scope)
        days = [study.date for study in draft.studies if study.role == "prior"]
        now = [study.date for study in draft.studies if study.role == "current"]
        assert len(draft.studies) == len(patient["studies"]) and now
        assert all(day <= min(now) for day in days)
        assert {d.kind for d in draft.documents} <= {"note", "report"}
        for comparison in draft.comparisons:
            assert comparison.prior_date == max(days), "the nearest earlier film"


@pytest.mark.parametrize("out_of_scope", [False, True])
@pytest.mark.parametrize("name", ["cxr-misc", "patient-oncology", "dicom-codecs"])
def test_folders_as_they_come(
    name: str, out_of_scope: bool, shared_data: Path, tmp_path: Path, drafted: Callable[..., Draft]
) -> None:
    folder = tmp_path / "case"
    if name == "dicom-codecs":
        folder.mkdir()
        shutil.copy(shared_data / name / "RG1_J2KI.dcm", folder)
    else:
        shutil.copytree(shared_data / name, folder)
    draft = drafted(folder, out_of_scope)
    well_formed(draft, out_of_scope)
    if name == "dicom-codecs":
        [series] = draft.studies[0].series
        assert (series.view, series.photometric, series.image_set.images[0].columns_to) == ("PA", "MONOCHROME1", "L")
