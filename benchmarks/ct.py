"""A CT drawn on the spot, from its files to what a model is shown: three windows of 85 slices, by ours and by others.

All ways begin with a folder of files in no order and end with (85, rows, columns, 3) 8-bit arrays in memory; before
anything is timed they must be equal. `python -m benchmarks.ct FOLDER` does ours alone and tells its memory.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from prelim.errors import InputError
from prelim.imaging import files
from prelim.imaging.decode import Showing
from prelim.imaging.files import open_dicom, pictures_of
from prelim.imaging.sampling import evenly
from prelim.imaging.series import MOST_SLICES, Place, groups_in, make_series, measured
from prelim.imaging.windows import WINDOWS_HU
from prelim.isolation import call_each

SIDE_PX = 512
Shown = np.ndarray


def draw(folder: Path, slices: int, seed: int = 0) -> None:
    """A noisy body on a table: 12 bits in 16, uncompressed, as most scanners send it; names say nothing."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    body = np.where(((x - 256) / 200) ** 2 + ((y - 256) / 150) ** 2 < 1, 40, -1000)
    for height, number in enumerate(chance.permutation(slices)):
        hu = body + chance.normal(0, 12, body.shape)
        pixels = (hu + 1024).clip(0, 4095).astype("<u2")
        pydicom.dcmwrite(folder / f"{number:04d}", _slice(pixels, height, int(number)), enforce_file_format=True)


def _slice(pixels: np.ndarray, height_mm: float, number: int) -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    uids = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
    tags: dict[str, Any] = {
        **{keyword: generate_uid(entropy_srcs=[keyword]) for keyword in uids},
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": generate_uid(entropy_srcs=["slice", str(number)]),
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "Modality": "CT",
        "BodyPartExamined": "CHEST",
        "PatientID": "BENCH",
        "InstanceNumber": number,
        "ImagePositionPatient": [-180.0, -180.0, float(height_mm)],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.7, 0.7],
        "SliceThickness": 1,
        "Rows": SIDE_PX,
        "Columns": SIDE_PX,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "PixelData": pixels.tobytes(),
    }
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return made


# ------------------------------------------------------------------ the ways


def ours(folder: Path) -> Shown:
    """The product's way: read in children, sorted by geometry, copies looked for, the values' range known."""
    places = _placed(folder)
    shown = np.empty((len(places), SIDE_PX, SIDE_PX, 3), np.uint8)

    def show(at: int) -> None:
        [picture] = pictures_of(places[at].file.source, [places[at].frame], Showing(encoded=False))
        shown[at] = picture.array

    for done in call_each(show, range(len(places))):
        _no_error(done)
    return shown


def kept(folder: Path, store: Callable[[bytes], str]) -> None:
    """The same as intake does it: pictures checked for flaws, and stored as PNG."""
    [group] = groups_in([_no_error(one) for one in call_each(measured, _opened(folder))])
    make_series(group, 0, store)


def _opened(folder: Path) -> list[Any]:
    files._looked_at.cache_clear()  # else only the first time is read
    return [_no_error(one) for one in call_each(lambda path: open_dicom(path.name, path), sorted(folder.iterdir()))]


def _placed(folder: Path) -> list[Place]:
    [group] = groups_in([_no_error(one) for one in call_each(measured, _opened(folder))])
    return [group.places[at] for at in evenly(len(group.places), MOST_SLICES)]


def _no_error(found: Any) -> Any:
    if isinstance(found, InputError):
        raise found
    return found


def plain(folder: Path) -> Shown:
    """pydicom in a loop, as most scripts have it."""
    slices = [pydicom.dcmread(path) for path in folder.iterdir()]
    slices.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    volume = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])
    return _windowed(volume.astype(np.float32))


def simpleitk(folder: Path) -> Shown:
    """SimpleITK's own series reader, which sorts by position."""
    toolkit: Any = importlib.import_module("SimpleITK")
    reader = toolkit.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return _windowed(toolkit.GetArrayFromImage(reader.Execute()).astype(np.float32))


def _windowed(volume_hu: np.ndarray) -> Shown:
    """The same windows of the same slices, one slice after the other, in float32."""
    slices = (volume_hu[at] for at in evenly(len(volume_hu), MOST_SLICES))
    return np.stack([np.stack([_window(one, *window) for window in WINDOWS_HU], axis=-1) for one in slices])


def _window(slice_hu: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.asarray(np.rint((np.clip(slice_hu, low, high) - low) * (255 / (high - low))).astype(np.uint8))


# ------------------------------------------------------------------ memory, in a process of its own


def _peak_bytes() -> int:
    """The most that this process and its living children had resident, each at its own worst moment."""
    mine = os.getpid()
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                lines = dict(line.split(":", 1) for line in (entry / "status").read_text(encoding="utf-8").splitlines())
            except OSError:  # ended meanwhile
                continue
            if int(entry.name) == mine or int(lines["PPid"]) == mine:
                found += int(lines.get("VmHWM", "0 kB").split()[0]) * 1024
    return found


if __name__ == "__main__":
    before = _peak_bytes()
    made = ours(Path(sys.argv[1]))
    print(json.dumps({"before": before, "peak": _peak_bytes(), "input": made.nbytes}))
