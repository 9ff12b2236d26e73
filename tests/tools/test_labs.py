"""Lab rows: read by place and by the model, reconciled, each with the cell it stands in."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.artifacts import Artifacts
from prelim.models.answers import CELL_SEPARATOR, LabLineAnswer, LabRowAnswer, row_copied_from
from prelim.models.chat import ChatMedGemma
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Document, LabResult
from tools.labs import labs
from tools.tool import Context

PAGE = """Laboratory report
Collected: 2025-03-14
Test | Result | Unit | Reference | Flag
CRP | 87.0 | mg/L | <5 | H
Sodium | 138 | mmol/L | 135-145 |
Troponin | <5 | ng/L | 0-14 |
Potassium | 6.1 | mmol/L | 3.5-5.1 |
"""


class Reader:
    """A model that answers every lab line with what `answer` returns for it."""

    def __init__(self, answer: Callable[[str], LabRowAnswer | None]) -> None:
        self.answer = answer

    @property
    def card(self) -> "Reader":
        return self

    def declines(self, task: str) -> str | None:
        return None

    def structured_all(self, questions: Sequence[Any], schema: object, narrowed: Sequence[Any]) -> list[LabLineAnswer]:
        names = [one["items"]["properties"]["name"]["enum"] for one in narrowed]
        rows = [next((row for name in some if (row := self.answer(name))), None) for some in names]
        return [LabLineAnswer([row] if row else []) for row in rows]


def read(context: Context, text: str) -> dict[str, LabResult]:
    document = paper(context.artifacts, text)
    return {lab.name: lab for lab in labs(context, documents=(document,)).labs}


def paper(artifacts: Artifacts, text: str) -> Document:
    digest = artifacts.put(text.encode())
    return Document(path="labs.txt", sha256=digest, kind="lab", text_sha256=digest)


def with_reader(context: Context, answer: Callable[[str], LabRowAnswer | None]) -> Context:
    reader: Any = Reader(answer)
    context.open_model = lambda: reader
    return context


def test_a_row_is_typed_flagged_and_coded(context: Context) -> None:
    found = read(context, PAGE)
    crp = found["CRP"]
    assert (crp.value, crp.comparator, crp.value_text, crp.unit, crp.ucum) == (87.0, None, "87.0", "mg/L", "mg/L")
    assert (crp.flag_printed, crp.flag, crp.flag_conflict, crp.collected) == ("H", "H", False, "2025-03-14")
    assert crp.loinc == "1988-5" and crp.reference.high == 5
    assert (found["Troponin"].value, found["Troponin"].comparator) == (5, "<")


def test_a_high_value_without_a_printed_flag_is_a_conflict_to_show(context: Context) -> None:
    potassium = read(context, PAGE)["Potassium"]
    assert (potassium.flag, potassium.flag_printed) == ("H", None)
    assert not potassium.flag_conflict, "nothing was printed, so nothing is contradicted"
    sodium = read(context, PAGE.replace("135-145 |", "135-145 | H"))["Sodium"]
    assert (sodium.flag, sodium.flag_printed, sodium.flag_conflict) == ("N", "H", True)


def test_the_evidence_is_the_cell_in_the_text(context: Context) -> None:
    document = paper(context.artifacts, PAGE)
    found = labs(context, documents=(document,))
    places = {place.id: place for place in found.evidence}
    for lab in found.labs:
        [place] = [places[id] for id in lab.evidence]
        assert place.chars is not None and PAGE[slice(*place.chars)] == lab.value_text
        assert place.document_sha256 == document.sha256 and lab.name in (place.quote or "")


def test_where_the_readers_differ_the_cell_stands_and_the_row_says_so(context: Context) -> None:
    wrong = LabRowAnswer(name="CRP", value="<5", unit="mg/L", reference="87.0", flag="H")
    crp = read(with_reader(context, lambda name: wrong if name == "CRP" else None), PAGE)["CRP"]
    assert (crp.value, crp.readers) == (87.0, "both")
    assert crp.disagreement == "value: table '87.0', model '<5'; reference: table '<5', model '87.0'"


def test_a_row_that_the_model_did_not_read_has_one_reader(context: Context) -> None:
    found = read(with_reader(context, lambda name: None), PAGE)
    assert {lab.readers for lab in found.values()} == {"table"}
    assert not any(lab.disagreement for lab in found.values())


def test_a_column_that_is_not_known_stays_apart(context: Context) -> None:
    header = "Test,Result,Unit,Reference,Flag,Collected"
    page = f"{header}\nCRP,87.0,mg/L,<5,H,2025-03-14\nSodium,138,mmol/L,135-145,,2025-03-14\n"
    found = read(context, page)
    assert [(lab.flag_printed, lab.disagreement) for lab in found.values()] == [("H", None), (None, None)]


def test_a_page_without_a_table_is_said(context: Context) -> None:
    found = labs(context, documents=(paper(context.artifacts, "No results today."),))
    assert found.labs == () and found.warnings == ("labs.txt: no table of results was found.",)


WORDS = st.lists(st.text('abcXYZ0189.,<µ%/()"\\-', min_size=1, max_size=12), min_size=1, max_size=3).map(" ".join)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=2, max_size=5))
def test_the_model_can_only_copy(model: ChatMedGemma, cells: list[str]) -> None:
    """Whatever the line holds, each cell of the answer is a run of words of one printed cell, or empty."""
    line = CELL_SEPARATOR.join(cells)
    question = ask(render("labs", lines=f"Test | Result\n{line}"))
    [answer] = model.structured_all([question], LabLineAnswer, [row_copied_from(line)])
    assert answer is not None
    for row in answer.root:
        for said in row.model_dump().values():
            assert any(f" {said} " in f" {cell} " for cell in cells) or not said


@pytest.mark.parametrize("line", ["", " | ", "x" * 60, "A" * 41 + " | " + "B" * 41])
def test_a_line_with_nothing_to_copy_still_makes_a_schema(model: ChatMedGemma, line: str) -> None:
    [answer] = model.structured_all([ask("Copy.")], LabLineAnswer, [row_copied_from(line)])
    assert answer is None or all(not value for row in answer.root for value in row.model_dump().values())


BY_SEX = "Test | Result | Unit | Reference\nHemoglobin | 12.6 | g/dL | M: 13.5-17.5 F: 12.0-15.5\n"


@pytest.mark.parametrize(("sex", "flag", "whom"), [("F", "N", "F"), ("M", "L", "M"), (None, None, None)])
def test_the_range_is_chosen_by_sex(context: Context, sex: str | None, flag: str | None, whom: str | None) -> None:
    [lab] = labs(context, documents=(paper(context.artifacts, BY_SEX),), sex=sex).labs
    assert (lab.flag, lab.reference.applies_to) == (flag, whom)


def test_the_specimen_of_a_heading_tells_the_code(context: Context) -> None:
    table = "Test       Result   Unit\nSERUM\nGlucose    92       mg/dL\nURINE\nGlucose    15       mg/dL\n"
    found = labs(context, documents=(paper(context.artifacts, table),)).labs
    assert [(lab.specimen, lab.loinc) for lab in found] == [("serum", "2345-7"), ("urine", "2350-7")]


def scan(artifacts: Artifacts, other: str | None) -> Document:
    """A scanned table of one row; `other` is what a second reading made of its value."""
    places = [("Test", 40), ("Result", 200), ("Unit", 280), ("Reference", 360)]
    cells = [("Sodium", 40, None), ("138", 200, other), ("mmol/L", 280, None), ("135-145", 360, None)]
    words = [[text, x, 20, x + 5 * len(text), 29] for text, x in places]
    words += [[text, x, 40, x + 5 * len(text), 49, *([second] if second else [])] for text, x, second in cells]
    document = paper(artifacts, "Sodium 138 mmol/L 135-145")
    return document.model_copy(update={"words_sha256": artifacts.put_json([words]), "pages_sha256": ("0" * 64,)})


def test_two_readings_of_a_scanned_value_are_a_disagreement(context: Context) -> None:
    declined = with_reader(context, lambda name: None)
    [doubtful] = labs(declined, documents=(scan(context.artifacts, "188"),)).labs
    assert doubtful.value == 138 and doubtful.disagreement == "value: first reading '138', second reading '188'"
    [sure] = labs(declined, documents=(scan(context.artifacts, None),)).labs
    assert sure.disagreement is None


TABLE = "Sodium: 138 mmol/L 135-145\n\n"
GLUCOSE = LabRowAnswer(name="Glucose", value="126", unit="mg/dL", reference="", flag="")


def of_glucose(names: Sequence[str]) -> LabRowAnswer | None:
    return GLUCOSE if "Glucose" in names else None


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("Glucose 126 mg/dL   fasting sample, hexokinase", True),
        ("Glucose above 126 mg/dL speaks for diabetes", False),
        ("Glucose 126 mg/dL indicates diabetes", False),
        ("In diabetes Glucose 126 mg/dL", False),
    ],
)
def test_a_line_that_only_the_model_reads_is_a_row_if_nothing_is_left_over(
    context: Context, line: str, taken: bool
) -> None:
    found = read_lines(with_reader(context, lambda name: None), TABLE + line, of_glucose)
    rows = [(lab.value, lab.unit, lab.evidence != ()) for lab in found if lab.readers == "model"]
    assert rows == ([(126, "mg/dL", True)] if taken else [])


def read_lines(
    context: Context, text: str, answer: Callable[[Sequence[str]], LabRowAnswer | None]
) -> tuple[LabResult, ...]:
    """As `read`, with a model that sees all the runs of words that a line's name may be."""
    reader: Any = context.model
    reader.structured_all = lambda questions, schema, narrowed: [
        LabLineAnswer([row] if (row := answer(one["items"]["properties"]["name"]["enum"])) else []) for one in narrowed
    ]
    return labs(context, documents=(paper(context.artifacts, text),)).labs


