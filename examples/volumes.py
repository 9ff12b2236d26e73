"""Draw a head CT and a brain MR: `python -m examples.volumes`. The same drawing every time.

EXAMPLE-3 has bled into the left basal ganglia; EXAMPLE-4 has a few bright spots in the white matter, seen in two echoes
that share one series. As in life, neither file names nor instance numbers give the slices' order.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEGLSLossless, MRImageStorage

from examples.brain import Mass
from examples.head import levels, paint_head
from examples.shapes import Array, Paint, Plane, Point, blur, ellipsoid, smooth_noise
from examples.skull import Grain, grains
from examples.tags import dataset_of, patient_tags, uid_of

CASES = Path(__file__).parent / "cases"
CT, MR = CASES / "ct-head", CASES / "mr-brain"
NOTES = {
    CT / "case.yaml": "patient: {id: EXAMPLE-3}\nindication: Sudden weakness of the right arm and leg.\n",
    MR / "case.yaml": "patient: {id: EXAMPLE-4}\nindication: Migraine, worse over the last year.\n",
}
BLEED: Point = (26, -6, 53)
"""Where the haemorrhage's centre lies (mm, patient's frame); x is to the patient's left."""
_MASS = Mass(BLEED, 36, 0.3)
_SPOTS: tuple[tuple[Point, float], ...] = (
    ((-22, -34, 68), 3.2),
    ((24, -22, 76), 2.6),
    ((-27, 8, 78), 3.6),
    ((25, 22, 74), 2.8),
    ((19, -44, 62), 2.4),
    ((-25, 42, 72), 2.6),
)
HU = {
    **{"air": -1000, "skin": 42, "fat": -95, "muscle": 56, "bone": 1050, "marrow": 430, "dura": 58, "vessel": 46},
    **{"csf": 6, "grey": 37, "white": 29, "nucleus": 38, "pallidum": 40, "cerebellum": 37, "stem": 32, "plexus": 36},
    **{"calcium": 170, "sclera": 50, "vitreous": 10, "lens": 85, "nerve": 36, "blood": 70, "oedema": 19},
}
PD_T2 = {
    **{"air": (0, 0), "skin": (360, 130), "fat": (520, 330), "muscle": (330, 95), "bone": (40, 20)},
    **{"marrow": (330, 210), "dura": (170, 90), "vessel": (90, 40), "csf": (520, 920), "grey": (640, 430)},
    **{"white": (530, 300), "nucleus": (610, 370), "pallidum": (560, 255), "cerebellum": (620, 400)},
    **{"stem": (550, 320), "plexus": (590, 560), "calcium": (330, 230), "sclera": (240, 110)},
    **{"vitreous": (500, 960), "lens": (330, 100), "nerve": (540, 310), "spot": (720, 700)},
}
"""What two echoes make of each tissue: proton density, T2."""
_SCANNER_GAIN = 0.28


class Scan(NamedTuple):
    """One examination: who, when, and the grid. The lowest slice's centre lies at `lowest_mm`; tilted about x."""

    patient_id: str
    date: str
    seed: int
    slices: int
    size_px: int
    spacing_mm: float
    gap_mm: float
    lowest_mm: float
    tilt: float


CT_SCAN = Scan("EXAMPLE-3", "20250411", 3, 29, 256, 0.9, 5.0, -18.0, 0.0)
MR_SCAN = Scan("EXAMPLE-4", "20250506", 8, 21, 160, 1.4, 6.25, -12.0, math.radians(6))
ECHO_TIMES_MS = (14.0, 90.0)
Extra = Callable[[Paint, Plane, Grain], None]


def plane_of(scan: Scan, number: int) -> Plane:
    """Where the pixels of a slice lie, counted from the lowest."""
    along = ((np.arange(scan.size_px) - (scan.size_px - 1) / 2) * scan.spacing_mm).astype(np.float32)
    down, x = np.meshgrid(along, along, indexing="ij")
    height = scan.lowest_mm + number * scan.gap_mm
    y = down * math.cos(scan.tilt) - height * math.sin(scan.tilt)
    return Plane(x, y, down * math.sin(scan.tilt) + height * math.cos(scan.tilt))


