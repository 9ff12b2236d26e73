"""DICOM files: found by content, bounded before anything is decoded, every fault by name.

Limits follow DCMTK's and common viewers' practice: a header may claim any size, so it is checked first.
"""

import struct
import warnings
import zlib
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, cast

import pydicom
import pydicom.config
from pydicom import DataElement, Dataset
from pydicom.dataelem import RawDataElement
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import _read_file_meta_info, read_partial, read_preamble
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from prelim.errors import InputError
from prelim.imaging.tags import Tags, integer, text, value

DRAWN_PHANTOM = "Prelim drawn phantom"
"""The Manufacturer that the drawing code writes: the embedded model reads these and no other images."""
MAX_FILE_BYTES = 512 * 2**20
MAX_INFLATED_RATIO = 200
MAX_DECODED_BYTES = 2 * 2**30
MAX_EDGE_PX = 16384
MAX_FRAMES = 10_000
MAX_NESTING = 64
MAX_ELEMENTS = 100_000
SLIDE_SOP_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""VL Whole Slide Microscopy Image Storage. Segmentations and annotations of slides have classes of their own."""
HEAD_BYTES = 132
"""As many first bytes tell whether a file is DICOM."""
DAMAGE = (
    InvalidDicomError,
    BytesLengthException,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom and its decoders raise on damaged input."""
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_ENDLESS = 0xFFFFFFFF
_DEFLATED = str(DeflatedExplicitVRLittleEndian).encode()
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
# Oddities of value representations are common and harmless; what matters is checked below.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def is_dicom(head: bytes) -> bool:
    """Whether a file's first bytes are DICOM's: the mark at 128, or a headerless dataset of group 0008 (or 0002)."""
    return head[128:132] == b"DICM" or (
        head[:2] in (b"\x08\x00", b"\x02\x00") and head[3:4] == b"\x00" and len(head) >= HEAD_BYTES
    )


def read(path: Path, name: str, pixels: bool = True) -> Dataset:
    """The dataset, or what stands before its pixels; of a slide larger than other files may be, always that.

    InputError too_large, truncated, not_dicom, unsupported, too_deep, too_many_elements.
    """
    large = path.stat().st_size > MAX_FILE_BYTES
    try:
        # A mapping reads no further than there is; of a file, the 4 GB that an element claims would be allocated.
        with path.open("rb") as opened, mmap(opened.fileno(), _mapped_bytes(path), access=ACCESS_READ) as mapped:
            _check_beginning(mapped, name)
            dataset = _parsed(cast("BinaryIO", mapped), name, pixels and not large)
        known = any(keyword in dataset for keyword in ("SOPClassUID", "Rows", "DirectoryRecordSequence"))
    except RecursionError as error:
        raise _too_deep(name) from error
    except DAMAGE as error:
        raise _damaged(name) from error
    if not known:
        if dataset.preamble:
            raise _damaged(name)
        raise InputError("not_dicom", f"{name} is not a DICOM file.", "Export it again.", name)
    if large and text(dataset, "SOPClassUID") != SLIDE_SOP_CLASS:
        raise InputError("too_large", f"{name} is larger than 512 MB.", "Split it.", name)
    return dataset


def _mapped_bytes(path: Path) -> int:
    """0 for all of a file; of a large one the first part, in which a slide's header lies."""
    return MAX_FILE_BYTES if path.stat().st_size > MAX_FILE_BYTES else 0


def _parsed(file: BinaryIO, name: str, pixels: bool) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset: Dataset = read_partial(file, stop_when=_counted(name, pixels), force=True)
    _check_nesting(dataset, name)
    if getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None) is None:
        # A headerless file states no transfer syntax: the one it was read with.
        dataset.ensure_file_meta()
        implicit = dataset.original_encoding[0]
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    return dataset


def _counted(name: str, pixels: bool) -> Callable[[Any, str | None, int], bool]:
    """Where to stop reading: at the pixels, if they are not wanted. Too many elements are refused on the way."""
    seen = 0

    def stop(tag: int, vr: str | None, length: int) -> bool:
        nonlocal seen
        seen += 1
        if seen > MAX_ELEMENTS:
            raise _too_many(name)
        return not pixels and tag in _PIXEL_TAGS

    return stop


def _check_nesting(dataset: Dataset, name: str) -> None:
    """Of what was read while the file was: sequences without a length. The others are read when asked for."""
    seen, level = 0, [dataset]
    for _ in range(MAX_NESTING):
        within = []
        for outer in level:
            parsed = [element for element in outer._dict.values() if isinstance(element, DataElement)]
            within += [item for element in parsed if element.VR == "SQ" for item in element.value]
            seen += len(outer._dict)
            if seen > MAX_ELEMENTS:
                raise _too_many(name)
        level = within
        if not level:
            return
    raise _too_deep(name)


