"""What is wrong with a picture that is to be read: nothing on it, or not what it says it is.

A flaw leads to abstention. The thresholds lie between what real and drawn films measure and what their spoilt copies
do (`benchmarks/flaws.py`): a false alarm costs a reading, a miss may cost a wrong one.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageStat

from prelim.imaging import chest, markers, screen
from prelim.types import Flaw, Kind

Pixels = npt.NDArray[np.uint8]
Picture = Image.Image
Floats = npt.NDArray[np.float64]
_SIDE_PX = 256
"""All but markers is seen on a copy about this long."""
_BORDER = 8
"""Outer rows and columns whose values differ by no more are a border."""
_STEP, _STEPS, _LINES = 2.0, 4, 0.1
"""Blank: hardly a line of blocks has more steps of this height than a frame makes."""
_CORRELATION, _COARSE, _FLAT = 0.45, 16, 4.0
"""Noise: neighbouring blocks of a picture this many blocks wide are less alike, and its values vary by more."""


def flaws_of(
    pixels: Pixels, kind: Kind, *, frontal_chest: bool, columns_to: str | None = None, rows_to: str | None = None
) -> tuple[Flaw, ...]:
    """The flaws of a stored 8-bit picture (rows, columns) or (rows, columns, 3), bright = dense.

    `frontal_chest`: the tags say that it is a frontal film of the chest; of others no more is asked than whether
    they show anything, and of slides only whether they are blank, for cells lie as noise does. `columns_to` and
    `rows_to` are as in `prelim.types.Image`; "mirrored" means that a burned-in letter contradicts them. Nothing
    further is said of a picture that shows nothing.
    """
    picture = Image.fromarray(pixels).convert("L")
    if (rows_to or "").startswith("H"):
        picture = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    smaller = picture.reduce(max(1, round(max(picture.size) / markers.SIDE_PX)))
    seen = _seen(smaller)
    if kind != "slide" and ImageStat.Stat(smaller).stddev[0] > _FLAT and _is_noise(seen):
        return ("noise",)
    if _is_blank(seen):
        return ("blank",)
    return _chest_flaws(picture, smaller, seen, columns_to) if frontal_chest else ()


def _chest_flaws(picture: Picture, smaller: Picture, seen: Floats, columns_to: str | None) -> tuple[Flaw, ...]:
    """What is wrong with a chest film, given in its own size and smaller. No letter is read on one that is turned."""
    lies = chest.lies(_blocks(seen, chest.CELLS))
    found: list[Flaw] = [lies] if lies else []
    if not lies and markers.contradicts(np.asarray(smaller), columns_to):
        found.append("mirrored")
    if screen.is_photographed(picture):
        found.append("screen")
    return tuple(found)


def _seen(picture: Picture) -> Floats:
    """A small copy without its border."""
    small = picture.reduce(max(1, max(picture.size) // _SIDE_PX)).convert("F")
    side = max(small.size)
    if side > _SIDE_PX:
        size = (max(1, small.width * _SIDE_PX // side), max(1, small.height * _SIDE_PX // side))
        small = small.resize(size, Image.Resampling.BOX)
    values = np.asarray(small, np.float64)
    rows, columns = (np.flatnonzero(np.ptp(values, axis=axis) > _BORDER) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return values
    return values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _blocks(values: Floats, most: int) -> Floats:
    """Block means: `most` blocks each way. A smaller picture is stretched."""
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((most, most), Image.Resampling.BOX), np.float64)


def _is_blank(seen: Floats) -> bool:
    """Nearly one value, or a frame of one around another: few blocks differ from their neighbours, on any line."""
    blocks = _blocks(seen, 2 * _COARSE)
    steps = [(np.abs(np.diff(blocks, axis=axis)) > _STEP).sum(axis) for axis in (0, 1)]
    return bool((np.concatenate(steps) > _STEPS).mean() < _LINES)


def _is_noise(seen: Floats) -> bool:
    """Neighbouring blocks have nothing to do with each other, neither along rows nor along columns."""
    if min(seen.shape) < _COARSE:
        return False
    blocks = _blocks(seen, _COARSE)
    return max(_alike(blocks[1:], blocks[:-1]), _alike(blocks[:, 1:], blocks[:, :-1])) < _CORRELATION


def _alike(one: Floats, other: Floats) -> float:
    if not one.std() or not other.std():
        return 1.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
