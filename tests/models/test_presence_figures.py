"""Figures of answers that may abstain, against figures worked out by hand."""

import pytest

from prelim.models.presence_figures import Answered, figures, operating_point, reliability, risk_coverage
from prelim.models.questions import Presence
from prelim.types import State


def answered(label: str, patient: str, state: State, probability: float | None, present: bool) -> Answered:
    return Answered(label, patient, Presence(state, probability), present)


SOME = [
    # mass: 2 hits, 1 false, 1 missed, 1 abstained (0.6, and it is there)
    answered("mass", "a", "present", 0.95, True),
    answered("mass", "a", "present", 0.85, True),
    answered("mass", "b", "present", 0.75, False),
    answered("mass", "c", "absent", 0.15, True),
    answered("mass", "c", "uncertain", 0.6, True),
    # fracture: 1 hit, 2 rejected, 1 abstained (0.45, and it is there)
    answered("fracture", "a", "present", 0.9, True),
    answered("fracture", "b", "absent", 0.05, False),
    answered("fracture", "b", "absent", 0.1, False),
    answered("fracture", "d", "uncertain", 0.45, True),
]
FOUND = {(one.name, one.label): one for one in figures(SOME, seed=1)}


def value(name: str, label: str | None = None) -> float | None:
    return FOUND[name, label].value


def test_each_labels_rates_are_over_the_answers_given() -> None:
    assert value("f1", "mass") == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert value("precision", "mass") == pytest.approx(2 / 3) and value("recall", "mass") == pytest.approx(2 / 3)
    assert value("specificity", "mass") == 0 and value("abstention", "mass") == pytest.approx(1 / 5)
    assert value("f1", "fracture") == 1 and value("specificity", "fracture") == 1
    assert (FOUND["f1", "mass"].n, FOUND["f1", "fracture"].n) == (5, 4)


def test_forced_answers_do_not_abstain() -> None:
    """0.6 is taken for present (a third hit), 0.45 for absent (one missed)."""
    assert value("f1_forced", "mass") == pytest.approx(6 / (6 + 1 + 1))
    assert value("f1_forced", "fracture") == pytest.approx(2 / (2 + 0 + 1))
    assert value("macro_f1_forced") == pytest.approx((6 / 8 + 2 / 3) / 2)


def test_all_labels_together() -> None:
    """9 answers, 7 of them given, 2 of these wrong."""
    assert value("macro_f1") == pytest.approx((4 / 6 + 1) / 2)
    assert value("abstention") == pytest.approx(2 / 9) and value("risk") == pytest.approx(2 / 7)


def test_the_calibration_error_is_that_of_the_bins() -> None:
    """Bins of mass: .95 (1 there), .85 (1), .75 (0), .15 (1), .6 (1)."""
    by_hand = (0.05 + 0.15 + 0.75 + 0.85 + 0.4) / 5
    assert value("ece", "mass") == pytest.approx(by_hand)


def test_risk_by_the_share_kept() -> None:
    """The surest first: .95 right, .85 right, .15 (sure of absent, wrong), .75 wrong, .6 right."""
    mass = [one for one in SOME if one.label == "mass"]
    curve = risk_coverage(mass, "m")
    risks = [0, 0, 1 / 3, 2 / 4, 2 / 5]
    assert curve.points == tuple(pytest.approx(point) for point in zip((0.2, 0.4, 0.6, 0.8, 1.0), risks, strict=True))
    found = {one.name: one.value for one in figures(mass, seed=1) if one.label is None}
    assert found["aurc"] == pytest.approx(sum(risks) / 5)


def test_the_products_own_place_and_the_calibration_curve() -> None:
    [point] = operating_point(SOME, "m").points
    assert point == pytest.approx((7 / 9, 2 / 7))
    curve = reliability(SOME, "m")
    assert sum(curve.n) == 9
    assert curve.points[-1] == pytest.approx(((0.95 + 0.9) / 2, 1)) and curve.n[-1] == 2


def test_intervals_hold_their_figures_and_names_take_a_suffix() -> None:
    for one in FOUND.values():
        assert one.low is not None and one.high is not None and one.value is not None
        assert 0 <= one.low <= one.high <= 1
    assert {one.name for one in figures(SOME, 1, "_uncalibrated")} == {f"{name}_uncalibrated" for name, _ in FOUND}


def test_without_probabilities_or_answers_there_is_nothing_to_count() -> None:
    greedy = [answered("mass", "a", "present", None, True), answered("mass", "b", "uncertain", None, True)]
    found = {(one.name, one.label): one.value for one in figures(greedy, seed=1)}
    assert found["ece", None] is None and found["aurc", None] is None and found["f1", "mass"] == 1
    assert found["f1_forced", "mass"] == pytest.approx(2 / 3)
    assert all(one.value is None for one in figures([], seed=1))
    assert reliability([], "m").points == operating_point([], "m").points == ()
