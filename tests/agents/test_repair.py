"""What has one right value is put right; everything else is left to be said again."""

from typing import Any

import pytest

from agents.checks import check_statement, passed
from agents.facts import Facts, Ground
from agents.repair import repaired
from agents.reporter import compose
from agents.verifier import checked, verify
from prelim.draft import Found, Sections, Statement
from prelim.knowledge.sentence import claim
from tests.agents.test_checks import FILM, RESULTS

FACTS = Facts(claims=(claim("lung_opacity", "right", "present", "worse", "2025-11-01"),), film_dates=(FILM,))
POTASSIUM = Facts(labs=RESULTS[:1])


def mended(text: str, facts: Facts) -> str | None:
    checks = check_statement(text, facts)
    assert not passed(checks)
    done = repaired(text, facts, checks)
    if done is None:
        return None
    assert passed(done[1]) and done[1][-1].name == "repair" and done[1][-1].detail.startswith("repaired: ")
    return done[0]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Left lung opacity, worse since 2025-11-01.", "Right lung opacity, worse since 2025-11-01."),
        ("A left-sided lung opacity, worse since 2025-11-01.", "A right-sided lung opacity, worse since 2025-11-01."),
        ("Right lung opacity, better since 2025-11-01.", "Right lung opacity, worse since 2025-11-01."),
        ("Right lung opacity, smaller since 2025-11-01.", "Right lung opacity, larger since 2025-11-01."),
        ("Right lung opacity, worse since 1 May 2025.", "Right lung opacity, worse since 2025-11-01."),
        (
            "Right lung opacity, worse since 2025-11-01 (film of 2025-11-01).",
            f"Right lung opacity, worse since 2025-11-01 (film of {FILM}).",
        ),
        ("Left lung opacity, stable since 2025-11-02.", "Right lung opacity, worse since 2025-11-01."),
    ],
)
def test_a_finding_has_one_side_one_change_and_one_earlier_day(wrong: str, right: str) -> None:
    assert mended(wrong, FACTS) == right


@pytest.mark.parametrize("wrong", ["6.9 mmol/L", "68 mmol/L", "6.8 mg/dL", "6.9 mmol/dL", "<6.8 mmol/L"])
def test_a_result_has_one_value_and_one_unit(wrong: str) -> None:
    text = f"Potassium {wrong}, high (reference 3.5-5.1), 2026-03-01."
    assert mended(text, POTASSIUM) == "Potassium 6.8 mmol/L, high (reference 3.5-5.1), 2026-03-01."


@pytest.mark.parametrize(
    "text",
    [
        "No right lung opacity, worse since 2025-11-01.",
        "Right pleural effusion, worse since 2025-11-01.",
        "Right lung opacity.",
        "Right lung opacity, worse.",
        "Right and left lung opacity, worse since 2025-11-01.",
        "Left lung opacity of 3 cm, worse since 2025-11-01.",
        "Right lung opacity, improved since 2025-11-01, new since 2025-11-01.",
    ],
)
def test_what_a_word_cannot_put_right_is_left(text: str) -> None:
    assert mended(text, FACTS) is None


def test_a_repaired_statement_keeps_its_id_and_is_not_refused(found: Found, scripted: Any) -> None:
    wrong = "There is a left lung opacity, worse since 2025-11-01."
    composition = compose(scripted(lambda facts: wrong if "worse" in facts else ""), found)
    verdict = verify(composition, found)
    before, after = composition.sections.findings[0], verdict.composition.sections.findings[0]
    assert (after.id, after.text, after.source) == (before.id, wrong.replace("left", "right"), "model")
    assert (after.support, verdict.refused) == ("supported", {})
    assert [check.detail for check in after.checks if check.name == "repair"] == ["repaired: left → right"]


def test_a_persons_words_are_never_changed(found: Found, scripted: Any) -> None:
    composition = compose(scripted(None), found)
    mine = composition.sections.findings[0].model_copy(
        update={"text": "Left lung opacity.", "source": "person", "support": "attested"}
    )
    sections = composition.sections.model_copy(update={"findings": (mine,)})
    after = verify(composition.model_copy(update={"sections": sections}), found).composition.sections.findings[0]
    assert (after.text, after.support) == ("Left lung opacity.", "attested")
    assert not passed(after.checks)


def test_nothing_is_repaired_that_rests_on_nothing(found: Found) -> None:
    lone = Statement(id="s-1", text="Left lung opacity.", support="supported", source="model")
    after = checked(Sections(findings=(lone,)), Ground()).findings[0]
    assert (after.text, after.support) == ("Left lung opacity.", "unsupported")
