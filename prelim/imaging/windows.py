"""A CT slice as MedGemma reads it: three windows of Hounsfield units as the channels of one picture.

Source: Google's MedGemma 1.5 CT notebook, 2026 (R −1024…1024, G −135…215, B 0…80). Its serving container has +135 and
casts back to unsigned values, where air turns white; here HU stay what they are until they are clipped.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from prelim.imaging.pixels import Frame

WINDOWS_HU = ((-1024.0, 1024.0), (-135.0, 215.0), (0.0, 80.0))
"""Lungs and bone, soft tissue, brain."""
SOFT_TISSUE, BRAIN = 1, 2
"""The channels that people are shown."""


def three_windows(frame: Frame) -> npt.NDArray[np.uint8]:
    """(rows, columns) stored CT values → (rows, columns, 3): each window clipped, scaled to 0…255, rounded."""
    stored = frame.stored
    if stored.dtype.kind not in "iu" or stored.dtype.itemsize != 2:
        return _windowed(frame.values().astype(np.float64))[..., :3]
    # One look-up a pixel: a colour is four bytes, hence one number. Pillow drops the fourth faster than numpy does.
    every = np.arange(int(stored.min()), int(stored.max()) + 1)
    colours = np.zeros(2**16, np.uint32)
    colours[every & 0xFFFF] = _windowed(every * frame.slope + frame.intercept).view(np.uint32)[:, 0]
    shown = colours.take(stored.view(np.uint16))
    return np.asarray(Image.frombytes("RGB", shown.shape[::-1], shown.tobytes(), "raw", "RGBX", 0, 1))


def _windowed(values_hu: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Any shape, with one axis more: the windows, and a byte that is not used."""
    shown = np.zeros((*values_hu.shape, 4), np.uint8)
    for channel, (low, high) in enumerate(WINDOWS_HU):
        shown[..., channel] = np.rint(np.clip((values_hu - low) / (high - low), 0, 1) * 255)
    return shown
