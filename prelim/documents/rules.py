"""Ruled lines of tables taken off a page: tesseract reads them as letters, and letters beside them not at all."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from prelim.documents.upright import LETTER_PX, Grey

_DARK = 215
_LONG = {0: 2 * LETTER_PX, 1: 6 * LETTER_PX}
"""Longer than this a straight dark run is a rule and no letter: down the page (axis 0), across it (axis 1)."""
_SOLID = 0.94
"""A rule has ink on at least this share of its length; the tops of letters in a line have gaps between them."""
_THICK_PX = LETTER_PX // 3
"""A rule is thinner than this; what is thicker is a bar or a picture."""


def without_rules(page: Grey) -> Grey:
    """The page (evenly lit, level) with its ruled lines painted white. Lines may be grainy and tilted by a hair."""
    ink = page < _DARK
    rules = _rules(ink, 0) | _rules(ink, 1)
    return np.where(ndimage.binary_dilation(rules), 255, page).astype(np.uint8)


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
