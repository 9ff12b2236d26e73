"""A row as both readers saw it → one LabResult with the address of its cell."""

import re
from typing import NamedTuple

from prelim.documents.reference import read_reference
from prelim.documents.table import Row
from prelim.documents.table_scanned import mended_name
from prelim.documents.values import flag_of, read_value
from prelim.knowledge.lab_words import lab_words
from prelim.knowledge.labs import lab_table
from prelim.models.answers import LabRowAnswer
from prelim.types import Document, Evidence, LabResult, Sex, digest_of, evidence

_CELLS = ("name", "value", "unit", "reference", "flag")
_FAR = 3
"""A value so many times its upper limit may have lost its decimal mark."""
_PRINTED_CHARS = 40
"""A longer cell cannot be copied whole (prelim/models/answers.py): the model's part of it is no disagreement."""


class Reading(NamedTuple):
    """A row, and as the model read it (None: it did not). `by_model`: the table reader passed over the line."""

    row: Row
    model: LabRowAnswer | None
    asked: bool
    by_model: bool = False


class Sheets(NamedTuple):
    """What holds for a whole document: its decimal mark, its day, whom it is about, whether it was a scan."""

    commas: bool
    collected: str | None
    sex: Sex | None
    age_years: int | None
    scanned: bool


def result_of(document: Document, reading: Reading, how: Sheets) -> tuple[LabResult, Evidence]:
    """One result. Where the readers differ the table's cell stands, for it has an address, and the row says so."""
    row, place = reading.row, _place(document, reading.row)
    printed = read_value(row.text("value"), how.commas)
    reference = read_reference(row.text("reference"), how.commas, how.sex, how.age_years)
    flag, said = flag_of(printed, reference, row.text("value")), row.text("flag")
    name = mended_name(row.text("name")) if how.scanned else row.text("name")
    unit = row.text("unit") or ("" if "%" in row.text("value") else row.unit)
    ucum = lab_table().ucum(unit)
    result = LabResult(
        id="l-" + digest_of([document.sha256, place.id])[:12],
        name=name,
        specimen=row.specimen,
        loinc=lab_table().loinc(name, ucum, row.specimen),
        kind=printed.kind,
        value=printed.value,
        comparator=printed.comparator,
        value_text=row.text("value"),
        unit=unit,
        ucum=ucum if unit else None,
        reference=reference,
        flag_printed=said.strip("()[] ") or None,
        flag=flag,
        flag_conflict=conflicts(flag, said),
        collected=row.collected or how.collected,
        readers="model" if reading.by_model else "both" if reading.model else "table",
        evidence=(place.id,),
    )
    return result.model_copy(update={"disagreement": _disagreement(reading, result, how.scanned)}), place


def conflicts(flag: str | None, printed: str | None) -> bool:
    """The paper's flag against the range's: "*" says abnormal without a direction, nothing says nothing."""
    if flag is None or not printed or not printed.strip():
        return False
    meant = lab_words().flag(printed) or "A"
    return flag == "N" if meant == "A" else flag != meant


def _disagreement(reading: Reading, result: LabResult, scanned: bool) -> str | None:
    """What the two readers, or the two readings of a scan, made of a cell, where that differs."""
    apart = [] if reading.by_model else list(_apart(reading))
    doubt = reading.row.cells["value"].other
    if doubt is not None and not _same(reading.row.text("value"), doubt):
        apart.append(f"value: first reading {reading.row.text('value')!r}, second reading {doubt!r}")
    if scanned and _lost_mark(result):
        apart.append(
            f"value: {result.value_text!r} is printed without decimals, its range with them; a mark may be lost"
        )
    return "; ".join(apart) or None


def _lost_mark(result: LabResult) -> bool:
    """Whether a scan may have lost a value's decimal mark: it has none, its limits have, and it is far above them."""
    marked, high = re.search(r"\d[.,]\d", result.reference.text), result.reference.high
    plain = result.value is not None and not re.search(r"[.,]", result.value_text)
    return bool(plain and marked and high and result.value and result.value > _FAR * high)


def _apart(reading: Reading) -> list[str]:
    if not reading.asked or reading.model is None:
        return []
    cells = [(name, reading.row.text(name), getattr(reading.model, name)) for name in _CELLS]
    return [f"{name}: table {mine!r}, model {theirs!r}" for name, mine, theirs in cells if not _same(mine, theirs)]


def _same(mine: str, theirs: str) -> bool:
    if len(mine) > _PRINTED_CHARS and theirs and theirs in mine:
        return True
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
