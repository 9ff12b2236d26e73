"""Drafts as a table for population studies: one row a finding, laboratory result or comparison. CSV or Parquet.

Columns, empty where a row's kind has none:

case_id, patient_key, case_status, urgency, model   the case's, in every row; `patient_key` is a keyed hash
kind                    finding, lab or comparison
id, label               a finding's or comparison's label, a result's name as printed
laterality, state, probability, calibrated, out_of_scope    a finding's; a comparison's but `state` and `calibrated`
change                  a finding's since the nearest earlier film, a comparison's between its two
nearest                 of a comparison: whether a finding's change is told by it
date, prior_date        the film's, or the result's day of collection; of a comparison both films'
value, comparator, value_text, unit, ucum, specimen, loinc, reference_low, reference_high, flag, flag_printed, readers
                        a result's; `unit` as printed, `ucum` its UCUM unit, `flag` recomputed (L, H, N)
"""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from prelim.draft import Draft
from prelim.errors import InputError, UnavailableError

COLUMNS: Mapping[str, type] = {
    "case_id": str,
    "patient_key": str,
    "case_status": str,
    "urgency": str,
    "model": str,
    "kind": str,
    "id": str,
    "label": str,
    "laterality": str,
    "state": str,
    "probability": float,
    "calibrated": bool,
    "out_of_scope": bool,
    "change": str,
    "nearest": bool,
    "date": str,
    "prior_date": str,
    "value": float,
    "comparator": str,
    "value_text": str,
    "unit": str,
    "ucum": str,
    "specimen": str,
    "loinc": str,
    "reference_low": float,
    "reference_high": float,
    "flag": str,
    "flag_printed": str,
    "readers": str,
}
"""The columns in their order, and what they hold."""
_ROWS_AT_ONCE = 2000
Row = dict[str, Any]


def check_table(path: Path) -> None:
    """InputError `bad_table`, UnavailableError `parquet_missing`: before hours of work end in it."""
    if path.suffix.lower() not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise InputError("bad_table", f"{path.name} is no table.", f"Its name ends in {known}.", path.name)
    if path.suffix.lower() == ".parquet":
        _pyarrow()


def write_table(drafts: Iterable[Draft], path: Path) -> Path:
    """Write the drafts' rows, few of them in memory at any time; whole or not there. Returns the path.

    Raises as `check_table`; UnavailableError `not_writable`.
    """
    check_table(path)
    rows = (row for draft in drafts for row in rows_of(draft))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _whole(path) as file:
            _WRITERS[path.suffix.lower()](file, rows)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"The table cannot be written: {reason}."
        raise UnavailableError("not_writable", message, "Name another file.", path.name) from error
    return path


def rows_of(draft: Draft) -> Iterator[Row]:
    """A draft's rows: its findings, its results, its comparisons."""
    case = {
        "case_id": draft.case_id,
        "patient_key": draft.patient_key,
        "case_status": draft.status,
        "urgency": draft.urgency,
        "model": draft.model.name,
    }
    days = {study.study_instance_uid: study.date for study in draft.studies}
    for finding in draft.findings:
        yield {**case, "kind": "finding", **_named(finding), "date": days.get(finding.study_instance_uid)}
    for lab in draft.labs:
        reference = {"reference_low": lab.reference.low, "reference_high": lab.reference.high}
        yield {**case, "kind": "lab", **_named(lab), "label": lab.name, "date": lab.collected, **reference}
    for comparison in draft.comparisons:
        dates = {"date": comparison.current_date, "prior_date": comparison.prior_date}
        yield {**case, "kind": "comparison", **_named(comparison), **dates}


def _named(value: Any) -> Row:
    """What a value calls as a column does."""
    return {name: found for name, found in value if name in COLUMNS and name != "kind"}


# ------------------------------------------------------------------ files


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file beside the place, renamed into it at the end."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _write_csv(file: IO[bytes], rows: Iterable[Row]) -> None:
    """UTF-8, lines as RFC 4180 has them; nothing is an empty cell, yes and no are true and false."""
    with io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True) as text:
        table = csv.DictWriter(text, list(COLUMNS), restval="")
        table.writeheader()
        for row in rows:
            table.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else value


def _write_parquet(file: IO[bytes], rows: Iterable[Row]) -> None:
    """Typed columns; one row group for every few thousand rows."""
    arrow, parquet = _pyarrow()
    kinds = {str: arrow.string(), float: arrow.float64(), bool: arrow.bool_()}
    schema = arrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    waiting = iter(rows)
    with parquet.ParquetWriter(file, schema) as table:
        while some := list(islice(waiting, _ROWS_AT_ONCE)):
            full = [{name: row.get(name) for name in COLUMNS} for row in some]
            table.write_table(arrow.Table.from_pylist(full, schema=schema))


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        remedy = "`pip install -c constraints.txt -e '.[tables]'`, or name a .csv."
        raise UnavailableError("parquet_missing", "Parquet needs pyarrow, which is not installed.", remedy) from error
    return pyarrow, pyarrow.parquet


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}
