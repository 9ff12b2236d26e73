"""MS-CXR-T (Bannur et al., 2023): pairs of MIMIC-CXR's films by their ids, a column a finding's progression."""

from tools.layouts.pairs import ChangeTruth, PairExample, direction_of
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import chest_film

LABELS = {
    "consolidation_progression": "consolidation",
    "edema_progression": "pulmonary_oedema",
    "pleural_effusion_progression": "pleural_effusion",
    "pneumonia_progression": "pneumonia",
    "pneumothorax_progression": "pneumothorax",
}
"""Each as the table of chest films calls it."""
COLUMNS = ("dicom_id", "previous_dicom_id", *LABELS)


def read(sheet: Sheet, source: Source) -> Found[PairExample]:
    """Every pair with a label: improving, stable or worsening. Films lie anywhere below the folder, by their ids."""
    found = Found[PairExample]()
    for line, cells in sheet.lines:
        with found.refusing(line, cells["dicom_id"]):
            pair = _pair(line, cells, source)
            found.examples += [pair] if pair.truths else []
    return found


def _pair(line: int, cells: dict[str, str], source: Source) -> PairExample:
    truths = tuple(
        ChangeTruth(label=label, direction=direction_of(cells[column]))
        for column, label in LABELS.items()
        if cells[column]
    )
    current, prior = (source.pictures.find(cells[name]) for name in ("dicom_id", "previous_dicom_id"))
    name = cells["dicom_id"]
    patient = cells.get("subject_id") or name
    return PairExample(name, patient, truths, lambda scratch: prior, lambda scratch: current, chest_film(""), line)
