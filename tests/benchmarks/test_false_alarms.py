"""The benchmark of false alarms: what a text becomes as evidence, and the figures on the real reports."""

from pathlib import Path

from benchmarks import false_alarms
from benchmarks.false_alarms import OWN, UNREAD, Flag, Source, flags_of, ground_of, own_flags_of, verdict_of


def held(text: str) -> set[tuple[str, str | None, str]]:
    return {(one.label, one.laterality, one.state) for one in ground_of(text).findings}


def test_a_text_becomes_findings_on_their_sides_with_their_changes() -> None:
    text = "The left effusion has increased. No pneumothorax. The heart is enlarged."
    assert held(text) == {
        ("pleural_effusion", "left", "present"),
        ("pneumothorax", "right", "absent"),
        ("pneumothorax", "left", "absent"),
        ("cardiomegaly", "midline", "present"),
    }
    (comparison,) = ground_of(text).comparisons
    assert (comparison.label, comparison.laterality, comparison.change) == ("pleural_effusion", "left", "worse")


def test_what_is_stated_on_a_side_goes_before_what_is_cleared_in_general() -> None:
    found = held("Right basal opacity. The lungs are otherwise clear.")
    assert {one for one in found if one[0] == "lung_opacity"} == {("lung_opacity", "right", "present")}


def test_a_contradiction_is_flagged_and_an_agreement_is_not() -> None:
    assert flags_of(Source("1", "Left pleural effusion.", ("1. Left pleural effusion.",))) == []
    (wrong, *_) = flags_of(Source("1", "Left pleural effusion.", ("No pleural effusion.",)))
    assert (wrong.number, wrong.check) == (1, "negation")
    (left_out,) = flags_of(Source("1", "Right pneumothorax.", ("The heart is normal.",)))
    assert (left_out.number, left_out.check) == (0, "omission")


def test_a_text_agrees_with_itself() -> None:
    assert own_flags_of(Source("1", "Left effusion, unchanged. Clear right lung. 6 mm nodule on the right.", ())) == []


def test_a_flag_that_nobody_read_is_told_to_be_unread() -> None:
    assert verdict_of("reports-openi", Flag("0", 9, "negation", "")) == UNREAD
    assert verdict_of(OWN, Flag("0", 9, "placeholder", "left to be filled in: XXXX")).startswith("right")


def test_every_flag_on_the_real_reports_was_read(shared_data: Path) -> None:
    openi = false_alarms.openi(shared_data / "reports-openi")
    grounded = false_alarms.grounded(shared_data / "grounded-reports" / "grounded_reporting_examples.json")
    assert len(openi) == 300 and len(grounded) == 20
    for name, some in (("reports-openi", openi), ("grounded-reports", grounded)):
        flags = [flag for source in some for flag in flags_of(source)]
        assert not [flag for flag in flags if verdict_of(name, flag) == UNREAD]
    own = [flag for source in (*openi, *grounded) for flag in own_flags_of(source)]
    assert not [flag for flag in own if verdict_of(OWN, flag) == UNREAD]
