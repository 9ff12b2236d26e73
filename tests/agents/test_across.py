"""Findings and impression say the same, and nothing that matters is missing from both."""

from typing import Any

import pytest

from agents.across import LEFT_OUT, OMITTED
from agents.checks import passed
from agents.edits import apply_edits
from agents.reporter import Composition, compose
from agents.verifier import verify
from prelim.draft import Draft, Edit, Found, Sections, Statement
from tests.agents.test_edits import AT


def sections_of(draft: Draft, findings: str, impression: str) -> Sections:
    """What a person says in both sections, alone."""
    ids = [statement.id for name in ("findings", "impression") for statement in getattr(draft.sections, name)]
    edits = [Edit(statement_id=id, at=AT) for id in ids]
    said = (("findings", findings), ("impression", impression))
    edits += [Edit.model_validate({"section": section, "text": text, "at": AT}) for section, text in said]
    return apply_edits(draft, edits).sections


def clashes(statement: Statement) -> set[str]:
    return {check.name for check in statement.checks if check.detail.startswith("contradicts")}


@pytest.mark.parametrize(
    ("findings", "impression", "name"),
    [
        ("Right pneumothorax.", "No pneumothorax.", "negation"),
        ("No pneumothorax.", "Small left-sided pneumothorax.", "negation"),
        ("Right pneumothorax.", "Left pneumothorax.", "side"),
        ("Right pneumothorax, larger.", "Right pneumothorax has decreased.", "change"),
        ("Right lung opacity.", "No right lung opacity.", "negation"),
        ("Right lung opacity, worse since 2025-11-01.", "Right lung opacity has improved.", "change"),
        ("The heart is not enlarged.", "Enlarged heart.", "negation"),
    ],
)
def test_each_of_two_that_contradict_each_other_is_marked(
    draft: Draft, findings: str, impression: str, name: str
) -> None:
    said = sections_of(draft, findings, impression)
    assert name in clashes(said.findings[0]) and name in clashes(said.impression[0])


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("Right pneumothorax.", "Pneumothorax on the right."),
        ("Right pneumothorax. No left pneumothorax.", "Right-sided pneumothorax."),
        ("Right lung opacity, worse since 2025-11-01.", "The right lung opacity has increased."),
        ("The heart is not enlarged.", "Right lung opacity."),
    ],
)
def test_what_is_said_in_other_words_contradicts_nothing(draft: Draft, findings: str, impression: str) -> None:
    said = sections_of(draft, findings, impression)
    assert clashes(said.findings[0]) == clashes(said.impression[0]) == set()


def without_impression(composition: Composition, words: str) -> Composition:
    kept = tuple(s for s in composition.sections.impression if words not in s.text)
    assert len(kept) < len(composition.sections.impression)
    return composition.model_copy(update={"sections": composition.sections.model_copy(update={"impression": kept})})


@pytest.mark.parametrize(("words", "what"), [("lung opacity", "right lung opacity"), ("Potassium", "Potassium 6.8")])
def test_what_is_urgent_has_to_stand_in_the_impression(found: Found, scripted: Any, words: str, what: str) -> None:
    composition = compose(scripted(None), found)
    assert verify(composition, found).composition.warnings == ()
    assert verify(without_impression(composition, words), found).composition.warnings == (f"{LEFT_OUT}{what}.",)


def test_what_no_section_tells_is_warned_about_once(found: Found, scripted: Any) -> None:
    composition = compose(scripted(None), found)
    silent = composition.model_copy(update={"sections": Sections(technique=composition.sections.technique)})
    assert verify(silent, found).composition.warnings == (
        f"{OMITTED}right lung opacity.",
        f"{OMITTED}Potassium 6.8.",
    )


def test_a_person_who_says_it_in_other_words_leaves_nothing_out(draft: Draft) -> None:
    said = sections_of(
        draft,
        "Airspace disease of the right lung. Potassium 6.8 mmol/L.",
        "Right lung infiltrate, Potassium 6.8 mmol/L.",
    )
    assert all(not clashes(statement) for statement in (*said.findings, *said.impression))
    ids = [statement.id for name in ("findings", "impression") for statement in getattr(draft.sections, name)]
    edits = [Edit(statement_id=id, at=AT) for id in ids]
    told = Edit(section="impression", text="Airspace disease of the right lung. Potassium 6.8 mmol/L.", at=AT)
    warnings = apply_edits(draft, [*edits, told]).warnings
    assert not any(text.startswith((OMITTED, LEFT_OUT)) for text in warnings)
    assert all(passed(statement.checks) for statement in apply_edits(draft, []).sections.impression)
