"""Closed questions, asked both ways, and what the two scores say together (design: idea 4)."""

from typing import NamedTuple

from prelim.models.chat import Score
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


class Presence(NamedTuple):
    """What both ways of asking say; `probability` is that of being present, the mean of the two ways."""

    state: State
    probability: float


class Trend(NamedTuple):
    """What both image orders say; `probability` is the lower of the two orders'."""

    change: Change
    probability: float
    swap_consistent: bool


def presence(affirmative: Score, negative: Score, *, margin: float, mass: float) -> Presence:
    """Weigh "is there …?" against "is it free of …?": uncertain on disagreement, low margin or low mass.

    Probabilities are shares of the whole vocabulary, never renormalised over the choices.
    """
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
    (absent before and present now can only be new); else the change is uncertain.
    """
    first = max(CHANGES, key=lambda word: forward.probabilities[word])
    second = max(CHANGES, key=lambda word: backward.probabilities[word])
    consistent = _INVERSE[second] == first
    probability = min(forward.probabilities[first], backward.probabilities[second])
    fits = first in _POSSIBLE.get((before, now), CHANGES)
    certain = consistent and fits and min(forward.mass, backward.mass) >= mass and probability >= 0.5
    return Trend(first if certain else "uncertain", min(1.0, probability), consistent)
