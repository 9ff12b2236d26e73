"""Printed values: numbers in their conventions, comparators, results in words, flags by the range."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.documents.values import flag_of, read_value, to_number, writes_decimal_comma
from prelim.types import Reference

MARKS = st.sampled_from(
    [(",", "."), (".", ","), (" ", ","), (" ", "."), ("'", "."), ("\u202f", ","), ("", "."), ("", ",")]
)


@given(st.integers(0, 10**9), st.integers(0, 4), MARKS, st.sampled_from(["", "-", "+"]))
def test_a_number_reads_back_in_every_convention(whole: int, decimals: int, marks: tuple[str, str], sign: str) -> None:
    """Once the document's decimal mark is known no number has two readings."""
    thousands, mark = marks
    value = whole / 10**decimals
    text = sign + f"{value:,.{decimals}f}".replace(",", "T").replace(".", mark).replace("T", thousands)
    read = to_number(text, decimal_comma=mark == ",")
    assert read is not None and math.isclose(read, -value if sign == "-" else value)


@pytest.mark.parametrize("text", ["", "-", "1,2,3", "1.2.3", "12.03.2024", "1,23.45.6", "12a", "<5", "1..2", "²"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert to_number(text) is None and to_number(text, True) is None


@pytest.mark.parametrize(
    ("texts", "comma"),
    [
        (["5,6", "1,234"], True),
        (["5.6", "1,234"], False),
        (["0,123"], True),
        (["1.234,5"], True),
        (["1,234.5"], False),
        (["3,5 - 5,1", "150.000"], True),
        (["7", "12"], False),
    ],
)
def test_a_documents_numbers_tell_its_decimal_mark(texts: list[str], comma: bool) -> None:
    assert writes_decimal_comma(texts) is comma


def test_where_the_numbers_tell_nothing_the_language_does() -> None:
    assert writes_decimal_comma(["138", "1,234"], usual=True) and not writes_decimal_comma(["138"], usual=False)


@pytest.mark.parametrize(
    ("text", "kind", "value", "comparator"),
    [
        ("<5", "numeric", 5, "<"),
        ("< 0,5", "numeric", 0.5, "<"),
        ("≥ 90", "numeric", 90, ">="),
        ("bis 5", "numeric", 5, "<"),
        ("1.2 x 10^5", "numeric", 120000, None),
        ("neg.", "qualitative", None, None),
        ("Nicht nachweisbar", "qualitative", None, None),
        ("no reactivo", "qualitative", None, None),
        ("Négatif", "qualitative", None, None),
        ("++", "qualitative", None, None),
        ("1:160", "text", None, None),
        ("pending", "text", None, None),
    ],
)
def test_values(text: str, kind: str, value: float | None, comparator: str | None) -> None:
    assert read_value(text, decimal_comma="," in text) == (kind, value, comparator)


@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 1000))
def test_the_flag_is_what_the_range_says(value: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    flag = flag_of(read_value(f"{value:.3f}"), Reference(low=round(low, 3), high=round(high, 3)))
    assert flag == (
        "H" if round(value, 3) > round(high, 3) else "L" if round(low, 3) and round(value, 3) < round(low, 3) else "N"
    )


@pytest.mark.parametrize(
    ("text", "low", "high", "flag"),
    [("<5", 3, 10, None), ("<5", 5, 10, "L"), ("<5", None, 10, "N"), (">60", 60, None, "N"), (">60", None, 60, "H")],
)
def test_a_comparator_decides_only_what_it_can(
    text: str, low: float | None, high: float | None, flag: str | None
) -> None:
    assert flag_of(read_value(text), Reference(low=low, high=high)) == flag


def test_a_result_in_words_is_within_a_range_that_says_the_same() -> None:
    negative = read_value("negative")
    assert flag_of(negative, Reference(text="negativ"), "negative") == "N"
    assert flag_of(read_value("positive"), Reference(text="negative"), "positive") is None
