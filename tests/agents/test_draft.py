"""The assembled draft: its urgency, and what makes two drafts the same."""

from pathlib import Path
from typing import Any

import pytest

from agents.draft import content_sha256, urgency_of
from prelim.draft import Decision, Draft, Found
from prelim.types import Labs, NotAssessed, Triage
from tests.sample_case import declined


def test_the_draft_holds_what_was_found(draft: Draft) -> None:
    assert (draft.status, draft.urgency) == ("review", "critical")
    assert draft.findings[0].change == "worse"
    assert [study.role for study in draft.studies] == ["current", "prior"]
    assert draft.provenance["refused"][0]["code"] == "truncated"
    assert draft.content_sha256 == content_sha256(draft)


def test_the_same_content_elsewhere_is_the_same_draft(draft: Draft) -> None:
    refs = tuple(e.model_copy(update={"ref": "r-9"}) if e.kind == "statement" else e for e in draft.evidence)
    paths = tuple(document.model_copy(update={"path": f"other/{document.path}"}) for document in draft.documents)
    decision = Decision(action="sign", reviewer="Dr. A", at="2026-03-03T10:00:00+00:00")
    moved = {"case_id": "c-2", "patient_key": "p-2", "status": "signed", "decision": decision}
    elsewhere = draft.model_copy(update={**moved, "evidence": refs, "documents": paths})
    assert content_sha256(elsewhere) == draft.content_sha256


def test_what_made_the_draft_is_recorded_and_is_no_content(draft: Draft, home: Path) -> None:
    """Settings and versions, so that a draft can be made again; no place, and no other digest with another torch."""
    made = draft.provenance
    assert made["settings"]["mass"] == 0.5 and made["settings"]["out_of_scope"] is False
    assert set(made["software"]) == {"prelim", "torch", "transformers"} and all(made["software"].values())
    assert str(home.parent) not in str(made)
    other = {"software": {"torch": "99"}, "settings": {"margin": 0.3}, "calibration": "0" * 64}
    newer = draft.model_copy(update={"provenance": made | other})
    assert content_sha256(newer) == draft.content_sha256
    refused = draft.model_copy(update={"provenance": {**made, "refused": []}})
    assert content_sha256(refused) != draft.content_sha256


@pytest.mark.parametrize("change", [{"urgency": "routine"}, {"warnings": ("One more.",)}, {"findings": ()}])
def test_other_content_is_another_draft(draft: Draft, change: dict[str, Any]) -> None:
    assert content_sha256(draft.model_copy(update=change)) != draft.content_sha256


def test_urgency_is_never_routine_where_something_was_not_judged(found: Found) -> None:
    quiet = tuple(f.model_copy(update={"state": "absent"}) for f in found.triage.findings)
    triage = found.triage.model_copy(update={"findings": quiet, "urgency": "routine"})
    missing = NotAssessed(study_instance_uid=None, task="probe", label="cardiomegaly", reason="Not on the card.")
    assert urgency_of(triage, ()) == "routine"
    assert urgency_of(triage.model_copy(update={"not_assessed": (missing,)}), ()) == "not_triaged"
    assert urgency_of(triage.model_copy(update={"quality": {"1": "unreadable"}}), ()) == "not_triaged"
    assert urgency_of(triage.model_copy(update={"findings": found.triage.findings}), ()) == "not_triaged"


def test_a_critical_result_raises_what_was_not_triaged(found: Found) -> None:
    triage: Triage = declined(found).triage
    labs: Labs = found.labs
    assert urgency_of(triage, ()) == "not_triaged"
    assert urgency_of(triage, labs.labs) == "critical"
