"""A drawn head, slice by slice. Not an atlas, but in an atlas's places."""

from collections.abc import Iterator

import numpy as np

from examples.brain import Mass, paint_brain
from examples.shapes import Paint, Plane
from examples.skull import Grain, bounds_of, paint_outside, paint_petrous


def paint_head(paint: Paint, at: Plane, grain: Grain, mass: Mass | None = None) -> None:
    """Everything in one slice, from the skin inwards. `at` holds full (rows, columns) axes."""
    bounds = bounds_of(at)
    paint_outside(paint, at, bounds, grain)
    paint_brain(paint, at, bounds, grain, mass)
    paint_petrous(paint, at, bounds, grain)


def levels(at: Plane, slice_mm: float) -> Iterator[Plane]:
    """Two planes within one thick slice: their mean is what a scanner would see of it."""
    for offset in (-0.25, 0.25):
        yield at._replace(z=at.z + np.float32(offset * slice_mm))
