"""Values → 8-bit PNG: bright = dense, nothing cropped, nothing wrapped round."""

import struct
import zlib

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from prelim.imaging.dicom import DAMAGE
from prelim.imaging.pixels import Pixels, entries_of, looked_up
from prelim.imaging.tags import Tags, functional, text, values

Grey = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float64]
_VOI = "FrameVOILUTSequence"


def to_grey(frame: Pixels, low: float, high: float, inverted: bool = False) -> Grey:
    """A frame scaled so that `low` is black and `high` white (the other way round where `inverted`)."""
    return _grey((frame.astype(np.float64) - low) / max(high - low, 1e-9), inverted)


def film(dataset: Dataset, frame: Pixels, number: int = 0) -> Grey:
    """A frame after its VOI LUT or window, else between all but its outermost thousandths; MONOCHROME1 inverted.

    An enhanced file states them for each frame. A window that leaves nothing to be seen, or no more than two greys,
    is not used.
    """
    inverted = text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
    table, window = (functional(dataset, number, _VOI, keyword) for keyword in ("VOILUTSequence", "WindowCenter"))
    shares = _looked_up(table, frame) if isinstance(table, Dataset) else None
    shares = _windowed(window, frame) if shares is None and window is not None else shares
    if shares is not None and np.ptp(shown := _grey(shares, inverted)) > 0:
        return shown
    low, high = np.percentile(frame.astype(np.float64), (0.1, 99.9))
    return to_grey(frame, float(low), float(high), inverted)


def to_png(pixels: Grey) -> bytes:
    """(rows, columns) grey or (rows, columns, 3) RGB as PNG; the same pixels give the same bytes.

    Each row is stored as its difference from the one above. Source: PNG specification (W3C, 2003), 5 and 9.2. Pillow
    tries five ways a row, which takes twice the time of all the rest.
    """
    rows, columns = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).reshape(rows, -1)
    lines = np.full((rows, flat.shape[1] + 1), 2, np.uint8)
    lines[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _grey(shares: Shares, inverted: bool) -> Grey:
    clipped = np.clip(shares, 0, 1)
    return np.rint((1 - clipped if inverted else clipped) * 255).astype(np.uint8)


def _looked_up(dataset: Dataset, frame: Pixels) -> Shares | None:
    """The frame through its first VOI LUT, None where that is damaged.

    Depths are often overstated, so the highest entry tells the depth.
    """
    try:
        lut = dataset.VOILUTSequence[0]
        depth = max(8, int(entries_of(lut).max()).bit_length())
        return np.asarray(looked_up(lut, frame) / (2**depth - 1))
    except DAMAGE:
        return None


def _windowed(dataset: Tags, frame: Pixels) -> Shares | None:
    """The frame through its first window, as its function says. Source: DICOM PS3.3 C.11.2.1."""
    centre, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    function = text(dataset, "VOILUTFunction") or "LINEAR"
    if centre is None or width is None or not width > (1 if function == "LINEAR" else 0):
        return None
    stored = frame.astype(np.float64)
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (stored - centre) / width, -50, 50))))
    if function == "LINEAR_EXACT":
        return (stored - centre) / width + 0.5
    return (stored - (centre - 0.5)) / (width - 1) + 0.5


def _first(dataset: Tags, keyword: str) -> float | None:
    stated = values(dataset, keyword)
    try:
        return float(stated[0]) if stated and np.isfinite(float(stated[0])) else None
    except ValueError:
        return None
