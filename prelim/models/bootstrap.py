"""Intervals of figures by resampling patients: images of one patient are not independent, patients are.

The percentile bootstrap (Efron and Tibshirani, 1993). A figure is a function of sums over answers (F1: of true
positives, false ones and missed ones), so that a resample is a weighted sum, and thousands of them one product.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from prelim.evaluated import Metric

RESAMPLES = 2000
LEVEL = 0.95
_CELLS = 4_000_000
"""Draws held at once."""

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], Array]
"""Sums [..., k] → figures [...]; nan where there is none."""


def metric(
    name: str,
    patients: Sequence[str],
    counts: npt.ArrayLike,
    statistic: Statistic,
    *,
    seed: int,
    label: str | None = None,
    n: int | None = None,
) -> Metric:
    """A figure with its interval. `counts` are [answers, k], `patients` says whose each answer is.

    `n` is how many answers it rests on, all of them by default.
    """
    if not len(patients):
        return Metric(name=name, label=label, value=None, n=n or 0)
    some = np.asarray(counts, dtype=np.float64)
    value = _number(statistic(some.sum(axis=0)))
    low, high = interval(_by_patient(patients, some), statistic, seed) if value is not None else (None, None)
    return Metric(name=name, label=label, value=value, low=low, high=high, n=len(some) if n is None else n)


def macro_metric(
    name: str,
    labels: Sequence[str],
    patients: Sequence[str],
    counts: npt.ArrayLike,
    statistic: Statistic,
    *,
    seed: int,
) -> Metric:
    """The mean over labels of a figure, with its interval; `labels` says which label each answer is about."""
    some = np.asarray(counts, dtype=np.float64).reshape(len(labels), -1) if len(labels) else np.zeros((0, 1))
    names, width = sorted(set(labels)), some.shape[1]
    wide = np.zeros((len(some), len(names), width))
    wide[np.arange(len(some)), np.array([names.index(label) for label in labels], dtype=int)] = some
    sums = wide.reshape(len(some), len(names) * width)
    return metric(name, patients, sums, macro(statistic, width), seed=seed)


def _by_patient(patients: Sequence[str], counts: Array) -> Array:
    """Sums by patient, in the order in which patients come."""
    place = {patient: number for number, patient in enumerate(dict.fromkeys(patients))}
    sums = np.zeros((len(place), counts.shape[1]))
    np.add.at(sums, [place[patient] for patient in patients], counts)
    return sums


def interval(
    sums: Array, statistic: Statistic, seed: int, resamples: int = RESAMPLES
) -> tuple[float | None, float | None]:
    """The 95% interval of a figure of sums [patients, k]; None where there are not two patients.

    Resamples without a figure (no positive among them) are left out.
    """
    if len(sums) < 2:
        return None, None
    return _percentiles([statistic(weights @ sums) for weights in resampled(len(sums), seed, resamples)])


def interval_of_weights(
    patients: Sequence[str], statistic: Statistic, seed: int, resamples: int = RESAMPLES
) -> tuple[float | None, float | None]:
    """The same of a figure that is no function of sums: of how often each answer counts [..., answers]."""
    names = list(dict.fromkeys(patients))
    if len(names) < 2:
        return None, None
    numbers = {name: number for number, name in enumerate(names)}
    place = [numbers[patient] for patient in patients]
    at_once = max(len(patients), len(names))
    return _percentiles(
        [statistic(weights[:, place]) for weights in resampled(len(names), seed, resamples, _CELLS // at_once)]
    )


def _percentiles(drawn: Sequence[Array]) -> tuple[float | None, float | None]:
    known = np.concatenate(drawn)
    known = known[~np.isnan(known)]
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(known, [tail, 100 - tail]) if len(known) else (np.nan, np.nan)
    return _number(low), _number(high)


def resampled(patients: int, seed: int, resamples: int = RESAMPLES, at_once: int | None = None) -> Iterator[Array]:
    """How often each patient is in each resample: weights [at most `at_once` resamples, patients], batch by batch."""
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // patients if at_once is None else at_once)
    for start in range(0, resamples, step):
        yield _weights(rng.integers(0, patients, (min(step, resamples - start), patients)))


def _weights(indices: npt.NDArray[np.int64]) -> Array:
    size, patients = indices.shape
    flat = (indices + np.arange(size)[:, None] * patients).ravel()
    return np.bincount(flat, minlength=size * patients).reshape(size, patients).astype(np.float64)


def _number(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if np.isnan(number) else number


# ------------------------------------------------------------------ figures of sums


def ratio(sums: Array) -> Array:
    """Of [part, whole] the share; of [total, number] the mean."""
    part, whole = sums[..., 0], sums[..., 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole == 0, np.nan, part / whole)


def f1(sums: Array) -> Array:
    """Of [true positives, false positives, missed]: the harmonic mean of precision and recall."""
    hits = 2 * sums[..., 0]
    return ratio(np.stack([hits, hits + sums[..., 1] + sums[..., 2]], axis=-1))


def macro(statistic: Statistic, width: int) -> Statistic:
    """The mean of a figure over classes: every `width` sums are one class's. Classes without a figure do not count."""

    def mean(sums: Array) -> Array:
        each = statistic(sums.reshape(*sums.shape[:-1], -1, width))
        known = ~np.isnan(each)
        return ratio(np.stack([np.where(known, each, 0).sum(axis=-1), known.sum(axis=-1)], axis=-1))

    return mean
