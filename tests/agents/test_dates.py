"""What the verifier reads as a date, and which days that can mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.dates import dates_in, without_dates
from agents.figures import numbers_in

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


WHOLE = 15
"""How many of the spellings name the year, the month and the day."""


def spellings(day: date) -> list[str]:
    month = day.strftime("%B")
    nth = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    return [
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day.month:02}/{day.day:02}/{day.year}",
        f"{day.month}/{day.day}/{day:%y}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {month} {day.year}",
        f"{day:%d-%b-%Y}",
        f"{day:%d} {month}, {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{month[:3]}. {day.day}, {day.year}",
        f"{month} {day.day}{nth}, {day.year}",
        f"the {day.day}{nth} of {month} {day.year}",
        f"{day.year} {month} {day.day}",
        f"{month} {day.day}{nth}",
        f"{day.day} {month}",
        f"{month} {day.year}",
        f"{day:%Y-%m}",
    ]


@given(DAYS)
def test_every_common_spelling_of_a_date_is_understood(day: date) -> None:
    for spelling in spellings(day):
        text = f"Worse since {spelling}."
        [said] = dates_in(text)
        assert said.fits(day.isoformat()), spelling
        assert numbers_in(text) == [], spelling


@given(DAYS, DAYS)
def test_another_day_is_another_date(day: date, other: date) -> None:
    """Unless day and month can be read either way."""
    either = {day, date(day.year, day.day, day.month)} if day.day <= 12 else {day}
    if other not in either:
        for spelling in spellings(day)[:WHOLE]:
            [said] = dates_in(f"Worse since {spelling}.")
            assert not said.fits(other.isoformat()), spelling


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("since March 2025", {"2025-03"}),
        ("since 2019", {"2019"}),
        ("on March 14th", {"--03-14"}),
        ("It may 5 times be seen", set()),
        ("Ratio 3/4, range 12-16, 1.5 x 2.5 cm", set()),
        ("2026-03-02T08:10", {"2026-03-02"}),
    ],
)
def test_what_is_said_in_part_or_is_no_date(text: str, days: set[str]) -> None:
    assert {day for said in dates_in(text) for day in said.days} == days


def test_places_are_kept_where_dates_are_blanked_out() -> None:
    text = "Worse since 2 May 2025, better."
    assert len(without_dates(text)) == len(text) and without_dates(text).endswith(", better.")
