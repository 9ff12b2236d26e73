"""Image files seen from outside: each is read in a child (prelim/isolation.py), and only plain values come back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np

from prelim.errors import InputError
from prelim.imaging import decode
from prelim.imaging.decode import Showing
from prelim.imaging.display import Grey
from prelim.imaging.grouping import Content, Source
from prelim.imaging.mosaic import mosaic_in
from prelim.imaging.tags import Header, integer
from prelim.isolation import call
from prelim.line import Blob
from prelim.types import BoxPx, Flaw

_REMEMBERED, _HEAD_BYTES, _PATCHES = 1024, 512, 16
_FILE_LIMIT_S = 300.0
"""The longest that one file may take, call after call: each answers part of it before its own time is up."""


Fault = tuple[str, str, str]


class Shown(NamedTuple):
    """A picture as a model may be shown it, and its flaws. `pixels` are PNG, or what `array` makes of them."""

    shape: tuple[int, ...]
    pixels: Blob
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

    `stated`: whether the slide, or what came with it, says how large its pixels are.
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
    header, contents, fault = _looked_at(path, file, status.st_size, status.st_mtime_ns)
    return Source(path, file, dict(header), contents, fault)


@lru_cache(_REMEMBERED)
def _looked_at(path: str, file: Path, size: int, changed_ns: int) -> tuple[Header, tuple[Content, ...], Fault | None]:
    """Once a file: who the patient is and what the images are is asked one after the other."""
    plain = call(decode.look, path, str(file)).plain
    with _agreed(path):
        header, rows, fault = plain
        _check_header(header)
        return header, tuple(_contents(rows)), _fault(fault)


def _fault(given: Sequence[Any] | None) -> Fault | None:
    if given is None:
        return None
    code, message, remedy = map(str, given)
    return code, message, remedy


def _contents(rows: Sequence[Any]) -> list[Content]:
    return [Content(float(low), float(high), str(digest)) for low, high, digest in rows]


def contents_of(source: Source) -> list[Content]:
    """Of every frame, or tile of a mosaic, in the order of the file. InputError as `frames_of` says."""
    if source.fault:
        raise InputError(*source.fault, source.path)
    found, mosaic = list(source.contents), mosaic_in(source.header)
    count = mosaic.slices if mosaic else max(1, integer(source.header, "NumberOfFrames", 1))
    started = time.monotonic()
    while len(found) < count:
        rows = call(decode.measure, source.path, str(source.file), len(found)).plain
        with _agreed(source.path):
            found += _contents(_some(rows, source.path))
        _check_time(started, source.path)
    return found


def pictures_of(source: Source, frames: Sequence[int], showing: Showing) -> list[Shown]:
    """Frames as a model may be shown them."""
    made: list[Shown] = []
    started = time.monotonic()
    while len(made) < len(frames):
        wanted = list(frames[len(made) :])
        rows, blobs = call(decode.pictures, source.path, str(source.file), wanted, list(showing))
        made += _shown(rows, blobs, source.path)[: len(wanted)]
        _check_time(started, source.path)
    return made


def open_raster(path: str, file: Path, showing: Showing, slide: bool = False) -> Raster | None:
    """None for a slide, and for a TIFF that is said to be one. InputError as `read_raster` and `isolation.call`."""
    plain, blobs = call(decode.raster, path, str(file), list(showing), slide)
    if plain is None:
        return None
    with _agreed(path):
        [png], (low, high) = blobs, plain["range"]
        return Raster(
            png=bytes(png),
            rows=int(plain["rows"]),
            columns=int(plain["columns"]),
            grey=bool(plain["grey"]),
            nearly_grey=bool(plain["nearly_grey"]),
            value_range=(float(low), float(high)),
            flaws=_flaws(plain["flaws"]),
            pages=int(plain["pages"]),
        )


def slide_plan(path: str, files: Sequence[Path], mpp: float | None) -> SlidePlan:
    """InputError as `open_slide`; UnavailableError library_missing."""
    plain = call(decode.slide, path, [str(file) for file in files], mpp).plain
    with _agreed(path):
        x_um, y_um = map(float, plain["pixel_um"])
        return SlidePlan(
            rows=int(plain["rows"]),
            columns=int(plain["columns"]),
            pixel_um=(x_um, y_um),
            stated=bool(plain["stated"]),
            grey=bool(plain["grey"]),
            regions=tuple((float(y0), float(x0), float(y1), float(x1)) for y0, x0, y1, x1 in plain["regions"]),
            total=int(plain["total"]),
            issues=tuple(map(str, plain["issues"])),
        )


def patches_of(path: str, files: Sequence[Path], mpp: float | None, regions: Sequence[BoxPx]) -> Iterator[Shown]:
    """Regions of a slide, some at a time, so that memory is bounded."""
    done = 0
    while done < len(regions):
        wanted = [list(region) for region in regions[done : done + _PATCHES]]
        rows, blobs = call(decode.patches, path, [str(file) for file in files], mpp, wanted)
        shown = _shown(rows, blobs, path)[: len(wanted)]
        yield from shown
        done += len(shown)


def named_in(path: str, file: Path) -> list[list[str]]:
    """What a DICOMDIR names. InputError as `decode.directory` and `isolation.call`."""
    plain = call(decode.directory, path, str(file)).plain
    with _agreed(path):
        return [[str(part) for part in parts] for parts in plain]


# ------------------------------------------------------------------ what a child may answer


@contextmanager
def _agreed(name: str) -> Iterator[None]:
    """A child that a file has taken over may answer anything: what has not the agreed shape is that file's fault."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError("decode_crash", f"{name} misled the process that read it.", "Leave it out.", name) from error


def _check_header(header: Header) -> None:
    for values in header.values():
        if not isinstance(values, list) or not all(isinstance(value, dict | str) for value in values):
            raise TypeError("a header holds lists of text and of items")
        for value in values:
            if isinstance(value, dict):
                _check_header(value)


def _shown(rows: Sequence[Any], blobs: Sequence[Blob], path: str) -> list[Shown]:
    with _agreed(path):
        pairs = zip(_some(rows, path), blobs, strict=True)
        return [Shown(tuple(map(int, shape)), blob, _flaws(flaws)) for (shape, flaws), blob in pairs]


def _flaws(given: Sequence[Any]) -> tuple[Flaw, ...]:
    """ValueError for a flaw that there is not."""
    known: tuple[Flaw, ...] = get_args(Flaw)
    return tuple(known[known.index(flaw)] for flaw in given)


def _some(answered: Sequence[Any], path: str) -> Sequence[Any]:
    """A child that answers nothing would be asked for ever."""
    if not answered:
        raise InputError("cannot_decode", f"{path} cannot be decoded.", "Export it again.", path)
    return answered


def _check_time(started: float, path: str) -> None:
    if time.monotonic() - started > _FILE_LIMIT_S:
        message = f"{path} took longer than {_FILE_LIMIT_S:g} s to read."
        raise InputError("decode_timeout", message, "Split it, or leave it out.", path)
