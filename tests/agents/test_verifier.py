"""The verifier refuses what the facts do not bear out, and marks what is missing or contradictory."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.across import OMITTED
from agents.checks import passed
from agents.facts import Ground
from agents.findings import AGAIN
from agents.reporter import Composition, compose
from agents.verifier import checked, statements_of, verify
from prelim.draft import Found, Sections, Statement

RIGHT = "There is a right lung opacity, worse since 2025-11-01."


def test_what_the_tools_found_is_said_without_a_single_failed_check(found: Found, scripted: Any) -> None:
    verdict = verify(compose(scripted(lambda facts: RIGHT if "worse" in facts else ""), found), found)
    failed = [s.text for s in statements_of(verdict.composition.sections) if not passed(s.checks)]
    assert (failed, verdict.refused, verdict.composition.warnings) == ([], {}, ())
    assert not any(s.support == "unsupported" for s in statements_of(verdict.composition.sections))


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ("There is a lung opacity, worse since 2025-11-01.", "side"),
        ("There is no right lung opacity, worse since 2025-11-01.", "negation"),
        ("There is a right lung opacity since 2025-11-01.", "change"),
        ("There is a right lung opacity, worse.", "date"),
        ("There is a right lung opacity of 3 cm, worse since 2025-11-01.", "size"),
        ("There is a right pleural effusion, worse since 2025-11-01.", "finding"),
        ("There is a right lung opacity, worse since [date].", "placeholder"),
        ("There is a right lung opacity and pneumonia, worse since 2025-11-01.", "finding"),
    ],
)
def test_a_wrong_sentence_of_the_model_is_refused_and_the_table_speaks(
    found: Found, scripted: Any, wrong: str, check: str
) -> None:
    context = scripted(lambda facts: wrong if "worse" in facts else "")
    first = verify(compose(context, found), found)
    bad = first.composition.sections.findings[0]
    assert list(first.refused) == [bad.id]
    assert bad.support == "unsupported"
    assert check in {item.name for item in bad.checks if not item.passed}
    second = verify(compose(context, found, refused={bad.id: [first.refused[bad.id]] * (AGAIN + 1)}), found)
    good = second.composition.sections.findings[0]
    assert (second.refused, good.text, good.source, good.support) == ({}, RIGHT, "template", "supported")


def _with(composition: Composition, section: str, **change: Any) -> Composition:
    first, *rest = getattr(composition.sections, section)
    lines = (first.model_copy(update=change), *rest)
    return composition.model_copy(update={"sections": composition.sections.model_copy(update={section: lines})})


def test_a_statement_without_evidence_is_unsupported(found: Found, scripted: Any) -> None:
    composition = _with(compose(scripted(None), found), "technique", evidence=())
    assert verify(composition, found).composition.sections.technique[0].support == "unsupported"


def test_a_failing_template_is_marked_and_kept(found: Found, scripted: Any) -> None:
    composition = _with(compose(scripted(None), found), "impression", text="Potassium rose, 2026-03-01.")
    verdict = verify(composition, found)
    potassium = verdict.composition.sections.impression[0]
    assert (potassium.text[:14], potassium.support, verdict.refused) == ("Potassium rose", "unsupported", {})


def test_an_impression_that_contradicts_its_finding_is_marked(found: Found, scripted: Any) -> None:
    composition = compose(scripted(None), found)
    _, opacity, *rest = composition.sections.impression
    flipped = opacity.model_copy(update={"text": "No right lung opacity."})
    sections = composition.sections.model_copy(update={"impression": (flipped, *rest)})
    verdict = verify(composition.model_copy(update={"sections": sections}), found)
    details = [check.detail for check in verdict.composition.sections.impression[0].checks if not check.passed]
    assert f"contradicts {composition.sections.findings[0].id} in Findings" in details


def _persons(text: str, id: str) -> Statement:
    return Statement(id=id, text=text, support="attested", source="person")


@pytest.mark.parametrize(
    ("finding", "impression", "clash"),
    [
        ("There is a rib fracture.", "No rib fracture.", True),
        ("There is a rib fracture.", "Possible rib fracture.", False),
        ("There is an old rib fracture.", "No acute rib fracture.", False),
    ],
)
def test_a_persons_doubt_or_denial_of_one_kind_contradicts_nothing(finding: str, impression: str, clash: bool) -> None:
    sections = Sections(findings=(_persons(finding, "f1"),), impression=(_persons(impression, "i1"),))
    (told,) = checked(sections, Ground()).impression
    assert [check.detail for check in told.checks if not check.passed] == ["contradicts f1 in Findings"] * clash


def test_what_is_missing_is_warned_about(found: Found, scripted: Any) -> None:
    composition = compose(scripted(None), found)
    silent = composition.model_copy(update={"sections": Sections(technique=composition.sections.technique)})
    warnings = verify(silent, found).composition.warnings
    assert warnings == (f"{OMITTED}right lung opacity.", f"{OMITTED}Potassium 6.8.")


STATES = st.sampled_from(("present", "absent", "uncertain"))
QUIET = st.tuples(st.just("absent"), st.sampled_from((None, "resolved")))
CHANGES = st.sampled_from((None, "new", "worse", "stable", "better", "resolved", "uncertain"))


@pytest.mark.integration
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.one_of(st.tuples(*[st.tuples(STATES, CHANGES)] * 5), st.tuples(*[QUIET] * 5)))
def test_whatever_the_tools_found_the_tables_sentences_hold(
    found: Found, scripted: Any, drawn: tuple[Any, ...]
) -> None:
    """Any states and changes together, even such as contradict each other: nothing is said that is not borne out."""
    findings, comparisons = [], []
    sample = found.longitudinal.comparisons[0]
    for finding, (state, change) in zip(found.triage.findings, drawn, strict=True):
        findings.append(finding.model_copy(update={"state": state}))
        if change:
            own = {"id": f"k-{finding.id}", "label": finding.label, "laterality": finding.laterality, "change": change}
            comparisons.append(sample.model_copy(update=own))
    triage = found.triage.model_copy(update={"findings": tuple(findings)})
    longitudinal = found.longitudinal.model_copy(update={"comparisons": tuple(comparisons)})
    changed = found.model_copy(update={"triage": triage, "longitudinal": longitudinal})
    verdict = verify(compose(scripted(None), changed), changed)
    for statement in statements_of(verdict.composition.sections):
        assert passed(statement.checks) and statement.support != "unsupported", statement
    assert not verdict.composition.warnings
