"""What the benchmark of drafts draws, and how it reads a draft's words apart from the product."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from benchmarks.drafts import changes, findings, sentences, silence, strangers
from benchmarks.drafts_read import Saying, contradicts, names_a_side, sayings, wrong_side
from benchmarks.drawn_cases import KINDS, DrawnCase, Kind, write_case
from benchmarks.drawn_drafts import Drafted
from prelim.draft import Draft

CASE = DrawnCase(
    "clean-001",
    "clean",
    "2026-03-02",
    "2025-11-01",
    ("lung_opacity right", "cardiomegaly midline"),
    {"lung_opacity right": "worse", "pleural_effusion left": "resolved", "cardiomegaly midline": "stable"},
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("There is a right lung opacity, worse since 2025-11-01.", [("lung_opacity", "right", "present", "worse")]),
        ("No left pleural effusion.", [("pleural_effusion", "left", "absent", None)]),
        ("The heart is not enlarged.", [("cardiomegaly", None, "absent", None)]),
        ("The left pleural effusion of 2025-11-01 has resolved.", [("pleural_effusion", "left", "resolved", None)]),
        ("A right lung opacity cannot be confirmed or excluded.", []),
        ("Looked for: lung opacity and enlarged heart. Nothing else was looked for.", []),
        ("Earlier report of 2025-11-01: “There is a left lung opacity.”", []),
        (
            "No lung opacity or enlarged heart (film of 2026-03-02).",
            [("lung_opacity", None, "absent", None), ("cardiomegaly", None, "absent", None)],
        ),
        (
            "Bilateral pleural effusions.",
            [("pleural_effusion", "right", "present", None), ("pleural_effusion", "left", "present", None)],
        ),
    ],
)
def test_what_a_sentence_says(text: str, said: list[tuple[Any, ...]]) -> None:
    assert sayings(text) == [Saying(*one) for one in said]


@pytest.mark.parametrize(
    ("text", "side", "against"),
    [
        ("There is a right lung opacity, worse since 2025-11-01.", False, False),
        ("There is a right lung opacity, better since 2025-11-01.", False, True),
        ("There is a left lung opacity.", True, True),
        ("There is a right pleural effusion.", True, True),
        ("The left pleural effusion of 2025-11-01 has resolved.", False, False),
        ("The right pleural effusion of 2025-11-01 has resolved.", True, True),
        ("No left lung opacity.", False, False),
        ("No right lung opacity.", False, True),
        ("No lung opacity.", False, True),
        ("The heart is enlarged, stable since 2025-11-01.", False, False),
        ("The heart is not enlarged.", False, True),
    ],
)
def test_a_sentence_beside_what_was_drawn(text: str, side: bool, against: bool) -> None:
    assert (wrong_side(text, CASE), contradicts(text, CASE)) == (side, against)


def test_a_side_is_told_as_fact_or_not_at_all() -> None:
    assert names_a_side("No left lung opacity.") and names_a_side("There is a right pleural effusion.")
    assert not names_a_side("There is a lung opacity; its side is uncertain.")


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_follows_from_its_seed(kind: Kind, tmp_path: Path) -> None:
    one, again = (write_case(tmp_path / name, kind, 1, seed=5) for name in ("one", "again"))
    other = write_case(tmp_path / "other", kind, 1, seed=6)
    files = {path.name: path.read_bytes() for path in sorted((tmp_path / "one").iterdir())}
    assert one == again and files == {path.name: path.read_bytes() for path in sorted((tmp_path / "again").iterdir())}
    assert other.date != one.date or files["film.dcm"] != (tmp_path / "other" / "film.dcm").read_bytes()


def test_another_patients_film_carries_another_id_or_name(tmp_path: Path) -> None:
    for number, by_id in ((0, True), (1, False)):
        case = write_case(tmp_path / str(number), "other_tags", number, seed=5)
        film, earlier = (pydicom.dcmread(tmp_path / str(number) / f"{name}.dcm") for name in ("film", "earlier"))
        assert case.refused_whole == by_id == bool(earlier.PatientID)
        assert film.PatientID != earlier.PatientID and film.PatientName != earlier.PatientName


# ------------------------------------------------------------------ the score of one draft


@pytest.fixture
def told(draft: Draft) -> dict[str, Any]:
    """The sample draft: a right opacity that is worse, a left effusion in doubt, a heart not enlarged."""
    return draft.model_dump(mode="json")


DRAWN = replace(CASE, signs=("lung_opacity right",), changes={"lung_opacity right": "worse"})


def test_a_right_draft_scores_right(told: dict[str, Any]) -> None:
    own, supported, side, against = sentences([(DRAWN, told)])
    assert (own.ours, supported.note, side.ours, against.ours) == (0, "0 of 0", 0, 0)
    assert own.note and own.note.startswith("0 of 5;")
    assert [one.note for one in findings([(DRAWN, told)])] == ["4 of 4", "1 of 5"]
    assert [one.note for one in changes([(DRAWN, told)])] == ["1 of 1", "0 of 1"]


def test_a_wrong_draft_scores_wrong(told: dict[str, Any]) -> None:
    """The same draft, where the sign was drawn on the other side and got better."""
    drawn = replace(DRAWN, signs=("lung_opacity left",), changes={"lung_opacity left": "better"})
    _, _, side, against = sentences([(drawn, told)])
    assert side.ours == 2 and side.met is False
    assert against.ours == 3
    assert findings([(drawn, told)])[0].note == "2 of 4"
    assert changes([(drawn, told)])[0].note == "0 of 0"


def test_a_reading_where_silence_was_due(told: dict[str, Any]) -> None:
    made = [Drafted(replace(CASE, kind=kind), told, None, 1.0) for kind in ("blank", "noise", "inverted", "mirrored")]
    assert [one.ours for one in silence(made)] == [0, 0, 0, 0]


def test_a_stranger_is_stopped_or_not(told: dict[str, Any]) -> None:
    film = replace(CASE, kind="other_tags", refused_whole=True)
    paper = replace(CASE, kind="other_text", foreign=("Potassium",))
    refused = {**told, "provenance": {"refused": [{"path": "labs.pdf", "code": "patient_mismatch", "message": ""}]}}
    let_in = strangers([Drafted(film, told, None, 1.0), Drafted(paper, refused, None, 1.0)])
    assert [one.ours for one in let_in] == [0, 0]
    paper = replace(paper, foreign=("Tetralogy",))
    stopped = strangers([Drafted(film, None, "patient_mismatch", 1.0), Drafted(paper, refused, None, 1.0)])
    assert [one.ours for one in stopped] == [100, 100]
