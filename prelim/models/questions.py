"""Closed questions, asked both ways and in several wordings, and what the scores say together (design: idea 4)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from prelim.models.calibration import Entry, tempered
from prelim.models.interface import Score
from prelim.types import Change, Probability, State, Value

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


_SAID: dict[str | None, State] = {"yes": "present", "no": "absent"}
_DENIED: dict[str | None, State] = {"no": "present", "yes": "absent"}
_RANK: dict[State, float] = {"absent": 0.0, "uncertain": 0.5, "present": 1.0}


class Answers(Value):
    """What all ways of asking one question said, before any threshold.

    `said` is what every way says alike; uncertain where one contradicts another or has too little mass on the choices.
    `present` and `absent` are the mean shares of the whole vocabulary that speak for either, never renormalised;
    `least` is the smallest share of a way for what was `said`. None where not every way has probabilities.
    """

    said: State
    present: Probability | None = None
    absent: Probability | None = None
    least: Probability | None = None


class Presence(NamedTuple):
    """What the answers come to; `probability` is that of being present, None where the model gave no probabilities.

    `calibrated`: the probability and the state follow figures that were fitted at this site.
    """

    state: State
    probability: float | None
    calibrated: bool = False

    @property
    def weight(self) -> float:
        """How much it speaks for the finding, 0 to 1: the probability, or the state where there is none."""
        return _RANK[self.state] if self.probability is None else self.probability


class Trend(NamedTuple):
    """What both image orders say; `probability` is the lower of the two orders', None where there are none."""

    change: Change
    probability: float | None
    swap_consistent: bool


def weigh(affirmative: Sequence[Score], negative: Sequence[Score], *, mass: float) -> Answers:
    """Weigh every wording of "is there …?" and of "is it free of …?" together.

    Where one way has no probabilities the greedy answers stand, if all agree.
    """
    words = {_SAID.get(score.answer) for score in affirmative} | {_DENIED.get(score.answer) for score in negative}
    said: State = (words.pop() or "uncertain") if len(words) == 1 else "uncertain"
    shares = [score.probabilities for score in (*affirmative, *negative)]
    if any(share is None for share in shares):
        return Answers(said=said)
    if min(score.mass for score in (*affirmative, *negative)) < mass:
        said = "uncertain"
    for_it = _shares(affirmative, "yes") + _shares(negative, "no")
    against = _shares(affirmative, "no") + _shares(negative, "yes")
    return Answers(
        said=said,
        present=min(1.0, sum(for_it) / len(for_it)),
        absent=min(1.0, sum(against) / len(against)),
        least=min(1.0, *(against if said == "absent" else for_it)),
    )


def _shares(scores: Sequence[Score], choice: Literal["yes", "no"]) -> list[float]:
    return [score.probabilities[choice] for score in scores if score.probabilities is not None]


def presence(answers: Answers, *, margin: float, entry: Entry | None = None) -> Presence:
    """What the answers come to: uncertain where they disagree, have too little mass, or are not far enough from a half.

    How far is enough is the calibration's threshold; without one every single way, and the probability that is told,
    must keep the margin.
    """
    if answers.present is None or answers.absent is None or answers.least is None:
        return Presence(answers.said, None)
    temperature = entry.temperature if entry else 1.0
    probability = tempered(answers.present, temperature)
    if answers.said == "uncertain":
        return Presence("uncertain", probability, entry is not None)
    speaks = probability if answers.said == "present" else tempered(answers.absent, temperature)
    threshold = entry.threshold(answers.said) if entry else None
    kept = min(speaks, answers.least) >= 0.5 + margin if threshold is None else speaks >= threshold
    return Presence(answers.said if kept else "uncertain", probability, entry is not None)


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