def ct_volume() -> Array:
    """(slices, rows, columns), HU, lowest slice first; the noise of a scanner with its smooth grain."""
    values = {tissue: (float(value),) for tissue, value in HU.items()}
    sharp = np.stack([picture[0] for picture in _pictures(CT_SCAN, values, _bleed, _MASS)])
    seen = blur(sharp, (0.65, 0.65))
    noise = smooth_noise(np.random.default_rng(CT_SCAN.seed + 100), seen.shape, (0.7, 0.7))
    return np.clip(np.where(seen > -950, seen + 2.8 * noise, -1000), -1024, 3071)


def mr_volumes() -> Array:
    """(echoes, slices, rows, columns): proton density and T2, unevenly bright as a head coil has it."""
    sharp = np.stack([*_pictures(MR_SCAN, PD_T2, _bright_spots)], axis=1)
    rng = np.random.default_rng(MR_SCAN.seed + 100)
    coil = 1 + 0.06 * smooth_noise(rng, (MR_SCAN.size_px,) * 2, (30.0, 30.0))
    one, other = (1.1 * smooth_noise(rng, sharp.shape, (0.6, 0.6)) for _ in range(2))
    # The magnitude of a complex signal: in air its noise is small but never negative (Gudbjartsson 1995).
    return np.asarray(np.hypot(_SCANNER_GAIN * blur(sharp, (0.55, 0.55)) * coil + one, other))


def _pictures(scan: Scan, values: dict[str, Any], extra: Extra, mass: Mass | None = None) -> Iterator[Array]:
    """(channels, rows, columns) of each slice, lowest first."""
    grain = grains(np.random.default_rng(scan.seed), scan.slices, scan.size_px, scan.spacing_mm, scan.gap_mm)
    for number in range(scan.slices):
        seen = []
        for level in levels(plane_of(scan, number), scan.gap_mm):
            paint = Paint(values, "air", (scan.size_px, scan.size_px))
            paint_head(paint, level, grain[number], mass)
            extra(paint, level, grain[number])
            seen.append(paint.picture)
        yield np.asarray(np.mean(seen, axis=0))


def _bleed(paint: Paint, at: Plane, grain: Grain) -> None:
    clot = ellipsoid(at, BLEED, (12.5, 20, 15))
    if clot.size > 1:
        clot = clot + 1.6 * grain.folds
        paint.add("oedema", clot - 4, 4, 0.9)
        paint.add("blood", clot, 3)


def _bright_spots(paint: Paint, at: Plane, grain: Grain) -> None:
    for centre, radius in _SPOTS:
        paint.add("spot", ellipsoid(at, centre, (radius, radius * 1.3, radius * 1.2)), 2.5, 0.9)


# ------------------------------------------------------------------ DICOM


def ct_files() -> dict[Path, Dataset]:
    """Every file of the CT: the slices and a scout from the side."""
    volume, scan = np.rint(ct_volume()).astype(np.int16), CT_SCAN
    mixed = np.random.default_rng(scan.seed).permutation(scan.slices)
    slices = [
        _file(scan, _CT | _place(scan, number) | _instance(scan, 2, int(mixed[number]) + 1), volume[number] + 1024)
        for number in range(scan.slices)
    ]
    return _named(CT, [*slices, _file(scan, _CT | _SCOUT | _instance(scan, 1, 1), _side_view(volume) + 1024)])


def mr_files() -> dict[Path, Dataset]:
    """Every file of the MR: each slice twice, once an echo, in one series."""
    volumes, scan = np.rint(mr_volumes()).astype(np.int16), MR_SCAN
    mixed = np.random.default_rng(scan.seed).permutation(2 * scan.slices)
    made = []
    for index in range(2 * scan.slices):
        number, echo = divmod(index, 2)
        tags = {"EchoTime": ECHO_TIMES_MS[echo], "EchoNumbers": echo + 1, "WindowCenter": 105 + 25 * echo}
        tags |= _place(scan, number) | _instance(scan, 1, int(mixed[index]) + 1)
        made.append(_file(scan, _MR | tags, volumes[echo, number]))
    return _named(MR, made)


