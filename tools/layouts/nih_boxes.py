"""NIH ChestX-ray14's `BBox_List_2017.csv`: a box a line, x, y, width, height in the PNG's pixels."""

from prelim.errors import InputError
from tools.layouts.boxes import BoxExample, BoxRow, BoxTruth, films_of, number, proper
from tools.layouts.sheet import Found, Sheet, Source
from tools.layouts.stated import chest_film

COLUMNS = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]")
"""The heading's `Bbox [x,y,w,h]` is four columns to a CSV reader."""
LABELS = {
    "Atelectasis": "atelectasis",
    "Cardiomegaly": "cardiomegaly",
    "Effusion": "pleural_effusion",
    "Infiltrate": "lung_opacity",
    "Mass": "lung_mass",
    "Nodule": "lung_nodule",
    "Pneumothorax": "pneumothorax",
}
"""Each as the table of chest films calls it; an infiltrate is looked for as a lung opacity."""
FRAME = (1024, 1024)
"""Rows and columns of the collection's PNG files, for which its boxes hold."""
OTHERS = ("Pneumonia",)
"""Labels of which no boxes are asked for."""


def read(sheet: Sheet, source: Source) -> Found[BoxExample]:
    """Every film; the first eight digits of its name are its patient."""
    found, rows = Found[BoxExample](), list[BoxRow]()
    for line, cells in sheet.lines:
        label = cells["Finding Label"]
        if label in OTHERS:
            found.left_out[f"No boxes of {label} are asked for."] += 1
            continue
        with found.refusing(line, cells["Image Index"]):
            rows.append(_row(line, cells, label, source))
    found.examples = [film._replace(frame=FRAME) for film in films_of(rows)]
    return found


def _row(line: int, cells: dict[str, str], label: str, source: Source) -> BoxRow:
    if label not in LABELS:
        raise InputError("unknown_finding", f"No finding of the collection is called '{label}'.", "")
    x, y, width, height = (number(cells[name], name) for name in COLUMNS[2:])
    image, box_px = cells["Image Index"], proper((y, x, y + height, x + width))
    box = BoxTruth(label=LABELS[label], box_px=box_px)
    return BoxRow(line, image, image.split("_")[0], box, source.pictures.find(image), chest_film(""))
