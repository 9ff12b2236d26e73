"""A draft's sentence cites what it says, advises nothing of its own and doubts what is in doubt."""

from typing import Any

import pytest

from agents.checks import check_statement, passed
from agents.facts import Facts
from agents.reporter import compose
from agents.verifier import verify
from prelim.draft import Found, Statement
from prelim.knowledge import rules
from prelim.knowledge.sentence import claim
from tests.agents.test_checks import RESULTS

RIGHT = "There is a right lung opacity, worse since 2025-11-01."


def failed(text: str, facts: Facts, *, closed: bool = True) -> set[str]:
    return {check.name for check in check_statement(text, facts, closed=closed) if not check.passed}


def cited(found: Found, scripted: Any, kinds: set[str]) -> tuple[Statement, dict[str, str]]:
    """The model's sentence, citing only evidence of these kinds, and the objections."""
    composition = compose(scripted(lambda facts: RIGHT if "worse" in facts else ""), found)
    first, *rest = composition.sections.findings
    known = {item.id: item.kind for item in composition.evidence}
    first = first.model_copy(update={"evidence": tuple(id for id in first.evidence if known[id] in kinds)})
    sections = composition.sections.model_copy(update={"findings": (first, *rest)})
    verdict = verify(composition.model_copy(update={"sections": sections}), found)
    return verdict.composition.sections.findings[0], verdict.refused


def test_a_sentence_that_cites_what_it_says_stands(found: Found, scripted: Any) -> None:
    statement, refused = cited(found, scripted, {"finding", "comparison", "image"})
    assert (statement.support, refused) == ("supported", {})


@pytest.mark.parametrize(
    ("kinds", "objection"),
    [
        ({"finding", "image"}, "rests on no comparison"),
        ({"comparison", "image"}, "rests on nothing"),
        ({"image"}, "rests on nothing"),
    ],
)
def test_a_finding_or_a_change_that_is_not_cited_rests_on_nothing(
    found: Found, scripted: Any, kinds: set[str], objection: str
) -> None:
    statement, refused = cited(found, scripted, kinds)
    assert statement.support == "unsupported"
    assert list(refused) == [statement.id]
    assert any(objection in check.detail for check in statement.checks if not check.passed)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Looked for: lung opacity, pleural effusion and enlarged heart. Nothing else was looked for.", True),
        ("Looked for: lung opacity, pneumothorax and enlarged heart. Nothing else was looked for.", False),
        ("No pleural effusion.", False),
        ("Looked for: lung opacity. Right pleural effusion.", False),
        ("Results within the printed range: Sodium.", False),
        ("Not assessed (this case): presence of pneumothorax. The model was not made for it.", True),
    ],
)
def test_what_was_looked_for_is_no_finding(found: Found, scripted: Any, text: str, stands: bool) -> None:
    composition = compose(scripted(None), found)
    place = next(s for s in composition.sections.findings if s.text.startswith("Looked for"))
    rest = [s.model_copy(update={"text": text}) if s is place else s for s in composition.sections.findings]
    sections = composition.sections.model_copy(update={"findings": tuple(rest)})
    verdict = verify(composition.model_copy(update={"sections": sections}), found)
    after = next(s for s in verdict.composition.sections.findings if s.id == place.id)
    assert passed(after.checks) == stands


@pytest.mark.parametrize("said", ["No cough.", "Cough for 5 days. Smoker.", "Before surgery."])
def test_what_was_given_is_told_word_for_word(found: Found, scripted: Any, said: str) -> None:
    composition = compose(scripted(None), found)
    first, *rest = composition.sections.indication
    assert passed(verify(composition, found).composition.sections.indication[0].checks)
    lines = (first.model_copy(update={"text": said}), *rest)
    sections = composition.sections.model_copy(update={"indication": lines})
    assert not passed(
        verify(composition.model_copy(update={"sections": sections}), found).composition.sections.indication[0].checks
    )


# ------------------------------------------------------------------ advice


@pytest.mark.parametrize(
    "advice",
    [
        "Recommend CT of the chest.",
        "Follow-up CT in 3 months is advised.",
        "Biopsy should be considered.",
        "Clinical correlation is suggested.",
        "Start antibiotics.",
        "Further evaluation is warranted.",
    ],
)
def test_only_a_table_gives_advice(advice: str) -> None:
    facts = Facts(claims=(claim("lung_opacity", "right", "present", None, None),))
    assert "advice" in failed(f"There is a right lung opacity. {advice}", facts)
    assert "advice" not in failed(f"There is a right lung opacity. {advice}", facts, closed=False)
    assert failed(advice, Facts(quotes=(advice,), only_quoted=True)) == set()


@pytest.mark.parametrize("label", sorted(label for label, rule in rules().items() if rule.recommendation))
def test_the_tables_own_advice_stands_where_its_finding_is_present(label: str) -> None:
    advice = rules()[label].recommendation
    side = "right" if "right" in rules()[label].places else "midline"
    present, absent = (claim(label, side, state, None, None) for state in ("present", "absent"))
    assert failed(advice, Facts(claims=(present,))) == set()
    assert failed(present.sentence() + " " + advice, Facts(claims=(present,))) == set()
    assert failed(advice, Facts(claims=(absent,)))


# ------------------------------------------------------------------ doubt


def test_a_result_that_its_readers_disagree_on_is_told_so() -> None:
    lab = RESULTS[0].model_copy(update={"disagreement": "6.8 or 8.8"})
    text = "Potassium 6.8 mmol/L, high (reference 3.5-5.1), 2026-03-01"
    assert failed(f"{text}.", Facts(labs=(lab,))) == {"doubt"}
    assert failed(f"{text}; the readers of this row disagree.", Facts(labs=(lab,))) == set()


def test_a_finding_without_a_side_is_told_so() -> None:
    facts = Facts(claims=(claim("pleural_effusion", None, "present", None, None),))
    assert failed("There is a pleural effusion.", facts) == {"doubt"}
    assert failed("There is a pleural effusion; its side is uncertain.", facts) == set()


@pytest.mark.parametrize("count", ["Multiple", "Several", "A pair of", "Two", "Solitary"])
def test_a_count_has_to_be_the_evidences(count: str) -> None:
    facts = Facts(claims=(claim("lung_opacity", "right", "present", None, None),))
    assert "count" in failed(f"{count} right lung opacity.", facts)
