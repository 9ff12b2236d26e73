"""Which files are whole-slide images, told from their headers alone.

A TIFF is one where its pixels lie in tiles and it is a pyramid, very large, or a slide scanner's own; Hamamatsu's NDPI
is one by its private tag. Anything else that begins as a TIFF is a picture. DICOM tells by its SOP class.
Sources: TIFF 6.0 (Adobe, 1992), its BigTIFF extension, and DICOM PS3.4 B.5.
"""

import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pydicom

from prelim.errors import InputError
from prelim.imaging.dicom import DAMAGE, SLIDE_SOP_CLASS, is_dicom
from prelim.imaging.tags import text

_WIDTH, _HEIGHT, _DESCRIPTION, _TILE_WIDTH, _TILE_BYTES, _SUBDIRECTORIES, _NDPI = 256, 257, 270, 322, 325, 330, 65420
_SCANNERS = (b"Aperio", b"SCANSCOPE", b"leica-microsystems.com/scn", b"VENTANA", b"iScan", b"PHILIPS", b"Philips")
_LARGE_PX = 8192
"""A tiled TIFF larger than this is no photograph."""
_DESCRIBED_BYTES, _MAX_DIRECTORIES, _MAX_ENTRIES = 4096, 64, 4096


class _Layout(NamedTuple):
    """How a TIFF's directories are written: the byte order with the size of a count, an entry and an offset."""

    order: str
    number: str
    entry: str
    offset: str


_LAYOUTS = {
    b"II*\x00": _Layout("<", "H", "HHI4s", "I"),
    b"MM\x00*": _Layout(">", "H", "HHI4s", "I"),
    b"II+\x00": _Layout("<", "Q", "HHQ8s", "Q"),
    b"MM\x00+": _Layout(">", "Q", "HHQ8s", "Q"),
}
_Entries = dict[int, tuple[int, int, bytes]]
_DAMAGE = (struct.error, OSError, OverflowError, ValueError, MemoryError)
"""Directories that end too early, or lie where no file has a place."""
_NUMBERS = {3: "H", 4: "I", 16: "Q"}


def is_slide(path: Path) -> bool:
    """Whether a file is a whole-slide image, or part of one. Reads headers only; a damaged one is not a slide."""
    with path.open("rb") as file:
        head = file.read(132)
        if head[:4] in _LAYOUTS:
            return _is_slide_tiff(file, _LAYOUTS[head[:4]])
    return is_dicom(head.ljust(133, b"\0")) and _sop_class(path) == SLIDE_SOP_CLASS


def is_tiff(path: Path) -> bool:
    """Whether a file begins as a TIFF does."""
    with path.open("rb") as file:
        return file.read(4) in _LAYOUTS


def check_tiles(path: Path, name: str) -> None:
    """InputError truncated where a tile of a TIFF is said to be larger than its file.

    OpenSlide asks for that much memory first, and where it gets none it ends the process. What else is damaged it
    tells itself.
    """
    with path.open("rb") as file:
        layout = _LAYOUTS.get(file.read(4))
        if layout and _largest_tile(file, layout) > path.stat().st_size:
            said = f"{name} is a damaged or truncated image."
            raise InputError("truncated", said, "Export it again.", name)


def _sop_class(path: Path) -> str:
    """The SOP class of a DICOM file, empty where it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pydicom.dcmread(path, force=True, stop_before_pixels=True, specific_tags=["SOPClassUID"])
            return text(found, "SOPClassUID")
    except DAMAGE:
        return ""


def _is_slide_tiff(file: BinaryIO, layout: _Layout) -> bool:
    try:
        directories = list(_directories(file, layout))
        tiled = [entries for entries in directories if _TILE_WIDTH in entries]
        if directories and _NDPI in directories[0]:
            return True
        if not tiled or _TILE_WIDTH not in directories[0]:
            return False
        first = directories[0]
        size = max(_number(first, _WIDTH, layout), _number(first, _HEIGHT, layout))
        pyramid = len(tiled) > 1 or _SUBDIRECTORIES in first
        return pyramid or size > _LARGE_PX or any(word in _described(file, first, layout) for word in _SCANNERS)
    except _DAMAGE:
        return False


def _directories(file: BinaryIO, layout: _Layout) -> Iterator[_Entries]:
    """Each directory's entries: tag → (type, count, value or offset). They end where a chain is too long or a loop."""
    first = _first_ndpi(file, layout)
    if first:
        yield first
        return
    seen: set[int] = set()
    place = _unpacked(file, 4 if layout.offset == "I" else 8, layout.order + layout.offset)[0]
    while place and place not in seen and len(seen) < _MAX_DIRECTORIES:
        seen.add(place)
        entries, place = _directory(file, place, layout)
        yield entries


def _first_ndpi(file: BinaryIO, layout: _Layout) -> _Entries:
    """The first directory of an NDPI, none for anything else: a classic TIFF whose places take eight bytes."""
    if layout.offset == "I":
        try:
            entries, _ = _directory(file, _unpacked(file, 4, layout.order + "Q")[0], layout)
        except _DAMAGE:
            return {}
        return entries if _NDPI in entries else {}
    return {}


def _directory(file: BinaryIO, place: int, layout: _Layout) -> tuple[_Entries, int]:
    """The entries of the directory at a place, and the place of the next, 0 after the last or too many."""
    count = _unpacked(file, place, layout.order + layout.number)[0]
    if count > _MAX_ENTRIES:
        return {}, 0
    begin, size = place + struct.calcsize("=" + layout.number), struct.calcsize("=" + layout.entry)
    entries = [_unpacked(file, begin + at * size, layout.order + layout.entry) for at in range(count)]
    after = _unpacked(file, begin + count * size, layout.order + layout.offset)[0]
    return {tag: (kind, number, value) for tag, kind, number, value in entries}, after


def _unpacked(file: BinaryIO, place: int, form: str) -> tuple[Any, ...]:
    file.seek(place)
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _number(entries: _Entries, tag: int, layout: _Layout) -> int:
    """A tag's one whole number, 0 where there is none."""
    kind, _, value = entries.get(tag, (0, 0, b""))
    form = layout.order + _NUMBERS.get(kind, "")
    return struct.unpack_from(form, value)[0] if kind in _NUMBERS else 0


def _largest_tile(file: BinaryIO, layout: _Layout) -> int:
    """The bytes of the largest tile of all directories, up to the first that is damaged."""
    largest = 0
    try:
        for entries in _directories(file, layout):
            largest = max(largest, _tile_bytes(file, entries, layout))
    except _DAMAGE:
        return largest
    return largest


def _tile_bytes(file: BinaryIO, entries: _Entries, layout: _Layout) -> int:
    """The bytes of a directory's largest tile, 0 where it has none."""
    kind, count, value = entries.get(_TILE_BYTES, (0, 0, b""))
    if kind not in _NUMBERS or not count:
        return 0
    kept = np.dtype(layout.order + _NUMBERS[kind])
    if count * kept.itemsize > len(value):
        file.seek(struct.unpack(layout.order + layout.offset, value)[0])
        value = file.read(count * kept.itemsize)
    return int(np.frombuffer(value, kept, min(count, len(value) // kept.itemsize)).max())


def _described(file: BinaryIO, entries: _Entries, layout: _Layout) -> bytes:
    """The beginning of the ImageDescription."""
    _, count, value = entries.get(_DESCRIPTION, (0, 0, b""))
    if count <= len(value):
        return value[:count]
    file.seek(struct.unpack(layout.order + layout.offset, value)[0])
    return file.read(min(count, _DESCRIBED_BYTES))
