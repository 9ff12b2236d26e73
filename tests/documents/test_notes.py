"""Facts of notes by rules: each an exact stretch of the text, stated, denied or doubted as the note has it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.documents.injection import instructions_in
from prelim.documents.notes import mentions_in, parts_of, sections_in
from prelim.documents.sections import sections_of
from tests.conftest import EXAMPLES
from tests.documents.test_injection import CASES, NOTE

Fact = tuple[str, str, str]
REFERRAL = (EXAMPLES / "growing-opacity" / "referral-2025-03-14.txt").read_text(encoding="utf-8")


def facts(text: str) -> set[Fact]:
    return {(one.kind, one.state, text[one.start : one.end]) for one in mentions_in(text)}


def test_the_example_referral() -> None:
    assert {(one.section, *fact) for one in mentions_in(REFERRAL) for fact in [_said(one.start, one.end)]} == {
        ("indication", "question", "uncertain", "rule out pneumonia"),
        ("history", "problem", "present", "cough"),
        ("history", "problem", "present", "fever"),
        ("history", "problem", "absent", "chest pain"),
        ("past_history", "problem", "present", "COPD"),
        ("past_history", "problem", "present", "Hypertension"),
        ("medications", "medication", "present", "Lisinopril 10 mg daily"),
        ("medications", "medication", "present", "Salbutamol inhaler as needed"),
        ("allergies", "allergy", "present", "penicillin (rash)"),
    }


def _said(start: int, end: int) -> Fact:
    [one] = [one for one in mentions_in(REFERRAL) if (one.start, one.end) == (start, end)]
    return one.kind, one.state, REFERRAL[start:end]


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("PMH: asthma, type 2 diabetes", {("problem", "present", "asthma"), ("problem", "present", "type 2 diabetes")}),
        (
            "PMH:\n- Depressive disorder, not elsewhere classified\n- Insomnia, unspecified",
            {("problem", "present", "Depressive disorder"), ("problem", "present", "Insomnia")},
        ),
        ("She was diagnosed with heart failure.", {("problem", "present", "heart failure")}),
        ("He has a history of gout.", {("problem", "present", "gout")}),
        ("Denies chest pain.", {("problem", "absent", "chest pain")}),
        ("Imp: possible bursitis", {("problem", "uncertain", "bursitis")}),
        ("Imp: no evidence of cellulitis", {("problem", "absent", "cellulitis")}),
        ("PMH: nil of note", set()),
        ("FAMILY HISTORY\nMother: breast cancer", set()),
        ("Medications:\n- aspirin 75 mg po daily", {("medication", "present", "aspirin 75 mg po daily")}),
        ("We stopped warfarin.", {("medication", "absent", "warfarin")}),
        ("Consider amoxicillin 500 mg tds.", {("medication", "uncertain", "amoxicillin 500 mg tds")}),
        ("She takes 20 mg of omeprazole.", {("medication", "present", "20 mg of omeprazole")}),
        ("No use of epipen.", {("medication", "absent", "epipen")}),
        ("DH: metformin, lives alone", {("medication", "present", "metformin")}),
        ("Allergies: NKDA", {("allergy", "absent", "NKDA")}),
        ("No known drug allergies.", {("allergy", "absent", "No known drug allergies")}),
        ("Allergic to penicillin and latex.", {("allergy", "present", "penicillin"), ("allergy", "present", "latex")}),
        ("Reason for exam: r/o PE", {("question", "uncertain", "r/o PE")}),
        ("Clinical question: fracture?", {("question", "uncertain", "fracture?")}),
        ("Vorerkrankungen: Asthma", {("problem", "present", "Asthma")}),
        ("Medikation: Ramipril 5 mg 1-0-0", {("medication", "present", "Ramipril 5 mg 1-0-0")}),
        ("Alergias: penicilina", {("allergy", "present", "penicilina")}),
        ("", set()),
    ],
)
def test_what_a_line_states(text: str, stated: set[Fact]) -> None:
    assert facts(text) == stated


def test_a_section_of_one_line_ends_with_it() -> None:
    sheet = "Allergies: latex\n\nHeight: 1.6 m\nNausea: No\nFatigue: Yes\n\nGiven:\nOndansetron 8 mg, Oral\n"
    assert facts(sheet) == {
        ("allergy", "present", "latex"),
        ("problem", "absent", "Nausea"),
        ("problem", "present", "Fatigue"),
        ("medication", "present", "Ondansetron 8 mg, Oral"),
    }
    listed = "Allergies:\n- latex\n- penicillin (rash)\n\nPMH: asthma"
    assert {fact for fact in facts(listed) if fact[0] == "allergy"} == {
        ("allergy", "present", "latex"),
        ("allergy", "present", "penicillin (rash)"),
    }


def test_the_sections_of_a_note_hold_all_of_it_once() -> None:
    text = "FH: father, asthma\nHeight: 1.6 m\n\nPMH: gout"
    sections = [(one.heading, text[one.start : one.end]) for one in sections_in(text)]
    assert sections == [("family_history", "father, asthma"), ("", "Height: 1.6 m"), ("past_history", "gout")]


@pytest.mark.parametrize(
    "text",
    [
        "Assessment:\nSeen with her husband.\nReferred to Dr Example.\nJane Example, RN\n2024-03-01, 10:15",
        "Side effects can include headache and nausea.",
        "Allergies: denies food allergies",
    ],
)
def test_what_states_no_problem(text: str) -> None:
    assert not [fact for fact in facts(text) if fact[:2] != ("allergy", "absent")]


def test_what_is_to_be_excluded_is_no_fact() -> None:
    assert facts("Imp: PUO, need to exclude malaria") == {
        ("problem", "present", "PUO"),
        ("problem", "uncertain", "malaria"),
        ("question", "uncertain", "to exclude malaria"),
    }


@pytest.mark.parametrize("order", CASES)
def test_an_order_changes_no_other_fact(order: str) -> None:
    """Before it and behind it the same is read as without it."""
    note = NOTE.format(order)
    spans = instructions_in(note)
    others = [one for one in mentions_in(note) if not any(one.start < b and a < one.end for a, b in spans)]
    assert [(one.kind, one.state, one.section, note[one.start : one.end]) for one in others] == [
        ("problem", "present", "history", "cough"),
        ("medication", "present", "medications", "aspirin 75 mg daily"),
    ]


PIECES = st.sampled_from(
    [
        *("PMH:", "Medications:\n", "Allergies: ", "- ", "\n", ", ", ". ", "? ", "(", ")", "\u200b", "asthma", "no "),
        *("aspirin ", "5 mg daily", "stopped ", "NKDA", "allergic to ", "latex", "rule out ", "history of ", "pain"),
        " in the left knee",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=200)))
def test_spans_are_of_the_text_in_order_and_apart(text: str) -> None:
    mentions = mentions_in(text)
    assert all(0 <= one.start < one.end <= len(text) and text[one.start : one.end].strip() for one in mentions)
    assert mentions == sorted(mentions, key=lambda one: one.start)
    for kind in ("problem", "medication", "allergy", "question"):
        places = [place for one in mentions if one.kind == kind for place in (one.start, one.end)]
        assert places == sorted(places)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("ab .,:\n", max_size=300), max_size=8).map("\n".join))
def test_parts_hold_every_word_of_the_sections(text: str) -> None:
    words = "".join(text[part.start : part.end] for part in sections_of(text))
    held = "".join(text[part.start : part.end] for part in parts_of(text))
    assert [char for char in held if char.isalpha()] == [char for char in words if char.isalpha()]
