"""What two answers to a closed question say together, with and without probabilities."""

from itertools import product

import pytest

from prelim.models.calibration import tempered
from prelim.models.interface import Score
from prelim.models.questions import CHANGES, Answers, presence, trend, weigh
from prelim.types import Change, State
from tests.sample_calibration import entry


def shares(**given: float) -> Score:
    return Score(probabilities=dict.fromkeys(("yes", "no", *CHANGES), 0.0) | given, mass=sum(given.values()))


def word(said: str | None) -> Score:
    return Score(probabilities=None, mass=0.0, said=said)


WORDS = ("yes", "no", None)
MEANS = {"yes": 1, "no": -1, None: 0}


def test_greedy_answers_count_where_all_four_agree() -> None:
    """All 81 combinations of two ways that ask for it and two that deny it."""
    for first, denied, again, denied_again in product(WORDS, repeat=4):
        meant = [MEANS[first], -MEANS[denied], MEANS[again], -MEANS[denied_again]]
        state: State = "present" if meant == [1] * 4 else "absent" if meant == [-1] * 4 else "uncertain"
        answers = weigh([word(first), word(again)], [word(denied), word(denied_again)], mass=0.5)
        assert answers == Answers(said=state)
        assert presence(answers, margin=0.2) == (state, None, False)


HELD = {
    "sure yes": (0.98, 0.01),
    "weak yes": (0.62, 0.36),
    "sure no": (0.01, 0.98),
    "weak no": (0.36, 0.62),
    "neither": (0.45, 0.45),
    "elsewhere": (0.30, 0.01),
}


def test_one_wording_that_contradicts_hesitates_or_lacks_mass_is_uncertain() -> None:
    """All 1,296 combinations of four scores: only four sure ones that mean the same are no doubt."""
    present, absent = ("sure yes",) * 2 + ("sure no",) * 2, ("sure no",) * 2 + ("sure yes",) * 2
    for ways in product(HELD, repeat=4):
        scores = [shares(yes=HELD[way][0], no=HELD[way][1]) for way in ways]
        found = presence(weigh(scores[:2], scores[2:], mass=0.5), margin=0.2)
        assert found.state == {present: "present", absent: "absent"}.get(ways, "uncertain")
        speaking = [HELD[way][0] for way in ways[:2]] + [HELD[way][1] for way in ways[2:]]
        assert found.probability == pytest.approx(sum(speaking) / 4)


def test_weak_answers_that_agree_are_said_alike() -> None:
    """Whether that is enough is for the margin, or the calibration's threshold."""
    for ways in product(HELD, repeat=4):
        scores = [shares(yes=HELD[way][0], no=HELD[way][1]) for way in ways]
        words = [way.split()[-1] for way in ways]
        said = {"yes yes no no": "present", "no no yes yes": "absent"}.get(" ".join(words), "uncertain")
        assert weigh(scores[:2], scores[2:], mass=0.5).said == said


def test_shares_are_never_made_up_to_a_whole() -> None:
    """Six tenths of the mass all on yes is six tenths, and no margin of two tenths."""
    found = presence(weigh([shares(yes=0.6)], [shares(no=0.6)], mass=0.5), margin=0.2)
    assert found.state == "uncertain" and found.probability == pytest.approx(0.6)
    assert weigh([shares(yes=0.9)], [shares(no=0.49)], mass=0.5).said == "uncertain"


def test_one_way_without_probabilities_leaves_none() -> None:
    """Two servers of one model may differ. What has no majority is no answer."""
    sure, bare, weak = shares(yes=0.9), word("no"), shares(yes=0.4)
    assert presence(weigh([sure, sure], [bare, bare], mass=0.5), margin=0.2) == ("present", None, False)
    assert presence(weigh([sure, weak], [bare, bare], mass=0.5), margin=0.2) == ("uncertain", None, False)


def test_what_speaks_most_for_a_finding() -> None:
    def weight(affirmative: Score, negative: Score) -> float:
        return presence(weigh([affirmative], [negative], mass=0.5), margin=0.2).weight

    assert weight(shares(yes=0.9), shares(no=0.7)) == pytest.approx(0.8)
    found, doubted, none = (weight(word(a), word(b)) for a, b in (("yes", "no"), ("yes", "yes"), ("no", "yes")))
    assert found > doubted > none


# ------------------------------------------------------------------ with a calibration


def told(present: float, said: State = "present") -> Answers:
    sure = present if said == "present" else 1 - present
    return Answers(said=said, present=present, absent=1 - present, least=sure)


def test_a_thresholds_answer_is_the_calibrations() -> None:
    found = entry(temperature=2.0, present_above=0.8, absent_below=0.3)
    probability = tempered(0.95, 2.0)
    assert presence(told(0.95), margin=0.2, entry=found) == ("present", probability, True)
    assert tempered(0.9, 2.0) < 0.8 and presence(told(0.9), margin=0.2, entry=found).state == "uncertain"
    assert presence(told(0.1, "absent"), margin=0.4, entry=found).state == "absent"  # whatever the margin
    assert presence(told(0.4, "absent"), margin=0.0, entry=found).state == "uncertain"
    assert presence(told(0.95, "uncertain"), margin=0.2, entry=found).state == "uncertain"  # the wordings disagree


def test_what_is_on_no_choice_does_not_speak_for_absence() -> None:
    """Nothing on yes and half on no is no certain absence, whatever the threshold."""
    answers = Answers(said="absent", present=0.0, absent=0.55, least=0.55)
    assert presence(answers, margin=0.0, entry=entry(temperature=1.0, absent_below=0.3)).state == "uncertain"


def test_without_a_threshold_the_margin_stays() -> None:
    """For every way by itself, and for the probability that is told."""
    found = entry(temperature=4.0, present_above=None, absent_below=None)
    assert presence(told(0.99), margin=0.2, entry=found).state == "present"
    assert presence(told(0.75), margin=0.2).state == "present"
    assert presence(told(0.75), margin=0.2, entry=found).state == "uncertain"
    weak = told(0.99).model_copy(update={"least": 0.6})
    assert presence(weak, margin=0.2, entry=found).state == "uncertain"


def test_a_model_without_probabilities_is_not_calibrated() -> None:
    assert presence(Answers(said="present"), margin=0.2, entry=entry()) == ("present", None, False)


# ------------------------------------------------------------------ changes


@pytest.mark.parametrize(
    ("forward", "backward", "change", "consistent"),
    [
        ("worse", "better", "worse", True),
        ("worse", "worse", "uncertain", False),
        ("new", "resolved", "uncertain", True),  # present on both films: it cannot be new
        ("worse", None, "uncertain", False),
        (None, None, "uncertain", False),
    ],
)
def test_greedy_words_count_where_the_swap_fits(
    forward: str | None, backward: str | None, change: Change, consistent: bool
) -> None:
    assert trend(word(forward), word(backward), "present", "present", mass=0.5) == (change, None, consistent)


def test_with_probabilities_the_lower_one_is_told() -> None:
    assert trend(shares(worse=0.9), shares(better=0.6), "present", "present", mass=0.5) == ("worse", 0.6, True)
    assert trend(shares(worse=0.9), shares(better=0.4), "present", "present", mass=0.3).change == "uncertain"
    assert trend(shares(worse=0.9), shares(better=0.6), "present", "present", mass=0.7).change == "uncertain"
