"""Intervals: the same resampling law as scipy's, the patient as its unit, figures of sums by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from prelim.models.bootstrap import RESAMPLES, f1, interval, interval_of_weights, macro, metric, ratio, resampled

SAMPLE = np.random.default_rng(3).gamma(2.0, size=60)


def sums(sample: np.ndarray) -> np.ndarray:
    return np.column_stack([sample, np.ones(len(sample))])


def scipys(sample: np.ndarray, seed: int) -> tuple[float, float]:
    found = bootstrap(
        (sample,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(seed), vectorized=True
    )
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_the_same_draws_it_is_scipys_interval(seed: int) -> None:
    """scipy draws indices [resamples, n] from the generator that it is given; so do we."""
    assert interval(sums(SAMPLE), ratio, seed) == pytest.approx(scipys(SAMPLE, seed), rel=1e-12)


def test_with_other_draws_it_agrees_within_the_monte_carlo_error() -> None:
    """The ends of intervals over many seeds have the mean and the spread that scipy's have."""
    ours = np.array([interval(sums(SAMPLE), ratio, seed, 500) for seed in range(40)])
    theirs = np.array([scipys(SAMPLE, seed) for seed in range(100, 140)])
    standard_error = np.sqrt(ours.var(axis=0) / 40 + theirs.var(axis=0) / 40)
    assert np.all(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4 * standard_error)


def test_batches_draw_what_one_batch_draws() -> None:
    whole = np.concatenate(list(resampled(7, seed=5, resamples=20)))
    parts = np.concatenate(list(resampled(7, seed=5, resamples=20, at_once=3)))
    assert np.array_equal(whole, parts) and np.all(whole.sum(axis=1) == 7)


def test_a_figure_of_weights_has_the_interval_of_the_same_figure_of_sums() -> None:
    patients = [f"p{number % 20}" for number in range(60)]
    by_sums = metric("mean", patients, sums(SAMPLE), ratio, seed=4)
    mean = interval_of_weights(patients, lambda weights: (weights @ SAMPLE) / weights.sum(axis=-1), seed=4)
    assert (by_sums.low, by_sums.high) == pytest.approx(mean, rel=1e-12)


def test_patients_are_resampled_not_images() -> None:
    """Ten equal images of each patient say no more than one: the interval is that of one image each."""
    once = metric("mean", [str(n) for n in range(60)], sums(SAMPLE), ratio, seed=1)
    often = metric("mean", [str(n) for n in range(60) for _ in range(10)], sums(np.repeat(SAMPLE, 10)), ratio, seed=1)
    alone = metric("mean", [str(n) for n in range(600)], sums(np.repeat(SAMPLE, 10)), ratio, seed=1)
    assert (often.low, often.high) == pytest.approx((once.low, once.high)) and often.n == 600
    assert alone.low is not None and once.low is not None and alone.low > once.low


def test_figures_of_sums_by_hand() -> None:
    """Two labels: 3 right, 1 false, 2 missed; and 1 right, nothing wrong. A third has no figure."""
    assert f1(np.array([3.0, 1, 2])) == pytest.approx(6 / 9) and f1(np.array([1.0, 0, 0])) == 1
    assert macro(f1, 3)(np.array([3.0, 1, 2, 1, 0, 0, 0, 0, 0])) == pytest.approx((6 / 9 + 1) / 2)
    assert np.isnan(macro(f1, 3)(np.zeros(6))) and np.isnan(ratio(np.array([0.0, 0])))


def test_without_two_patients_there_is_no_interval() -> None:
    one = metric("share", ["a", "a"], [[1, 1], [0, 1]], ratio, seed=1)
    assert (one.value, one.low, one.high, one.n) == (0.5, None, None, 2)
    nothing = metric("share", [], [], ratio, seed=1)
    assert (nothing.value, nothing.low, nothing.n) == (None, None, 0)
    undefined = metric("share", ["a", "b"], [[0, 0], [0, 0]], ratio, seed=1)
    assert (undefined.value, undefined.low) == (None, None)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40))
def test_a_share_lies_within_its_interval_and_the_interval_within_what_can_be(rows: list[tuple[int, bool]]) -> None:
    found = metric("share", [str(who) for who, _ in rows], [[right, 1] for _, right in rows], ratio, seed=1)
    assert found.value == pytest.approx(sum(right for _, right in rows) / len(rows))
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.high <= 1
