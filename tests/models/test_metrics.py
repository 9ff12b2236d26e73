"""Counts and rates against figures worked out by hand."""

import pytest

from prelim.models.metrics import expected_calibration_error, macro_f1, measured
from prelim.models.questions import Presence


def test_rates_by_hand() -> None:
    answers = [
        Presence("present", 0.9),
        Presence("present", 0.8),
        Presence("present", 0.7),
        Presence("absent", 0.1),
        Presence("absent", 0.2),
        Presence("uncertain", 0.6),
        Presence("uncertain", 0.4),
        Presence("absent", 0.3),
    ]
    truth = [True, True, False, False, True, True, False, False]
    found = measured(answers, truth)
    assert (found.n, found.positives) == (8, 4)
    assert (found.true_present, found.false_present, found.true_absent, found.false_absent) == (2, 1, 2, 1)
    assert found.sensitivity == pytest.approx(2 / 3) and found.specificity == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(4 / 6) and found.abstention == pytest.approx(2 / 8)
    squares = 0.1**2 + 0.2**2 + 0.7**2 + 0.1**2 + 0.8**2 + 0.4**2 + 0.4**2 + 0.3**2
    assert found.brier == pytest.approx(squares / 8)


def test_calibration_error_by_hand() -> None:
    """One bin holds .81 and .89 with one of two there, another .15 with none."""
    assert expected_calibration_error([(0.81, True), (0.89, False), (0.15, False)]) == pytest.approx(
        2 / 3 * abs(0.85 - 0.5) + 1 / 3 * 0.15
    )
    assert expected_calibration_error([(1.0, True), (0.0, False)]) == 0
    assert expected_calibration_error([]) is None


def test_what_was_not_counted_has_no_rate() -> None:
    nothing = measured([], [])
    assert (nothing.sensitivity, nothing.f1, nothing.abstention, nothing.ece, nothing.brier) == (None,) * 5
    silent = measured([Presence("uncertain", None)], [True])
    assert (silent.sensitivity, silent.abstention, silent.brier) == (None, 1.0, None)
    only_absent = measured([Presence("absent", 0.1)], [False])
    assert (only_absent.sensitivity, only_absent.specificity, only_absent.f1) == (None, 1.0, None)


def test_the_macro_mean_is_over_labels_that_have_a_figure() -> None:
    right = measured([Presence("present", 0.9)], [True])
    half = measured([Presence("present", 0.9), Presence("present", 0.9), Presence("absent", 0.1)], [True, False, True])
    assert macro_f1([right, half, measured([], [])]) == pytest.approx((1 + 0.5) / 2)
    assert macro_f1([]) is None
