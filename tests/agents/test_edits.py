"""A person's edits: made, checked, flagged, never blocked."""

import pytest

from agents.across import OMITTED
from agents.edits import apply_edits
from agents.verifier import statements_of
from prelim.draft import Check, Draft, Edit, Statement
from prelim.errors import InputError

AT = "2026-03-03T10:00:00+00:00"


def reworded(draft: Draft, text: str) -> Statement:
    first = draft.sections.findings[0]
    return apply_edits(draft, [Edit(statement_id=first.id, text=text, at=AT)]).sections.findings[0]


def failed(checks: tuple[Check, ...]) -> set[str]:
    return {check.name for check in checks if not check.passed}


def test_a_reworded_statement_is_the_persons_and_keeps_its_evidence(draft: Draft) -> None:
    statement = reworded(draft, "Right lung opacity without cavitation, worse since 2025-11-01.")
    assert (statement.source, statement.support) == ("person", "attested")
    assert statement.evidence == draft.sections.findings[0].evidence
    assert failed(statement.checks) == set()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("No right lung opacity.", {"negation"}),
        ("Left lung opacity, worse since 2025-11-01.", {"side"}),
        ("Right lung opacity, worse since 2025-11-01. No left pleural effusion.", {"negation", "side"}),
        ("Right lung opacity, 4 cm.", {"size"}),
        ("Right lung opacity, see ___.", {"placeholder"}),
    ],
)
def test_what_contradicts_the_evidence_is_flagged_and_kept(draft: Draft, text: str, names: set[str]) -> None:
    statement = reworded(draft, text)
    assert (statement.text, statement.support) == (text, "attested")
    assert failed(statement.checks) <= names
    assert failed(statement.checks)


def test_a_contradiction_with_the_impression_is_marked_there(draft: Draft) -> None:
    first = draft.sections.findings[0]
    edited = apply_edits(draft, [Edit(statement_id=first.id, text="No right lung opacity.", at=AT)])
    assert any(first.id in check.detail for check in edited.sections.impression[1].checks if not check.passed)


def test_an_added_sentence_answers_to_all_that_was_found(draft: Draft) -> None:
    texts = ["Degenerative spine.", "Potassium 6.8 mmol/L.", "Potassium 8.6 mmol/L.", "Left lung opacity."]
    edited = apply_edits(draft, [Edit(section="impression", text=text, at=AT) for text in texts])
    added = edited.sections.impression[-4:]
    assert [s.text for s in added] == texts
    assert len({s.id for s in statements_of(edited.sections)}) == len(list(statements_of(edited.sections)))
    assert [failed(s.checks) for s in added] == [set(), set(), {"number"}, {"negation"}]


def test_dropping_what_was_found_is_warned_about_and_changes_the_digest(draft: Draft) -> None:
    ids = [draft.sections.findings[0].id, draft.sections.impression[1].id]
    edited = apply_edits(draft, [Edit(statement_id=id, at=AT) for id in ids])
    assert f"{OMITTED}right lung opacity." in edited.warnings
    assert edited.content_sha256 != draft.content_sha256
    again = Edit(section="findings", text="There is a right lung opacity.", at=AT)
    assert not any(text.startswith(OMITTED) for text in apply_edits(edited, [again]).warnings)


def test_edits_are_pure_and_repeatable(draft: Draft) -> None:
    edits = [Edit(section="findings", text="Degenerative spine.", at=AT)]
    later = [edit.model_copy(update={"at": "2027-01-01T00:00:00+00:00"}) for edit in edits]
    assert apply_edits(draft, []) == draft
    assert apply_edits(draft, edits) == apply_edits(draft, later)


def test_an_unknown_statement_is_named(draft: Draft) -> None:
    with pytest.raises(InputError, match="No statement s-nothing") as caught:
        apply_edits(draft, [Edit(statement_id="s-nothing", text="x", at=AT)])
    assert caught.value.code == "no_such_statement"


def test_a_result_may_be_named_without_its_value_but_not_with_another(draft: Draft) -> None:
    texts = ["Sodium is normal.", "Sodium of 139 mmol/L.", "Sodium of 129 mmol/L.", "Sodium of 139 mg/dL."]
    edited = apply_edits(draft, [Edit(section="findings", text=text, at=AT) for text in texts])
    assert [failed(s.checks) for s in edited.sections.findings[-4:]] == [set(), set(), {"number"}, {"unit"}]
