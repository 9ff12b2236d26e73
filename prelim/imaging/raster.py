"""PNG, JPEG, TIFF and BMP as 8-bit pixels: upright, 16 bit scaled, one-colour pictures as grey."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from prelim.errors import InputError
from prelim.imaging.dicom import MAX_EDGE_PX
from prelim.imaging.display import to_grey

Image.MAX_IMAGE_PIXELS = MAX_EDGE_PX * MAX_EDGE_PX // 2
"""Pillow refuses twice this many before it decodes."""
Found = TypeVar("Found")
_COLOURED, _COLOURED_SHARE = 20, 0.01
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", b"BM")
_DAMAGE = (OSError, SyntaxError, ValueError, LookupError, TypeError, OverflowError, EOFError, struct.error, zlib.error)


def is_raster(data: bytes) -> bool:
    """Whether bytes begin as a picture does."""
    return data.startswith(_BEGINNINGS)


def read_raster(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """(rows, columns) grey or (rows, columns, 3) RGB, upright as its EXIF says.

    Of several pages the first. InputError truncated, no_pixels, too_large.
    """

    def upright(opened: Image.Image) -> npt.NDArray[np.uint8]:
        opened.load()
        return _eight_bit(ImageOps.exif_transpose(opened))

    return _opened(data, name, upright)


def page_count(data: bytes, name: str) -> int:
    """How many pictures a file holds; a camera's previews (MPO) are none of their own. InputError as `read_raster`."""
    return _opened(data, name, lambda opened: 1 if opened.format == "MPO" else getattr(opened, "n_frames", 1))


def _opened(data: bytes, name: str, use: Callable[[Image.Image], Found]) -> Found:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but harmless metadata
            with Image.open(io.BytesIO(data)) as opened:
                _check_edges(opened.size, name)
                return use(opened)
    except Image.DecompressionBombError as error:
        raise InputError("too_large", f"{name} has too many pixels.", "Make it smaller.", name) from error
    except _DAMAGE as error:
        if data[:4] == b"\x89PNG" and b"\0\0\0\0" in (data[16:20], data[20:24]):
            raise InputError("no_pixels", f"{name} is an image without pixels.", "Export it again.", name) from error
        raise InputError("truncated", f"{name} is a damaged or truncated image.", "Export it again.", name) from error


def _check_edges(size: tuple[int, int], name: str) -> None:
    if max(size) > MAX_EDGE_PX:
        raise InputError("too_large", f"{name} is wider or higher than {MAX_EDGE_PX} pixels.", "Split it.", name)


def _eight_bit(image: Image.Image) -> npt.NDArray[np.uint8]:
    """16-bit grey is scaled by its own range (a plain conversion clips it); colour that is all grey becomes grey."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        return to_grey(values, float(values.min()), float(values.max()))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    pixels = np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))[..., :3]
    grey = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all()
    return pixels[..., 0] if grey else pixels


def nearly_grey(pixels: npt.NDArray[np.uint8]) -> bool:
    """Whether a picture is grey but for small coloured marks, as a film with annotations is."""
    if pixels.ndim == 2:
        return True
    spread = pixels.max(axis=-1).astype(np.int16) - pixels.min(axis=-1)
    return bool((spread > _COLOURED).mean() < _COLOURED_SHARE)
