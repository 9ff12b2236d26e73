"""Units: printed forms into UCUM, values from one unit into another, and UCUM's own cases."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import ucum as cases
from prelim.knowledge import ucum, unit_names
from prelim.knowledge.labs import lab_table
from prelim.knowledge.unit_names import unit_table
from prelim.knowledge.units import commensurable, convert, ucum_of
from tests.conftest import ROOT

PRINTED = {
    "1": ["", " ", "1"],
    "mg/dL": ["mg/dL", "mg/dl", "MG/DL", "mg / dL", "mg%", "mg/100mL", "mg per dL", "[mg/dL]", "(mg/dl)", "ｍｇ/ｄL"],
    "ug/L": ["ug/L", "mcg/L", "µg/L", "μg/l", "µg/l"],
    "g/dL": ["g/dL", "gm/dL", "G/DL", "g%", "Gramm/dl"],
    "g/L": ["g/L", "g/l"],
    "10*9/L": ["10*9/L", "10^9/L", "x10^9/l", "10⁹/L", "x 10⁹/l", "10E9/L", "x10e9/l", "G/l", "G/L", "Gpt/l", "x109/L"],
    "10*12/L": ["10^12/L", "T/l", "T/L", "Tpt/l", "10¹²/L"],
    "10*3/uL": ["K/µL", "k/ul", "K/uL", "x10E3/uL", "10^3/mm³", "Thousand/uL", "Tsd./µl", "10(3)/mcL", "miles/mm3"],
    "10*6/uL": ["M/uL", "m/uL", "Mio/µl", "mill/mm3", "10^6/µL", "millones/mm3", "million/mm3"],
    "/uL": ["/µL", "cells/µL", "cells/mm3", "/mm³", "#/uL", "Zellen/µl", "cel/µL"],
    "/[HPF]": ["/HPF", "/hpf", "#/hpf", "/campo"],
    "mm[Hg]": ["mmHg", "mm Hg", "mm[Hg]", "Torr"],
    "meq/L": ["mEq/L", "meq/l", "mval/l"],
    "mmol/L": ["mmol/L", "mmol/l", "MMOL/L"],
    "[IU]/L": ["IU/L", "UI/L", "IE/l"],
    "U/L": ["U/L", "u/l", "E/l"],
    "m[IU]/mL": ["mIU/mL", "mUI/ml"],
    "m[IU]/L": ["mIU/L", "mU/l"],
    "u[IU]/mL": ["µIU/mL", "uIU/mL", "uU/mL"],
    "s": ["s", "sec", "Sek.", "seg", "seconds"],
    "fL": ["fL", "fl", "FL"],
    "pg": ["pg", "PG"],
    "%": ["%", "Vol%"],
    "mm/h": ["mm/h", "mm/hr", "mm/1h"],
    "mL/min/{1.73_m2}": ["mL/min/1.73m2", "ml/min/1,73 m²", "mL/min/1.73 m^2"],
    "mg/g{creat}": ["mg/g creat", "mg/g Kreatinin", "mg/gCr"],
    "mg/(24.h)": ["mg/24h", "mg/24 hr", "mg/24 Std"],
    "mosm/kg": ["mOsm/kg", "mosmol/kg"],
    "ng/mL{FEU}": ["ng/mL FEU", "ng FEU/mL"],
    "nkat/L": ["nkat/l"],
    "[pH]": ["pH", "pH units"],
    "{ratio}": ["ratio", "Ratio"],
    "Cel": ["°C", "Cel", "℃"],
    # Valid UCUM that no list names stays as it is.
    "kg/m2": ["kg/m2"],
    "ng/mL/h": ["ng/mL/h"],
    "[CFU]/mL": ["[CFU]/mL"],
}


@pytest.mark.parametrize(("printed", "code"), [(form, code) for code, forms in PRINTED.items() for form in forms])
def test_a_printed_unit_is_read(printed: str, code: str) -> None:
    assert ucum_of(printed) == code


@pytest.mark.parametrize(
    "text", ["H", "L", "N", "s ok", "12", "5.5", "3,5", "N/A", "n/a", "nd", "pos", "negative", "x" * 99]
)
def test_what_is_no_unit_is_none(text: str) -> None:
    """Flags, values and words, though UCUM has henry, newton per ampere and nanoday."""
    assert ucum_of(text) is None


def test_a_count_is_no_gauss_and_a_gram_is_a_gram() -> None:
    """Capitals count where they make a difference: valid UCUM of another meaning is not taken for it."""
    assert ucum.valid("G/L") and ucum.valid("K/uL") and ucum.valid("T/L")
    assert [ucum_of(text) for text in ("G/l", "g/l", "K/uL", "T/l")] == ["10*9/L", "g/L", "10*3/uL", "10*12/L"]


def test_every_code_of_the_table_is_valid_ucum_and_stays_as_it_is() -> None:
    table = unit_table()
    listed = {code for part in (table.whole, table.numerators) for code in part.exact.values()}
    for code in {*listed, *table.properties} - {""}:
        assert ucum.valid(code), code
    respelt = [code for code in table.properties if ucum_of(code) != code]
    assert all(convert(1.0, code, str(ucum_of(code))) == 1 for code in respelt if code[:2] not in ("mU", "uU"))


def test_no_printed_form_has_two_meanings() -> None:
    data = yaml.safe_load((Path(unit_names.__file__).parent / "units.yaml").read_text(encoding="utf-8"))
    for part in ("numerators", "denominators", "whole"):
        meant: dict[str, set[str]] = {}
        for code, forms in data[part].items():
            for form in (code, *forms):
                meant.setdefault(unit_names._plain(str(form)), set()).add(code)
        assert not {form: codes for form, codes in meant.items() if len(codes) > 1}, part


@given(st.text(max_size=50))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    found = ucum_of(text)
    assert found is None or ucum.valid(found)


# ------------------------------------------------------------------ conversion

GOLDEN = [
    (1.9, "mg/dL", "umol/L", "2160-0", 167.963),
    (168, "umol/L", "mg/dL", "14682-9", 1.90042),
    (5.5, "mmol/L", "mg/dL", "2345-7", 99.088),
    (6.0, "mmol/L", "mg/dL", "22664-7", 36.0336),
    (10.0, "mg/dL", "mmol/L", "17861-6", 2.49513),
    (10.0, "mg/dL", "meq/L", "17861-6", 4.99027),
    (2.5, "mmol/L", "meq/L", "2000-8", 5.0),
    (140, "meq/L", "mmol/L", "2951-2", 140.0),
    (1.0, "mg/dL", "umol/L", "1975-2", 17.1037),
    (200, "mg/dL", "mmol/L", "2093-3", 5.17264),
    (14.0, "g/dL", "mmol/L", "718-7", 8.6881),
    (1.2, "ng/dL", "pmol/L", "3024-7", 15.4466),
    (53, "mmol/mol", "%", "4548-4", 7.00044),
    (7.0, "%", "mmol/mol", "59261-8", 52.9952),
    (30, "mg/g{creat}", "mg/mmol", "9318-7", 3.3936),
    (40, "[IU]/L", "U/L", "1742-6", 40.0),
    (1.0, "ukat/L", "U/L", "1742-6", 60.0),
    (5.0, "m[IU]/L", "u[IU]/mL", "3016-3", 5.0),
    (5.0, "m[IU]/L", "u[IU]/mL", None, 5.0),
    (250, "10*9/L", "10*3/uL", None, 250.0),
    (37.0, "Cel", "[degF]", None, 98.6),
    (98.6, "[degF]", "Cel", None, 37.0),
    (40, "mm[Hg]", "kPa", None, 5.33290),
    (0.45, "L/L", "%", "4544-3", 45.0),
    (500, "ng/mL{FEU}", "mg/L{FEU}", "48065-7", 0.5),
]


@pytest.mark.parametrize(("value", "before", "after", "loinc", "expected"), GOLDEN)
def test_a_value_in_another_unit(value: float, before: str, after: str, loinc: str | None, expected: float) -> None:
    assert convert(value, before, after, loinc) == pytest.approx(expected, rel=1e-5)
    assert commensurable(before, after, loinc)


@pytest.mark.parametrize(
    ("before", "after", "loinc"),
    [
        ("mg/dL", "umol/L", None),
        ("mg/dL", "umol/L", "6690-2"),
        ("meq/L", "mmol/L", None),
        ("[IU]/mL", "ng/mL", "2276-4"),
        ("[IU]/L", "/L", None),
        ("[IU]/L", "U/L", None),
        ("m[IU]/L", "mmol/L", "20448-7"),
        ("ng/mL{FEU}", "ng/mL{DDU}", "48065-7"),
        ("10*9/L", "%", "751-8"),
        ("mg/dL", "%", None),
        ("mg/dL", "furlongs", None),
        ("furlongs", "furlongs", None),
        ("[pH]", "1", None),
    ],
)
def test_what_cannot_be_converted_is_none(before: str, after: str, loinc: str | None) -> None:
    assert convert(1.0, before, after, loinc) is None
    assert not commensurable(before, after, loinc)


@pytest.mark.parametrize("unit", ["10*99999999/L", "10*400/L", "m999", ".".join(["10*99"] * 9)])
def test_a_unit_out_of_all_proportion_is_none(unit: str) -> None:
    """What a file may hold: valid UCUM, and no number."""
    assert ucum.valid(unit)
    assert convert(1.0, unit, "/L") is None


def test_what_is_not_finite_is_none() -> None:
    assert convert(float("nan"), "mg/dL", "g/L") is None
    assert convert(1e308, "g", "ng") is None


@pytest.mark.parametrize(("value", "before", "after", "loinc", "_"), GOLDEN)
@settings(max_examples=25)
@given(number=st.floats(1e-6, 1e6))
def test_there_and_back(number: float, value: float, before: str, after: str, loinc: str | None, _: float) -> None:
    there = convert(number, before, after, loinc)
    assert there is not None
    assert convert(there, after, before, loinc) == pytest.approx(number, rel=1e-9, abs=1e-9)


def test_threads_share_the_registry() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: convert(*GOLDEN[at % len(GOLDEN)][:4]), range(200)))
    assert all(value is not None for value in found)


def test_a_spelling_is_read_without_the_registry() -> None:
    """Neither ucumvert nor pint is imported for what the table knows."""
    code = (
        "import sys; from prelim.knowledge.labs import lab_table; t = lab_table();"
        "assert t.loinc('Creatinine', t.ucum('mg/dl')) == '2160-0' and t.ucum('K/µL') and t.ucum('');"
        "assert not {'pint', 'ucumvert', 'lark'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# ------------------------------------------------------------------ UCUM's cases

PASSES = {
    "validation-1": 529,
    "conversion-1": 28,
    "multiplication-1": 2,
    "division-1": 3,
    "validation-2": 524,
    "conversion-2": 25,
    "multiplication-2": 2,
    "examples-valid": 847,
    "examples-calculable": 846,
}
"""Least numbers of benchmarks/ucum.py; what is missing is listed with its reason in results/ucum.json."""


@pytest.mark.parametrize("name", PASSES)
def test_no_case_of_ucum_is_lost(name: str, shared_data: Path) -> None:
    [row] = cases.measure(False, name)
    assert row.ours >= PASSES[name], row.note


def test_arbitrary_units_are_known_to_ucumverts_definitions() -> None:
    """A name that it drops would leave its unit a plain number, without a word."""
    for one in ("[IU]", "[arb'U]", "[GPL'U]", "[beth'U]", "[CFU]", "[EU]", "eq"):
        assert str(ucum.quantity(one).dimensionality) != "dimensionless", one
        assert not commensurable(one, "1")


def test_the_table_knows_the_units_its_codes_need() -> None:
    kinds = {kind for one in lab_table().analytes.values() for by in one.codes.values() for kind in by}
    assert kinds <= set(unit_table().properties.values())
