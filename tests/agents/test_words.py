"""What the word rules read out of a sentence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import dates, figures, words


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_common_spelling_of_a_date_is_understood(day: date) -> None:
    month = day.strftime("%B")
    spellings = [
        day.isoformat(),
        f"{day.day}/{day.month}/{day.year}",
        f"{day.month:02}/{day.day:02}/{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {month} {day.year}",
        f"{month[:3]} {day.day}, {day.year}",
    ]
    for spelling in spellings:
        [said] = dates.dates_in(f"Worse since {spelling}.")
        assert day.isoformat() in said.days
        assert figures.numbers_in(f"Worse since {spelling}.") == []


@given(st.integers(0, 999_999))
def test_numbers_are_read_with_and_without_grouping(number: int) -> None:
    assert figures.numbers_in(f"Platelets {number:,} /uL.") == [number]
    assert figures.numbers_in(f"Platelets {number} /uL.") == [number]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Creatinine 1.9 (0.6-1.3)", [1.9, 0.6, 1.3]),
        ("Creatinine 1,9 mg/dL", [1.9]),
        ("Vitamin B12 and T4", []),
        ("two nodules of 3 mm", [2, 3]),
        ("12.0-16.0", [12, 16]),
    ],
)
def test_numbers_are_values_not_parts_of_names(text: str, numbers: list[float]) -> None:
    assert figures.numbers_in(text) == numbers


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
        ("R lung", {"right"}),
        ("upright film, bright area", set()),
    ],
)
def test_sides(text: str, sides: set[str]) -> None:
    assert words.sides_in(text) == sides
