"""Numbers, their units and vague counts, in the spellings of reports and laboratories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.figures import counts_in, figures_in, numbers_in


@given(st.integers(0, 999_999))
def test_numbers_are_read_with_and_without_grouping(number: int) -> None:
    for printed in (f"{number:,}", f"{number}", f"{number:,}".replace(",", "\u2009"), f"{number:,}".replace(",", "'")):
        assert numbers_in(f"Platelets {printed} /uL.") == [number]


@given(st.integers(0, 99), st.integers(1, 99))
def test_a_decimal_comma_is_a_decimal_point(whole: int, rest: int) -> None:
    assert numbers_in(f"Creatinine {whole},{rest:02d} mg/dL") == numbers_in(f"Creatinine {whole}.{rest:02d} mg/dL")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Creatinine 1.9 (0.6-1.3)", [1.9, 0.6, 1.3]),
        ("12–16 and −3", [12, 16, 3]),
        ("Vitamin B12 and T4", []),
        ("two nodules of 3 mm", [2, 3]),
        ("12.0-16.0", [12, 16]),
        ("WBC 4.5 x 10^9/L, 4,5·10⁹/L, 4.5 10*9/L", [4.5, 4.5, 4.5]),
        ("GFR 60 mL/min/1.73m2", [60]),
        ("1.5e3", [1500]),
    ],
)
def test_numbers_are_values_not_parts_of_names_or_units(text: str, numbers: list[float]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("1.2 cm", [12]),
        ("12 mm", [12]),
        ("a 12-mm nodule", [12]),
        ("3 x 4 x 2.5 cm", [30, 40, 25]),
        ("2 to 3 mm", [2, 3]),
        ("0,5 centimetres", [5]),
        ("1 inch", [25.4]),
        ("12 mg, 5 of 6", []),
    ],
)
def test_sizes_are_lengths_whatever_their_unit(text: str, sizes: list[float]) -> None:
    assert [figure.mm for figure in figures_in(text) if figure.mm is not None] == sizes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("µmol/L", "umol/L", True),
        ("micromol/L", "umol/L", True),
        ("mg/dl", "mg/dL", True),
        ("mg per dL", "mg/dL", True),
        ("mg/dL", "mmol/L", False),
        ("mg", "µg", False),
        ("10^9/L", "10^12/L", False),
        ("days", "weeks", False),
        ("days", "day", True),
    ],
)
def test_units_are_compared_by_what_they_mean(one: str, other: str, same: bool) -> None:
    [first], [second] = figures_in(f"7 {one}"), figures_in(f"7 {other}")
    assert first.unit and second.unit and (first.unit == second.unit) is same


def test_vague_counts_are_found() -> None:
    assert counts_in("Multiple nodules and a pair of clips") == ["multiple", "a pair of"]
    assert counts_in("A nodule") == []
