"""DICOM slides through wsidicom (Apache-2.0, an optional extra): the files of one series are the levels."""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from prelim.errors import InputError
from prelim.imaging.dicom import DAMAGE, SLIDE_SOP_CLASS
from prelim.imaging.display import to_grey
from prelim.imaging.slide_stored import (
    CACHE_BYTES,
    MAX_SLIDE_EDGE_PX,
    Level,
    Rgb,
    Stored,
    check_tile,
    decoding,
    library,
    number,
)
from prelim.imaging.tags import integer, items, text, values

_RANGE_PX, _RANGE_PLACES = 256, 8


def open_dicom(paths: Sequence[Path], name: str) -> Stored:
    """The files of one DICOM series; labels, overviews and thumbnails among them are left alone.

    InputError unsupported, cannot_decode, truncated, too_large.
    """
    wsidicom, settings = library("wsidicom"), library("wsidicom.config").Settings
    # It logs each file that it cannot open, by its path, and goes on without it.
    logging.getLogger("wsidicom").setLevel(logging.CRITICAL + 1)
    volumes, power = _volumes(paths, name)
    named = vars(library("wsidicom.errors")).values()
    faults = [fault for fault in named if isinstance(fault, type) and issubclass(fault, Exception)]
    bounded = settings(
        strict_tile_size_check=False,
        level_scale_tolerance=0.1,
        decoded_frame_cache_size=CACHE_BYTES,
        encoded_frame_cache_size=CACHE_BYTES,
    )
    with decoding(name, *faults):
        opened = wsidicom.WsiDicom.open(volumes, settings=bounded)
    try:
        return _stored_dicom(opened, len(volumes), power, faults, name)
    except InputError:
        opened.close()
        raise


def _volumes(paths: Sequence[Path], name: str) -> tuple[list[Path], float | None]:
    """The files that hold levels, each checked for size, and the power of the objective."""
    found, power = [], None
    for path in paths:
        header = _header(path, name)
        if text(header, "SOPClassUID") != SLIDE_SOP_CLASS or "VOLUME" not in values(header, "ImageType"):
            continue
        edges = [integer(header, f"TotalPixelMatrix{edge}", 0) for edge in ("Rows", "Columns")]
        if max(edges) > MAX_SLIDE_EDGE_PX:
            said = f"{name} claims {edges[0]}×{edges[1]} pixels."
            raise InputError("too_large", said, "Export the part that matters.", name)
        check_tile(integer(header, "Rows", 0) * integer(header, "Columns", 0), name)
        lenses = [text(item, "ObjectiveLensPower") for item in items(header, "OpticalPathSequence")]
        power = power or number(next(filter(None, lenses), None))
        found.append(path)
    if not found:
        raise InputError("unsupported", f"{name} is a slide without a level to read.", "Add its images.", name)
    return found, power


def _header(path: Path, name: str) -> pydicom.Dataset:
    """What one file of a DICOM slide says of its size and purpose. InputError truncated."""
    tags = ["SOPClassUID", "ImageType", "Rows", "Columns", "OpticalPathSequence"]
    tags += ["TotalPixelMatrixRows", "TotalPixelMatrixColumns"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(path, force=True, stop_before_pixels=True, specific_tags=list(tags))
    except DAMAGE as error:
        said = f"{name} is a damaged or truncated DICOM file."
        raise InputError("truncated", said, "Export it again.", name) from error


def _stored_dicom(opened: Any, files: int, power: float | None, faults: Sequence[type[Exception]], name: str) -> Stored:
    with decoding(name, *faults):
        pyramids = list(opened.pyramids)
        chosen = max(range(len(pyramids)), key=lambda at: pyramids[at].size.width * pyramids[at].size.height)
        levels, base, mpp = list(pyramids[chosen]), pyramids[chosen].base_level, pyramids[chosen].mpp
        several = len(base.optical_paths) > 1 or len(base.focal_planes) > 1 or len(pyramids) > 1
        pixels = base.default_instance.image_data
        grey, deep = pixels.samples_per_pixel == 1, pixels.bits > 8
        left_out = files - len(opened.files or ())
    if left_out:
        said = f"{name} has {left_out} of {files} files that cannot be read."
        raise InputError("cannot_decode", said, "Export it again.", name)

    def raw(order: int, y: int, x: int, rows: int, columns: int) -> Any:
        with decoding(name, *faults):
            return opened.read_region((x, y), order, (columns, rows), pyramid=chosen, threads=1, as_array=True)

    by_order = {level.level: Level(level.level, level.size.height, level.size.width) for level in levels}
    low, high = _range(raw, by_order[max(by_order)]) if deep else (0.0, 255.0)

    def read(order: int, y: int, x: int, rows: int, columns: int) -> Rgb:
        piece = raw(order, y, x, rows, columns)
        shown = to_grey(piece, low, high) if deep else piece
        return np.repeat(shown[..., None], 3, axis=-1) if shown.ndim == 2 else np.ascontiguousarray(shown[..., :3])

    issues = []
    if several:
        issues.append("The slide has several focal planes, optical paths or images: one of them is shown.")
    if deep:
        issues.append("The slide has more than 8 bits: it is shown by the range of its values.")
    return Stored(
        levels=tuple(by_order.values()),
        mpp=(mpp.width, mpp.height),
        power=power,
        vendor="dicom",
        read=read,
        close=opened.close,
        grey=grey,
        issues=tuple(issues),
    )


def _range(raw: Callable[[int, int, int, int, int], Any], level: Level) -> tuple[float, float]:
    """The least and the greatest value at places spread over a level: all of it where it is small."""
    rows, columns = min(_RANGE_PX, level.rows), min(_RANGE_PX, level.columns)
    tops = sorted({round(at) for at in np.linspace(0, level.rows - rows, _RANGE_PLACES)})
    lefts = sorted({round(at) for at in np.linspace(0, level.columns - columns, _RANGE_PLACES)})
    ends = [
        (piece.min(), piece.max()) for y in tops for x in lefts for piece in [raw(level.index, y, x, rows, columns)]
    ]
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))