def test_results_of_an_export_are_taken_as_they_are(context: Context) -> None:
    data = {"name": "Glucose", "kind": "numeric", "value": 162.0, "value_text": "162", "unit": "mg/dL"}
    data |= {"reference": {"text": "70-99"}, "specimen": "urine", "collected": "2024-03-12T08:30:00Z"}
    entry = {"type": "lab", "key": "Observation/1", "title": "Glucose", "text": "Glucose 162 mg/dL", "data": data}
    entry |= {"pointer": "/entry/0/resource", "chars": (0, 17)}
    other = {"type": "condition", "key": "Condition/1", "title": "x", "text": "x", "pointer": "/entry/1"}
    document = paper(context.artifacts, "Glucose 162 mg/dL")
    stored = document.model_copy(update={"entries_sha256": context.artifacts.put_json([entry, other])})
    found = labs(context, documents=(stored,))
    [lab], [place] = found.labs, found.evidence
    assert (lab.value, lab.flag, lab.ucum, lab.loinc, lab.readers) == (162, "H", "mg/dL", "2350-7", "table")
    assert (place.kind, place.pointer, place.chars, place.quote) == ("lab", entry["pointer"], (0, 17), entry["text"])
    assert lab.evidence == (place.id,) and lab.collected == "2024-03-12T08:30:00Z"
