"""Ruled lines of tables taken off a page: tesseract reads them as letters, and letters beside them not at all."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from prelim.documents.upright import LETTER_PX, Grey

_DARK = 215
_LONG = {0: LETTER_PX, 1: 3 * LETTER_PX}
"""On the halved page. A longer straight dark run is a rule, no letter: down the page (axis 0), across it (axis 1)."""
_SOLID = 0.94
"""A rule has ink on at least this share of its length; the tops of letters in a line have gaps between them."""
_THICK_PX = LETTER_PX // 4
"""A rule is thinner than this; what is thicker is a bar or a picture."""


def without_rules(page: Grey) -> Grey:
    """The page (evenly lit, level) with its ruled lines painted white. Lines may be grainy and tilted by a hair."""
    ink = page < _DARK
    marks = _halved(ink)
    rules = np.kron(_rules(marks, 0) | _rules(marks, 1), np.ones((2, 2), bool))[: page.shape[0], : page.shape[1]]
    return np.where(ndimage.binary_dilation(rules & ink), 255, page).astype(np.uint8)


def _halved(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Two by two pixels as one, which is ink where one of them is: a quarter of the work."""
    padded = np.pad(ink, [(0, side % 2) for side in ink.shape])
    return padded[::2, ::2] | padded[1::2, ::2] | padded[::2, 1::2] | padded[1::2, 1::2]


def _rules(ink: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[np.bool_]:
    """The pixels of the rules along an axis: long, solid and thin. Three pixels count as one, for grain and tilt."""
    length, thickness = int(_LONG[axis]), int(_THICK_PX)
    across = ndimage.maximum_filter1d(ink.astype(np.float32), 3, axis=1 - axis)
    solid = ndimage.uniform_filter1d(across, length, axis=axis) >= _SOLID
    runs = ndimage.maximum_filter1d(solid.astype(np.uint8), length, axis=axis)
    thick = ndimage.minimum_filter1d(runs, thickness, axis=1 - axis)
    bars = ndimage.maximum_filter1d(thick, thickness, axis=1 - axis)
    found: npt.NDArray[np.bool_] = (runs > bars) & ink
    return found
