"""Words of scans: what is mended, and what is left as it was read."""

import pytest

from prelim.documents.table_scanned import mended_name, mended_text


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("10A9/L", "10^9/L"),
        ("1049/L", "10^9/L"),
        ("10M2/L", "10^12/L"),
        ("pg/L", "µg/L"),
        ("/pL", "/µL"),
        ("mmoV/L", "mmol/L"),
        ("UL", "U/L"),
        ("{L", "fL"),
        ("410°", "410*"),
        ("mUmin/1.73", "mL/min/1.73"),
    ],
)
def test_what_no_laboratory_prints_is_a_misreading(read: str, printed: str) -> None:
    assert mended_text(read) == printed


@pytest.mark.parametrize("read", ["pmol/L", "pg/mL", "mg/L", "g/L", "U/L", "1,2", "<5", "12.", "48", "mU/L", "Glucose"])
def test_what_may_be_printed_stays(read: str) -> None:
    assert mended_text(read) == read


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("HbAic", "HbA1c"),
        ("HbA‘1c", "HbA1c"),
        ("Chioride", "Chloride"),
        ("Heématocrite", "Hematocrite"),
    ],
)
def test_a_name_one_letter_from_the_only_one_like_it(read: str, printed: str) -> None:
    assert mended_name(read) == printed


@pytest.mark.parametrize(
    "name", ["ALAT", "A1AT", "Vitamin K", "Vitamin B1", "Nitrate", "Sodium", "Xyzabcdef", "T3", "T4", ""]
)
def test_a_name_of_its_own_stays(name: str) -> None:
    """ALAT looks like A1AT to a scanner: each is known, and stays what it was read as."""
    assert mended_name(name) == name
