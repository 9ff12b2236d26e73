"""The header of a DICOM file as plain values: what crosses from the process that decodes to all others.

Only what is asked about crosses: no private tags, no comments, no names but the patient's own, for intake to compare.
Within that process too it is what is asked: a plain value is read a hundred times faster than pydicom's.
"""

from collections.abc import Callable
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import RawDataElement

from prelim.imaging.cells import MARK_KEYWORDS
from prelim.imaging.dicom import DAMAGE, MAX_FILE_BYTES, read
from prelim.imaging.mosaic import MOSAIC, mosaic_of
from prelim.imaging.plain import plain_slice
from prelim.imaging.tags import Header, integer, text, texts

_DEPTH = 6
_TEXT_CHARS, _VALUES, _ITEMS = 1024, 64, 20_000
KEYWORDS = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "InstanceNumber"),
    *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "StudyTime", "StudyDescription"),
    *("SeriesDescription", "ProtocolName", "Manufacturer", "Modality", "BodyPartExamined", "ViewPosition"),
    *("ViewCodeSequence", "Laterality", "ImageLaterality", "PatientOrientation", "InConcatenationNumber"),
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PixelRepresentation"),
    *("BitsAllocated", "BitsStored", "RescaleSlope", "RescaleIntercept", "PixelPaddingValue", "PixelPaddingRangeLimit"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ImagerPixelSpacing"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *MARK_KEYWORDS,
)
_KEYWORDS = {tag: keyword for keyword in KEYWORDS if (tag := tag_for_keyword(keyword)) is not None}
_TAGS = frozenset(_KEYWORDS)
_VRS = {tag: dictionary_VR(tag) for tag in _TAGS}
_NOT_PLAIN = frozenset((0x00283000, 0x00281201, 0x00281221))
"""Look-up tables, which need pydicom."""
_PLAIN = frozenset(("CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UI"))
"""Representations whose bytes, where they are ASCII, are the text."""
_BLANKED = dict.fromkeys([*range(32), *range(127, 160), *range(0xD800, 0xE000)], " ")
"""What moves a terminal's cursor, or is no text at all, is in no header."""
_OVERLAYS = range(0x6000, 0x6020, 2)


class Opened:
    """A file in the process that decodes it: what its header says, and pydicom's dataset, read where it is needed.

    `pixels` are those of a slice that lies as it is (prelim/imaging/plain.py), None for any other file.
    """

    def __init__(self, header: Header, read_dataset: Callable[[], Dataset], pixels: bytes | None = None) -> None:
        self.header, self.pixels, self._read = header, pixels, read_dataset

    @cached_property
    def dataset(self) -> Dataset:
        """InputError as `read`."""
        return self._read()


def opened(path: Path, name: str) -> Opened:
    """InputError as `read`."""
    plain = _plain(path)
    if plain:
        return Opened(plain[0], lambda: read(path, name), plain[1])
    dataset = read(path, name)
    return Opened(header_of(dataset), lambda: dataset)


def _plain(path: Path) -> tuple[Header, bytes] | None:
    """Header and pixels of one grey frame that lies as it is, of 8 or 16 bits; None where anything is else."""
    if not 0 < path.stat().st_size <= MAX_FILE_BYTES:
        return None
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        found = plain_slice(data, _TAGS)
    if found is None or found.tags & _NOT_PLAIN or any(tag >> 16 in _OVERLAYS for tag in found.tags):
        return None
    stated = {_KEYWORDS[tag]: _quick(vr or _VRS[tag], value, True) for tag, (vr, value) in found.elements.items()}
    header: Header = {keyword: given for keyword, given in stated.items() if given is not None}
    size = [integer(header, keyword, 1) for keyword in ("NumberOfFrames", "SamplesPerPixel")]
    if len(header) < len(stated) or size != [1, 1] or integer(header, "BitsAllocated", 0) not in (8, 16):
        return None
    bytes_needed = integer(header, "Rows", 0) * integer(header, "Columns", 0) * integer(header, "BitsAllocated", 0) // 8
    grey = text(header, "PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2")
    whole = 0 < bytes_needed <= len(found.pixels)
    return (header, found.pixels) if grey and whole and "MOSAIC" not in header.get("ImageType", ()) else None


def header_of(dataset: Dataset) -> Header:
    """The tags in KEYWORDS as text; a tag that cannot be read is left out, as one that is not there."""
    there = dataset.keys()
    header: Header = {_KEYWORDS[tag]: _stated(dataset, tag) for tag in sorted(_KEYWORDS.keys() & there)}
    if any(tag & 0xFFFF == 0x3000 and tag >> 16 in _OVERLAYS for tag in there):
        header["OverlayData"] = ["present"]
    layout = _mosaic(dataset)
    return {**header, MOSAIC: [layout]} if layout else header


def _mosaic(dataset: Dataset) -> Header | None:
    """A mosaic whose private header is damaged is one that says nothing: it is shown whole, and named so."""
    try:
        return mosaic_of(dataset)
    except ValueError:
        return None


def _stated(dataset: Dataset, tag: int, depth: int = _DEPTH) -> list[Any]:
    try:
        raw = dataset.get_item(tag)
        quick = _quick(raw.VR, raw.value, raw.is_little_endian) if isinstance(raw, RawDataElement) else None
        if quick is not None:
            return quick
        element = dataset[tag]
    except DAMAGE:
        return []
    if isinstance(element.value, bytes):
        return []
    if element.VR == "SQ":
        return [_item(item, depth - 1) for item in element.value[:_ITEMS]] if depth else []
    return [given[:_TEXT_CHARS].translate(_BLANKED).strip() for given in texts(element.value)[:_VALUES]]


def _quick(vr: str | None, value: bytes | None, little: bool) -> list[str] | None:
    """A plain value as pydicom reads it, in a tenth of the time; None for what is not plain."""
    if value and len(value) == 2 and vr in ("US", "SS"):
        return [str(int.from_bytes(value, "little" if little else "big", signed=vr == "SS"))]
    if vr not in _PLAIN or value is None or not value.isascii() or b"\x1b" in value:
        return None  # an escape begins another character set in ASCII's own bytes
    whole = value.decode().rstrip("\0 ")
    whole = whole if whole.isprintable() else whole.translate(_BLANKED)
    return [part.strip()[:_TEXT_CHARS] for part in whole.split("\\")[:_VALUES]] if whole else []


def _item(item: Dataset, depth: int) -> Header:
    """Every public element of an item that can be read and is not bytes."""
    tags = item.keys()
    known = ((keyword_for_tag(tag), tag) for tag in tags)
    return {keyword: stated for keyword, tag in known if keyword and (stated := _stated(item, tag, depth))}
