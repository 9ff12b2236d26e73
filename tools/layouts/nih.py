"""NIH ChestX-ray14 (Wang et al., CVPR 2017): `Data_Entry_2017.csv`, a film a line, its findings joined by "|"."""

from prelim.errors import InputError
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import chest_film
from tools.truth import Example, Truth

COLUMNS = ("Image Index", "Finding Labels", "Patient ID", "View Position")
LABELS = {
    "Atelectasis": "atelectasis",
    "Cardiomegaly": "cardiomegaly",
    "Effusion": "pleural_effusion",
    "Mass": "lung_mass",
    "Nodule": "lung_nodule",
    "Pneumonia": "pneumonia",
    "Pneumothorax": "pneumothorax",
    "Consolidation": "consolidation",
    "Edema": "pulmonary_oedema",
    "Pleural_Thickening": "pleural_thickening",
}
OTHERS = ("Infiltration", "Emphysema", "Fibrosis", "Hernia", "No Finding")
"""Labels to which none of the table of chest films corresponds: a film without infiltration may have a lung opacity."""


def read(sheet: Sheet, source: Source) -> Found[Example]:
    """Every film; a label that it does not list is absent, as the collection means it."""
    found = Found[Example]()
    for line, cells in sheet.lines:
        with found.refusing(line, cells["Image Index"]):
            found.examples.append(_example(line, cells, source))
            listed = set(cells["Finding Labels"].split("|"))
            for label in (name for name in OTHERS[:-1] if name in listed):
                found.left_out[f"No finding of the tables corresponds to the collection's {label}."] += 1
    return found


def _example(line: int, cells: dict[str, str], source: Source) -> Example:
    image, listed = cells["Image Index"], set(cells["Finding Labels"].split("|"))
    unknown = sorted(listed - set(LABELS) - set(OTHERS))
    if unknown:
        raise InputError("unknown_finding", f"No finding of the collection is called '{unknown[0]}'.", "")
    place = source.pictures.find(image)
    truths = tuple(Truth(label=ours, laterality=None, present=name in listed) for name, ours in LABELS.items())
    return Example(image, cells["Patient ID"], truths, lambda scratch: place, chest_film(cells["View Position"]), line)
