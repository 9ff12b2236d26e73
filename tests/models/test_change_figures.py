"""Comparisons against known changes: classes, abstentions, sides together, by hand."""

import pytest

from prelim.models.change_figures import DIRECTIONS, Compared, confusion, figures, forced, together
from prelim.models.interface import Score
from prelim.models.questions import CHANGES

SOME = [
    # effusion: better 2 of 2 told right (1 by force), stable 0 of 1 (abstained; right by force), worse 1 of 2
    Compared("effusion", "a", "better", "better", "better", True),
    Compared("effusion", "b", "better", "better", "stable", True),
    Compared("effusion", "c", "stable", None, "stable", False),
    Compared("effusion", "d", "worse", "worse", "worse", True),
    Compared("effusion", "e", "worse", "better", "better", True),
    # oedema: worse alone, told right
    Compared("oedema", "a", "worse", "worse", "worse", True),
]
FOUND = {(one.name, one.label): one.value for one in figures(SOME, seed=1)}


def test_accuracy_is_the_mean_over_classes_then_over_findings() -> None:
    effusion = (2 / 2 + 0 / 1 + 1 / 2) / 3
    assert FOUND["macro_accuracy", "effusion"] == pytest.approx(effusion)
    assert FOUND["macro_accuracy", "oedema"] == 1  # one class alone
    assert FOUND["macro_accuracy", None] == pytest.approx((effusion + 1) / 2)
    by_force = (1 / 2 + 1 / 1 + 1 / 2) / 3
    assert FOUND["macro_accuracy_forced", "effusion"] == pytest.approx(by_force)
    assert FOUND["macro_accuracy_forced", None] == pytest.approx((by_force + 1) / 2)


def test_rates_and_classes() -> None:
    assert FOUND["abstention", None] == pytest.approx(1 / 6) and FOUND["risk", None] == pytest.approx(1 / 5)
    assert FOUND["swap_inconsistency", None] == pytest.approx(1 / 6)
    assert FOUND["accuracy", "better"] == 1 and FOUND["accuracy", "stable"] == 0
    assert FOUND["accuracy", "worse"] == pytest.approx(2 / 3) and FOUND["abstention", "stable"] == 1


def test_the_confusion_matrix() -> None:
    matrix = confusion("told", [(one.truth, one.told) for one in SOME])
    assert matrix.rows == ("better", "stable", "worse") and matrix.columns[3] == "uncertain"
    assert matrix.counts == ((2, 0, 0, 0), (0, 0, 0, 1), (1, 0, 2, 0))


@pytest.mark.parametrize(
    ("sides", "whole"),
    [
        (["stable", "stable"], "stable"),
        (["stable", "worse"], "worse"),
        (["better", None], "better"),
        (["stable", None], None),
        (["better", "worse"], None),
        ([None, None], None),
        ([], None),
    ],
)
def test_sides_together(sides: list[str | None], whole: str | None) -> None:
    assert together(sides) == whole  # type: ignore[arg-type]


def score(**shares: float) -> Score:
    told = {word: shares.get(word, 0.0) for word in CHANGES}
    return Score(probabilities=told, mass=sum(told.values()))


def test_a_forced_answer_sums_the_words_of_a_direction_and_follows_the_side_that_changed_most() -> None:
    assert forced([score(new=0.3, worse=0.3, stable=0.4)]) == "worse"
    assert forced([score(stable=0.9, worse=0.1), score(stable=0.4, better=0.3, resolved=0.3)]) == "better"
    assert forced([score(stable=0.9), score(stable=0.8, worse=0.2)]) == "stable"
    assert forced([Score(probabilities=None, mass=0, said="resolved")]) == "better"
    assert forced([Score(probabilities=None, mass=0)]) is None and forced([]) is None


def test_every_word_for_a_change_has_a_direction() -> None:
    assert set(CHANGES) <= set(DIRECTIONS)
