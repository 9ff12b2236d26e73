"""Many cases by name: a CSV or JSONL manifest, or a folder of case folders. What is wrong is named with its row.

A manifest has the columns `case` (a folder or file, relative to the manifest), and if need be `patient` (its id; else
as the files say) and `out` (where its draft is written, relative to the manifest). In a list of failures, which is a
manifest too, `code` and `message` say what went wrong; they are not read.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prelim.errors import InputError, PrelimError, RefusedError
from prelim.types import Value
from tools.case_file import CASE_FILE

COLUMNS = ("case", "patient", "out")
FAILURE_COLUMNS = ("case", "patient", "out", "code", "message")
_JSON_LINES = (".jsonl", ".ndjson")
_REMEDY = f"A manifest has the columns {', '.join(COLUMNS)}; only case is needed."


class ListedCase(Value):
    """One case to draft: what the list calls it, where it lies. `row` counts from 1, a CSV's heading included."""

    case: str
    path: Path
    patient: str | None = None
    out: Path | None = None
    row: int | None = None


class RefusedRow(Value):
    """A row that is not drafted, and why. `duplicate`: another row stands for its case."""

    row: int
    case: str
    path: Path | None = None
    patient: str | None = None
    out: Path | None = None
    code: str
    message: str


class Failure(NamedTuple):
    """What failed, to be tried again: a row of a manifest, and why."""

    path: Path | None
    patient: str | None
    out: Path | None
    code: str
    message: str


class CaseList(Value):
    """The cases of a list in its order, and the rows that cannot be used."""

    cases: tuple[ListedCase, ...]
    refused: tuple[RefusedRow, ...] = ()

    def __len__(self) -> int:
        return len(self.cases) + len(self.refused)


def read_case_list(path: Path) -> CaseList:
    """The cases of a manifest, or the sub-folders of a folder. InputError not_found, no_cases, one_case, bad_manifest.

    A file whose name does not end in .jsonl or .ndjson is read as CSV.
    """
    path = path.expanduser()
    if not path.exists():
        raise InputError("not_found", f"{path.name} does not exist.", "Give a manifest or a folder.", path.name)
    found = _sub_folders(path) if path.is_dir() else _listed(path)
    if not len(found):
        what = "folder of a case" if path.is_dir() else "row"
        raise InputError("no_cases", f"{path.name} has no {what}.", "Give a manifest or a folder of cases.", path.name)
    return found


def listed(cases: Iterable["ListedCase | str | Path"]) -> Iterator[ListedCase]:
    """Cases given one by one: as values, or by their paths."""
    for case in cases:
        yield case if isinstance(case, ListedCase) else ListedCase(case=str(case), path=Path(case).expanduser())


def write_failures(path: Path, failures: Sequence[Failure]) -> None:
    """A manifest of what failed, with absolute paths; where nothing did, none is left. Whole or not there."""
    if not failures:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(FAILURE_COLUMNS)
        for one in failures:
            case, out = (str(place.absolute()) if place else "" for place in (one.path, one.out))
            table.writerow((case, one.patient or "", out, one.code, one.message))
    part.replace(path)


def _sub_folders(folder: Path) -> CaseList:
    """Every sub-folder that is not hidden, by name."""
    if (folder / CASE_FILE).is_file():
        message = f"{folder.name} is one case: it holds a {CASE_FILE}."
        raise InputError("one_case", message, "`prelim draft` takes it, or give the folder above it.", folder.name)
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return CaseList(cases=tuple(ListedCase(case=path.name, path=path) for path in inside))


# ------------------------------------------------------------------ manifests


def _listed(path: Path) -> CaseList:
    rows = _json_lines(path) if path.suffix.lower() in _JSON_LINES else _csv_lines(path)
    cases: list[ListedCase] = []
    refused: list[RefusedRow] = []
    for row, given in rows:
        try:
            cases.append(_case(row, given, path.parent))
        except PrelimError as error:
            said = given if isinstance(given, Mapping) else {}
            refused.append(RefusedRow(row=row, code=error.code, message=error.message, **_told(said, path.parent)))
    kept, others = _once(cases)
    return CaseList(cases=tuple(kept), refused=tuple(sorted([*refused, *others], key=lambda one: one.row)))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8") from error
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror})") from error


