"""Values → 8-bit PNG: bright = dense, nothing cropped, nothing wrapped round."""

import io
import warnings

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.processing import apply_voi_lut

from prelim.imaging.dicom import DAMAGE
from prelim.imaging.pixels import Pixels
from prelim.imaging.tags import items, text, values

Grey = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float64]


def to_grey(frame: Pixels, low: float, high: float, inverted: bool = False) -> Grey:
    """A frame scaled so that `low` is black and `high` white (the other way round where `inverted`)."""
    return _grey((frame.astype(np.float64) - low) / max(high - low, 1e-9), inverted)


def film(dataset: Dataset, frame: Pixels) -> Grey:
    """A frame after its VOI LUT or window, else between all but its outermost thousandths; MONOCHROME1 inverted.

    A window that leaves nothing to be seen is not used.
    """
    inverted = text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
    shares = _looked_up(dataset, frame) if items(dataset, "VOILUTSequence") else None
    shares = _windowed(dataset, frame) if shares is None else shares
    if shares is not None and np.ptp(shown := _grey(shares, inverted)) > 0:
        return shown
    low, high = np.percentile(frame.astype(np.float64), (0.1, 99.9))
    return to_grey(frame, float(low), float(high), inverted)


def to_png(pixels: Grey) -> bytes:
    """(rows, columns) grey or (rows, columns, 3) RGB as PNG; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def _grey(shares: Shares, inverted: bool) -> Grey:
    clipped = np.clip(shares, 0, 1)
    return np.rint((1 - clipped if inverted else clipped) * 255).astype(np.uint8)


def _looked_up(dataset: Dataset, frame: Pixels) -> Shares | None:
    """The frame through its first VOI LUT, None where that is damaged.

    Depths are often overstated, so the highest entry used tells the depth.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a LUT on rescaled values, which are whole numbers all the same
            shown = apply_voi_lut(frame, dataset, prefer_lut=True)
    except DAMAGE:
        return None
    depth = max(8, int(shown.max()).bit_length())
    return np.asarray(shown.astype(np.float64) / (2**depth - 1))


def _windowed(dataset: Dataset, frame: Pixels) -> Shares | None:
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


def _first(dataset: Dataset, keyword: str) -> float | None:
    stated = values(dataset, keyword)
    try:
        return float(stated[0]) if stated and np.isfinite(float(stated[0])) else None
    except ValueError:
        return None
