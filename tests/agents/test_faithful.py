"""Which changes of a draft are faithful to what its statements cite: absence, regrouping, and what is neither."""

import pytest

from agents.faithful import brought_by, judge
from agents.seen import said_by, seen_by
from prelim.draft import Draft, Found, Sections, Statement
from prelim.types import Evidence, evidence
from tests.sample_case import current_of, whole

FILM = evidence("image", study_instance_uid="1.2", sop_instance_uid="1.2.3", frame=0)
RIGHT, LEFT = (evidence("finding", study_instance_uid="1.2", ref=f"f-{side}") for side in ("right", "left"))
CHANGE = evidence("comparison", sop_instance_uid="1.2.3", ref="k-1")
PLACES = (FILM, RIGHT, LEFT, CHANGE)
BROUGHT = frozenset([CHANGE.id])


def said(id: str, text: str, *places: Evidence) -> Statement:
    return Statement(
        id=id, text=text, evidence=tuple(place.id for place in places), support="supported", source="template"
    )


RESOLVED = said("s-1", "Right effusion, resolved.", RIGHT, CHANGE)
QUIET = said("s-2", "No left effusion.", LEFT)
BOTH = said("s-3", "No effusion.", RIGHT, LEFT)
NONE = said("s-4", "None available.", FILM)


def reasons(draft: Draft, before: list[Statement], after: list[Statement]) -> list[str]:
    """Why what became of the findings is not faithful, where the comparison was taken away."""
    drafts = [
        draft.model_copy(update={"sections": Sections(findings=tuple(part)), "evidence": PLACES})
        for part in (before, after)
    ]
    return [one.reason for one in judge(*drafts, BROUGHT).violations]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([RESOLVED, QUIET], [QUIET]),
        ([RESOLVED, QUIET], [said("s-1", "No right effusion.", RIGHT), QUIET]),
        ([RESOLVED, QUIET], [BOTH]),  # regrouped: the left one is said in the sentence for both
        ([RESOLVED], [NONE]),
        ([RESOLVED, QUIET], [said("s-2", "No left or right effusion.", LEFT, RIGHT)]),
        ([QUIET], [QUIET]),
    ],
)
def test_faithful(draft: Draft, before: list[Statement], after: list[Statement]) -> None:
    assert reasons(draft, before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([RESOLVED, QUIET], [RESOLVED, QUIET], "cites what was taken away, and stayed"),
        ([RESOLVED, QUIET], [said("s-1", "Other words.", CHANGE), QUIET], "cites what was taken away, and stayed"),
        ([RESOLVED, QUIET], [], "went without citing the tool"),
        ([RESOLVED, said("s-5", "All is well.", FILM)], [NONE], "went without citing the tool"),
        ([RESOLVED, QUIET], [said("s-2", "Left effusion.", LEFT)], "changed without citing the tool"),
        ([RESOLVED], [said("s-6", "Left effusion.", LEFT)], "came, and rests on what nobody let go"),
        ([QUIET], [], "changed, and nothing of its section cites the tool"),
        ([QUIET], [QUIET, NONE], "changed, and nothing of its section cites the tool"),
    ],
)
def test_not_faithful(draft: Draft, before: list[Statement], after: list[Statement], reason: str) -> None:
    assert reasons(draft, before, after) == [reason]


def test_what_changed_is_told(draft: Draft) -> None:
    drafts = [
        draft.model_copy(update={"sections": Sections(findings=part), "evidence": PLACES})
        for part in ((RESOLVED, QUIET), (said("s-1", RESOLVED.text, RIGHT), QUIET, NONE))
    ]
    verdict = judge(*drafts, BROUGHT)
    assert verdict.unchanged == 1
    assert [(one.id, one.how, one.cites, one.words) for one in verdict.changed] == [
        ("s-1", "changed", True, False),
        ("s-4", "added", False, True),
    ]


def test_what_a_tool_brought(draft: Draft, found: Found) -> None:
    """Findings, boxes, cells and comparisons are their tools'; the film is the case's; a look is its tool's."""
    film = whole(current_of(found))
    look, word = seen_by("triage", film), said_by("dictation", "Nobody listened.")
    places = [*draft.evidence, look, word]
    kinds = {item.id: item.kind for item in draft.evidence}
    triage = brought_by(["triage"], found, places)
    assert look.id in triage and film.id not in triage
    assert {kinds[id] for id in triage - {look.id}} == {"finding"}
    assert word.id in brought_by(["dictation"], found, places)
    boxes = brought_by(["localization"], found, places)
    assert {item.box_px is not None for item in draft.evidence if item.id in boxes} == {True}
    assert {kinds[id] for id in brought_by(["labs"], found, places)} == {"lab"}
    assert {kinds[id] for id in brought_by(["longitudinal"], found, places)} == {"comparison"}
    report = found.priors.records[0].id
    assert {item.ref for item in draft.evidence if item.id in brought_by(["priors"], found, places)} == {report}