def _damaged(name: str) -> InputError:
    return InputError("truncated", f"{name} is a damaged or truncated DICOM file.", "Export it again.", name)


def _too_deep(name: str) -> InputError:
    message = f"{name} nests sequences more than {MAX_NESTING} deep."
    return InputError("too_deep", message, "Export it again.", name)


def _too_many(name: str) -> InputError:
    message = f"{name} holds more than {MAX_ELEMENTS} elements."
    return InputError("too_many_elements", message, "Export it again.", name)


def _check_beginning(file: mmap, name: str) -> None:
    """A preamble that begins as another kind of file does, TIFF apart, makes a program or page of an image.

    pydicom inflates without a bound (1 MB became 2.1 GB): a deflated file is measured first. pydicom itself says
    whether it is one and where it begins, for it does not go by the length that the meta group states; it is asked
    only of files in which the name of that syntax stands.
    """
    head = file.read(HEAD_BYTES)
    if head[128:132] == b"DICM" and any(head[:4]) and not head.startswith(_TIFF):
        raise InputError("unsupported", f"{name} is another kind of file as well as DICOM.", "Do not open it.", name)
    file.seek(0)
    if file.find(_DEFLATED) < 0:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = cast("BinaryIO", file)
        read_preamble(opened, force=True)
        meta = _read_file_meta_info(opened)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        data = file.read(MAX_FILE_BYTES)
        most = min(MAX_FILE_BYTES, max(MAX_INFLATED_RATIO * len(data), 2**20))
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        engine.decompress(data, most)
        if engine.unconsumed_tail:
            raise InputError("too_large", f"{name} inflates to more than {most} bytes.", "Split it.", name)
    file.seek(0)


# ------------------------------------------------------------------ what the header claims


def check_size(tags: Tags, name: str) -> None:
    """Refuse what has no image, or claims one that cannot be. InputError no_pixels, too_large."""
    if "Rows" not in tags or "Columns" not in tags:
        message = f"{name} holds no image, or ends before it."
        raise InputError("no_pixels", message, "Export it again, or leave it out.", name)
    rows, columns, frames = (integer(tags, key, 0) for key in ("Rows", "Columns", "NumberOfFrames"))
    if min(rows, columns) < 1 or frames < 0:
        raise InputError("no_pixels", f"{name} holds an image of {rows}×{columns} pixels.", "Export it again.", name)
    if max(rows, columns) > MAX_EDGE_PX or frames > MAX_FRAMES or _decoded_bytes(tags) > MAX_DECODED_BYTES:
        raise InputError("too_large", f"{name} claims {rows}×{columns}×{max(1, frames)} pixels.", "Split it.", name)


def check_whole(dataset: Dataset, keyword: str, name: str) -> None:
    """Refuse a file that ends within this element, or whose element cannot be read. InputError truncated."""
    try:
        raw = dataset.get_item(keyword)
        cut = isinstance(raw, RawDataElement) and raw.length != _ENDLESS and len(raw.value or b"") < raw.length
        dataset[keyword]
    except DAMAGE as error:
        raise _damaged(name) from error
    if cut:
        raise _damaged(name)


def check_pixels(dataset: Dataset, tags: Tags, name: str) -> None:
    """Refuse pixels that end before the header says. InputError truncated, unsupported."""
    stored = next((value(dataset, keyword) for keyword in PIXELS if keyword in dataset), None)
    decoded = _decoded_bytes(tags)
    # Two pixels of subsampled colour share their colour: four bytes for what decodes to six.
    shared = text(tags, "PhotometricInterpretation") == "YBR_FULL_422"
    compressed, bits = _encapsulated(dataset, name), integer(tags, "BitsAllocated", 16)
    whole = bits < 8 or compressed or len(stored or b"") >= (decoded * 2 // 3 if shared else decoded)
    if not stored or not whole:
        raise InputError("truncated", f"{name} ends before its pixels do.", "Export it again.", name)


def _decoded_bytes(tags: Tags) -> int:
    """In Python's integers, which do not overflow."""
    rows, columns, frames = (max(1, integer(tags, key, 1)) for key in ("Rows", "Columns", "NumberOfFrames"))
    samples, bits = integer(tags, "SamplesPerPixel", 1), integer(tags, "BitsAllocated", 16)
    return rows * columns * frames * max(1, samples) * max(1, bits // 8)


def _encapsulated(dataset: Dataset, name: str) -> bool:
    """Whether the pixels are compressed. InputError unsupported for a transfer syntax that nobody knows."""
    try:
        return bool(dataset.file_meta.TransferSyntaxUID.is_encapsulated)
    except (ValueError, AttributeError) as error:  # several values in one tag have no such property
        raise InputError("unsupported", f"{name} has an unknown transfer syntax.", "Export it again.", name) from error
