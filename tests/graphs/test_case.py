"""The case graph: its picture, its branches, and that nobody receives another's results."""

import itertools
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from agents import findings
from agents.checks import passed
from agents.verifier import statements_of
from app import Prelim
from graphs.case import ROUTES, CaseState, branches, studio
from prelim.draft import Draft
from prelim.settings import Settings
from tests.conftest import EXAMPLES, ROOT
from tools.sentence import Sentence

FILM = EXAMPLES / "growing-opacity" / "film-2025-03-14.dcm"


def texts(draft: Draft) -> list[str]:
    return [s.text for part in draft.sections.model_dump().values() for s in map(_Text, part)]


class _Text:
    def __init__(self, statement: dict[str, str]) -> None:
        self.text = statement["text"]


def film_case(folder: Path, patient: str, lab: str | None) -> Path:
    """A case with the same film, whoever it is, and perhaps a lab report."""
    folder.mkdir()
    (folder / "case.yaml").write_text(f"patient: {{id: {patient}, other_ids: [EXAMPLE-1]}}\n")
    shutil.copy(FILM, folder / "film.dcm")
    if lab:
        (folder / "labs.csv").write_text(f"Test,Result,Unit,Reference,Flag\nCRP,{lab},mg/L,<5,H\n")
    return folder


def test_the_readme_shows_the_graph_as_it_is() -> None:
    """The picture in the README is the one that the graph draws of itself."""
    assert studio().get_graph().draw_mermaid().strip() in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("taken", list(itertools.product([False, True], repeat=len(ROUTES))))
