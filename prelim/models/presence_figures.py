"""Figures of answers that may abstain, with their intervals, and the curves behind them: pure arithmetic.

Sums of an answer, in this order: present and there, present and not, not there missed, absent and not, abstained, one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from prelim.evaluated import Curve, Metric
from prelim.models.bootstrap import Array, Statistic, f1, interval_of_weights, macro_metric, metric, metrics, ratio
from prelim.models.metrics import BINS, Told, bin_of

_WIDTH = 6
_HITS, _FALSE, _MISSED, _REJECTED, _ABSTAINED, _ALL = range(_WIDTH)
_MOST_POINTS = 200


class Answered(NamedTuple):
    """One answer about one label, whose image it is about, and whether the finding is there."""

    label: str
    patient: str
    answer: Told
    present: bool


def _of(*columns: int) -> Statistic:
    """A share: the first sum of all these."""

    def share(sums: Array) -> Array:
        return ratio(np.stack([sums[..., columns[0]], sums[..., list(columns)].sum(axis=-1)], axis=-1))

    return share


_LABEL: dict[str, Statistic] = {
    "f1": lambda sums: f1(sums[..., [_HITS, _FALSE, _MISSED]]),
    "precision": _of(_HITS, _FALSE),
    "recall": _of(_HITS, _MISSED),
    "specificity": _of(_REJECTED, _FALSE),
    "abstention": lambda sums: ratio(sums[..., [_ABSTAINED, _ALL]]),
}
_POOLED: dict[str, Statistic] = {
    "abstention": _LABEL["abstention"],
    "risk": lambda sums: ratio(_wrong_of_given(sums)),
}


def _wrong_of_given(sums: Array) -> Array:
    wrong = sums[..., _FALSE] + sums[..., _MISSED]
    return np.stack([wrong, sums[..., _ALL] - sums[..., _ABSTAINED]], axis=-1)


def figures(answered: Sequence[Answered], seed: int, suffix: str = "") -> list[Metric]:
    """Macro F1, abstention, risk (the share of answers given that is wrong) and calibration error of all answers, then
    each label's figures. `f1_forced` lets no answer abstain: it is what is compared with published figures.

    `suffix` is appended to the names.
    """
    patients = [one.patient for one in answered]
    labels = sorted({one.label for one in answered})
    counts = np.array([_counts(one) for one in answered], dtype=float).reshape(-1, _WIDTH)
    forced = np.array([_counts(one, forced=True) for one in answered], dtype=float).reshape(-1, _WIDTH)
    of = [one.label for one in answered]
    found = [
        macro_metric("macro_f1", of, patients, counts, _LABEL["f1"], seed=seed),
        macro_metric("macro_f1_forced", of, patients, forced, _LABEL["f1"], seed=seed),
    ]
    found += metrics(_POOLED, patients, counts, seed=seed)
    found += [_ece(answered, seed), _aurc(answered, seed)]
    for label in labels:
        mine = np.array([one.label == label for one in answered])
        whose = [one.patient for one in answered if one.label == label]
        found += metrics(_LABEL, whose, counts[mine], seed=seed, label=label)
        found.append(metric("f1_forced", whose, forced[mine], _LABEL["f1"], seed=seed, label=label))
        found.append(_ece([one for one in answered if one.label == label], seed, label))
    return [one.model_copy(update={"name": one.name + suffix}) for one in found]


def _counts(one: Answered, forced: bool = False) -> list[bool]:
    state = one.answer.state
    if forced and state == "uncertain":
        state = "present" if (one.answer.probability or 0) > 0.5 else "absent"
    present, absent = state == "present", state == "absent"
    there = one.present
    return [
        present and there,
        present and not there,
        absent and there,
        absent and not there,
        state == "uncertain",
        True,
    ]


# ------------------------------------------------------------------ probabilities


def _told(answered: Sequence[Answered]) -> list[tuple[str, float, bool]]:
    return [
        (one.patient, one.answer.probability, one.present) for one in answered if one.answer.probability is not None
    ]


def _ece(answered: Sequence[Answered], seed: int, label: str | None = None) -> Metric:
    """Expected calibration error: of each bin the distance of probability and frequency is a sum of answers."""
    told = _told(answered)
    counts = np.zeros((len(told), BINS + 1))
    for number, (_, probability, there) in enumerate(told):
        counts[number, [bin_of(probability), BINS]] = probability - there, 1
    return metric("ece", [patient for patient, _, _ in told], counts, _distance, seed=seed, label=label)


def _distance(sums: Array) -> Array:
    return ratio(np.stack([np.abs(sums[..., :BINS]).sum(axis=-1), sums[..., BINS]], axis=-1))


def reliability(answered: Sequence[Answered], label: str) -> Curve:
    """How often a finding is there, by the probability that was told."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for _, probability, there in _told(answered):
        bins.setdefault(bin_of(probability), []).append((probability, there))
    some = [bins[key] for key in sorted(bins)]
    points = tuple(tuple(np.mean(told, axis=0).tolist()) for told in some)
    return _curve("reliability", label, "probability told", "share present", points, [len(told) for told in some])


def _ranked(answered: Sequence[Answered]) -> list[tuple[float, str, bool]]:
    """Confidence, patient and whether it is wrong, the surest first: what an abstention by confidence alone keeps."""
    ranked = [(max(p, 1 - p), patient, (p > 0.5) != there) for patient, p, there in _told(answered)]
    return sorted(ranked, key=lambda one: -one[0])


def risk_coverage(answered: Sequence[Answered], label: str) -> Curve:
    """The share of wrong answers among the surest, by how many are kept (El-Yaniv and Wiener, JMLR 2010)."""
    wrong = np.cumsum([one[2] for one in _ranked(answered)])
    steps = sorted(set(np.linspace(1, len(wrong), min(len(wrong), _MOST_POINTS)).round().astype(int).tolist()))
    points = tuple((step / len(wrong), float(wrong[step - 1]) / step) for step in steps)
    return _curve("risk_coverage", label, "share answered", "share wrong", points, steps)


def operating_point(answered: Sequence[Answered], label: str) -> Curve:
    """Where the product stands on the plane of `risk_coverage`, with its own rule for abstaining."""
    sums = np.array([_counts(one) for one in answered], dtype=float).reshape(-1, _WIDTH).sum(axis=0)
    wrong, given = _wrong_of_given(sums)
    points = ((float(given / sums[_ALL]), float(wrong / given)),) if given else ()
    return _curve("risk_coverage", label, "share answered", "share wrong", points, [int(given)][: len(points)])


def _curve(name: str, label: str, x: str, y: str, points: Sequence[tuple[float, ...]], n: Sequence[int]) -> Curve:
    return Curve(name=name, label=label, x=x, y=y, points=tuple((one, two) for one, two in points), n=tuple(n))


def _aurc(answered: Sequence[Answered], seed: int) -> Metric:
    """Area under risk–coverage: the mean risk over all shares kept."""
    ranked = _ranked(answered)
    wrong = np.array([one[2] for one in ranked], dtype=float)

    def area(weights: Array) -> Array:
        kept, missed = weights.cumsum(axis=-1), (weights * wrong).cumsum(axis=-1)
        risk = np.divide(missed, kept, out=np.zeros_like(kept), where=kept > 0)
        return ratio(np.stack([(weights * risk).sum(axis=-1), weights.sum(axis=-1)], axis=-1))

    if not ranked:
        return Metric(name="aurc", value=None, n=0)
    low, high = interval_of_weights([one[1] for one in ranked], area, seed)
    value = float(area(np.ones(len(ranked))))
    return Metric(name="aurc", value=value, low=low, high=high, n=len(ranked))
