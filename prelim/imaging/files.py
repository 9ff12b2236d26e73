"""Image files seen from outside: each is read in a child (prelim/isolation.py), and only plain values come back."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prelim.errors import InputError
from prelim.imaging import decode
from prelim.imaging.display import Grey
from prelim.imaging.grouping import Content, Source
from prelim.imaging.mosaic import mosaic_in
from prelim.imaging.tags import Header, integer
from prelim.isolation import call

_REMEMBERED, _HEAD_BYTES = 1024, 512


class Raster(NamedTuple):
    """A picture without tags: 8-bit PNG, upright."""

    png: bytes
    rows: int
    columns: int
    grey: bool
    nearly_grey: bool
    value_range: tuple[float, float]


def head_of(file: Path) -> bytes:
    """Enough of a file's beginning to tell what it is."""
    with file.open("rb") as opened:
        return opened.read(_HEAD_BYTES)


def open_dicom(path: str, file: Path) -> Source:
    """InputError as `decode.look` and `isolation.call`."""
    status = file.stat()
    header, contents = _looked_at(path, file, status.st_size, status.st_mtime_ns)
    return Source(path, file, dict(header), contents)


@lru_cache(_REMEMBERED)
def _looked_at(path: str, file: Path, size: int, changed_ns: int) -> tuple[Header, tuple[Content, ...]]:
    """Once a file: who the patient is and what the images are is asked one after the other."""
    header, rows = call(decode.look, path, str(file)).plain
    return header, tuple(_contents(rows))


def _contents(rows: Sequence[Any]) -> list[Content]:
    return [Content(float(low), float(high), str(digest)) for low, high, digest in rows]


def contents_of(source: Source) -> list[Content]:
    """Of every frame, or tile of a mosaic, in the order of the file. InputError as `frames_of` says."""
    found, mosaic = list(source.contents), mosaic_in(source.header)
    count = mosaic.slices if mosaic else max(1, integer(source.header, "NumberOfFrames", 1))
    while len(found) < count:
        rows = call(decode.measure, source.path, str(source.file), len(found)).plain
        found += _contents(_some(rows, source))
    return found


def pictures_of(source: Source, frames: Sequence[int], value_range: tuple[float, float]) -> list[bytes]:
    """PNGs of frames, as a model may be shown them. `value_range`: that of the volume."""
    return [png for _, png in _pictures(source, frames, value_range, encoded=True)]


def pixels_of(source: Source, frames: Sequence[int], value_range: tuple[float, float]) -> list[Grey]:
    """The same as arrays, (rows, columns) grey or (rows, columns, 3) RGB."""
    made = _pictures(source, frames, value_range, encoded=False)
    return [np.frombuffer(data, np.uint8).reshape(shape) for shape, data in made]


def _pictures(
    source: Source, frames: Sequence[int], value_range: tuple[float, float], encoded: bool
) -> list[tuple[Sequence[int], bytes]]:
    made: list[tuple[Sequence[int], bytes]] = []
    while len(made) < len(frames):
        wanted = list(frames[len(made) :])
        shapes, blobs = call(decode.pictures, source.path, str(source.file), wanted, list(value_range), encoded)
        made += zip(shapes, _some(blobs, source), strict=True)
    return made


def _some(answered: Sequence[Any], source: Source) -> Sequence[Any]:
    """A child that answers nothing would be asked for ever."""
    if not answered:
        raise InputError("cannot_decode", f"{source.path} cannot be decoded.", "Export it again.", source.path)
    return answered


def open_raster(path: str, file: Path) -> Raster:
    """InputError as `read_raster` and `isolation.call`."""
    plain, [png] = call(decode.raster, path, str(file))
    low, high = plain["range"]
    return Raster(png, plain["rows"], plain["columns"], plain["grey"], plain["nearly_grey"], (low, high))
