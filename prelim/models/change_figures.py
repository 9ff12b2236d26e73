"""How right comparisons of two films are: by class, with abstentions, and how often the two image orders disagree."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from prelim.evaluated import Matrix, Metric
from prelim.models.bootstrap import Array, Statistic, macro, macro_metric, metric, ratio
from prelim.models.interface import Score

Direction = Literal["better", "stable", "worse"]
CLASSES: tuple[Direction, ...] = ("better", "stable", "worse")
DIRECTIONS: dict[str, Direction] = {
    "better": "better",
    "resolved": "better",
    "improving": "better",
    "stable": "stable",
    "worse": "worse",
    "new": "worse",
    "worsening": "worse",
}
"""What each word for a change means of its direction, of ours and of public collections."""


class Compared(NamedTuple):
    """One finding of a pair: whose, how it changed, what was told (None: abstained), what the first order alone says
    (`forced`; None where it says nothing), and whether the swapped order said the inverse."""

    label: str
    patient: str
    truth: Direction
    told: Direction | None
    forced: Direction | None
    swap_consistent: bool


def together(directions: Sequence[Direction | None]) -> Direction | None:
    """A finding's direction over its sides: one that changed stands for both; two that contradict each other, or an
    abstention beside one that is stable, are none."""
    changed = {one for one in directions if one not in (None, "stable")}
    if len(changed) == 1:
        return changed.pop()
    return "stable" if directions and set(directions) == {"stable"} else None


def forced(scores: Sequence[Score]) -> Direction | None:
    """What the words of one image order come to if no answer may abstain: of the sides that which changed most."""
    shares = [_shares(score) for score in scores]
    known = [share for share in shares if share is not None]
    if not known:
        return None
    most = min(known, key=lambda share: share["stable"])
    return max(CLASSES, key=most.__getitem__)


def _shares(score: Score) -> dict[Direction, float] | None:
    """How much of an answer speaks for each direction."""
    told = score.probabilities or ({score.said: 1.0} if score.said else None)
    if told is None:
        return None
    return {one: sum(share for word, share in told.items() if DIRECTIONS[word] == one) for one in CLASSES}


# ------------------------------------------------------------------ figures


def _by_class(sums: Array) -> Array:
    """Of [right, all] of each class: the mean share right."""
    return macro(ratio, 2)(sums)


def _counts(compared: Sequence[Compared], forced: bool = False) -> Array:
    """[right, all] of each class, each row in its truth's."""
    counts = np.zeros((len(compared), 2 * len(CLASSES)))
    for number, one in enumerate(compared):
        column = 2 * CLASSES.index(one.truth)
        counts[number, column : column + 2] = (one.forced if forced else one.told) == one.truth, 1
    return counts


def figures(compared: Sequence[Compared], seed: int) -> list[Metric]:
    """Macro accuracy (the mean over classes, then over findings; an abstention is not right), the same of the first
    order alone, abstention, risk (the share of what was told that is wrong), swap inconsistency; then by class and by
    finding."""
    labels, patients = [one.label for one in compared], [one.patient for one in compared]
    rates = _rates(compared)
    found = [
        macro_metric("macro_accuracy", labels, patients, _counts(compared), _by_class, seed=seed),
        macro_metric("macro_accuracy_forced", labels, patients, _counts(compared, True), _by_class, seed=seed),
        *(metric(name, patients, rates[:, columns], ratio, seed=seed) for name, columns in _RATES.items()),
    ]
    for name, some in _parts(compared):
        found += _of(name, some, seed)
    return found


_RATES = {"abstention": [0, 1], "risk": [2, 3], "swap_inconsistency": [4, 1]}


def _rates(compared: Sequence[Compared]) -> Array:
    """Abstained, one, told and wrong, told, contradicted by the other order."""
    rows = [
        (one.told is None, 1, one.told not in (None, one.truth), one.told is not None, not one.swap_consistent)
        for one in compared
    ]
    return np.array(rows, dtype=float).reshape(-1, 5)


def _parts(compared: Sequence[Compared]) -> list[tuple[str, list[Compared]]]:
    """Those of each class, then those of each finding."""
    classes = [(name, [one for one in compared if one.truth == name]) for name in CLASSES]
    labels = [(name, [one for one in compared if one.label == name]) for name in sorted({c.label for c in compared})]
    return [(name, some) for name, some in (*classes, *labels) if some]


def _of(name: str, some: Sequence[Compared], seed: int) -> list[Metric]:
    patients, rates = [one.patient for one in some], _rates(some)
    statistic: Statistic = _by_class
    kind = "accuracy" if name in CLASSES else "macro_accuracy"
    return [
        metric(kind, patients, _counts(some), statistic, seed=seed, label=name),
        metric(f"{kind}_forced", patients, _counts(some, True), statistic, seed=seed, label=name),
        metric("abstention", patients, rates[:, _RATES["abstention"]], ratio, seed=seed, label=name),
    ]


def confusion(name: str, pairs: Sequence[tuple[Direction, Direction | None]]) -> Matrix:
    """How often each true class (a row) was told so (a column)."""
    columns = (*CLASSES, None)
    counts = tuple(tuple(pairs.count((row, column)) for column in columns) for row in CLASSES)
    return Matrix(name=name, rows=CLASSES, columns=(*CLASSES, "uncertain"), counts=counts)
