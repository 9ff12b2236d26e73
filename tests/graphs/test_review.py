"""The review: edits, the one decision, what follows it, and what is refused by name."""

import json
from pathlib import Path

import pytest

from app import Prelim
from prelim.errors import InputError, RefusedError
from tests.conftest import EXAMPLES


@pytest.fixture
def case_id(prelim: Prelim) -> str:
    """The normal example, drafted."""
    return prelim.draft(EXAMPLES / "normal").case_id


def test_signing_delivers_and_remembers_once(prelim: Prelim, case_id: str) -> None:
    draft = prelim.sign(case_id, reviewer="Dr Example")
    assert draft.status == "signed" and draft.decision and draft.decision.reviewer == "Dr Example"
    records = prelim.history("EXAMPLE-2")
    assert {"report", "study", "lab"} <= {record.type for record in records}
    prelim.run(case_id)
    assert prelim.history("EXAMPLE-2") == records
    assert prelim.audit_verify().intact
    assert "signed by Dr Example" in prelim.text(case_id) or "Dr Example" in prelim.text(case_id)


def test_a_second_decision_is_refused(prelim: Prelim, case_id: str) -> None:
    prelim.sign(case_id, reviewer="Dr Example")
    for second in (
        lambda: prelim.sign(case_id, reviewer="Dr Other"),
        lambda: prelim.reject(case_id, reviewer="Dr Other", reason="no"),
        lambda: prelim.edit(case_id, section="findings", text="More."),
    ):
        with pytest.raises(RefusedError) as refused:
            second()
        assert (refused.value.code, refused.value.exit_status) == ("already_signed", 3)


def test_after_a_rejection_nothing_is_delivered(prelim: Prelim, case_id: str) -> None:
    draft = prelim.reject(case_id, reviewer="Dr Example", reason="wrong patient position")
    assert draft.status == "rejected" and prelim.history("EXAMPLE-2") == ()
    with pytest.raises(RefusedError) as refused:
        prelim.sign(case_id, reviewer="Dr Example")
    assert refused.value.code == "already_rejected"


def test_edits_are_checked_and_never_blocked(prelim: Prelim, case_id: str) -> None:
    before = prelim.show(case_id)
    statement = before.sections.findings[0]
    edited = prelim.edit(case_id, statement.id, text="There is a left lung opacity.")
    [changed] = [s for s in edited.sections.findings if s.id == statement.id]
    assert (changed.source, changed.support) == ("person", "attested")
    assert not all(check.passed for check in changed.checks), "a contradiction is flagged"
    dropped = prelim.edit(case_id, statement.id)
    assert statement.id not in [s.id for s in dropped.sections.findings]
    added = prelim.edit(case_id, section="impression", text="No acute disease.")
    assert added.sections.impression[-1].text == "No acute disease."
    assert added.content_sha256 != before.content_sha256
    with pytest.raises(InputError):
        prelim.edit(case_id, "s-nothing", text="x")


@pytest.mark.integration
@pytest.mark.parametrize("text", ["There is a left lung opacity.", None])
def test_what_a_person_contradicted_or_dropped_never_becomes_history(
    prelim: Prelim, case_id: str, text: str | None
) -> None:
    draft = prelim.show(case_id)
    [opacity] = [s for s in draft.sections.findings if s.text == "No lung opacity."]
    impression = [s for s in draft.sections.impression if set(s.evidence) & set(opacity.evidence)]
    for statement in (opacity, *impression):
        prelim.edit(case_id, statement.id, text=text if statement is opacity else None)
    prelim.sign(case_id, reviewer="Dr Example")
    titles = {record.title for record in prelim.history("EXAMPLE-2") if record.type == "finding"}
    assert not [title for title in titles if "opacity" in title]
    assert "right pleural effusion absent" in titles


def test_nobody_signs_without_a_name_and_nothing_is_said_with_no_words(prelim: Prelim, case_id: str) -> None:
    statement = prelim.show(case_id).sections.findings[0]
    for blank in (
        lambda: prelim.sign(case_id, reviewer=" "),
        lambda: prelim.reject(case_id, reviewer="Dr Example", reason=""),
        lambda: prelim.edit(case_id, statement.id, text=" "),
    ):
        with pytest.raises(InputError):
            blank()
    assert prelim.show(case_id).status == "review"


@pytest.mark.integration
def test_an_addendum_follows_a_signature(prelim: Prelim, case_id: str) -> None:
    with pytest.raises(InputError) as unsigned:
        prelim.addendum(case_id, reviewer="Dr Example", text="Called.")
    assert unsigned.value.code == "not_signed"
    prelim.sign(case_id, reviewer="Dr Example")
    draft = prelim.addendum(case_id, reviewer="Dr Example", text="Called the ward.")
    assert [words.text for words in draft.addenda] == ["Called the ward. (Dr Example)"]
    assert "Called the ward." in prelim.text(case_id)


@pytest.mark.integration
def test_no_place_keeps_an_unsigned_draft(prelim: Prelim, case_id: str, tmp_path: Path) -> None:
    """Drafted at home, then elsewhere twice; one place is another case's by now. All that is this case's is signed."""
    kept, taken = tmp_path / "kept", tmp_path / "taken"
    home = prelim.folder(case_id)
    for out in (taken, kept):
        prelim.draft(EXAMPLES / "normal", out=out)
    other = prelim.draft(EXAMPLES / "growing-opacity", out=taken).case_id
    prelim.edit(case_id, section="impression", text="No acute disease.")
    prelim.sign(case_id, reviewer="Dr Example")
    for folder in (home, kept):
        assert "SIGNED by Dr Example" in (folder / "report.txt").read_text()
        assert json.loads((folder / "draft.json").read_text())["status"] == "signed"
    assert json.loads((taken / "draft.json").read_text())["case_id"] == other
    prelim.draft(EXAMPLES / "normal", out=taken)
    assert {path.name for path in (taken / "images").iterdir()} == {"current-1.png"}, "no other patient's image is left"


def test_an_unknown_case_is_named(prelim: Prelim) -> None:
    with pytest.raises(InputError) as unknown:
        prelim.show("c-nothing")
    assert unknown.value.code == "unknown_case"
