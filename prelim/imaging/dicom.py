"""DICOM files: found by content, bounded before anything is decoded, every fault by name.

Limits follow DCMTK's and common viewers' practice: a header may claim any size, so it is checked first.
"""

import io
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt
import pydicom
import pydicom.config
from pydicom import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from prelim.errors import InputError

DRAWN_PHANTOM = "Prelim drawn phantom"
"""The Manufacturer that the drawing code writes: the embedded model reads these and no other images."""
MAX_FILE_BYTES = 512 * 2**20
MAX_DECODED_BYTES = 2 * 2**30
MAX_EDGE_PX = 16384
MAX_FRAMES = 10_000
_UNREADABLE = (
    InvalidDicomError,
    BytesLengthException,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom and its decoders raise on damaged input."""
Pixels = npt.NDArray[np.generic]
# Oddities of value representations are common and harmless; what matters is checked below.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def is_dicom(data: bytes) -> bool:
    """Whether bytes are DICOM: the mark at 128, or a headerless dataset that begins with group 0008 (or 0002)."""
    return data[128:132] == b"DICM" or (
        data[:2] in (b"\x08\x00", b"\x02\x00") and data[3:4] == b"\x00" and len(data) > 132
    )


def read_header(data: bytes, name: str) -> Dataset:
    """The dataset without its pixels."""
    return _read(data, name, stop_before_pixels=True)


def read(data: bytes, name: str) -> Dataset:
    """The whole dataset. InputError too_large, truncated, not_dicom."""
    return _read(data, name, stop_before_pixels=False)


def _read(data: bytes, name: str, stop_before_pixels: bool) -> Dataset:
    if len(data) > MAX_FILE_BYTES:
        raise InputError("too_large", f"{name} is larger than 512 MB.", "Split it.", name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=stop_before_pixels)
            syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
            if syntax is None:
                dataset.ensure_file_meta()
                plain = ImplicitVRLittleEndian if dataset.original_encoding[0] else ExplicitVRLittleEndian
                dataset.file_meta.TransferSyntaxUID = plain
    except _UNREADABLE as error:
        raise InputError(
            "truncated", f"{name} is a damaged or truncated DICOM file.", "Export it again.", name
        ) from error
    if "SOPClassUID" not in dataset and "Rows" not in dataset:
        raise InputError("not_dicom", f"{name} is not a DICOM file.", "Export it again.", name)
    return dataset


def check_size(dataset: Dataset, name: str) -> None:
    """Refuse what has no image, or claims one that cannot be."""
    rows, columns, frames = (_integer(dataset, key, 0) for key in ("Rows", "Columns", "NumberOfFrames"))
    if "Rows" not in dataset or "Columns" not in dataset:
        raise InputError("no_pixels", f"{name} holds no image.", "Leave it out.", name)
    if min(rows, columns) < 1 or frames < 0:
        raise InputError("no_pixels", f"{name} holds an image of {rows}×{columns} pixels.", "Export it again.", name)
    samples, bits = _integer(dataset, "SamplesPerPixel", 1), _integer(dataset, "BitsAllocated", 16)
    decoded = rows * columns * max(1, frames) * samples * max(1, bits // 8)
    if max(rows, columns) > MAX_EDGE_PX or frames > MAX_FRAMES or decoded > MAX_DECODED_BYTES:
        raise InputError("too_large", f"{name} claims {rows}×{columns}×{max(1, frames)} pixels.", "Split it.", name)
    encapsulated = dataset.file_meta.TransferSyntaxUID.is_encapsulated
    if "PixelData" in dataset and not encapsulated and bits >= 8 and len(dataset.PixelData) < decoded:
        raise InputError("truncated", f"{name} ends in the middle of its pixels.", "Export it again.", name)


def _integer(dataset: Dataset, keyword: str, default: int) -> int:
    value = dataset.get(keyword)
    try:
        return default if value in (None, "") else int(value)
    except (TypeError, ValueError):
        return default


def frames_of(dataset: Dataset, name: str) -> Pixels:
    """All frames as stored values after the modality LUT (HU for CT): (frames, rows, columns[, 3]).

    Colour is RGB, palettes are applied. InputError cannot_decode.
    """
    check_size(dataset, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # padding and excess bytes
            stored = pixel_array(dataset)
            if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
                colour = apply_color_lut(stored, dataset)
                stored = (colour >> 8).astype(np.uint8) if colour.dtype == np.uint16 else colour
            elif _integer(dataset, "SamplesPerPixel", 1) == 1:
                stored = apply_modality_lut(stored, dataset)
    except (*_UNREADABLE, MemoryError) as error:
        syntax = dataset.file_meta.TransferSyntaxUID.name
        raise InputError(
            "cannot_decode", f"{name} cannot be decoded ({syntax}).", "Export it uncompressed.", name
        ) from error
    in_colour = _integer(dataset, "SamplesPerPixel", 1) == 3 or (stored.ndim > 2 and stored.shape[-1] == 3)
    return stored[None] if stored.ndim == (3 if in_colour else 2) else stored


def window_of(dataset: Dataset, frame: Pixels) -> tuple[Pixels, float, float]:
    """The frame after its VOI LUT (if it has one), and the values to show as black and white.

    A window as DICOM PS3.3 C.11.2.1.2 defines it; without one, all but the outermost thousandth of the values.
    """
    if "VOILUTSequence" in dataset and len(dataset.VOILUTSequence):
        shown = apply_voi_lut(frame, dataset, prefer_lut=True)
        return shown, float(shown.min()), float(shown.max())
    centre, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    if centre is not None and width is not None and width > 1:
        low = centre - 0.5 - (width - 1) / 2
        return frame, low, low + width - 1
    low, high = np.percentile(frame.astype(np.float64), (0.1, 99.9))
    return frame, float(low), float(high)


def _first(dataset: Dataset, keyword: str) -> float | None:
    value = dataset.get(keyword)
    if value in (None, ""):
        return None
    try:
        return float(value[0]) if hasattr(value, "__len__") and not isinstance(value, str) else float(value)
    except (TypeError, ValueError, IndexError):
        return None
