"""CheXpert (Irvin et al., AAAI 2019): a film a line, a column a label: 1, 0, -1 uncertain, empty unmentioned."""

import re

from prelim.errors import InputError
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import chest_film
from tools.truth import Example, Truth

COLUMNS = ("Path", "Frontal/Lateral", "AP/PA", "Cardiomegaly", "Edema", "Pleural Effusion")
LABELS = {
    "Enlarged Cardiomediastinum": "enlarged_cardiomediastinum",
    "Cardiomegaly": "cardiomegaly",
    "Lung Opacity": "lung_opacity",
    "Edema": "pulmonary_oedema",
    "Consolidation": "consolidation",
    "Pneumonia": "pneumonia",
    "Atelectasis": "atelectasis",
    "Pneumothorax": "pneumothorax",
    "Pleural Effusion": "pleural_effusion",
    "Fracture": "fracture",
}
"""Each as the table of chest films calls it. Lung Lesion, Pleural Other and Support Devices are no label of ours."""
_MEANT = {"1": True, "0": False}
_UNCERTAIN = "-1"
_PATIENT = re.compile(r"patient\d+")


def read(sheet: Sheet, source: Source) -> Found[Example]:
    """Frontal films. Uncertain labels count as `source.uncertain` says, and are counted where they are left out."""
    found = Found[Example]()
    for line, cells in sheet.lines:
        if cells["Frontal/Lateral"] != "Frontal":
            found.left_out["A lateral film: findings are asked about on frontal ones."] += 1
            continue
        with found.refusing(line, cells["Path"]):
            found.examples.append(_example(line, cells, source, found))
    return found


def _example(line: int, cells: dict[str, str], source: Source, found: Found[Example]) -> Example:
    path = cells["Path"]
    place, patient = source.pictures.find(path), _PATIENT.search(path)
    view = chest_film(cells["AP/PA"] if cells["AP/PA"] in ("AP", "PA") else "")
    return Example(
        path, patient.group() if patient else path, truths_of(cells, source, found), lambda scratch: place, view, line
    )


def truths_of(cells: dict[str, str], source: Source, found: Found[Example]) -> tuple[Truth, ...]:
    """What the labels of a line say; what is left out of them is counted. InputError bad_present."""
    return tuple(truth for column in LABELS if (truth := _truth(column, cells.get(column, ""), source, found)))


def _truth(column: str, text: str, source: Source, found: Found[Example]) -> Truth | None:
    """A label's truth; None where there is none. InputError bad_present."""
    value = text.removesuffix(".0")
    if value == "":
        return None
    if value == _UNCERTAIN:
        if source.uncertain == "left_out":
            found.left_out["The collection calls the label uncertain."] += 1
            return None
        return Truth(label=LABELS[column], laterality=None, present=source.uncertain == "present")
    if value not in _MEANT:
        raise InputError("bad_present", f"{column} is '{text}', none of 1, 0, -1 and empty.", "")
    return Truth(label=LABELS[column], laterality=None, present=_MEANT[value])
