"""CT-RATE (Hamamci et al., 2024): a chest CT a line, `VolumeName` and a column for each of 18 abnormalities."""

from pathlib import Path

from prelim.errors import InputError
from tools.case_file import FileNote
from tools.layouts.sheet import Found, Sheet, Source
from tools.truth import Example, Truth

LABELS = {
    name: name.lower().replace(" ", "_")
    for name in (
        "Medical material",
        "Arterial wall calcification",
        "Cardiomegaly",
        "Pericardial effusion",
        "Coronary artery wall calcification",
        "Hiatal hernia",
        "Lymphadenopathy",
        "Emphysema",
        "Atelectasis",
        "Lung nodule",
        "Lung opacity",
        "Pulmonary fibrotic sequela",
        "Pleural effusion",
        "Mosaic attenuation pattern",
        "Peribronchial thickening",
        "Consolidation",
        "Bronchiectasis",
        "Interlobular septal thickening",
    )
}
"""Each as the table of chest CTs calls it."""
COLUMNS = ("VolumeName", *LABELS)
_NIFTI = (".nii.gz", ".nii")


def read(sheet: Sheet, source: Source) -> Found[Example]:
    """Every volume that lies there as a folder of DICOM files; reconstructions of a patient are one group."""
    found = Found[Example]()
    for line, cells in sheet.lines:
        with found.refusing(line, cells["VolumeName"]):
            found.examples.append(_example(line, cells, source))
    return found


def _example(line: int, cells: dict[str, str], source: Source) -> Example:
    """`train_12_a_1.nii.gz` is patient 12's; its DICOM files may lie in a folder `train_12_a_1`."""
    volume = cells["VolumeName"]
    stem = next((volume.removesuffix(end) for end in _NIFTI if volume.endswith(end)), volume)
    place = _folder(stem, volume, source)
    truths = []
    for column, label in LABELS.items():
        value = cells[column].removesuffix(".0")
        if value not in ("0", "1"):
            raise InputError("bad_present", f"{column} is '{cells[column]}', neither 1 nor 0.", "")
        truths.append(Truth(label=label, laterality=None, present=value == "1"))
    note = FileNote(modality="CT", body_part="CHEST")
    return Example(volume, "_".join(stem.split("_")[:2]), tuple(truths), lambda scratch: place, note, line)


def _folder(stem: str, volume: str, source: Source) -> Path:
    """Where the volume's DICOM files lie. InputError nifti, not_found, ambiguous."""
    place = source.pictures.find(stem, volume)
    if place.name.endswith(_NIFTI):
        raise InputError(
            "nifti", f"{volume} is NIfTI, which is not read: put its DICOM files into a folder {stem}.", ""
        )
    return place
