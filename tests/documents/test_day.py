"""Dates as printed: every reading, and which one is the document's own."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.documents.day import day_in, moment_in, readings


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


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Entnahme: 12.03.2024 08:30 Uhr", "2024-03-12T08:30"),
        ("Entnahmedatum 03.04.24", "2024-04-03"),
        ("Fecha de toma: 12/03/2024 a las 08:30", "2024-03-12T08:30"),
        ("Prélevé le 12/03/2024 à 08h30", "2024-03-12T08:30"),
        ("Collected on Mar 14, 2025 08:10", "2025-03-14T08:10"),
        ("Geb. 01.02.1960   Entnahme am 3. Mai 2020", "2020-05-03"),
        ("Received: 2024-01-01", None),
        ("Fecha de nacimiento: 12/03/1960", None),
    ],
)
def test_when_a_sample_was_drawn(text: str, moment: str | None) -> None:
    assert moment_in(text, "day first") == moment


@pytest.mark.parametrize(
    "printed", ["12 mars 2024", "12. März 2024", "12 de marzo de 2024", "12-Mar-2024", "12.03.24", "12 MAR 2024"]
)
def test_days_in_four_languages(printed: str) -> None:
    assert readings(printed) == {"2024-03-12"}


def test_another_date_tells_the_order_of_day_and_month() -> None:
    assert day_in("Date: 05/06/2025\nPrinted: 25/06/2025") == "2025-06-05"
    assert moment_in("Collected: 05/06/2025") is None
