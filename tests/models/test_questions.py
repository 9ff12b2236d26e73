"""What two answers to a closed question say together, with and without probabilities."""

import pytest

from prelim.models.interface import Score
from prelim.models.questions import CHANGES, presence, trend
from prelim.types import Change, State


def shares(**given: float) -> Score:
    return Score(probabilities=dict.fromkeys(("yes", "no", *CHANGES), 0.0) | given, mass=sum(given.values()))


def word(said: str | None) -> Score:
    return Score(probabilities=None, mass=0.0, said=said)


@pytest.mark.parametrize(
    ("affirmative", "negative", "state"),
    [
        ("yes", "no", "present"),
        ("no", "yes", "absent"),
        ("yes", "yes", "uncertain"),
        ("no", "no", "uncertain"),
        ("yes", None, "uncertain"),
        (None, None, "uncertain"),
    ],
)
def test_greedy_answers_count_where_they_agree(affirmative: str | None, negative: str | None, state: State) -> None:
    answer = presence(word(affirmative), word(negative), margin=0.2, mass=0.5)
    assert (answer.state, answer.probability) == (state, None)


def test_one_way_without_probabilities_leaves_none() -> None:
    """Two servers of one model may differ. What has no majority is no answer."""
    assert presence(shares(yes=0.9), word("no"), margin=0.2, mass=0.5) == ("present", None)
    assert presence(shares(yes=0.4), word("no"), margin=0.2, mass=0.5) == ("uncertain", None)


def test_what_speaks_most_for_a_finding() -> None:
    def weight(affirmative: Score, negative: Score) -> float:
        return presence(affirmative, negative, margin=0.2, mass=0.5).weight

    assert weight(shares(yes=0.9), shares(no=0.7)) == pytest.approx(0.8)
    found, doubted, none = (weight(word(a), word(b)) for a, b in (("yes", "no"), ("yes", "yes"), ("no", "yes")))
    assert found > doubted > none


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
