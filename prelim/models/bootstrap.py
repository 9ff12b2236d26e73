"""Intervals of figures by resampling patients: images of one patient are not independent, patients are.

The percentile bootstrap (Efron and Tibshirani, 1993). A figure is a function of sums over answers (F1: of true
positives, false ones and missed ones), so that a resample is a weighted sum, and thousands of them one product.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
    [found] = metrics({name: statistic}, patients, counts, seed=seed, label=label, n=n)
    return found


def metrics(
    statistics: Mapping[str, Statistic],
    patients: Sequence[str],
    counts: npt.ArrayLike,
    *,
    seed: int,
    label: str | None = None,
    n: int | None = None,
) -> list[Metric]:
    """Several figures of the same counts, by their names: their resamples are drawn once."""
    number = len(patients) if n is None else n
    if not len(patients):
        return [Metric(name=name, label=label, value=None, n=number) for name in statistics]
    some = np.asarray(counts, dtype=np.float64)
    return _figures(statistics, summed(patients, some), seed, label, number)


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
    if not len(labels):
        return Metric(name=name, value=None, n=0)
    some = np.asarray(counts, dtype=np.float64).reshape(len(labels), -1)
    sums = summed(patients, some, labels)
    [found] = _figures({name: macro(statistic, some.shape[1])}, sums, seed, None, len(labels))
    return found


def _figures(
    statistics: Mapping[str, Statistic], sums: Array, seed: int, label: str | None, number: int
) -> list[Metric]:
    values = [_number(statistic(sums.sum(axis=0))) for statistic in statistics.values()]
    ends = intervals(sums, list(statistics.values()), seed)
    return [
        Metric(name=name, label=label, value=value, low=low, high=high, n=number)
        if value is not None
        else Metric(name=name, label=label, value=None, n=number)
        for name, value, (low, high) in zip(statistics, values, ends, strict=True)
    ]


def summed(patients: Sequence[str], counts: Array, labels: Sequence[str] | None = None) -> Array:
    """Counts [answers, k] as sums by patient, in the order in which patients come: [patients, k].

    With labels [patients, labels × k], the labels in their order.
    """
    rows = _places(dict.fromkeys(patients), patients)
    names = sorted(set(labels)) if labels is not None else [""]
    columns = _places(names, labels if labels is not None else [""] * len(patients))
    sums = np.zeros((max(rows) + 1, len(names), counts.shape[1]))
    np.add.at(sums, (rows, columns), counts)
    return sums.reshape(len(sums), -1)


def _places(names: Iterable[str], items: Sequence[str]) -> list[int]:
    place = {name: number for number, name in enumerate(names)}
    return [place[item] for item in items]


def interval(
    sums: Array, statistic: Statistic, seed: int, resamples: int = RESAMPLES
) -> tuple[float | None, float | None]:
    """The 95% interval of a figure of sums [patients, k]; None where there are not two patients.

    Resamples without a figure (no positive among them) are left out.
    """
    [found] = intervals(sums, [statistic], seed, resamples)
    return found


def intervals(
    sums: Array, statistics: Sequence[Statistic], seed: int, resamples: int = RESAMPLES
) -> list[tuple[float | None, float | None]]:
    """The intervals of several figures of the same sums."""
    if len(sums) < 2:
        return [(None, None) for _ in statistics]
    totals = [weights @ sums for weights in resampled(len(sums), seed, resamples)]
    return [_percentiles([statistic(some) for some in totals]) for statistic in statistics]


def interval_of_weights(
    patients: Sequence[str], statistic: Statistic, seed: int, resamples: int = RESAMPLES
) -> tuple[float | None, float | None]:
    """The same of a figure that is no function of sums: of how often each answer counts [..., answers]."""
    names = dict.fromkeys(patients)
    if len(names) < 2:
        return None, None
    place = _places(names, patients)
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
