"""What notes and record say of the patient: one sentence a kind, each with its places, and no word of its own."""

from collections.abc import Callable
from typing import Any

from agents.background import background, entries_of
from agents.checks import passed
from agents.reporter import compose
from agents.sections import Scribe
from agents.verifier import verify
from memory.artifacts import Artifacts
from prelim.draft import Found
from prelim.facts import Entry, NoteFact, Notes
from prelim.types import Document, Evidence, State, evidence

SHA = "1" * 64


def noted(*facts: tuple[str, str, State]) -> Notes:
    """A note's facts, one after another."""
    made: list[NoteFact] = []
    places: list[Evidence] = []
    for number, (kind, text, state) in enumerate(facts):
        place = evidence("text", document_sha256=SHA, chars=(number * 100, number * 100 + len(text)), quote=text)
        places.append(place)
        common: dict[str, Any] = {"id": f"n-{number}", "kind": kind, "text": text, "state": state}
        made.append(
            NoteFact(**common, document_sha256=SHA, chars=place.chars or (0, 0), readers="rules", evidence=(place.id,))
        )
    return Notes(facts=tuple(made), evidence=tuple(places))


def said(found: Found, *facts: tuple[str, str, State]) -> list[str]:
    changed = found.model_copy(update={"notes": noted(*facts)})
    return [line.text for line in background(Scribe(()), changed, ())]


def test_each_kind_takes_one_sentence(found: Found) -> None:
    facts: list[tuple[str, str, State]] = [
        ("question", "rule out pneumonia", "uncertain"),
        ("problem", "COPD", "present"),
        ("problem", "copd", "present"),
        ("problem", "heart failure", "uncertain"),
        ("problem", "diabetes", "absent"),
        ("medication", "Lisinopril 10 mg daily", "present"),
        ("medication", "Warfarin", "absent"),
        ("allergy", "NKDA", "absent"),
    ]
    assert said(found, *facts) == [
        "Clinical question: “rule out pneumonia”.",
        "Known problems: COPD and heart failure (uncertain).",
        "Medications: Lisinopril 10 mg daily.",
        "Allergies: NKDA.",
    ]


def test_what_is_told_twice_is_said_once(found: Found) -> None:
    facts: list[tuple[str, str, State]] = [
        ("problem", "COPD", "present"),
        ("problem", "Chronic obstructive pulmonary disease", "present"),
        ("medication", "Lisinopril 10 mg daily", "present"),
        ("medication", "Lisinopril 10 mg oral tablet", "present"),
        ("medication", "Salbutamol", "present"),
        ("allergy", "penicillin (rash)", "present"),
        ("allergy", "Penicillin", "present"),
    ]
    assert said(found, *facts) == [
        "Known problems: COPD.",
        "Medications: Lisinopril 10 mg daily and Salbutamol.",
        "Allergies: penicillin (rash).",
    ]
    changed = found.model_copy(update={"notes": noted(*facts)})
    assert [len(line.evidence) for line in background(Scribe(()), changed, ())] == [2, 3, 2]


def test_nothing_is_said_where_nothing_is_known(found: Found) -> None:
    assert said(found) == []


def test_the_verifier_bears_the_sentences_out(found: Found, scripted: Callable[[Any], Any]) -> None:
    changed = found.model_copy(
        update={
            "notes": noted(("medication", "Lisinopril 10 mg daily", "present"), ("problem", "left hip pain", "present"))
        }
    )
    sections = verify(compose(scripted(None), changed), changed).composition.sections
    mine = [line for line in sections.indication if line.text.startswith(("Medications", "Known"))]
    assert len(mine) == 2
    assert all(passed(line.checks) and line.support == "supported" for line in mine)


def test_what_still_holds_of_a_record_is_told(found: Found, artifacts: Artifacts) -> None:
    entries = [
        _entry("condition", "Hypertension", "active"),
        _entry("condition", "Acute bronchitis", "resolved"),
        _entry("encounter", "Check-up", "finished"),
    ]
    stored = artifacts.put_json([entry.model_dump(mode="json") for entry in entries])
    document = Document(path="record.json", sha256=SHA, kind="record", text_sha256=SHA, entries_sha256=stored)
    case = found.case.model_copy(update={"documents": (document,)})
    lines = background(Scribe(()), found.model_copy(update={"case": case}), entries_of(case, artifacts))
    assert [line.text for line in lines] == ["Known problems: Hypertension."]


def _entry(type: Any, title: str, status: str) -> Entry:
    text = f"2020-01-01 {title}"
    return Entry(
        type=type, key=title, date="2020-01-01", title=title, text=text, pointer="/entry/0", data={"status": status}
    )
