"""What runs in a decoding child: a file's header, what its frames hold, and the pictures that are wanted of them.

Each function is an operation of prelim/isolation.py: plain arguments, the file's name for errors first.
"""

import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from prelim.errors import InputError
from prelim.imaging.dicom import check_size, check_whole, read
from prelim.imaging.display import Grey, film, to_grey, to_png
from prelim.imaging.grouping import kind_of
from prelim.imaging.header import header_of
from prelim.imaging.pixels import Frame, frame_count, frames_of
from prelim.imaging.raster import nearly_grey, read_raster
from prelim.imaging.tags import items, numbers, text, values
from prelim.imaging.windows import three_windows
from prelim.isolation import LIMIT_S, Answer
from prelim.line import ANSWER_BYTES

_BUDGET_S, _BUDGET_BYTES = LIMIT_S / 2, ANSWER_BYTES // 4
"""A call that has taken this long, or holds this much, answers with what it has; the next goes on from there."""
_LARGEST = float(np.finfo(np.float32).max)
_MOST_RECORDS, _MOST_PARTS, _MOST_CHARS = 50_000, 64, 255


def look(name: str, path: str) -> Answer:
    """The header. InputError as `read` and `check_size`."""
    dataset = read(Path(path), name, pixels=False)
    check_size(dataset, name)
    return Answer(header_of(dataset))


def directory(name: str, path: str) -> Answer:
    """The paths that a DICOMDIR names, each as its parts, which are never followed here (DICOM PS3.10, chapter 8).

    InputError unsupported for what is no directory, too_large for one of too many records, and as `read`.
    """
    dataset = read(Path(path), name, pixels=False)
    if "DirectoryRecordSequence" not in dataset:
        raise InputError("unsupported", f"{name} is called a DICOMDIR and is none.", "Rename it.", name)
    check_whole(dataset, "DirectoryRecordSequence", name)
    named = [values(record, "ReferencedFileID") for record in items(dataset, "DirectoryRecordSequence")]
    if len(named) > _MOST_RECORDS:
        raise InputError("too_large", f"{name} holds more than {_MOST_RECORDS} records.", "Split it.", name)
    return Answer([[part[:_MOST_CHARS] for part in parts[:_MOST_PARTS]] for parts in named if parts])


def measure(name: str, path: str, first: int) -> Answer:
    """Of each frame from `first` on, until time is up: [lowest, highest value, digest], and what is shown of it.

    The digest is of the values, or of the picture of a projection: the same film may be stored as its negative.
    """
    started, dataset, rows = time.monotonic(), _opened(path, name), []
    negative = kind_of(dataset) == "projection"
    for frame in frames_of(dataset, name, list(range(first, frame_count(dataset)))):
        content = film(dataset, frame.values()) if negative else frame.stored
        rows.append([*_range(frame, dataset, name), _digest(content, frame)])
        if time.monotonic() - started > _BUDGET_S:
            break
    return Answer(rows)


def pictures(name: str, path: str, frames: list[int], value_range: list[float]) -> Answer:
    """PNGs of some frames, until time is up: CT in three windows, other volumes over their whole range, films by
    their own window."""
    started, dataset, blobs = time.monotonic(), _opened(path, name), []
    for frame in frames_of(dataset, name, frames):
        blobs.append(to_png(_shown(dataset, frame, value_range)))
        if time.monotonic() - started > _BUDGET_S or sum(map(len, blobs)) > _BUDGET_BYTES:
            break
    return Answer(None, blobs)


def raster(name: str, path: str) -> Answer:
    """A PNG or JPEG file's upright picture as PNG, its range, and whether it is nearly grey."""
    pixels = read_raster(Path(path).read_bytes(), name)
    plain = {
        "rows": pixels.shape[0],
        "columns": pixels.shape[1],
        "grey": pixels.ndim == 2,
        "nearly_grey": nearly_grey(pixels),
        "range": [float(pixels.min()), float(pixels.max())],
    }
    return Answer(plain, [to_png(pixels)])


_last: dict[tuple[str, int, int], Dataset] = {}


def _opened(path: str, name: str) -> Dataset:
    """Kept for the next call, which is often about the same file; never two at a time. InputError as `look`."""
    status = Path(path).stat()
    known = (path, status.st_size, status.st_mtime_ns)
    if known not in _last:
        _last.clear()
        dataset = read(Path(path), name)
        check_size(dataset, name)
        _last[known] = dataset
    return _last[known]


def _range(frame: Frame, dataset: Dataset, name: str) -> tuple[float, float]:
    """Lowest and highest value, without what fills the corners (Pixel Padding Value, PS3.3 C.7.5.1.1.2).

    InputError cannot_decode for values beyond those that `Frame.values` can hold.
    """
    stored, padding = frame.stored, numbers(dataset, "PixelPaddingValue", 1)
    if padding and stored.ndim == 2 and text(dataset, "Modality") != "CT":
        inside = stored[stored != padding[0]]
        stored = inside if inside.size else stored
    ends = [float(end) * frame.slope + frame.intercept for end in (stored.min(), stored.max())]
    if not all(abs(end) <= _LARGEST for end in ends):
        raise InputError("cannot_decode", f"{name} rescales its pixels beyond all numbers.", "Export it again.", name)
    return min(ends), max(ends)


def _digest(content: Any, frame: Frame) -> str:
    line = f"{content.shape} {frame.slope} {frame.intercept} "
    sha = hashlib.sha256(line.encode())
    sha.update(np.ascontiguousarray(content, content.dtype.newbyteorder("<")).data)
    return sha.hexdigest()[:32]


def _shown(dataset: Dataset, frame: Frame, value_range: list[float]) -> Grey:
    if frame.stored.ndim == 3:
        return frame.stored.astype(np.uint8, copy=False)
    if kind_of(dataset) != "volume":
        return film(dataset, frame.values())
    if text(dataset, "Modality") == "CT":
        return three_windows(frame)
    inverted = text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
    return to_grey(frame.values(), value_range[0], value_range[1], inverted)
