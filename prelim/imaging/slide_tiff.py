"""TIFF-based slides through OpenSlide (LGPL-2.1, an optional extra)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from prelim.errors import InputError
from prelim.imaging.slide_files import check_tiles
from prelim.imaging.slide_stored import CACHE_BYTES, Level, Rgb, Stored, check_tile, decoding, library, number


def open_tiff(path: Path, name: str) -> Stored:
    """SVS, NDPI, SCN, BIF and generic tiled TIFF. InputError unsupported, cannot_decode, truncated, too_large."""
    openslide = library("openslide")
    check_tiles(path, name)
    try:
        with decoding(name, openslide.OpenSlideError):
            opened = openslide.OpenSlide(path)
    except InputError as error:
        if isinstance(error.__cause__, openslide.OpenSlideUnsupportedFormatError):
            said = f"{name} is a slide of a kind that cannot be read."
            raise InputError("unsupported", said, "Export it as SVS, tiled TIFF or DICOM.", name) from error
        raise
    try:
        return _stored_tiff(openslide, opened, name)
    except InputError:
        opened.close()
        raise


def _stored_tiff(openslide: Any, opened: Any, name: str) -> Stored:
    with decoding(name, openslide.OpenSlideError):
        opened.set_cache(openslide.OpenSlideCache(CACHE_BYTES))
        stated, sizes = dict(opened.properties), opened.level_dimensions
    for index in range(len(sizes)):
        tile = [number(stated.get(f"openslide.level[{index}].tile-{edge}")) or 0 for edge in ("width", "height")]
        check_tile(tile[0] * tile[1], name)
    return Stored(
        levels=tuple(Level(index, rows, columns) for index, (columns, rows) in enumerate(sizes)),
        mpp=(number(stated.get(openslide.PROPERTY_NAME_MPP_X)), number(stated.get(openslide.PROPERTY_NAME_MPP_Y))),
        power=number(stated.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER)),
        vendor=stated.get(openslide.PROPERTY_NAME_VENDOR, ""),
        read=_tiff_reader(openslide, opened, sizes, name),
        close=opened.close,
    )


def _tiff_reader(
    openslide: Any, opened: Any, sizes: Sequence[tuple[int, int]], name: str
) -> Callable[[int, int, int, int, int], Rgb]:
    """OpenSlide wants the place in level-0 pixels, and leaves what was not scanned transparent: it becomes white."""

    def read(index: int, y: int, x: int, rows: int, columns: int) -> Rgb:
        across, down = (full / size for full, size in zip(sizes[0], sizes[index], strict=True))
        with decoding(name, openslide.OpenSlideError):
            piece = opened.read_region((round(x * across), round(y * down)), index, (columns, rows))
        if piece.getextrema()[3][0] == 255:
            return np.asarray(piece.convert("RGB"))
        white = Image.new("RGB", piece.size, "white")
        white.paste(piece, mask=piece.getchannel("A"))
        return np.asarray(white)

    return read