def _bad(path: Path, what: str) -> InputError:
    return InputError("bad_manifest", f"{path.name} {what}.", _REMEDY, path.name)


def _csv_lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's number and cells. A heading that is not understood spoils the whole manifest."""
    table = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        heading = [name.strip() for name in next(table, [])]
        _check_heading(path, heading)
        for cells in table:
            if any(cell.strip() for cell in cells):
                extra = {"": " ".join(cells[len(heading) :])} if len(cells) > len(heading) else {}
                yield table.line_num, dict(zip(heading, map(str.strip, cells), strict=False)) | extra
    except csv.Error as error:
        raise _bad(path, f"is no CSV (line {table.line_num}: {error})") from error


def _check_heading(path: Path, heading: Sequence[str]) -> None:
    if not heading:
        raise InputError("no_cases", f"{path.name} is empty.", _REMEDY, path.name)
    strange = [name for name in heading if name not in FAILURE_COLUMNS]
    twice = sorted({name for name in heading if heading.count(name) > 1})
    if strange:
        raise _bad(path, f"has a column that is not known: {', '.join(strange)}")
    if twice:
        raise _bad(path, f"has a column twice: {', '.join(twice)}")
    if "case" not in heading:
        raise _bad(path, "has no column case")


def _json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Each line's number and value; of a line that is no JSON the error that says so."""
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None


def _case(row: int, given: Any, folder: Path) -> ListedCase:
    """A row's meaning. InputError bad_row, not_found."""
    if not isinstance(given, Mapping):
        raise InputError("bad_row", f"Row {row} is no JSON object.", "")
    strange = [name or "a cell more than the heading" for name in given if name not in FAILURE_COLUMNS]
    if strange:
        raise InputError("bad_row", f"Row {row} holds what is not known: {', '.join(strange)}.", "")
    if not all(isinstance(given.get(name) or "", str) for name in COLUMNS):
        raise InputError("bad_row", f"Row {row}: case, patient and out are texts.", "")
    told = _told(given, folder)
    if not told["case"]:
        raise InputError("no_case", f"Row {row} names no case.", "")
    if not told["path"].exists():
        raise InputError("not_found", f"Row {row}: there is no such folder or file.", "")
    return ListedCase(row=row, **told)


def _told(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What a row says; an empty cell as if it were not there."""
    case, patient, out = (str(given.get(name) or "").strip() for name in COLUMNS)
    path, place = (folder / Path(words).expanduser() if words else None for words in (case, out))
    return {"case": case, "path": path, "patient": patient or None, "out": place}


# ------------------------------------------------------------------ each once


def _once(cases: Sequence[ListedCase]) -> tuple[list[ListedCase], list[RefusedRow]]:
    """The cases without those that another row stands for, or that rows give to different patients."""
    kept: list[ListedCase] = []
    refused: list[RefusedRow] = []
    rows_of: dict[Path, list[ListedCase]] = {}
    for case in cases:
        rows_of.setdefault(case.path.resolve(), []).append(case)
    written: dict[Path, int] = {}
    for case in cases:
        error = _objection(case, rows_of[case.path.resolve()], written)
        if error is None:
            kept.append(case)
        else:
            refused.append(RefusedRow(code=error.code, message=error.message, **dict(case)))
    return kept, refused


def _objection(case: ListedCase, same: Sequence[ListedCase], written: dict[Path, int]) -> PrelimError | None:
    """Why a row is not drafted. `written`: the folders that earlier rows write to, to which the row's is added."""
    if any(other.patient != same[0].patient for other in same):
        rows = ", ".join(str(other.row) for other in same)
        return RefusedError("patient_mismatch", f"Rows {rows} give one case to different patients.", "")
    if case is not same[0]:
        return InputError("duplicate", f"Row {case.row} is the case of row {same[0].row}: done once.", "")
    place = case.out.resolve() if case.out else None
    if place in written:
        return InputError("same_out", f"Row {case.row} writes where row {written[place]} does.", "")
    if place and case.row:
        written[place] = case.row
    return None
