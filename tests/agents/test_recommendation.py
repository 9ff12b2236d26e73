"""What is advised comes from the table of the images that showed the finding; what is denied is what matters."""

from typing import Any

import pytest

from agents.recommendation import recommendation
from agents.reporter import Composition, compose
from agents.said import Said
from agents.sections import Scribe
from memory.artifacts import Artifacts
from prelim.draft import Found
from prelim.knowledge import table
from prelim.knowledge.sentence import Claim
from prelim.types import Case, Finding, Laterality, State, Study, evidence
from tests.sample_case import CURRENT_DATE, current_of
from tests.sample_scan import series_of, study_of


def finding(study: Study, label: str, side: Laterality, state: State) -> Finding:
    return Finding(
        id=f"f-{label}-{side}",
        label=label,
        laterality=side,
        state=state,
        probability=0.9 if state == "present" else 0.1,
        study_instance_uid=study.study_instance_uid,
        evidence=(),
    )


def said(study: Study, label: str, state: State = "present", side: Laterality = "right") -> Said:
    place = evidence("finding", study_instance_uid=study.study_instance_uid, ref=f"f-{label}-{side}")
    return Said(finding(study, label, side, state), Claim(label=label, side=side, state=state), (place,))


@pytest.fixture
def scan(artifacts: Artifacts) -> Study:
    return study_of(series_of(artifacts, "CT", "CHEST"))


def advice(case: Case, *items: Said) -> list[str]:
    return [line.text for line in recommendation(Scribe(case.studies), case, items)]


def test_a_nodule_on_a_film_is_followed_by_ct_and_one_on_ct_is_not(found: Found, scan: Study) -> None:
    film = current_of(found)
    case = found.case.model_copy(update={"studies": (film, scan)})
    on_film, on_scan = (table(name).findings["lung_nodule"].recommendation for name in ("chest_xray", "ct_chest"))
    assert advice(case, said(film, "lung_nodule")) == [on_film]
    assert advice(case, said(scan, "lung_nodule")) == [on_scan] != [on_film]


@pytest.mark.parametrize("state", ["absent", "uncertain"])
def test_nothing_is_advised_about_what_is_not_there(state: State, found: Found) -> None:
    assert advice(found.case, said(current_of(found), "lung_nodule", state)) == []


def test_advice_about_both_sides_is_given_once_and_rests_on_both(found: Found) -> None:
    film = current_of(found)
    both = [said(film, "lung_nodule", side=side) for side in ("right", "left")]
    [line] = recommendation(Scribe(found.case.studies), found.case, both)
    assert len(line.evidence) == 2 and line.source == "template"


def whole_film(found: Found, scripted: Any, present: tuple[str, ...] = ()) -> Composition:
    """Every finding of the film's table, absent but for some."""
    film = current_of(found)
    findings = tuple(
        finding(film, label, side, "present" if label in present else "absent")
        for label, rule in table("chest_xray").findings.items()
        for side in rule.places
    )
    triage = found.triage.model_copy(update={"findings": findings, "urgency": "routine"})
    return compose(scripted(None), found.model_copy(update={"triage": triage}))


def test_a_normal_film_denies_what_matters_and_no_device(found: Found, scripted: Any) -> None:
    sections = whole_film(found, scripted).sections
    assert not any(line.region == "devices" for line in sections.findings)
    [impression] = [line.text for line in sections.impression if line.text.startswith("No ")]
    assert impression.startswith("No pneumothorax, free air, lung opacity, pleural effusion,")
    assert impression.endswith(f"or fracture (film of {CURRENT_DATE}).")
    assert not any(name in impression for name in ("pacemaker", "tube", "enlarged heart", "pleural thickening"))
    looked = next(line.text for line in sections.findings if line.text.startswith("Looked for"))
    assert "pacemaker" in looked and "pleural thickening" in looked, "what was asked is told all the same"


def test_a_device_that_is_there_is_told(found: Found, scripted: Any) -> None:
    told = whole_film(found, scripted, present=("endotracheal_tube_malposition",)).sections
    [line] = [line.text for line in told.findings if line.region == "devices"]
    assert line == "There is malposition of the endotracheal tube."
    assert told.impression[1].text.startswith("Malposition of the endotracheal tube (film")
