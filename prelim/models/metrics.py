"""How right answers are that may abstain: counts, rates among those given, and how far probabilities can be trusted."""

from collections.abc import Sequence
from statistics import fmean
from typing import Protocol

from prelim.types import Probability, State, Value

BINS = 10


class Told(Protocol):
    """An answer: its state, and the probability of being present where there is one."""

    @property
    def state(self) -> State: ...

    @property
    def probability(self) -> float | None: ...


class Measured(Value):
    """Answers against the truth. `n` counts all, uncertain ones among them.

    `sensitivity`, `specificity` and `f1` are over the answers that were given, `abstention` is the share of those that
    were not, `ece` (expected calibration error, ten bins of equal width) and `brier` are over all that have a
    probability. None where nothing is counted.
    """

    n: int
    positives: int
    true_present: int
    false_present: int
    true_absent: int
    false_absent: int
    sensitivity: Probability | None
    specificity: Probability | None
    f1: Probability | None
    abstention: Probability | None
    ece: Probability | None
    brier: Probability | None


def measured(answers: Sequence[Told], truth: Sequence[bool]) -> Measured:
    """Count answers against what is there."""
    pairs = list(zip(answers, truth, strict=True))

    def count(state: str, there: bool) -> int:
        return sum(answer.state == state and is_there == there for answer, is_there in pairs)

    hits, false_alarms = count("present", True), count("present", False)
    missed, rejected = count("absent", True), count("absent", False)
    told = [(answer.probability, there) for answer, there in pairs if answer.probability is not None]
    return Measured(
        n=len(pairs),
        positives=sum(truth),
        true_present=hits,
        false_present=false_alarms,
        true_absent=rejected,
        false_absent=missed,
        sensitivity=_share(hits, hits + missed),
        specificity=_share(rejected, rejected + false_alarms),
        f1=_share(2 * hits, 2 * hits + false_alarms + missed),
        abstention=_share(count("uncertain", True) + count("uncertain", False), len(pairs)),
        ece=expected_calibration_error(told),
        brier=fmean((probability - there) ** 2 for probability, there in told) if told else None,
    )


def macro_f1(labels: Sequence[Measured]) -> float | None:
    """The mean over the labels that have an F1."""
    known = [one.f1 for one in labels if one.f1 is not None]
    return fmean(known) if known else None


def expected_calibration_error(told: Sequence[tuple[float, bool]]) -> float | None:
    """The mean distance of probability and frequency, weighted by bin (Naeini et al., AAAI 2015)."""
    if not told:
        return None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, there in told:
        bins.setdefault(bin_of(probability), []).append((probability, there))
    return sum(abs(sum(probability - there for probability, there in some)) for some in bins.values()) / len(told)


def bin_of(probability: float) -> int:
    """Which bin of equal width a probability falls into."""
    return min(BINS - 1, int(probability * BINS))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
