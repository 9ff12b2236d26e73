"""Lab reports whose rows are known: a folder of documents, each with a JSON file of the same name beside it, or drawn.

The JSON holds the rows as `prelim tool labs --json` prints them, or a plain list of {name, value, unit}.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from prelim.errors import InputError
from prelim.evaluated import Problem
from tools.drawn_labs import drawn_sheet
from tools.lab_truth import LabTruth, read_rows

DOCUMENTS = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".txt", ".csv")


class Sheet(NamedTuple):
    """A document and its rows. `place` is given a scratch folder and returns the file with the rows it holds."""

    name: str
    place: Callable[[Path], tuple[Path, tuple[LabTruth, ...]]]


def read_sheets(folder: Path) -> tuple[list[Sheet], list[Problem]]:
    """The pairs of a folder, by name, and what cannot be used. InputError not_found."""
    if not folder.is_dir():
        remedy = "Give a folder of documents, each with a .json of the same name; or the word phantom."
        raise InputError("not_found", f"{folder.name} is no folder.", remedy, folder.name)
    sheets, problems = [], []
    for truth in sorted(folder.glob("*.json")):
        try:
            sheets.append(_sheet(truth))
        except InputError as error:
            problems.append(Problem(image=truth.name, code=error.code, message=error.message))
    known = {path.stem for path in folder.glob("*.json")}
    alone = [path.name for path in sorted(folder.iterdir()) if _is_document(path) and path.stem not in known]
    problems += [Problem(image=name, code="no_truth", message=f"{name} has no .json beside it.") for name in alone]
    return sheets, problems


def drawn_sheets(count: int, seed: int) -> Iterator[Sheet]:
    """Drawn lab reports, each of another patient."""
    for number in range(count):
        yield _drawn(f"phantom-{seed}-{number}", number, seed)


def _drawn(name: str, number: int, seed: int) -> Sheet:
    def place(scratch: Path) -> tuple[Path, tuple[LabTruth, ...]]:
        path = scratch / f"{name}.pdf"
        return path, drawn_sheet(path, number, seed)

    return Sheet(name, place)


def _sheet(truth: Path) -> Sheet:
    documents = [path for path in sorted(truth.parent.iterdir()) if path.stem == truth.stem and _is_document(path)]
    if len(documents) != 1:
        what = "no document" if not documents else f"{len(documents)} documents"
        raise InputError("no_document", f"{truth.name} has {what} of its name beside it.", "")
    rows = read_rows(truth)
    return Sheet(truth.stem, lambda scratch: (documents[0], rows))


def _is_document(path: Path) -> bool:
    return path.suffix.lower() in DOCUMENTS
