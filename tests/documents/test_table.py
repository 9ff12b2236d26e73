"""Result tables: every trap of a printed lab report, and what must never become a row."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.documents.table import Sheet, sheet_of_pages, sheet_of_text

Words = list[tuple[str, float, float, float, float]]


def rows(text: str) -> list[tuple[str, ...]]:
    """Name, value, unit, reference, flag of each row."""
    return rows_of(sheet_of_text(text))


def rows_of(sheet: Sheet) -> list[tuple[str, ...]]:
    columns = ("name", "value", "unit", "reference", "flag")
    return [tuple(row.text(column) for column in columns) for table in sheet.tables for row in table.rows]


HEADINGS = [
    "Test          Result    Units     Reference range   Previous",
    "Untersuchung  Ergebnis  Einheit   Referenzbereich   Vorwert",
    "Prueba        Resultado Unidades  Valores de ref.   Anterior",
    "Analyse       Résultat  Unité     Val. référence    Antériorité",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_previous_result_is_never_the_current_one(heading: str) -> None:
    line = "Sodium        138       mmol/L    135 - 145         140"
    pending = "Potassium               mmol/L    3.5 - 5.1         4.4"
    assert rows(f"{heading}\n{line}\n{pending}") == [("Sodium", "138", "mmol/L", "135 - 145", "")]


def test_columns_headed_by_dates_give_rows_of_their_own() -> None:
    text = (
        "Test        12.03.2024   15.03.2024   Einheit\n"
        "CRP         87,0         12,0         mg/l\n"
        "Natrium                  138          mmol/l"
    )
    found = [(row.text("name"), row.text("value"), row.collected) for row in sheet_of_text(text).tables[0].rows]
    assert found == [("CRP", "87,0", "2024-03-12"), ("CRP", "12,0", "2024-03-15"), ("Natrium", "138", "2024-03-15")]


def test_two_panels_side_by_side() -> None:
    heading = "Test      Result  Unit      " * 2
    line = "Sodium    138     mmol/L    CRP       87      mg/L"
    assert [row[:3] for row in rows(f"{heading}\n{line}")] == [("Sodium", "138", "mmol/L"), ("CRP", "87", "mg/L")]


def test_a_table_may_begin_beside_the_rows_of_another() -> None:
    text = (
        "Test      Result  Unit\n"
        "Sodium    138     mmol/L    Test      Result  Unit\n"
        "Chloride  101     mmol/L    CRP       87      mg/L"
    )
    assert [row[:2] for row in rows(text)] == [("Sodium", "138"), ("Chloride", "101"), ("CRP", "87")]


@pytest.mark.parametrize(
    ("cell", "value", "flag"),
    [
        ("12.3 H", "12.3", "H"),
        ("H 12.3", "12.3", "H"),
        ("12.3H", "12.3", "H"),
        ("12.3 (L)", "12.3", "(L)"),
        ("12.3 ↑", "12.3", "↑"),
        ("12,3 +", "12,3", "+"),
        ("12.3*", "12.3", "*"),
        ("12.3 a)", "12.3", ""),
        ("12.3¹", "12.3", ""),
        ("<5", "<5", ""),
    ],
)
def test_flags_and_footnote_marks_come_off_the_value(cell: str, value: str, flag: str) -> None:
    found = rows(f"Test    Result      Unit    Reference\nCRP     {cell:<12}mg/L    <5")
    assert found == [("CRP", value, "mg/L", "<5", flag)]


def test_a_star_that_a_footnote_explains_is_no_flag() -> None:
    table = "Test    Result   Unit\nCRP     12.3*    mg/L\n"
    assert rows(table + "* outside the reference range")[0][4] == "*"
    assert rows(table + "* sample hemolysed")[0][4] == ""


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Test              Result\nGlucose (mg/dL)   92", "mg/dL"),
        ("Test       Result (mg/dL)\nGlucose    92", "mg/dL"),
        ("All values in mg/dL\n\nTest       Result\nGlucose    92", "mg/dL"),
        ("Alle Werte in mg/dl\n\nAnalyse    Ergebnis\nGlucose    92", "mg/dl"),
        ("Test       Result\nGlucose    92 mg/dL", "mg/dL"),
        ("Test       Result\nWBC        7.1 x10^9/L", "x10^9/L"),
    ],
)
def test_the_unit_wherever_it_stands(text: str, unit: str) -> None:
    [row] = sheet_of_text(text).tables[0].rows
    assert (row.text("unit") or row.unit) == unit and "(" not in row.text("name")


def test_wrapped_names_and_ranges() -> None:
    text = (
        "Test                     Result   Unit    Reference\n"
        "Erythrocytes in Blood by  4.74    g/dL    M: 4.5-5.9\n"
        "automated count                           F: 4.0-5.2\n"
        "Sodium                    138     mmol/L  135-145"
    )
    found = rows(text)
    assert found[0] == ("Erythrocytes in Blood by automated count", "4.74", "g/dL", "M: 4.5-5.9 F: 4.0-5.2", "")
    assert [row[0] for row in found[1:]] == ["Sodium"]


def test_a_range_that_a_scan_has_robbed_of_its_dash() -> None:
    assert rows("Test    Result   Unit    Reference\nTSH     2.3      mU/L    0.4 4.0")[0][3] == "0.4 - 4.0"


def test_headings_tell_the_specimen_and_the_day() -> None:
    text = (
        "Entnahme: 12.03.2024 08:30    Eingang: 13.03.2024\n\nUntersuchung   Ergebnis   Einheit\n"
        "SERUM\nGlukose        92         mg/dl\nURIN\nGlukose        neg.\n"
    )
    found = [(row.specimen, row.collected) for row in sheet_of_text(text).tables[0].rows]
    assert found == [("serum", "2024-03-12T08:30"), ("urine", "2024-03-12T08:30")]


def test_lines_without_a_heading() -> None:
    text = "Glucose ........ 5.6 mmol/L (3.9 - 5.5) H\nSodium: 138 mmol/L 135-145\nVitamin B12 350 pg/mL 200-900"
    assert rows(text) == [
        ("Glucose", "5.6", "mmol/L", "(3.9 - 5.5)", "H"),
        ("Sodium", "138", "mmol/L", "135-145", ""),
        ("Vitamin B12", "350", "pg/mL", "200-900", ""),
    ]


NO_ROWS = [
    "Patient: Mary Example     Date of birth: 1971-04-02",
    "MRN        00120455",
    "Page 2     3",
    "Seite      2",
    "Tel.       0895550",
    "12 Mill Lane, 55407 Springfield",
    "Comment: values above 126 mg/dL on two days speak for diabetes.",
    "Glucose is elevated at 162 mg/dL today.",
    "Fasting glucose > 126 mg/dL",
    "Weight     80 kg",
    "Aspirin 100 mg/day",
    "Collected: 2024-03-12 08:30",
    "Borderline 200",
    "Glucose 5.6 5.1 mmol/L 3.9-5.5",
]


@pytest.mark.parametrize("line", NO_ROWS)
@pytest.mark.parametrize(
    "heading", ["", "Test       Result    Unit      Reference\nSodium     138       mmol/L    135-145\n"]
)
def test_nothing_else_becomes_a_row(heading: str, line: str) -> None:
    assert [row[0] for row in rows(heading + line)] == (["Sodium"] if heading else [])


@given(st.lists(st.text("abc XYZ019.,:%/-<>()", max_size=60), max_size=12).map("\n".join))
def test_no_text_breaks_the_reader_and_every_cell_is_in_it(text: str) -> None:
    whole = f"Test    Result   Unit   Reference\n{text}"
    for table in sheet_of_text(whole).tables:
        for row in table.rows:
            for cell in row.cells.values():
                assert cell.chars is not None
                part = whole[slice(*cell.chars)]
                assert "".join(cell.text.split()) in "".join(part.split()) or len(cell.words) > 1


NUMBER = st.integers(1, 999).map(str)


def page(line: Callable[[int], list[tuple[str, float]]], count: int, height: float) -> Words:
    return [
        (word, x, 20.0 + 14 * at, x + 5.0 * len(word), 20.0 + 14 * at + height)
        for at in range(count)
        for word, x in line(at)
    ]


@given(st.lists(NUMBER, min_size=1, max_size=8), st.floats(6, 11), st.floats(-6, 6))
def test_boxes_lie_on_the_page_and_hold_the_words(values: list[str], height: float, shift: float) -> None:
    heads = [("Test", 40.0), ("Result", 200.0), ("Units", 280.0), ("Reference", 360.0)]
    lines = [
        heads,
        *([("Sodium", 40.0), (value, 200.0 + shift), ("mmol/L", 280.0), ("135-145", 360.0)] for value in values),
    ]
    words = page(lambda at: lines[at], len(lines), height)
    [table] = sheet_of_pages([words]).tables
    assert [row.text("value") for row in table.rows] == values
    for row in table.rows:
        for cell in row.cells.values():
            box = cell.box_pt
            assert box is not None and 0 <= box[0] < box[2] <= 595 and 0 <= box[1] < box[3] <= 842
            inside = [w[0] for w in words if w[1] >= box[0] and w[3] <= box[2] and w[2] >= box[1] and w[4] <= box[3]]
            assert " ".join(inside) == cell.text
