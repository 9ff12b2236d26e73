"""Image files seen from outside: each is read in a child (prelim/isolation.py), and only plain values come back."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prelim.errors import InputError
from prelim.imaging import decode
from prelim.imaging.decode import Showing
from prelim.imaging.display import Grey
from prelim.imaging.grouping import Content, Source
from prelim.imaging.mosaic import mosaic_in
from prelim.imaging.tags import Header, integer
from prelim.isolation import call
from prelim.types import BoxPx, Flaw

_REMEMBERED, _HEAD_BYTES, _PATCHES = 1024, 512, 16


class Shown(NamedTuple):
    """A picture as a model may be shown it, and its flaws. `pixels` are PNG, or what `array` makes of them."""

    shape: tuple[int, ...]
    pixels: bytes
    flaws: tuple[Flaw, ...]

    @property
    def array(self) -> Grey:
        """(rows, columns) grey or (rows, columns, 3) RGB, of pixels that are not encoded."""
        return np.frombuffer(self.pixels, np.uint8).reshape(self.shape)


class Raster(NamedTuple):
    """A picture without tags: 8-bit PNG, upright; of several pages the first."""

    png: bytes
    rows: int
    columns: int
    grey: bool
    nearly_grey: bool
    value_range: tuple[float, float]
    flaws: tuple[Flaw, ...]
    pages: int


class SlidePlan(NamedTuple):
    """A slide's size, the size of its pixels (x, y), and the regions to show of the `total` with tissue.

    `stated`: whether the slide itself says how large its pixels are.
    """

    rows: int
    columns: int
    pixel_um: tuple[float, float]
    stated: bool
    grey: bool
    regions: tuple[BoxPx, ...]
    total: int
    issues: tuple[str, ...]


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
        found += _contents(_some(rows, source.path))
    return found


def pictures_of(source: Source, frames: Sequence[int], showing: Showing) -> list[Shown]:
    """Frames as a model may be shown them."""
    made: list[Shown] = []
    while len(made) < len(frames):
        wanted = list(frames[len(made) :])
        rows, blobs = call(decode.pictures, source.path, str(source.file), wanted, list(showing))
        made += _shown(rows, _some(blobs, source.path))
    return made


def open_raster(path: str, file: Path, showing: Showing) -> Raster | None:
    """None for a slide. InputError as `read_raster` and `isolation.call`."""
    plain, blobs = call(decode.raster, path, str(file), list(showing))
    if plain is None:
        return None
    low, high = plain["range"]
    grey, nearly = plain["grey"], plain["nearly_grey"]
    size, flaws = (plain["rows"], plain["columns"]), tuple(plain["flaws"])
    return Raster(blobs[0], *size, grey, nearly, (low, high), flaws, plain["pages"])


def slide_plan(path: str, files: Sequence[Path], mpp: float | None) -> SlidePlan:
    """InputError as `open_slide`; UnavailableError library_missing."""
    plain = call(decode.slide, path, [str(file) for file in files], mpp).plain
    regions = tuple(tuple(region) for region in plain.pop("regions"))
    return SlidePlan(**{**plain, "regions": regions, "pixel_um": tuple(plain["pixel_um"])})


def patches_of(path: str, files: Sequence[Path], mpp: float | None, regions: Sequence[BoxPx]) -> Iterator[Shown]:
    """Regions of a slide, some at a time, so that memory is bounded."""
    done = 0
    while done < len(regions):
        wanted = [list(region) for region in regions[done : done + _PATCHES]]
        rows, blobs = call(decode.patches, path, [str(file) for file in files], mpp, wanted)
        yield from _shown(rows, _some(blobs, path))
        done += len(blobs)


def _shown(rows: Sequence[Any], blobs: Sequence[bytes]) -> list[Shown]:
    return [Shown(tuple(shape), blob, tuple(flaws)) for (shape, flaws), blob in zip(rows, blobs, strict=True)]


def _some(answered: Sequence[Any], path: str) -> Sequence[Any]:
    """A child that answers nothing would be asked for ever."""
    if not answered:
        raise InputError("cannot_decode", f"{path} cannot be decoded.", "Export it again.", path)
    return answered
