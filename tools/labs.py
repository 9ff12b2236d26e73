"""Labs: the rows of lab reports, read twice (by place, and by the model under a grammar) and reconciled.

Rows of structured exports (FHIR, HL7) are taken as they are: nobody has to read them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from prelim.documents.day import day_in
from prelim.documents.table import Row, Sheet, sheet_of_pages, sheet_of_text
from prelim.documents.table_passed import LINE_HEADER, answer_row, asked_line, worth_asking
from prelim.documents.values import writes_decimal_comma
from prelim.models.answers import CELL_SEPARATOR, LabLineAnswer, LabRowAnswer, row_copied_from
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Document, Labs, Sex
from tools.lab_entries import entered
from tools.lab_rows import Reading, Sheets, result_of
from tools.papers import entries_in
from tools.tool import Context, tool

_COMMA_LANGUAGES = ("de", "es", "fr")


class Question(NamedTuple):
    """A line as the model is asked about it: the headings and the line, cells parted; and its row, if it has one."""

    header: str
    line: str


@tool()
def labs(
    context: Context, *, documents: tuple[Document, ...], sex: Sex | None = None, age_years: int | None = None
) -> Labs:
    """Every result row of the documents, each with the cell it stands in.

    `sex` and `age_years` choose among ranges that are printed for several groups; without them such a range stays text
    and gives no flag.
    """
    parts = [_document(context, document, sex, age_years) for document in documents]
    read = [document for document in documents if not document.entries_sha256]
    reason = context.model.card.declines("labs") if read else None
    alone = (f"Lab rows have one reader, by place: {reason}",) if reason else ()
    return Labs(
        labs=tuple(lab for part in parts for lab in part.labs),
        warnings=(*alone, *(text for part in parts for text in part.warnings)),
        evidence=tuple(item for part in parts for item in part.evidence),
    )


def _document(context: Context, document: Document, sex: Sex | None, age_years: int | None) -> Labs:
    if document.entries_sha256:
        return entered(document, entries_in(document, context.artifacts), sex, age_years)
    text = context.artifacts.get(document.text_sha256).decode()
    pages = context.artifacts.get_json(document.words_sha256) if document.words_sha256 else None
    sheet = sheet_of_pages(pages, scanned=bool(document.pages_sha256)) if pages else sheet_of_text(text)
    readings = list(_readings(context, sheet))
    if not readings:
        return Labs(warnings=(f"{document.path}: no table of results was found.",))
    cells = [cell.text for r in readings for kind, cell in r.row.cells.items() if kind in ("value", "reference")]
    how = Sheets(
        commas=writes_decimal_comma(cells, sheet.language in _COMMA_LANGUAGES),
        collected=sheet.collected or day_in(text) or document.date,
        sex=sex,
        age_years=age_years,
        scanned=bool(document.pages_sha256),
    )
    made = [result_of(document, reading, how) for reading in readings]
    return Labs(labs=tuple(lab for lab, _ in made), evidence=tuple(place for _, place in made))


# ------------------------------------------------------------------ the model's reading


def _readings(context: Context, sheet: Sheet) -> Iterator[Reading]:
    """Every row with the model's answer, line by line; then the lines that only the model makes a row of."""
    rows = [(table, row) for table in sheet.tables for row in table.rows]
    passed = [line for line in sheet.passed if worth_asking(line)]
    if context.model.card.declines("labs") is not None:
        yield from (Reading(row, None, asked=False) for _, row in rows)
        return
    questions = [_question(table.header, row) for table, row in rows]
    answers = _ask(context, [*questions, *(Question(LINE_HEADER, asked_line(line)) for line in passed)])
    for (_, row), answer in zip(rows, answers, strict=False):
        yield Reading(row, answer, asked=True)
    for line, answer in zip(passed, answers[len(rows) :], strict=True):
        found = answer_row(line, answer.model_dump()) if answer else None
        if found:
            yield Reading(Row(found, line.text), answer, asked=True, by_model=True)


def _question(header: dict[str, str], row: Row) -> Question:
    columns = list(header)
    if "name" not in columns:
        columns.insert(0, "name")
    columns += [column for column in row.cells if column not in columns]
    words = {"name": "Test", "unit": "Unit", "reference": "Reference", "flag": "Flag"} | header
    return Question(
        CELL_SEPARATOR.join(words[column] for column in columns),
        CELL_SEPARATOR.join(row.text(column) for column in columns),
    )


def _ask(context: Context, questions: Sequence[Question]) -> list[LabRowAnswer | None]:
    """The model's answers, asked line by line. It chooses among a line's words and can make up none."""
    asked = [ask(render("labs", lines=f"{question.header}\n{question.line}")) for question in questions]
    schemas: list[dict[str, Any]] = [row_copied_from(question.line) for question in questions]
    answers = context.model.structured_all(asked, LabLineAnswer, schemas)
    return [answer.root[0] if answer and answer.root else None for answer in answers]
