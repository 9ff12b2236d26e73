"""Fitting a label's calibration: the temperature by likelihood, the thresholds by the precision that they reach."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from scipy.optimize import minimize_scalar

from prelim.models.calibration import RESOLUTION, tempered
from prelim.models.questions import Answers

TARGET = 0.95
"""The precision that answers must have beyond a threshold: its lower bound, one-sided at 95%."""
LEAST = 10
"""Fewer answers than this where the finding is there, or is not, say nothing of a temperature."""
_Z = 1.6449
_LOG_T = (math.log(0.05), math.log(50))


class Labelled(NamedTuple):
    """What was said of one finding, whether it is there, and whose image it is."""

    answers: Answers
    present: bool
    group: str = ""


class Fit(NamedTuple):
    """A label's temperature and thresholds; `why` says what is missing. No temperature: no calibration."""

    temperature: float | None = None
    present_above: float | None = None
    absent_below: float | None = None
    why: tuple[str, ...] = ()


def fit(labelled: Sequence[Labelled], margin: float, target: float = TARGET) -> Fit:
    """Temperature and thresholds of one label; where the numbers do not allow one, the reason."""
    some = [one for one in labelled if one.answers.present is not None]
    there = sum(one.present for one in some)
    if labelled and not some:
        return Fit(why=("the model gives no probabilities",))
    if min(there, len(some) - there) < LEAST:
        return Fit(why=(f"too few: {there} present, {len(some) - there} absent, {LEAST} of each are needed",))
    temperature = fit_temperature([(one.answers.present or 0.0, one.present) for one in some])
    above, no_above = _threshold(_spoken(some, "present", temperature), margin, target)
    below, no_below = _threshold(_spoken(some, "absent", temperature), margin, target)
    reasons = {"present": no_above, "absent": no_below}
    why = tuple(f"{state}: {reason}" for state, reason in reasons.items() if reason)
    return Fit(temperature, above, None if below is None else 1 - below, why)


def fit_temperature(told: Sequence[tuple[float, bool]]) -> float:
    """The temperature under which the truth is likeliest, its logarithm normally distributed around 0 beforehand.

    Without that, answers that are all right would be made ever more certain. One unit is what a single gross error
    outweighs: numbers decide, few of them leave the model's own figures as they are.
    """

    def loss(log_temperature: float) -> float:
        temperature = math.exp(log_temperature)
        return log_temperature**2 / 2 - sum(_log_likelihood(p, present, temperature) for p, present in told)

    return math.exp(minimize_scalar(loss, bounds=_LOG_T, method="bounded", options={"xatol": 1e-6}).x)


def _log_likelihood(probability: float, present: bool, temperature: float) -> float:
    given = tempered(probability if present else 1 - probability, temperature)
    return math.log(max(RESOLUTION, given))


def _spoken(
    labelled: Sequence[Labelled], state: Literal["present", "absent"], temperature: float
) -> list[tuple[float, bool]]:
    """How sure each answer is that says this state, and whether it is right."""
    return [
        (tempered(getattr(one.answers, state), temperature), one.present == (state == "present"))
        for one in labelled
        if one.answers.said == state
    ]


def _threshold(spoken: Sequence[tuple[float, bool]], margin: float, target: float) -> tuple[float | None, str]:
    """The lowest certainty from which on answers are as precise as the target; else why there is none.

    Below the least certain answer nothing was seen: there the conservative margin holds. Between the last good answer
    and the first bad one the threshold lies in the middle.
    """
    needed = math.ceil(target * _Z**2 / (1 - target))
    if len(spoken) < needed:
        return None, f"too few: {len(spoken)} answers, {needed} are needed"
    steps = [
        (sure, [right for _, right in some]) for sure, some in groupby(sorted(spoken, reverse=True), lambda s: s[0])
    ]
    found, right, n = None, 0, 0
    for position, (_, answers) in enumerate(steps):
        right, n = right + sum(answers), n + len(answers)
        if precision_bound(right, n) >= target:
            found = position
    if found is None:
        return None, f"a precision of {target:g} is not reached"
    last = steps[found][0]
    if found + 1 == len(steps):
        return min(last, 0.5 + margin), ""
    return (last + steps[found + 1][0]) / 2, ""


def precision_bound(right: int, n: int) -> float:
    """Wilson's lower bound of a share, one-sided at 95% (Journal of the American Statistical Association, 1927)."""
    share, spread = right / n, _Z**2 / n
    centre = share + spread / 2
    return (centre - math.sqrt(spread * (share * (1 - share) + spread / 4))) / (1 + spread)
