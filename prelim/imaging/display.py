"""Stored values → 8-bit PNG: bright = dense, nothing cropped, nothing wrapped round."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from prelim.errors import InputError

Grey = npt.NDArray[np.uint8]
MAX_PIXELS = 16384 * 16384 // 2
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def to_grey(values: npt.NDArray[np.generic], low: float, high: float, inverted: bool = False) -> Grey:
    """Values scaled so that `low` is black and `high` white (the other way round where `inverted`)."""
    span = max(high - low, 1e-9)
    scaled = np.clip((values.astype(np.float64) - low) / span, 0, 1)
    return np.rint((1 - scaled if inverted else scaled) * 255).astype(np.uint8)


def to_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """(rows, columns) grey or (rows, columns, 3) RGB as PNG; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def read_raster(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """A PNG, JPEG or TIFF as 8-bit grey or RGB, upright as its EXIF says. InputError unreadable, too_large."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            image = ImageOps.exif_transpose(opened)
            image.load()
    except Image.DecompressionBombError as error:
        raise InputError("too_large", f"{name} has too many pixels.", "Make it smaller.", name) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError("truncated", f"{name} is a damaged or truncated image.", "Export it again.", name) from error
    return _eight_bit(image)


def _eight_bit(image: Image.Image) -> npt.NDArray[np.uint8]:
    """16-bit grey is scaled by its own range (plain conversion would clip it); colour that is all grey becomes grey."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        return to_grey(values, float(values.min()), float(values.max()))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    pixels = np.asarray(image.convert("RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB"))[..., :3]
    grey = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all()
    return pixels[..., 0] if grey else pixels
