"""What cannot wait: by the tables, by the site's own list, by the laboratory's flag."""

import pytest

from agents.critical import check_labels, critical_findings, critical_in, critical_results
from prelim.draft import Found
from prelim.errors import InputError
from prelim.knowledge import rules
from prelim.settings import Settings, load_settings
from prelim.types import Finding, LabResult


def with_findings(found: Found, *findings: Finding) -> Found:
    return found.model_copy(update={"triage": found.triage.model_copy(update={"findings": findings})})


@pytest.fixture
def present(found: Found) -> Finding:
    """The present right opacity of the sample."""
    return next(finding for finding in found.triage.findings if finding.state == "present")


def listing(settings: Settings, *labels: str) -> Settings:
    return load_settings(home=settings.home, critical_findings=labels)


def test_the_tables_grade(found: Found, present: Finding, settings: Settings) -> None:
    """Of all labels, present, those that their table calls critical."""
    everything = [present.model_copy(update={"id": label, "label": label}) for label in rules()]
    graded = {label for label, rule in rules().items() if rule.urgency == "critical"}
    assert graded and graded < rules().keys()
    assert set(critical_findings(with_findings(found, *everything).triage, settings)) == graded


def test_the_site_lists_more(found: Found, present: Finding, settings: Settings) -> None:
    assert critical_findings(found.triage, settings) == ()
    assert critical_findings(found.triage, listing(settings, "lung_opacity")) == (present.id,), "the right one alone"


@pytest.mark.parametrize("changed", [{"state": "absent"}, {"state": "uncertain"}, {"out_of_scope": True}])
def test_what_is_not_there_for_sure_calls_nobody(
    changed: dict[str, object], found: Found, present: Finding, settings: Settings
) -> None:
    """Nor what the model's card does not cover: an alert carries no mark that says so."""
    other = with_findings(found, present.model_copy(update=changed))
    assert critical_findings(other.triage, listing(settings, "lung_opacity")) == ()


def test_a_critical_result_that_a_later_one_replaced(found: Found, settings: Settings) -> None:
    """Potassium 6.8, then 4.2 the day after: nobody is called for the first."""
    [potassium] = [lab for lab in found.labs.labs if lab.name == "Potassium"]
    assert critical_in(found, settings) == (potassium.id,)
    later = {"id": "l-later", "value": 4.2, "value_text": "4.2", "flag": "N", "flag_printed": None}
    after: LabResult = potassium.model_copy(update={**later, "collected": "2026-03-02"})
    labs = found.labs.model_copy(update={"labs": (*found.labs.labs, after)})
    assert critical_results(found.model_copy(update={"labs": labs})) == ()


def test_an_unknown_label_is_refused_by_name(settings: Settings) -> None:
    check_labels(listing(settings, *rules()))
    with pytest.raises(InputError, match="'lung_opacitty'") as raised:
        check_labels(listing(settings, "lung_opacity", "lung_opacitty"))
    assert raised.value.code == "bad_setting" and "lung_opacity" in raised.value.remedy
