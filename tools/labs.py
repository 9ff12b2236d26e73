"""Labs: the rows of lab reports, read twice (by place, and by the model under a grammar) and reconciled."""

from typing import NamedTuple

from prelim.documents.day import day_in
from prelim.documents.table import Row, Table, tables_in_pdf, tables_in_text
from prelim.documents.values import flag_of, read_reference, read_value, writes_decimal_comma
from prelim.knowledge.labs import lab_table
from prelim.models.answers import CELL_SEPARATOR, LabLineAnswer, LabRowAnswer, row_copied_from
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Document, Evidence, LabResult, Labs, digest_of, evidence
from tools.tool import Context, tool

_CELLS = ("name", "value", "unit", "reference", "flag")
_ABNORMAL = {
    "H": "H",
    "HH": "H",
    "HIGH": "H",
    "L": "L",
    "LL": "L",
    "LOW": "L",
    "N": "N",
    "NORMAL": "N",
    "": None,
}


class Reading(NamedTuple):
    """A row as the table reader found it, and as the model read it (None: it did not, or was not asked)."""

    row: Row
    model: LabRowAnswer | None


@tool()
def labs(context: Context, *, documents: tuple[Document, ...]) -> Labs:
    """Every result row of the documents, each with the cell it stands in."""
    parts = [_document(context, document) for document in documents]
    reason = context.model.card.declines("labs") if documents else None
    alone = (f"Lab rows have one reader, by place: {reason}",) if reason else ()
    return Labs(
        labs=tuple(lab for part in parts for lab in part.labs),
        warnings=(*alone, *(text for part in parts for text in part.warnings)),
        evidence=tuple(item for part in parts for item in part.evidence),
    )


def _document(context: Context, document: Document) -> Labs:
    text = context.artifacts.get(document.text_sha256).decode()
    pages = context.artifacts.get_json(document.words_sha256) if document.words_sha256 else None
    tables = tables_in_pdf(pages) if pages else tables_in_text(text)
    if not tables:
        return Labs(warnings=(f"{document.path}: no table of results was found.",))
    asked = context.model.card.declines("labs") is None
    readings = []
    for table in tables:
        answers = _ask(context, table) if asked else [None] * len(table.rows)
        readings += [Reading(row, answer) for row, answer in zip(table.rows, answers, strict=True)]
    commas = writes_decimal_comma([cell.text for r in readings for cell in r.row.cells.values()])
    collected = day_in(text) or document.date
    made = [_result(document, reading, commas, collected, asked) for reading in readings]
    return Labs(labs=tuple(lab for lab, _ in made), evidence=tuple(place for _, place in made))


# ------------------------------------------------------------------ the model's reading


def _ask(context: Context, table: Table) -> list[LabRowAnswer | None]:
    """The model's answer for each row, asked line by line. It chooses among a line's words and can make up none."""
    columns = list(table.header)
    if "name" not in columns:
        columns.insert(0, "name")
    header = CELL_SEPARATOR.join(table.header.get(column, "Test") for column in columns)
    lines = [CELL_SEPARATOR.join(row.text(column) for column in columns) for row in table.rows]
    questions = [ask(render("labs", lines=f"{header}\n{line}")) for line in lines]
    answers = context.model.structured_all(questions, LabLineAnswer, [row_copied_from(line) for line in lines])
    return [answer.root[0] if answer and answer.root else None for answer in answers]


# ------------------------------------------------------------------ reconciled


def _result(
    document: Document, reading: Reading, commas: bool, collected: str | None, asked: bool
) -> tuple[LabResult, Evidence]:
    """One result. Where the readers differ the table's cell stands, for it has an address, and the row says so."""
    row, place = reading.row, _place(document, reading.row)
    printed, reference = read_value(row.text("value"), commas), read_reference(row.text("reference"), commas)
    flag, said = flag_of(printed, reference), row.text("flag")
    meant = _ABNORMAL.get(said.strip().upper(), "abnormal")
    ucum = lab_table().ucum(row.text("unit"))
    result = LabResult(
        id="l-" + digest_of([document.sha256, place.id])[:12],
        name=row.text("name"),
        loinc=lab_table().loinc(row.text("name"), ucum),
        kind=printed.kind,
        value=printed.value,
        comparator=printed.comparator,
        value_text=row.text("value"),
        unit=row.text("unit"),
        ucum=ucum if row.text("unit") else None,
        reference=reference,
        flag_printed=said or None,
        flag=flag,
        flag_conflict=_conflict(flag, meant),
        collected=collected,
        readers="both" if reading.model else "table",
        disagreement=_disagreement(reading, asked),
        evidence=(place.id,),
    )
    return result, place


def _conflict(flag: str | None, meant: str | None) -> bool:
    """The paper's flag against the range's: "*" says abnormal without a direction, nothing says nothing."""
    if flag is None or meant is None:
        return False
    return flag == "N" if meant == "abnormal" else flag != meant


def _disagreement(reading: Reading, asked: bool) -> str | None:
    if not asked or reading.model is None:
        return None
    cells = [(name, reading.row.text(name), getattr(reading.model, name)) for name in _CELLS]
    apart = [f"{name}: table {mine!r}, model {theirs!r}" for name, mine, theirs in cells if not _same(mine, theirs)]
    return "; ".join(apart) or None


def _same(mine: str, theirs: str) -> bool:
    return "".join(mine.split()) == "".join(theirs.split())


def _place(document: Document, row: Row) -> Evidence:
    """The address of the value's cell, quoting its line."""
    cell = row.cells["value"]
    return evidence(
        "lab",
        document_sha256=document.sha256,
        page=cell.page,
        box_pt=cell.box_pt,
        chars=cell.chars,
        quote=row.line,
    )
