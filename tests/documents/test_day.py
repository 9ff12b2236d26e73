"""Dates as printed: every reading, and which one is the document's own."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.documents.day import day_in, readings


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_form_reads_back(day: date) -> None:
    printed = ["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y"]
    assert all(readings(day.strftime(form)) == {day.isoformat()} for form in printed)
    assert day.isoformat() in readings(day.strftime("%m/%d/%Y")) & readings(day.strftime("%d/%m/%Y"))


def test_an_ambiguous_day_has_two_readings() -> None:
    assert readings("05/06/1960") == {"1960-05-06", "1960-06-05"} and readings("25/06/1960") == {"1960-06-25"}
    assert readings("31.02.2020") == readings("soon") == readings("") == set()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Date of exam: 2025-03-14\nComparison 2024-01-01", "2025-03-14"),
        ("Report date: 14 March 2025", "2025-03-14"),
        ("Collected: Mar 14, 2025 08:10", "2025-03-14"),
        ("Date: 2025-03-15\nCollected on 2025-03-14", "2025-03-14"),
        ("date of service: 2021-03-27", "2021-03-27"),
        ("CHEST PA 2025-03-14", "2025-03-14"),
        ("DOB: 1960-05-06", None),
        ("Date of birth: 1960-05-06\nDate: 2025-03-14", "2025-03-14"),
        ("Born 06.05.1960. Seen today.", None),
        ("Date: 05/06/2025", None),
        ("Date: 05/06/2025\nExam date: 2025-06-05", "2025-06-05"),
        ("a\nb\nc\nd\ne\nf\nSince 2019-01-01 he smokes.", None),
        ("", None),
    ],
)
def test_the_documents_own_day(text: str, day: str | None) -> None:
    assert day_in(text) == day
