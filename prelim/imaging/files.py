"""Image files seen from outside: each is read in a child (prelim/isolation.py), and only plain values come back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from prelim.errors import InputError
from prelim.imaging import decode
from prelim.imaging.grouping import Source
from prelim.imaging.tags import Header, integer
from prelim.isolation import call

_REMEMBERED, _HEAD_BYTES = 1024, 512
_FILE_LIMIT_S = 300.0
"""The longest that one file may take, call after call: each answers part of it before its own time is up."""


class Content(NamedTuple):
    """What one frame holds: its lowest and highest value, and a digest of what it shows."""

    low: float
    high: float
    digest: str


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
    return Source(path, file, deepcopy(_header(path, file, status.st_size, status.st_mtime_ns)))


@lru_cache(_REMEMBERED)
def _header(path: str, file: Path, size: int, changed_ns: int) -> Header:
    """Once a file: who the patient is and what the images are is asked one after the other."""
    header: Header = call(decode.look, path, str(file)).plain
    with _agreed(path):
        _check_header(header)
    return header


def contents_of(source: Source) -> list[Content]:
    """Of every frame, in the order of the file. InputError as `frames_of` says."""
    found: list[Content] = []
    started = time.monotonic()
    while len(found) < max(1, integer(source.header, "NumberOfFrames", 1)):
        rows = call(decode.measure, source.path, str(source.file), len(found)).plain
        with _agreed(source.path):
            found += [Content(float(low), float(high), str(digest)) for low, high, digest in _some(rows, source)]
        _check_time(started, source)
    return found


def pictures_of(source: Source, frames: Sequence[int], value_range: tuple[float, float]) -> list[bytes]:
    """PNGs of frames, as a model may be shown them. `value_range`: that of the volume."""
    made: list[bytes] = []
    started = time.monotonic()
    while len(made) < len(frames):
        wanted = list(frames[len(made) :])
        some = call(decode.pictures, source.path, str(source.file), wanted, list(value_range)).blobs
        made += _some(some, source)[: len(wanted)]
        _check_time(started, source)
    return made


def _some(answered: Sequence[Any], source: Source) -> Sequence[Any]:
    """A child that answers nothing would be asked for ever."""
    if not answered:
        raise InputError("cannot_decode", f"{source.path} cannot be decoded.", "Export it again.", source.path)
    return answered


def _check_time(started: float, source: Source) -> None:
    if time.monotonic() - started > _FILE_LIMIT_S:
        message = f"{source.path} took longer than {_FILE_LIMIT_S:g} s to read."
        raise InputError("decode_timeout", message, "Split it, or leave it out.", source.path)


def open_raster(path: str, file: Path) -> Raster:
    """InputError as `read_raster` and `isolation.call`."""
    plain, blobs = call(decode.raster, path, str(file))
    with _agreed(path):
        [png], (low, high) = blobs, plain["range"]
        rows, columns = int(plain["rows"]), int(plain["columns"])
        return Raster(png, rows, columns, bool(plain["grey"]), bool(plain["nearly_grey"]), (float(low), float(high)))


def named_in(path: str, file: Path) -> list[list[str]]:
    """What a DICOMDIR names. InputError as `decode.directory` and `isolation.call`."""
    plain = call(decode.directory, path, str(file)).plain
    with _agreed(path):
        return [[str(part) for part in parts] for parts in plain]


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
