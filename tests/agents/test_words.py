"""What the word rules read out of a sentence."""

import pytest

from agents import words


@pytest.mark.parametrize(
    ("clause", "polarity"),
    [
        ("There is a right pleural effusion", "affirmed"),
        ("The heart is enlarged, without change", "affirmed"),
        ("A pleural effusion is not seen", "negated"),
        ("The lungs are free of opacity", "negated"),
        ("No evidence of pleural effusion", "negated"),
        ("The right lung opacity has resolved", "negated"),
        ("The right lung opacity has not resolved", "unclear"),
        ("A pleural effusion cannot be excluded", "uncertain"),
        ("Possible small effusion", "uncertain"),
        ("Right lung opacity; its change since 2025-11-01 is uncertain", "affirmed"),
        ("Lung opacity; its side is uncertain", "affirmed"),
        ("No lung opacity, possibly", "unclear"),
        ("Lung opacity, worse since May 4, 2025", "affirmed"),
        ("A lung opacity is no longer seen", "negated"),
        ("The lung opacity has cleared", "negated"),
        ("A lung opacity cannot be identified", "negated"),
        ("The lung opacity has not increased", "affirmed"),
        ("The lung opacity has not changed", "affirmed"),
        ("Absence of lung opacity", "negated"),
        ("The patient denies cough", "negated"),
    ],
)
def test_polarity(clause: str, polarity: str) -> None:
    assert words.polarity(clause) == polarity


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("right-sided effusion", {"right"}),
        ("bilateral effusions", {"left", "right"}),
        ("both lungs", {"left", "right"}),
        ("effusion on the left", {"left"}),
        ("RLL opacity", {"right"}),
        ("right effusion, contralateral opacity", {"right", "left"}),
        ("right effusion, ipsilateral opacity", {"right"}),
        ("contralateral opacity", {"left", "right"}),
        ("Potassium 4 mmol/L in 2 L", set()),
        ("R lung", {"right"}),
        ("upright film, bright area", set()),
    ],
)
def test_sides(text: str, sides: set[str]) -> None:
    assert words.sides_in(text) == sides


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("larger than on 2025-11-01", {"worse"}),
        ("has progressed", {"worse"}),
        ("has diminished", {"better"}),
        ("no interval change", {"stable"}),
        ("has not changed", {"stable"}),
        ("has appeared since", {"new"}),
        ("is no longer seen", {"resolved"}),
        ("has cleared", {"resolved"}),
        ("has not improved", {"unclear"}),
        ("its change is uncertain", {"uncertain"}),
        ("enlarged", set()),
    ],
)
def test_changes(text: str, changes: set[str]) -> None:
    assert words.changes_in(text) == changes


def test_words_are_compared_without_their_endings() -> None:
    assert words.stems_in("enlargement of the heart") == words.stems_in("Enlarged hearts")
    assert words.stems_in("pulmonary oedema") == words.stems_in("pulmonary edema")
    assert words.stems_in("masses") == words.stems_in("a mass")
    assert words.stems_in("ribs") == words.stems_in("rib")
