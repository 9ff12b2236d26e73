"""What runs in a decoding child: a file's header, what its frames hold, and the pictures that are wanted of them.

Each function is an operation of prelim/isolation.py: plain arguments, the file's name for errors first.
"""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from prelim.imaging.dicom import check_size, read
from prelim.imaging.display import Grey, film, to_grey, to_png
from prelim.imaging.grouping import kind_of
from prelim.imaging.header import header_of
from prelim.imaging.mosaic import Mosaic, mosaic_in, tiles
from prelim.imaging.pixels import Frame, frame_count, frames_of
from prelim.imaging.planes import is_mosaic
from prelim.imaging.raster import nearly_grey, read_raster
from prelim.imaging.tags import numbers, text
from prelim.imaging.windows import three_windows
from prelim.isolation import LIMIT_S, Answer

_BUDGET_S = LIMIT_S / 2
"""A call that has taken this long answers with what it has; the next goes on from there."""


def look(name: str, path: str) -> Answer:
    """The header. InputError as `read` and `check_size`."""
    dataset = read(Path(path), name, pixels=False)
    check_size(dataset, name)
    return Answer(header_of(dataset))


def measure(name: str, path: str, first: int) -> Answer:
    """Of each frame (of a mosaic each tile) from `first` on, until time is up: [lowest value, highest value, digest].

    The digest is of the values, or of the picture of a projection: the same film may be stored as its negative.
    """
    started, dataset, rows = time.monotonic(), _opened(path, name), []
    negative = kind_of(dataset) == "projection"
    for frame in _cells(dataset, name, first):
        content = film(dataset, frame.values()) if negative else frame.stored
        rows.append([*_range(frame, dataset), _digest(content, frame)])
        if time.monotonic() - started > _BUDGET_S:
            break
    return Answer(rows)


def pictures(name: str, path: str, frames: list[int], value_range: list[float]) -> Answer:
    """PNGs of some frames (tiles of a mosaic), until time is up.

    CT in three windows, other volumes over their whole range, films by their own window.
    """
    started, dataset, blobs = time.monotonic(), _opened(path, name), []
    for frame in _wanted(dataset, name, frames):
        blobs.append(to_png(_shown(dataset, frame, value_range)))
        if time.monotonic() - started > _BUDGET_S:
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


_last: dict[str, Dataset] = {}


def _opened(path: str, name: str) -> Dataset:
    """Kept for the next call, which is often about the same file; never two at a time."""
    if path not in _last:
        _last.clear()
        _last[path] = read(Path(path), name)
    return _last[path]


def _cells(dataset: Dataset, name: str, first: int) -> Iterator[Frame]:
    mosaic = _mosaic(dataset)
    wanted = range(first, mosaic.slices if mosaic else frame_count(dataset))
    return _wanted(dataset, name, list(wanted))


def _wanted(dataset: Dataset, name: str, cells: list[int]) -> Iterator[Frame]:
    """Frames by their number; of a mosaic, tiles of its one frame."""
    mosaic = _mosaic(dataset)
    if mosaic is None:
        yield from frames_of(dataset, name, cells)
        return
    [whole] = frames_of(dataset, name)
    apart = tiles(whole.stored, mosaic)
    yield from (whole._replace(stored=apart[cell]) for cell in cells)


def _mosaic(dataset: Dataset) -> Mosaic | None:
    return mosaic_in(header_of(dataset)) if is_mosaic(dataset) else None


def _range(frame: Frame, dataset: Dataset) -> tuple[float, float]:
    """Lowest and highest value, without what fills the corners (Pixel Padding Value, PS3.3 C.7.5.1.1.2)."""
    stored, padding = frame.stored, numbers(dataset, "PixelPaddingValue", 1)
    if padding and stored.ndim == 2 and text(dataset, "Modality") != "CT":
        inside = stored[stored != padding[0]]
        stored = inside if inside.size else stored
    ends = [float(end) * frame.slope + frame.intercept for end in (stored.min(), stored.max())]
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
