"""A film photographed off a screen: the screen's own grid, sampled by the camera's, leaves moiré in the picture.

Moiré stands out of the spectrum as peaks beside the axes. On the axes lie what films have themselves: antiscatter
grids, straight borders, collimation; on multiples of an eighth what JPEG's blocks leave.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Grey = npt.NDArray[np.uint8]
_SIDE_PX, _LEAST_PX = 384, 128
_PEAK = 4.0
"""By how much a peak's power is above its surroundings', as a logarithm."""
_COARSE, _AXIS, _LATTICE = 0.06, 0.02, 0.012
"""Frequencies that do not count, in cycles a pixel: how low, how near to an axis, to a multiple of an eighth."""


def is_photographed(picture: Image.Image) -> bool:
    """Whether a grey picture, in its own size, shows moiré in its middle. Small pictures cannot tell."""
    side = min(_SIDE_PX, *picture.size) // 2 * 2
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return side >= _LEAST_PX and peak(np.asarray(picture.crop((left, top, left + side, top + side)))) > _PEAK


def peak(film: Grey) -> float:
    """How far the highest peak of the spectrum's off-axis part is above its surroundings, as a logarithm.

    `film` has an even number of rows and columns.
    """
    window = np.hanning(film.shape[0])[:, None] * np.hanning(film.shape[1])
    power = np.abs(np.fft.rfft2((film - film.mean()) * window)) ** 2
    height = np.log(power + 1e-3 * film.size)
    above = ndimage.uniform_filter(height, 3) - ndimage.uniform_filter(height, 15)
    return float(above[_counted(film.shape)].max())


@cache
def _counted(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which frequencies of the half spectrum count."""
    y, x = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    counted = np.hypot(y, x) > _COARSE
    for axis in (y, x):
        counted = counted & (np.abs(axis) > _AXIS) & (np.abs(axis) < 0.5 - _AXIS)
    near = [np.abs(axis * 8 - np.rint(axis * 8)) < 8 * _LATTICE for axis in (y, x)]
    return np.asarray(counted & ~(near[0] & near[1]))
