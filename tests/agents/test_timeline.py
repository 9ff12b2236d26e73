"""A sentence that tells a finding at several times, part by part."""

import pytest

from agents.checks import check_statement
from agents.facts import Facts, Ground, Point, comparison_evidence, facts_of, finding_evidence
from prelim.draft import Statement
from prelim.knowledge.sentence import claim
from prelim.types import Change, Comparison, Finding

DAYS = ("2023-05-05", "2024-01-10", "2024-06-01", "2025-03-14")
CHANGES: tuple[Change, ...] = ("new", "worse", "better")
POINTS = tuple(
    Point(label="lung_opacity", side="right", change=change, on=on, since=since)
    for change, since, on in zip(CHANGES, DAYS, DAYS[1:], strict=False)
)
FACTS = Facts(
    claims=(claim("lung_opacity", "right", "present", "better", DAYS[2]),), points=POINTS, film_dates=(DAYS[3],)
)


def failed(text: str, closed: bool) -> set[str]:
    return {check.name for check in check_statement(text, FACTS, closed=closed) if not check.passed}


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "Right lung opacity: new 2024-01-10, worse 2024-06-01, better 2025-03-14.",
        "Right lung opacity: new on 10 January 2024, worse on June 1, 2024, better on 2025-03-14 (film of 2025-03-14).",
        "Right lung opacity, worse since 2024-01-10, then better since 2024-06-01.",
        "2024-01-10 new, 2024-06-01 worse, 2025-03-14 better: right lung opacity.",
        "There is a right lung opacity, better since 2024-06-01.",
    ],
)
def test_what_the_comparisons_bear_out_passes(text: str, closed: bool) -> None:
    assert failed(text, closed) == set()


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Right lung opacity: new 2024-01-10, better 2024-06-01, better 2025-03-14.", "change"),
        ("Right lung opacity: worse 2024-01-10, new 2024-06-01, better 2025-03-14.", "change"),
        ("Right lung opacity: new 2024-01-10, worse 2024-06-02, better 2025-03-14.", "date"),
        ("Left lung opacity: new 2024-01-10, worse 2024-06-01, better 2025-03-14.", "side"),
        ("Right lung opacity, worse since 2024-06-01, then better since 2024-01-10.", "change"),
        ("There is a right lung opacity, worse since 2024-06-01.", "change"),
    ],
)
def test_each_part_has_to_be_borne_out(text: str, name: str, closed: bool) -> None:
    assert name in failed(text, closed)


def test_the_points_are_the_comparisons_that_a_statement_cites() -> None:
    finding = Finding(
        id="f-1",
        label="lung_opacity",
        laterality="right",
        state="present",
        probability=0.9,
        study_instance_uid="1.2",
    )
    comparisons = tuple(
        Comparison(
            id=f"k-{point.on}",
            label=point.label,
            laterality=point.side,
            prior_sop_instance_uid="1.2.1",
            current_sop_instance_uid="1.2.2",
            prior_date=point.since,
            current_date=point.on,
            change=point.change or "uncertain",
            probability=0.9,
            swap_consistent=True,
        )
        for point in POINTS
    )
    places = (finding_evidence(finding), *map(comparison_evidence, comparisons))
    ground = Ground(evidence=places, findings=(finding,), comparisons=comparisons)
    cited = tuple(place.id for place in places[:3])
    statement = Statement(id="s-1", text="", evidence=cited, support="supported", source="template")
    facts = facts_of(statement, ground)
    assert facts.points == POINTS[:2] and facts.timeline
