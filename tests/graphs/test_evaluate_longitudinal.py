"""`prelim evaluate longitudinal`: from pairs of films to accuracies, by hand and with the models."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from examples.patients import EXAMS, film_of
from prelim.models.chat import ChatMedGemma
from prelim.models.interface import Score
from prelim.models.phantom.film_file import dicom_of
from prelim.models.questions import CHANGES
from prelim.types import Study
from tests.made_dicom import dicom
from tests.made_files import fill
from tools.pair_scores import PairScores, Sided

HEADING = "prior,current,label,change,laterality,patient"
DRAWN = film_of(next(iter(EXAMS.values()))).pixels
INVERSE = dict(zip(CHANGES, ("resolved", "better", "stable", "worse", "new"), strict=True))


def score(word: str, share: float = 0.9) -> Score:
    return Score(probabilities={one: share if one == word else 0.0 for one in CHANGES}, mass=share)


def consistent(word: str) -> tuple[Score, Score]:
    return score(word), score(INVERSE[word])


def drawn(folder: Path, name: str, patient: str) -> None:
    dicom_of(DRAWN, patient, "20250101").save_as(folder / name, enforce_file_format=True)


def pairs(folder: Path, *lines: str) -> Path:
    for patient in "AB":
        for when in "12":
            drawn(folder, f"{patient}{when}.dcm", patient)
    fill(folder, {"t.csv": "\n".join([HEADING, *lines])})
    return folder / "t.csv"


def test_figures_by_hand(prelim: Prelim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides of an effusion are asked where none is named; what the swapped order contradicts is not told."""
    said: dict[tuple[str, str], tuple[Score, Score]] = {
        ("pleural_effusion", "right"): consistent("stable"),
        ("pleural_effusion", "left"): consistent("resolved"),
        ("lung_opacity", "right"): (score("worse"), score("worse")),
        ("cardiomegaly", "midline"): consistent("stable"),
    }
    asked: list[tuple[str, str]] = []

    def scores(context: Any, *, prior: Study, current: Study, asked: tuple[Sided, ...]) -> PairScores:
        assert (prior.role, current.role) == ("prior", "current")
        wanted.extend((one.label, one.laterality) for one in asked)
        return PairScores(scores=tuple(said[one.label, one.laterality] for one in asked))

    wanted = asked
    monkeypatch.setattr("graphs.evaluate_longitudinal.pair_scores", scores)
    path = pairs(
        tmp_path,
        "A1.dcm,A2.dcm,pleural_effusion,improving,,A",  # told better: right
        "A1.dcm,A2.dcm,lung_opacity,new,right,A",  # abstained; worse by force: right
        "B1.dcm,B2.dcm,cardiomegaly,worse,,B",  # told stable: wrong
        "B1.dcm,B2.dcm,pleural_effusion,resolved,left,B",  # told better: right
        "B1.dcm,B2.dcm,cardiomegaly,stable,left,B",
    )
    found = prelim.evaluate("longitudinal", path)
    assert asked == [
        ("pleural_effusion", "right"),
        ("pleural_effusion", "left"),
        ("lung_opacity", "right"),
    ]
    # patient B's pair names a side that the heart does not have: all of it is named as a problem
    assert [(one.line, one.code) for one in found.problems] == [(4, "no_such_side")]
    assert found.metric("macro_accuracy").value == pytest.approx((1 + 0) / 2)
    assert found.metric("macro_accuracy_forced").value == 1

    asked.clear()
    found = prelim.evaluate("longitudinal", pairs(tmp_path, *path.read_text().splitlines()[1:-1]))
    assert not found.problems and len(asked) == 5
    assert found.metric("macro_accuracy", "pleural_effusion").value == 1
    assert found.metric("macro_accuracy").value == pytest.approx((1 + 0 + 0) / 3)
    assert found.metric("macro_accuracy_forced").value == pytest.approx((1 + 1 + 0) / 3)
    assert found.metric("abstention").value == pytest.approx(1 / 4) and found.metric("risk").value == pytest.approx(
        1 / 3
    )
    assert found.metric("swap_inconsistency").value == pytest.approx(1 / 4)
    assert found.metric("accuracy", "better").value == 1 and found.metric("accuracy", "worse").value == 0
    told, forced = found.matrices
    assert told.counts == ((2, 0, 0, 0), (0, 0, 0, 0), (0, 1, 0, 1))
    assert forced.counts == ((2, 0, 0, 0), (0, 0, 0, 0), (0, 1, 1, 0))
    assert found.counts == {"pairs": 2, "changes": 4, "patients": 2}


def test_what_cannot_be_measured_is_said(prelim: Prelim, tmp_path: Path) -> None:
    """Two patients' films are no pair; a real film, and a finding that the model does not know, are declined."""
    (tmp_path / "real.dcm").write_bytes(dicom(BodyPartExamined="CHEST", ViewPosition="PA"))
    path = pairs(
        tmp_path,
        "A1.dcm,B2.dcm,lung_opacity,worse,right,A",
        "real.dcm,real.dcm,lung_opacity,worse,right,R",
        "A1.dcm,A2.dcm,pneumothorax,worse,right,A",
    )
    found = prelim.evaluate("longitudinal", path)
    assert [(one.line, one.code) for one in found.problems] == [(2, "patient_mismatch")]
    assert sorted(found.declined.values()) == [1, 1] and found.metric("macro_accuracy").value is None
    assert all("phantom" in reason for reason in found.declined)


# ------------------------------------------------------------------ with models


@pytest.mark.integration
def test_drawn_pairs_with_the_embedded_model(prelim: Prelim) -> None:
    found = prelim.evaluate("longitudinal", "phantom", drawn=24, seed=5)
    assert found.metric("macro_accuracy").value == pytest.approx(1, abs=0.1)
    assert found.metric("swap_inconsistency").value == pytest.approx(0, abs=0.1)
    assert sum(map(sum, found.matrices[0].counts)) == found.counts["changes"] and not found.problems


@pytest.mark.integration
def test_real_pairs_with_weights_that_nobody_trained(
    shared_data: Path, random_model: ChatMedGemma, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films of real patients in MS-CXR-T's form: nothing is told of them but abstentions and chance."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: random_model)
    monkeypatch.setattr("tools.tool.identify", lambda settings: random_model.identity)
    lines = ["dicom_id,previous_dicom_id,subject_id,consolidation_progression,edema_progression,"]
    lines[0] += "pleural_effusion_progression,pneumonia_progression,pneumothorax_progression"
    for patient in json.loads((shared_data / "cxr-longitudinal" / "patients.json").read_text())["patients"][:4]:
        names = {study["offset_days"]: Path(study["file"]).stem for study in patient["studies"]}
        for change in patient["expected_change"]:
            word = {"worse": "worsening", "better": "improving", "stable": "stable"}[change["label"]]
            ids = f"{names[change['to_offset']]},{names[change['from_offset']]},{patient['patient']}"
            lines.append(f"{ids},{word},,,,")
    fill(tmp_path, {"t.csv": "\n".join(lines)})
    prelim = Prelim(home=home, threads=1, device="cpu")
    found = prelim.evaluate("longitudinal", tmp_path / "t.csv", images=shared_data / "cxr-longitudinal")
    assert not found.problems and not found.declined and found.counts["changes"] == len(lines) - 1
    assert found.metric("abstention").value == 1  # five words share the vocabulary with all others: no mass on them