_CT: dict[str, Any] = {
    "SOPClassUID": CTImageStorage,
    "Modality": "CT",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "SeriesDescription": "Head without contrast",
    "BodyPartExamined": "HEAD",
    "PatientPosition": "HFS",
    "KVP": 120,
    "RescaleIntercept": -1024,
    "RescaleSlope": 1,
    "RescaleType": "HU",
    "WindowCenter": 40,
    "WindowWidth": 80,
}
_SCOUT: dict[str, Any] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"],
    "SeriesDescription": "Scout",
    "ImagePositionPatient": [0, -114.75, 124],
    "ImageOrientationPatient": [0, 1, 0, 0, 0, -1],
    "PixelSpacing": [1, 0.9],
    "SliceThickness": 230,
    "WindowCenter": 150,
    "WindowWidth": 900,
}
_MR: dict[str, Any] = {
    "SOPClassUID": MRImageStorage,
    "Modality": "MR",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "SE"],
    "SeriesDescription": "PD and T2 axial",
    "BodyPartExamined": "BRAIN",
    "PatientPosition": "HFS",
    "ScanningSequence": "SE",
    "SequenceVariant": "SK",
    "ScanOptions": "",
    "MRAcquisitionType": "2D",
    "RepetitionTime": 3000,
    "EchoTrainLength": 2,
    "MagneticFieldStrength": 1.5,
    "WindowWidth": 240,
}


def _place(scan: Scan, number: int) -> dict[str, Any]:
    """Where a slice lies (PS3.3 C.7.6.2)."""
    first = [float(axis[0, 0]) for axis in plane_of(scan, number)]
    return {
        "ImagePositionPatient": [round(value, 4) for value in first],
        "ImageOrientationPatient": [1, 0, 0, 0, round(math.cos(scan.tilt), 7), round(math.sin(scan.tilt), 7)],
        "PixelSpacing": [scan.spacing_mm, scan.spacing_mm],
        "SliceThickness": scan.gap_mm,
    }


def _instance(scan: Scan, series: int, number: int) -> dict[str, Any]:
    return {
        "SeriesNumber": series,
        "SeriesInstanceUID": uid_of(scan.patient_id, "series", series),
        "InstanceNumber": number,
        "AcquisitionNumber": 1,
        "SOPInstanceUID": uid_of(scan.patient_id, "series", series, "instance", number),
    }


def _file(scan: Scan, tags: dict[str, Any], pixels: np.ndarray[Any, Any]) -> Dataset:
    """One image, 12 bits in 16, compressed without loss."""
    matrix = {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        **{"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0},
        "PixelData": np.clip(pixels, 0, 4095).astype("<u2").tobytes(),
        "LossyImageCompression": "00",
    }
    region = tags["BodyPartExamined"].capitalize()
    made = dataset_of(patient_tags(scan.patient_id, scan.date, region) | tags | matrix, ExplicitVRLittleEndian)
    made.compress(JPEGLSLossless, encoding_plugin="pyjpegls", generate_instance_uid=False)
    return made


def _side_view(volume: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The head seen from its right side, a row a millimetre, the vertex at the top; bright = dense."""
    through = np.clip(volume + 1000, 0, 2100).mean(axis=2)
    heights = np.arange(124, -19, -1)
    known = CT_SCAN.lowest_mm + CT_SCAN.gap_mm * np.arange(CT_SCAN.slices)
    rows = [[np.interp(heights, known, column)] for column in through.T]
    return np.asarray(np.rint(np.concatenate(rows).T - 400), np.int16)


def _named(folder: Path, files: list[Dataset]) -> dict[Path, Dataset]:
    return {folder / f"{uid_of(file.SOPInstanceUID)[-8:]}.dcm": file for file in files}


def draw() -> None:
    """Write every file of the two cases."""
    for path, text in NOTES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path, file in (ct_files() | mr_files()).items():
        file.save_as(path, enforce_file_format=True)


if __name__ == "__main__":
    draw()
