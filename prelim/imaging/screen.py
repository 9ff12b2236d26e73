"""A film photographed off a screen: the screen's own grid, sampled by the camera's, leaves moiré in the picture.

Moiré stands out of the spectrum as peaks beside the axes. On the axes lie what films have themselves: antiscatter
grids, straight borders, collimation; on multiples of an eighth what JPEG's blocks leave.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Grey = npt.NDArray[np.uint8]
_SIDE_PX, _LEAST_PX = 384, 128
_PEAK = 4.0
"""By how much a peak's power is above its surroundings', as a logarithm."""
_COARSE, _AXIS, _LATTICE = 0.06, 0.02, 0.012
"""Frequencies that do not count, in cycles a pixel: how low, how near to an axis, to a multiple of an eighth."""


def is_photographed(film: Grey) -> bool:
    """Whether a picture (rows, columns), in its own size, shows moiré. Small pictures cannot tell."""
    side = min(_SIDE_PX, *film.shape)
    return side >= _LEAST_PX and peak(film) > _PEAK


def peak(film: Grey) -> float:
    """How far the highest peak of the spectrum's off-axis part is above its surroundings, as a logarithm."""
    rows, columns = (slice((edge - side) // 2, (edge + side) // 2) for edge, side in _middle(film.shape))
    middle = film[rows, columns].astype(np.float32)
    window = np.hanning(middle.shape[0])[:, None] * np.hanning(middle.shape[1])
    power = np.abs(np.fft.rfft2((middle - middle.mean()) * window)) ** 2
    height = np.log(power + 1e-3 * middle.size)
    above = ndimage.uniform_filter(height, 3) - ndimage.uniform_filter(height, 15)
    return float(above[_counted(middle.shape)].max())


def _middle(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """(edge, even side of the part looked at), for rows and columns."""
    side = min(_SIDE_PX, *shape) // 2 * 2
    return [(edge // 2 * 2, side) for edge in shape]


@cache
def _counted(shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which frequencies of the half spectrum count."""
    y, x = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    counted = np.hypot(y, x) > _COARSE
    for axis in (y, x):
        counted = counted & (np.abs(axis) > _AXIS) & (np.abs(axis) < 0.5 - _AXIS)
    near = [np.abs(axis * 8 - np.rint(axis * 8)) < 8 * _LATTICE for axis in (y, x)]
    return np.asarray(counted & ~(near[0] & near[1]))
