"""Fitting: a known temperature comes back, thresholds reach their precision, few numbers fit nothing."""

import math

import numpy as np
import pytest

from prelim.models.calibration import tempered
from prelim.models.fitting import LEAST, TARGET, Labelled, fit, fit_temperature, precision_bound
from prelim.models.metrics import Measured, measured
from prelim.models.questions import Answers, presence
from tests.sample_calibration import entry


def labelled(probability: float, there: bool) -> Labelled:
    said = "present" if probability > 0.5 else "absent"
    answers = Answers(said=said, present=probability, absent=1 - probability, least=max(probability, 1 - probability))
    return Labelled(answers, there)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7, 3.0])
def test_a_known_temperature_comes_back(temperature: float) -> None:
    """Truths drawn from honest probabilities; the model reports them with log-odds that many times too large."""
    rng = np.random.default_rng(5)
    honest = [float(p) for p in rng.uniform(0.05, 0.95, 6000)]
    told = [(tempered(p, 1 / temperature), bool(rng.random() < p)) for p in honest]
    assert fit_temperature(told) == pytest.approx(temperature, rel=0.06)


def test_a_few_right_answers_leave_the_models_own_figures() -> None:
    few = [(0.999, True), (0.001, False)] * 10
    assert 0.85 < fit_temperature(few) <= 1
    assert fit_temperature([*few, (0.999, False), (0.999, False)]) > 2


def test_the_bound_by_hand() -> None:
    """Without an error Wilson's bound is n / (n + z²)."""
    assert precision_bound(52, 52) == pytest.approx(52 / (52 + 1.6449**2))
    assert precision_bound(52, 52) >= TARGET > precision_bound(51, 51)
    assert precision_bound(90, 100) == pytest.approx(0.8397, abs=1e-4)
    assert precision_bound(0, 10) == 0


def test_thresholds_lie_where_the_answers_become_precise() -> None:
    """Sure answers are right, doubtful ones are right half of the time: the threshold parts them."""
    sure = [labelled(0.99, True)] * 60 + [labelled(0.01, False)] * 60
    doubtful = [labelled(0.8, True), labelled(0.8, False), labelled(0.2, True), labelled(0.2, False)] * 5
    found = fit(sure + doubtful, margin=0.2)
    assert found.temperature and found.present_above and found.absent_below and found.why == ()
    assert tempered(0.8, found.temperature) < found.present_above < tempered(0.99, found.temperature)
    assert found.absent_below == pytest.approx(1 - found.present_above)


def test_where_every_answer_is_right_the_conservative_margin_is_the_threshold() -> None:
    """Nothing was seen below the least certain answer."""
    found = fit([labelled(0.999, True), labelled(0.001, False)] * 60, margin=0.2)
    assert (found.present_above, found.absent_below) == (0.7, pytest.approx(0.3))
    some_wrong = [labelled(0.98, True), labelled(0.02, False)] * 99 + [labelled(0.98, False), labelled(0.02, True)]
    lower = fit(some_wrong, margin=0.499)  # answers were seen to be right below that margin
    assert lower.temperature and lower.present_above == tempered(0.98, lower.temperature) < 0.999


@pytest.mark.parametrize("there", [0, LEAST - 1])
def test_too_few_of_one_kind_fit_nothing(there: int) -> None:
    found = fit([labelled(0.9, True)] * there + [labelled(0.1, False)] * 90, margin=0.2)
    assert found.temperature is None and "too few" in found.why[0]


def test_too_few_for_the_precision_keep_the_margin() -> None:
    found = fit([labelled(0.9, True), labelled(0.1, False)] * 51, margin=0.2)
    assert found.temperature is not None and (found.present_above, found.absent_below) == (None, None)
    assert found.why == (
        "present: too few: 51 answers, 52 are needed",
        "absent: too few: 51 answers, 52 are needed",
    )


def test_a_precision_that_is_not_reached_is_said() -> None:
    guessing = [labelled(0.9, True), labelled(0.9, False), labelled(0.1, True), labelled(0.1, False)] * 40
    found = fit(guessing, margin=0.2)
    assert found.why == ("present: a precision of 0.95 is not reached", "absent: a precision of 0.95 is not reached")
    assert found.temperature is not None and math.isfinite(found.temperature) and found.temperature > 5


def test_answers_without_probabilities_fit_nothing() -> None:
    assert fit([Labelled(Answers(said="present"), True)] * 90, margin=0.2).temperature is None
    assert fit([], margin=0.2).why[0].startswith("too few: 0 present")


def test_an_overconfident_model_is_put_right_on_what_was_held_out() -> None:
    """Its log-odds are three times too large: its probabilities come nearer, doubtful answers are kept back."""
    rng = np.random.default_rng(11)

    def some(count: int) -> list[Labelled]:
        odds = rng.normal(0, 2, count)
        return [labelled(float(1 / (1 + np.exp(-3 * x))), bool(rng.random() < 1 / (1 + np.exp(-x)))) for x in odds]

    found, held_out = fit(some(2000), margin=0.2), some(2000)
    known = entry(temperature=found.temperature, present_above=found.present_above, absent_below=found.absent_below)
    truth = [one.present for one in held_out]
    before = measured([presence(one.answers, margin=0.2) for one in held_out], truth)
    after = measured([presence(one.answers, margin=0.2, entry=known) for one in held_out], truth)
    assert found.temperature == pytest.approx(3, rel=0.1)
    assert before.ece and after.ece and after.ece < before.ece / 3 and (after.brier or 1) < (before.brier or 0)

    def precision(found: Measured) -> float:
        return found.true_present / (found.true_present + found.false_present)

    assert precision(before) < 0.9 and precision(after) >= 0.93
