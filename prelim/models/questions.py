"""Closed questions, asked both ways, and what the two scores say together (design: idea 4)."""

from typing import NamedTuple, cast

from prelim.models.interface import Score
from prelim.types import Change, State

YES_NO = ("yes", "no")
CHANGES: tuple[Change, ...] = ("new", "worse", "stable", "better", "resolved")
_INVERSE: dict[str, Change] = {
    "new": "resolved",
    "worse": "better",
    "stable": "stable",
    "better": "worse",
    "resolved": "new",
}
_POSSIBLE: dict[tuple[State, State], tuple[Change, ...]] = {
    ("absent", "present"): ("new",),
    ("present", "present"): ("worse", "stable", "better"),
    ("present", "absent"): ("resolved",),
}


_SAID: dict[tuple[str | None, str | None], State] = {("yes", "no"): "present", ("no", "yes"): "absent"}
_RANK: dict[State, float] = {"absent": 0.0, "uncertain": 0.5, "present": 1.0}


class Presence(NamedTuple):
    """What both ways of asking say; `probability` is that of being present, the mean of the two ways.

    None where the model gave no probabilities.
    """

    state: State
    probability: float | None

    @property
    def weight(self) -> float:
        """How much it speaks for the finding, 0 to 1: the probability, or the state where there is none."""
        return _RANK[self.state] if self.probability is None else self.probability


class Trend(NamedTuple):
    """What both image orders say; `probability` is the lower of the two orders', None where there are none."""

    change: Change
    probability: float | None
    swap_consistent: bool


def presence(affirmative: Score, negative: Score, *, margin: float, mass: float) -> Presence:
    """Weigh "is there …?" against "is it free of …?": uncertain on disagreement, low margin or low mass.

    Probabilities are shares of the whole vocabulary, never renormalised over the choices. Without them the two
    greedy answers stand, if they agree.
    """
    if affirmative.probabilities is None or negative.probabilities is None:
        return Presence(_SAID.get((affirmative.answer, negative.answer), "uncertain"), None)
    yes = (affirmative.probabilities["yes"], negative.probabilities["no"])
    no = (affirmative.probabilities["no"], negative.probabilities["yes"])
    probability = min(1.0, sum(yes) / 2)
    if min(affirmative.mass, negative.mass) < mass:
        return Presence("uncertain", probability)
    if min(yes) >= 0.5 + margin:
        return Presence("present", probability)
    if min(no) >= 0.5 + margin:
        return Presence("absent", probability)
    return Presence("uncertain", probability)


def trend(forward: Score, backward: Score, before: State, now: State, *, mass: float) -> Trend:
    """Weigh [earlier, later] against [later, earlier].

    The swapped order must give the inverse word, and the word must fit what the probes saw on each film
    (absent before and present now can only be new); else the change is uncertain. Without probabilities the two
    greedy words stand alone.
    """
    if forward.probabilities is None or backward.probabilities is None:
        first, second, probability, sure = forward.answer, backward.answer, None, True
    else:
        first = max(CHANGES, key=forward.probabilities.__getitem__)
        second = max(CHANGES, key=backward.probabilities.__getitem__)
        probability = min(1.0, forward.probabilities[first], backward.probabilities[second])
        sure = min(forward.mass, backward.mass) >= mass and probability >= 0.5
    consistent = first is not None and _INVERSE.get(second or "") == first
    fits = first in _POSSIBLE.get((before, now), CHANGES)
    return Trend(cast("Change", first) if sure and consistent and fits else "uncertain", probability, consistent)
