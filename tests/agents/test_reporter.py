"""What the reporter says of what was found, and what it says when nothing was."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.findings import AGAIN
from agents.reporter import Composition, compose
from prelim.draft import Found, Statement
from prelim.types import Longitudinal, Priors
from tests.sample_case import CURRENT_DATE, DECLINED, PRIOR_DATE, current_of, declined
from tools.tool import Context

Say = Callable[[str], str]
OPENING = "There is a right lung opacity, worse since 2025-11-01."


def texts(composition: Composition, section: str) -> list[str]:
    return [statement.text for statement in getattr(composition.sections, section)]


def find(composition: Composition, section: str, words: str) -> Statement:
    lines: tuple[Statement, ...] = getattr(composition.sections, section)
    return next(line for line in lines if words in line.text)


@pytest.fixture
def composition(found: Found, scripted: Callable[[Say | None], Context]) -> Composition:
    return compose(scripted(lambda facts: OPENING if "worse" in facts else ""), found)


def test_the_models_sentence_stands_for_the_finding_and_the_tables_where_it_gave_none(
    composition: Composition,
) -> None:
    opacity, heart = composition.sections.findings[0], find(composition, "findings", "heart is not")
    assert (opacity.text, opacity.source) == (OPENING, "model")
    assert (heart.text, heart.source) == ("The heart is not enlarged.", "template")


def test_a_templated_statement_keeps_its_id_and_is_not_asked_again(found: Found, scripted: Any) -> None:
    first = compose(scripted(lambda facts: OPENING), found).sections.findings[0]
    refused = {first.id: ["the words say left"] * (AGAIN + 1)}
    again = compose(scripted(lambda facts: "Nonsense."), found, refused).sections.findings[0]
    assert (again.id, again.source, again.text) == (first.id, "template", OPENING)


def test_a_declined_task_leaves_every_sentence_to_the_table(found: Found, scripted: Any) -> None:
    composition = compose(scripted(None), found)
    assert {statement.source for statement in composition.sections.findings} == {"template"}


def test_a_finding_points_at_its_box_both_films_the_comparison_and_the_earlier_words(
    composition: Composition,
) -> None:
    evidence = {item.id: item for item in composition.evidence}
    listed = [evidence[id] for id in composition.sections.findings[0].evidence]
    assert {item.kind for item in listed} == {"finding", "image", "comparison", "statement"}
    assert [item.box_px is not None for item in listed if item.kind == "image"] == [True, False, False]
    assert composition.findings[0].change == "worse"
    assert set(composition.findings[0].evidence) >= {item.id for item in listed if item.kind == "image"}


def test_every_listed_id_is_in_the_evidence_and_every_statement_id_is_unique(
    composition: Composition,
) -> None:
    statements = [s for name in type(composition.sections).model_fields for s in getattr(composition.sections, name)]
    known = {item.id for item in composition.evidence}
    assert len({s.id for s in statements}) == len(statements)
    assert all(s.evidence and set(s.evidence) <= known for s in statements)


def test_the_impression_goes_by_urgency_and_names_dates(composition: Composition) -> None:
    potassium, opacity, effusion = texts(composition, "impression")
    assert potassium == "Potassium 6.8 mmol/L, critically high (reference 3.5-5.1), 2026-03-01."
    assert opacity == f"Right lung opacity, worse since {PRIOR_DATE} (film of {CURRENT_DATE})."
    assert effusion == f"Left pleural effusion cannot be confirmed or excluded (film of {CURRENT_DATE})."
    assert composition.sections.impression[2].support == "abstained"


def test_technique_comparison_and_indication(composition: Composition) -> None:
    assert texts(composition, "indication") == ["Cough for 5 days."]
    assert texts(composition, "technique")[0] == f"Chest radiograph, PA view, {CURRENT_DATE}."
    assert "by radiographic convention" in texts(composition, "technique")[1]
    assert texts(composition, "comparison")[0] == f"Chest radiograph, PA view, {PRIOR_DATE}."
    assert texts(composition, "comparison")[1].startswith(f"Earlier report of {PRIOR_DATE}: “There is a right")


def test_results_that_stand_out_come_one_by_one_and_the_rest_together(composition: Composition) -> None:
    findings = texts(composition, "findings")
    assert "Hemoglobin 11.2 g/dL, low (reference 12.0-16.0), 2026-03-01." in findings
    assert "Results within the printed range: Sodium and Creatinine." in findings
    assert sum("Sodium" in text for text in findings) == 1


def test_without_prior_there_is_none_and_no_change(found: Found, scripted: Any) -> None:
    alone = found.case.model_copy(update={"studies": (current_of(found),)})
    nothing = {"case": alone, "longitudinal": Longitudinal(), "priors": Priors()}
    composition = compose(scripted(None), found.model_copy(update=nothing))
    assert texts(composition, "comparison") == ["None available."]
    assert texts(composition, "findings")[0] == "There is a right lung opacity."
    assert composition.findings[0].change is None


def test_a_declined_film_is_said_and_never_reads_as_normal(found: Found, scripted: Any) -> None:
    composition = compose(scripted(None), declined(found))
    said = texts(composition, "findings")[0]
    assert said.startswith(
        f"Not assessed (Chest radiograph of {CURRENT_DATE}): presence of lung opacity, pleural effusion and"
    )
    assert said.endswith(DECLINED)
    assert f"Chest radiograph of {CURRENT_DATE}: no finding was read from it" in texts(composition, "impression")[1]
    assert not any(text.startswith("No ") for text in texts(composition, "findings"))


def test_absent_on_both_sides_is_said_once(found: Found, scripted: Any) -> None:
    absent = tuple(f.model_copy(update={"state": "absent"}) for f in found.triage.findings)
    triage = found.triage.model_copy(update={"findings": absent, "urgency": "routine"})
    composition = compose(scripted(None), found.model_copy(update={"triage": triage, "longitudinal": Longitudinal()}))
    assert texts(composition, "findings")[:3] == [
        "No lung opacity.",
        "No pleural effusion.",
        "The heart is not enlarged.",
    ]
    expected = f"No lung opacity, pleural effusion or enlarged heart (film of {CURRENT_DATE})."
    assert texts(composition, "impression")[1] == expected


def test_an_unknown_side_is_said_to_be_uncertain(found: Found, scripted: Any) -> None:
    sideless = tuple(f.model_copy(update={"laterality": None}) for f in found.triage.findings[:1])
    triage = found.triage.model_copy(update={"findings": sideless})
    composition = compose(scripted(lambda facts: OPENING), found.model_copy(update={"triage": triage}))
    assert texts(composition, "findings")[0] == "There is a lung opacity; its side is uncertain."


def test_the_notice_says_what_the_model_is(composition: Composition) -> None:
    assert composition.notice.startswith("Research software, not a medical device")
    assert "no medical model" in composition.notice


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("FINDINGS: Long. IMPRESSION: Right lung opacity.", "Right lung opacity."),
        (
            "Potassium high.\n" + "Filler. " * 60 + "\nRight lung opacity.\nNo effusion.",
            "Right lung opacity. No effusion.",
        ),
        ("One line of words. " * 40, "One line of words."),
    ],
)
def test_an_earlier_report_is_quoted_by_what_it_concluded(found: Found, scripted: Any, text: str, quoted: str) -> None:
    record = found.priors.records[0].model_copy(update={"text": text})
    composition = compose(scripted(None), found.model_copy(update={"priors": Priors(records=(record,))}))
    said = texts(composition, "comparison")[1]
    assert said.startswith(f"Earlier report of {PRIOR_DATE}: “{quoted}")
    assert len(said) < 350
