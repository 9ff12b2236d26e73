"""Cases with the report that a person wrote of them, and what two reports of one case have in common."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from prelim.documents.report import named_findings
from prelim.errors import InputError
from prelim.evaluated import Problem
from prelim.types import Laterality, State, Value

COLUMNS = ("case", "report")
_STRENGTH: tuple[State, ...] = ("absent", "uncertain", "present")
_PATH_CHARS = 255
_TEXT = ".txt"


class Reported(NamedTuple):
    """A case and its reference report. `place` is given a scratch folder and returns the case's folder or file."""

    name: str
    group: str
    report: str
    place: Callable[[Path], Path]
    line: int | None = None


class Named(Value):
    """What a report names: each label's strongest state over its sides, and the sides of what is present."""

    states: dict[str, State]
    sides: dict[str, frozenset[Laterality | None]]

    def all(self, state: State) -> set[str]:
        """The labels in a state."""
        return {label for label, one in self.states.items() if one == state}


def named_in(text: str) -> Named:
    """What a report names, as the product reads earlier reports."""
    states: dict[str, State] = {}
    sides: dict[str, set[Laterality | None]] = {}
    for one in named_findings(text):
        states[one.label] = max(states.get(one.label, one.state), one.state, key=_STRENGTH.index)
        if one.state == "present":
            sides.setdefault(one.label, set()).add(one.laterality)
    return Named(states=states, sides={label: frozenset(some) for label, some in sides.items()})


def read_reported(path: Path) -> tuple[list[Reported], list[Problem]]:
    """The cases of a CSV or JSONL (case, report, and patient where known). InputError not_found, bad_truth.

    `case` is a folder or file beside the table; `report` a text file beside it, or the report itself.
    """
    found: list[Reported] = []
    problems: list[Problem] = []
    for number, row in _rows(path):
        try:
            found.append(_reported(number, row, path.parent))
        except InputError as error:
            name = str(row.get("case", ""))
            problems.append(Problem(line=number, image=name, code=error.code, message=error.message))
    return found, problems


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.is_file():
        remedy = "Give a CSV or JSON lines of case,report[,patient], or the word phantom."
        raise InputError("not_found", f"{path.name} does not exist.", remedy, path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
            yield from ((n, json.loads(line)) for n, line in enumerate(text.splitlines(), 1) if line.strip())
        else:
            table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            yield from ((table.line_num, row) for row in table)
    except (ValueError, csv.Error) as error:
        remedy = f"It has the columns or keys {', '.join(COLUMNS)}; patient is optional."
        raise InputError(
            "bad_truth", f"{path.name} is no CSV and no JSON lines in UTF-8.", remedy, path.name
        ) from error


def _reported(number: int, row: dict[str, Any], folder: Path) -> Reported:
    case, report = (str(row.get(name) or "").strip() for name in COLUMNS)
    if not case or not (folder / case).exists():
        raise InputError("not_found", f"The case '{case}' does not exist.", "")
    if not report:
        raise InputError("no_report", "There is no report.", "")
    return Reported(case, str(row.get("patient") or case), _text(report, folder), lambda scratch: folder / case, number)


def _text(report: str, folder: Path) -> str:
    """A report's text: a file's, where it names one."""
    if "\n" in report or len(report) > _PATH_CHARS or not (folder / report).is_file():
        if Path(report).suffix.lower() == _TEXT and " " not in report:
            raise InputError("not_found", f"The report '{report}' does not exist.", "")
        return report
    try:
        return (folder / report).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("unreadable", f"The report '{report}' is no text in UTF-8.", "") from error