def test_branches_follow_the_table(
    taken: tuple[bool, ...], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every subset of branches; where none is taken the way goes on to longitudinal."""
    for name, wanted in zip(ROUTES, taken, strict=True):
        monkeypatch.setitem(ROUTES, name, lambda case, found, settings, wanted=wanted: wanted)
    state: CaseState = {"case": {"patient_key": "p-x"}, "triage": {}}
    chosen = [name for name, wanted in zip(ROUTES, taken, strict=True) if wanted]
    assert branches(state, settings) == (chosen or ["longitudinal"])


@pytest.mark.integration
def test_the_same_film_and_other_labs(prelim: Prelim, tmp_path: Path) -> None:
    """Two patients with the same film and different labs, and one with none: nobody gets another's."""
    first = prelim.draft(film_case(tmp_path / "a", "ALPHA", "87.5"))
    second = prelim.draft(film_case(tmp_path / "b", "BETA", "12.25"))
    third = prelim.draft(film_case(tmp_path / "c", "GAMMA", None))
    assert [lab.value_text for lab in first.labs] == ["87.5"]
    assert [lab.value_text for lab in second.labs] == ["12.25"]
    assert third.labs == ()
    assert not any("CRP" in text for text in texts(third))
    assert len({first.case_id, second.case_id, third.case_id}) == 3
    assert len({first.patient_key, second.patient_key, third.patient_key}) == 3


@pytest.mark.integration
@pytest.mark.parametrize(
    ("right_at", "asked_with", "source"),
    [(0, [0], "model"), (1, [0, 1], "model"), (2, [0, 1, 2], "model"), (3, [0, 1, 2], "template")],
)
def test_a_refused_sentence_is_asked_for_again_and_then_said_by_the_table(
    prelim: Prelim, monkeypatch: pytest.MonkeyPatch, right_at: int, asked_with: list[int], source: str
) -> None:
    asked: list[tuple[str, ...]] = []

    def say(context: object, *, facts: str, marks: tuple[str, ...], objections: tuple[str, ...] = ()) -> Sentence:
        if "worse" not in facts:
            return Sentence(text=None)
        asked.append(objections)
        side = "right and left" if len(objections) < right_at else "right"
        return Sentence(text=f"There is a {side} lung opacity, worse since 2025-01-03.", cites=marks)

    monkeypatch.setattr(findings, "sentence", say)
    draft = prelim.draft(EXAMPLES / "growing-opacity")
    assert [len(objections) for objections in asked] == asked_with
    assert all("left" in words for objections in asked for words in objections)
    opacity = draft.sections.findings[0]
    assert (opacity.text, opacity.source) == ("There is a right lung opacity, worse since 2025-01-03.", source)
    assert opacity.support == "supported"


def test_the_demo_case_is_right(prelim: Prelim) -> None:
    """Phantom in, sentences out: the growing right opacity, its box, its comparison, its labs."""
    draft = prelim.draft(EXAMPLES / "growing-opacity")
    present = [finding for finding in draft.findings if finding.state == "present"]
    assert [(f.label, f.laterality, f.change) for f in present] == [("lung_opacity", "right", "worse")]
    assert (draft.status, draft.urgency) == ("review", "urgent")
    [box] = draft.boxes
    y0, x0, y1, x1 = box.box_px
    assert x0 < x1 < 112 and y0 < y1, "the patient's right lies on the image's left"
    values = {lab.name: (lab.value, lab.flag, lab.readers) for lab in draft.labs}
    assert values["CRP"] == (87.0, "H", "both") and values["Hemoglobin"] == (11.1, "L", "both")
    assert not any(statement.support == "unsupported" for statement in draft.sections.findings)
    assert "There is a right lung opacity, worse since 2025-01-03." in texts(draft)


@pytest.mark.integration
def test_the_same_inputs_are_the_same_case(prelim: Prelim, tmp_path: Path) -> None:
    """Again, from a copy elsewhere: the same case and the same draft, in this home and in another."""
    first = prelim.draft(EXAMPLES / "growing-opacity")
    copied = Path(shutil.copytree(EXAMPLES / "growing-opacity", tmp_path / "copy"))
    again = prelim.draft(copied)
    assert (again.case_id, again.content_sha256) == (first.case_id, first.content_sha256)
    other = Prelim(home=tmp_path / "other", threads=1, device="cpu").draft(copied)
    assert other.content_sha256 == first.content_sha256
    assert other.patient_key != first.patient_key, "a patient's key belongs to one home"


@pytest.mark.integration
def test_the_prior_is_found_in_the_history(prelim: Prelim, tmp_path: Path) -> None:
    """The earlier film signed as its own case, then the later one alone: compared all the same."""
    for name in ("film-2025-01-03.dcm", "film-2025-03-14.dcm"):
        (tmp_path / name).mkdir()
        shutil.copy(EXAMPLES / "growing-opacity" / name, tmp_path / name)
    earlier = prelim.draft(tmp_path / "film-2025-01-03.dcm")
    prelim.sign(earlier.case_id, reviewer="Dr Example")
    later = prelim.draft(tmp_path / "film-2025-03-14.dcm")
    changes = {(c.label, c.laterality): (c.prior_date, c.change) for c in later.comparisons}
    assert changes[("lung_opacity", "right")] == ("2025-01-03", "worse")
    kinds = {record.type for record in prelim.history("EXAMPLE-1")}
    assert {"report", "study", "finding", "box"} <= kinds


def test_no_identifier_leaves_intake(prelim: Prelim, tmp_path: Path) -> None:
    """Nothing that is stored or written carries the patient's id."""
    case = film_case(tmp_path / "a", "CANARY-4711", None)
    draft = prelim.draft(case)
    prelim.sign(draft.case_id, reviewer="Dr Example")
    kept = prelim.desk.row(draft.case_id)
    manifest = prelim.settings.home / "artifacts"
    for path in prelim.settings.home.rglob("*"):
        if path.is_file() and manifest not in path.parents:
            assert b"CANARY-4711" not in path.read_bytes(), path.name
    assert "CANARY" not in str(kept) and "CANARY" not in draft.model_dump_json()


def test_undated_films_are_told_apart(prelim: Prelim, tmp_path: Path) -> None:
    """Two films without a day: every sentence says which of them it speaks of, and the checks accept that."""
    for number, name in enumerate(("film-2025-01-03.dcm", "film-2025-03-14.dcm")):
        film = pydicom.dcmread(EXAMPLES / "growing-opacity" / name)
        for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
            delattr(film, keyword)
        film.save_as(tmp_path / f"{number}.dcm")
    draft = prelim.draft(tmp_path)
    said = texts(draft)
    for number in ("1 of 2", "2 of 2"):
        assert f"Chest radiograph, PA view, unknown date, {number}." in said
        assert f"Film of unknown date, {number}:" in said
        assert f"Right lung opacity (film of unknown date, {number})." in said
        assert f"unknown date, {number}</time>" in (prelim.folder(draft.case_id) / "draft.html").read_text()
    assert not any(s.support == "unsupported" for s in statements_of(draft.sections))
    wrong = prelim.edit(draft.case_id, draft.sections.impression[0].id, text="Right lung opacity (film 3).")
    assert not passed(wrong.sections.impression[0].checks)


def test_a_picture_of_unknown_kind_is_called_that(prelim: Prelim, tmp_path: Path) -> None:
    """Nothing but a PNG: neither a radiograph nor a chest, and no chest finding is said to be missing."""
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "a.png")
    draft = prelim.draft(tmp_path)
    said = texts(draft)
    assert "Image of unknown modality and region, unknown date." in said
    assert not any("chest" in text.lower() or "opacity" in text for text in said)
    assert [(item.task, item.label) for item in draft.not_assessed] == [("probe", None)]
