"""MIMIC-CXR with CheXpert's labels: `mimic-cxr-2.0.0-chexpert.csv`, a study a line; see chexpert.py for the labels.

Films are JPEG files called by their ids where `mimic-cxr-2.0.0-metadata.csv` lies beside the table and tells the views;
else each study is a folder of DICOM files, which tell it themselves.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tools.case_file import FileNote
from tools.layouts.chexpert import truths_of
from tools.layouts.sheet import Found, Sheet, Source, read_sheet
from tools.layouts.stated import chest_film
from tools.truth import Example, Truth

COLUMNS = ("subject_id", "study_id", "Cardiomegaly", "Edema", "Pleural Effusion")
METADATA = ("mimic-cxr-2.0.0-metadata.csv", "mimic-cxr-2.0.0-metadata.csv.gz")
_VIEWS = ("PA", "AP")
"""The best first."""


class Frontal(NamedTuple):
    """The id and the view of a study's best frontal film."""

    dicom_id: str
    view: str


def read(sheet: Sheet, source: Source) -> Found[Example]:
    """Every study with a frontal film. Uncertain labels count as `source.uncertain` says."""
    found = Found[Example]()
    metadata = next((path for name in METADATA if (path := sheet.path.parent / name).is_file()), None)
    frontals = _frontals(metadata) if metadata else None
    for line, cells in sheet.lines:
        study = cells["study_id"]
        if frontals is not None and study not in frontals:
            found.left_out["A study without a frontal film."] += 1
            continue
        with found.refusing(line, f"s{study}"):
            place, note = _film(cells, source, frontals)
            truths = truths_of(cells, source, found)
            found.examples.append(_example(line, cells, truths, place, note))
    return found


def _example(line: int, cells: dict[str, str], truths: tuple[Truth, ...], place: Path, note: FileNote) -> Example:
    return Example(f"s{cells['study_id']}", cells["subject_id"], truths, lambda scratch: place, note, line)


def _film(cells: dict[str, str], source: Source, frontals: Mapping[str, Frontal] | None) -> tuple[Path, FileNote]:
    """A study's best frontal film, or its folder. InputError not_found, ambiguous."""
    if frontals is not None:
        best = frontals[cells["study_id"]]
        return source.pictures.find(best.dicom_id), chest_film(best.view)
    return source.pictures.find(f"s{cells['study_id']}"), FileNote()


def _frontals(path: Path) -> dict[str, Frontal]:
    """Each study's best frontal film. InputError bad_truth."""
    best: dict[str, Frontal] = {}
    for _, cells in read_sheet(path).lines:
        study, view = cells.get("study_id", ""), cells.get("ViewPosition", "")
        if view in _VIEWS and (study not in best or _VIEWS.index(view) < _VIEWS.index(best[study].view)):
            best[study] = Frontal(cells.get("dicom_id", ""), view)
    return best
