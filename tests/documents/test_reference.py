"""Reference ranges as printed: two- and one-sided, in four languages, by sex and age."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.documents.reference import is_reference, limits, read_reference
from prelim.types import Sex


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3,5 - 5,1", (3.5, 5.1)),
        ("3.5-5.1", (3.5, 5.1)),
        ("(3.5 – 5.1)", (3.5, 5.1)),
        ("[3.5 — 5.1]", (3.5, 5.1)),
        ("135 à 145", (135, 145)),
        ("135 bis 145 mmol/l", (135, 145)),
        ("-2.0 - 2.0", (-2, 2)),
        ("4.0-10.0 x10^9/L", (4, 10)),
        ("< 5.0", (None, 5)),
        ("≤5", (None, 5)),
        ("> 60", (60, None)),
        ("> 90 mL/min/1.73 m2", (90, None)),
        ("up to 40", (None, 40)),
        ("bis 5", (None, 5)),
        ("hasta 40", (None, 40)),
        ("jusqu'à 40", (None, 40)),
        ("<200 (desirable)", (None, 200)),
    ],
)
def test_limits(text: str, found: tuple[float | None, float | None]) -> None:
    assert limits(text, decimal_comma="," in text) == found and is_reference(text)


@pytest.mark.parametrize("text", ["5 - 3", "Desirable <200 Borderline 200-239", "Reference laboratory", "12", "H", ""])
def test_what_is_no_range_has_no_limits(text: str) -> None:
    found = read_reference(text)
    assert (found.low, found.high, found.text) == (None, None, text)


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from([" - ", "-", "–", " to ", " bis ", " a "]))
def test_a_range_reads_back(one: int, other: int, dash: str) -> None:
    low, high = sorted((one, other))
    assert limits(f"{low}{dash}{high}") == (low, high)


@pytest.mark.parametrize(
    ("text", "sex", "age", "low", "whom"),
    [
        ("M: 13.5-17.5 F: 12.0-15.5", "F", 40, 12, "F"),
        ("M: 13.5-17.5 F: 12.0-15.5", "M", None, 13.5, "M"),
        ("H: 13-17 M: 12-15", "F", None, 12, "M"),
        ("H: 13-17 F: 12-15", "M", None, 13, "H"),
        ("m 13,5-17,5 w 12,0-15,5", "F", None, 12, "w"),
        ("Männer: 13,5-17,5 Frauen: 12,0-15,5", "M", None, 13.5, "Männer"),
        ("Hommes : 13,0 à 17,0 Femmes : 12,0 à 16,0", "F", None, 12, "Femmes"),
        ("Adults: 3.5-5.0 Children: 4-6", None, 8, 4, "Children"),
        ("18-60 years: 4-10 >60 years: 3-9", "M", 61, 3, ">60 years"),
        ("Men, adults: 3-5 Women, adults: 2-4", "F", 30, 2, "Women, adults"),
    ],
)
def test_the_range_that_holds(text: str, sex: Sex | None, age: int | None, low: float, whom: str) -> None:
    found = read_reference(text, "," in text, sex, age)
    assert (found.low, found.applies_to, found.text) == (low, whom, text)


@pytest.mark.parametrize("sex", [None, "O"])
def test_where_the_sex_is_not_known_the_text_is_kept_alone(sex: Sex | None) -> None:
    found = read_reference("M: 13.5-17.5 F: 12.0-15.5", sex=sex)
    assert (found.low, found.high, found.applies_to) == (None, None, None)
