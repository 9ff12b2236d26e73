"""DICOM files made for one test each: a small film or slice, with whatever tags the test is about."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

from prelim.imaging.header import Opened, header_of
from prelim.imaging.pixels import frames_of

ROWS, COLUMNS = 4, 6
RAMP = np.arange(ROWS * COLUMNS, dtype="<u2").reshape(ROWS, COLUMNS)
SLICE = {"Modality": "CT", "SOPClassUID": CTImageStorage, "PixelSpacing": [0.5, 0.25]}


def uid(*seed: object) -> str:
    """A UID that the same words always give."""
    return str(generate_uid(entropy_srcs=[str(part) for part in seed]))


def dataset(**tags: Any) -> Dataset:
    """A CR film of 4 × 6 pixels with the tags given; None leaves one out."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(tags.pop("transfer_syntax", ExplicitVRLittleEndian))
    pixels = np.asarray(tags.pop("pixels", RAMP))
    usual = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1",
        "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid("series"),
        "SOPInstanceUID": uid("image", sorted(map(str, tags.items())), pixels.tobytes()),
        "Modality": "CR",
        "Rows": pixels.shape[-2],
        "Columns": pixels.shape[-1],
        "BitsAllocated": 8 * pixels.itemsize,
        "BitsStored": 8 * pixels.itemsize,
        "HighBit": 8 * pixels.itemsize - 1,
        "SamplesPerPixel": 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelData": pixels.tobytes(),
    }
    for keyword, value in {**usual, **tags}.items():
        if value is not None:
            setattr(made, keyword, value)
    return made


def dicom(**tags: Any) -> bytes:
    """The same as a file."""
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset(**tags), enforce_file_format=True)
    return out.getvalue()


def values_of(tags: Dataset, name: str = "a.dcm") -> np.ndarray:
    """Every frame's values, (frames, rows, columns[, 3])."""
    return np.stack([frame.values() for frame in frames_of(Opened(header_of(tags), lambda: tags), name)])


def written(folder: Path, *files: bytes) -> list[Path]:
    """Files in a folder, named by their order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03d}.dcm" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return paths


def ct_slice(height_mm: float, **tags: Any) -> bytes:
    """An axial slice at a height."""
    place = {"ImagePositionPatient": [-10.0, -20.0, height_mm], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    return dicom(**{**SLICE, **place, "SOPInstanceUID": uid("slice", height_mm), **tags})
