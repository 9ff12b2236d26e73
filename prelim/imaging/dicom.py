"""DICOM files: found by content, bounded before anything is decoded, every fault by name.

Limits follow DCMTK's and common viewers' practice: a header may claim any size, so it is checked first.
"""

import io
import struct
import warnings
import zlib

import pydicom
import pydicom.config
from pydicom import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from prelim.errors import InputError
from prelim.imaging.tags import integer, text, value

DRAWN_PHANTOM = "Prelim drawn phantom"
"""The Manufacturer that the drawing code writes: the embedded model reads these and no other images."""
MAX_FILE_BYTES = 512 * 2**20
MAX_INFLATED_RATIO = 200
MAX_DECODED_BYTES = 2 * 2**30
MAX_EDGE_PX = 16384
MAX_FRAMES = 10_000
DAMAGE = (
    InvalidDicomError,
    BytesLengthException,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
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
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe")
_DEFLATED = b"1.2.840.10008.1.2.1.99"
# Oddities of value representations are common and harmless; what matters is checked below.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def is_dicom(data: bytes) -> bool:
    """Whether bytes are DICOM: the mark at 128, or a headerless dataset that begins with group 0008 (or 0002)."""
    return data[128:132] == b"DICM" or (
        data[:2] in (b"\x08\x00", b"\x02\x00") and data[3:4] == b"\x00" and len(data) > 132
    )


def read_header(data: bytes, name: str) -> Dataset:
    """The dataset without its pixels. InputError as `read` says."""
    return _read(data, name, stop_before_pixels=True)


def read(data: bytes, name: str) -> Dataset:
    """The whole dataset. InputError too_large, truncated, not_dicom, unsupported."""
    return _read(data, name, stop_before_pixels=False)


def _read(data: bytes, name: str, stop_before_pixels: bool) -> Dataset:
    if len(data) > MAX_FILE_BYTES:
        raise InputError("too_large", f"{name} is larger than 512 MB.", "Split it.", name)
    if data.startswith(_PROGRAMS):
        raise InputError("unsupported", f"{name} is a program as well as DICOM.", "Do not open it elsewhere.", name)
    try:
        _check_inflated(data, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=stop_before_pixels)
            _complete_syntax(dataset)
            known = any(keyword in dataset for keyword in ("SOPClassUID", "Rows", "DirectoryRecordSequence"))
    except DAMAGE as error:
        raise _damaged(name) from error
    if not known and data[128:132] == b"DICM":
        raise _damaged(name)
    if not known:
        raise InputError("not_dicom", f"{name} is not a DICOM file.", "Export it again.", name)
    return dataset


def _damaged(name: str) -> InputError:
    return InputError("truncated", f"{name} is a damaged or truncated DICOM file.", "Export it again.", name)


def _complete_syntax(dataset: Dataset) -> None:
    """A headerless file states no transfer syntax: the one it was read with."""
    if getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None) is None:
        dataset.ensure_file_meta()
        implicit = dataset.original_encoding[0]
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _check_inflated(data: bytes, name: str) -> None:
    """pydicom inflates without a bound (1 MB became 2.1 GB): a deflated file is measured first."""
    begin = 144 + int.from_bytes(data[140:144], "little")
    if _DEFLATED in data[132:begin]:
        most = min(MAX_FILE_BYTES, max(MAX_INFLATED_RATIO * len(data), 2**20))
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        engine.decompress(data[begin:], most)
        if engine.unconsumed_tail:
            raise InputError("too_large", f"{name} inflates to more than {most} bytes.", "Split it.", name)


def check_size(dataset: Dataset, name: str) -> None:
    """Refuse what has no image, or claims one that cannot be.

    InputError no_pixels, too_large, truncated, unsupported.
    """
    if "Rows" not in dataset or "Columns" not in dataset:
        raise InputError("no_pixels", f"{name} holds no image.", "Leave it out.", name)
    rows, columns, frames = (integer(dataset, key, 0) for key in ("Rows", "Columns", "NumberOfFrames"))
    if min(rows, columns) < 1 or frames < 0:
        raise InputError("no_pixels", f"{name} holds an image of {rows}×{columns} pixels.", "Export it again.", name)
    samples, bits = integer(dataset, "SamplesPerPixel", 1), integer(dataset, "BitsAllocated", 16)
    decoded = rows * columns * max(1, frames) * max(1, samples) * max(1, bits // 8)
    if max(rows, columns) > MAX_EDGE_PX or frames > MAX_FRAMES or decoded > MAX_DECODED_BYTES:
        raise InputError("too_large", f"{name} claims {rows}×{columns}×{max(1, frames)} pixels.", "Split it.", name)
    compressed = _encapsulated(dataset, name)
    stored = next((value(dataset, keyword) for keyword in _PIXELS if keyword in dataset), None)
    # Two pixels of subsampled colour share their colour: four bytes for what decodes to six.
    shared = text(dataset, "PhotometricInterpretation") == "YBR_FULL_422"
    whole = bits < 8 or compressed or len(stored or b"") >= (decoded * 2 // 3 if shared else decoded)
    if not stored or not whole:
        raise InputError("truncated", f"{name} ends before its pixels do.", "Export it again.", name)


def _encapsulated(dataset: Dataset, name: str) -> bool:
    """Whether the pixels are compressed. InputError unsupported for a transfer syntax that nobody knows."""
    try:
        return bool(dataset.file_meta.TransferSyntaxUID.is_encapsulated)
    except (ValueError, AttributeError) as error:  # several values in one tag have no such property
        raise InputError("unsupported", f"{name} has an unknown transfer syntax.", "Export it again.", name) from error
