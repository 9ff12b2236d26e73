"""Sentences about several results: each is named, and what is said of all of them holds for each."""

from typing import Any

import pytest

from agents.checks import passed
from agents.edits import apply_edits, ground_of
from agents.facts import Facts, facts_of
from agents.reporter import compose
from agents.results import check_result
from agents.verifier import verify
from prelim.draft import Draft, Edit, Found
from prelim.types import Evidence, LabResult, Labs, Reference, evidence
from tests.agents.test_edits import AT

WITHIN = "Results within the printed range: Sodium and Creatinine."


def result(name: str, flag: Any, value: str = "7", day: str | None = None) -> tuple[LabResult, Evidence]:
    place = evidence("lab", document_sha256="0" * 64, quote=f"{name} {value} {day}")
    lab = LabResult(
        id=f"l-{name}-{day}",
        name=name,
        kind="numeric",
        value=float(value),
        value_text=value,
        reference=Reference(text="1-9"),
        flag=flag,
        collected=day,
        readers="both",
        evidence=(place.id,),
    )
    return lab, place


def said_of(found: Found, scripted: Any, *results: tuple[LabResult, Evidence]) -> dict[str, bool]:
    """The laboratory's sentences, and whether the verifier accepts each."""
    labs = Labs(labs=tuple(lab for lab, _ in results), evidence=tuple(place for _, place in results))
    changed = found.model_copy(update={"labs": labs})
    sections = verify(compose(scripted(None), changed), changed).composition.sections
    mine = {place.id for _, place in results}
    return {s.text: s.support == "supported" and passed(s.checks) for s in sections.findings if mine & set(s.evidence)}


def test_what_is_left_after_a_dropped_result_does_not_speak_of_it(draft: Draft) -> None:
    [dropped] = [s for s in draft.sections.findings if s.text.startswith("Hemoglobin")]
    edited = apply_edits(draft, [Edit(statement_id=dropped.id, at=AT)])
    assert WITHIN in [s.text for s in edited.sections.findings]
    assert not any("Hemoglobin" in s.text for s in edited.sections.findings)


@pytest.mark.parametrize(
    "text",
    [
        "Results within the printed range: Sodium.",
        "Laboratory: the other results are within their printed ranges.",
        "Results not judged, for want of a usable reference range: Sodium and Creatinine.",
        "Results within the printed range: Sodium and Creatinine 2.2.",
    ],
)
def test_the_sentence_is_recomputed_from_its_results(draft: Draft, text: str) -> None:
    [statement] = [s for s in draft.sections.findings if s.text == WITHIN]
    facts = facts_of(statement, ground_of(draft))
    assert passed(checks(WITHIN, facts)) and not passed(checks(text, facts))


def checks(text: str, facts: Facts) -> tuple[Any, ...]:
    return tuple(check for lab in facts.labs for check in check_result(text, lab, facts.labs, closed=True))


def test_a_result_outside_its_range_is_not_within_it() -> None:
    lab, _ = result("Potassium", "H")
    for closed in (True, False):
        assert not passed(tuple(check_result("Within the printed range: Potassium.", lab, [lab], closed)))
    words = "Potassium is above its range; sodium is normal."
    assert passed(tuple(check_result(words, lab, [lab], closed=False)))


def test_names_with_digits_and_names_within_names_are_no_values(found: Found, scripted: Any) -> None:
    results = [result("Bilirubin", "N"), result("Bilirubin, direct", "N"), result("Vitamin B12", "N")]
    more = [result("CA 19-9", None), result("25-OH vitamin D", None)]
    assert said_of(found, scripted, *results, *more) == {
        "Results within the printed range: Bilirubin, Bilirubin, direct and Vitamin B12.": True,
        "Results not judged, for want of a usable reference range: CA 19-9 and 25-OH vitamin D.": True,
    }


def test_a_name_that_two_results_carry_is_told_apart_by_its_day(found: Found, scripted: Any) -> None:
    (first, place), (second, other) = (
        result("Glucose", "N", "2", "2026-02-01"),
        result("Glucose", "N", "5", "2026-03-01"),
    )
    first = first.model_copy(update={"specimen": "urine"})
    assert said_of(found, scripted, (first, place), (second, other)) == {
        "Results within the printed range: Glucose of 2026-02-01 and Glucose of 2026-03-01.": True,
    }
