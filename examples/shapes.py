"""What a drawing of the inside of a body is made of: shapes by their distance, smooth noise, paint.

Frame: the patient's (x to the left, y to the back, z to the head), millimetres. A distance is negative inside.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Point = tuple[float, float, float]

_NEAR_MM = 6.0
_AWAY: Array = np.full((1, 1), 99, np.float32)
"""The distance to what is not in this slice; it broadcasts."""


class Plane(NamedTuple):
    """Where the pixels of a slice lie: x (1, columns) or (rows, columns), y (rows, 1) or the like, z; mm."""

    x: Array
    y: Array
    z: Array


def ellipsoid(at: Plane, centre: Point, radii: Point) -> Array:
    """Nearly the distance to an ellipsoid, exact on its surface."""
    if _elsewhere(at, centre[2] - radii[2], centre[2] + radii[2]):
        return _AWAY
    offsets = [axis - middle for axis, middle in zip(at, centre, strict=True)]
    near = np.sqrt(sum((offset / radius) ** 2 for offset, radius in zip(offsets, radii, strict=True))) + 1e-6
    steep = np.sqrt(sum((offset / radius**2) ** 2 for offset, radius in zip(offsets, radii, strict=True))) + 1e-6
    return np.asarray(near * (near - 1) / steep, np.float32)


def rod(at: Plane, start: Point, end: Point, start_radius_mm: float, end_radius_mm: float) -> Array:
    """The distance to a rod with round ends whose radius changes along its way."""
    widest = max(start_radius_mm, end_radius_mm)
    if _elsewhere(at, min(start[2], end[2]) - widest, max(start[2], end[2]) + widest):
        return _AWAY
    way = [last - first for first, last in zip(start, end, strict=True)]
    offsets = [axis - first for axis, first in zip(at, start, strict=True)]
    along = sum(offset * step for offset, step in zip(offsets, way, strict=True)) / sum(step**2 for step in way)
    share = np.clip(along, 0, 1)
    away = np.sqrt(sum((offset - share * step) ** 2 for offset, step in zip(offsets, way, strict=True)))
    return np.asarray(away - (start_radius_mm + share * (end_radius_mm - start_radius_mm)), np.float32)


def _elsewhere(at: Plane, bottom: float, top: float) -> bool:
    """Whether a slice is too far above or below a shape to show any of it."""
    return bool(at.z.max() < bottom - _NEAR_MM or at.z.min() > top + _NEAR_MM)


def chain(at: Plane, *knots: tuple[float, float, float, float]) -> Array:
    """The distance to rods end to end; a knot is x, y, z and the radius there."""
    return union(*(rod(at, one[:3], two[:3], one[3], two[3]) for one, two in pairwise(knots)))


def union(*distances: Array) -> Array:
    """Inside any of them."""
    return np.asarray(np.minimum.reduce(np.broadcast_arrays(*distances)))


def both(*distances: Array) -> Array:
    """Inside all of them."""
    return np.asarray(np.maximum.reduce(np.broadcast_arrays(*distances)))


def step(value: Array, width: float) -> Array:
    """From 0 far below zero to 1 far above it."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value / width, -30, 30))), np.float32)


def bump(value: Array, width: float) -> Array:
    """1 at zero, falling off on both sides (a Gaussian)."""
    return np.asarray(np.exp(-((value / width) ** 2) / 2), np.float32)


def blur(values: Array, sigma_px: tuple[float, ...]) -> Array:
    """A Gaussian over the last axes, one sigma each; the edges wrap round."""
    axes = tuple(range(-len(sigma_px), 0))
    spectrum = np.fft.fftn(values, axes=axes)
    for axis, sigma in zip(axes, sigma_px, strict=True):
        frequency = np.fft.fftfreq(values.shape[axis])
        shape = [1] * values.ndim
        shape[axis] = -1
        spectrum *= np.exp(-2 * (np.pi * sigma * frequency) ** 2).reshape(shape)
    return np.fft.ifftn(spectrum, axes=axes).real.astype(np.float32)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], sigma_px: tuple[float, ...]) -> Array:
    """Noise of mean 0 and deviation 1 whose grains are about as large as `sigma_px`."""
    noise = blur(rng.standard_normal(shape).astype(np.float32), sigma_px)
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)


class Paint:
    """A picture (channels, rows, columns) under work; a tissue's value has one number a channel."""

    def __init__(self, values: Mapping[str, tuple[float, ...]], ground: str, shape: tuple[int, int]) -> None:
        self._values = {tissue: np.array(value, np.float32)[:, None, None] for tissue, value in values.items()}
        first = self._values[ground]
        self.picture: Array = np.broadcast_to(first, (len(first), *shape)).copy()

    def add(self, tissue: str, distance_mm: Array, soft_mm: float = 1.0, share: Array | float = 1.0) -> None:
        """Paint a tissue where the distance is negative, over an edge `soft_mm` wide."""
        if distance_mm.size == 1:
            return
        cover = np.clip(0.5 - distance_mm / soft_mm, 0, 1) * share
        self.picture += cover * (self._values[tissue] - self.picture)
