"""Where slices lie in space: sorted by their position along the normal, with the affine that they share.

Frame: DICOM's patient coordinates (LPS), millimetres. Source: DICOM PS3.3 C.7.6.2.1.1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prelim.types import Vector3

Affine = tuple[tuple[float, float, float, float], ...]
_SAME_POSITION_MM = 0.01
_UNEVEN = 0.01
"""Spacings that differ by more than this share of their median are uneven."""


class Plane(NamedTuple):
    """One slice: the position of its first pixel's centre, the directions of a row and of a column, pixel spacing."""

    position_mm: Vector3
    row_direction: Vector3
    column_direction: Vector3
    row_spacing_mm: float
    column_spacing_mm: float


class Stack(NamedTuple):
    """Sorted slices. `order` indexes the planes that were given."""

    order: tuple[int, ...]
    affine_lps: Affine | None
    origins_lps: tuple[Vector3, ...]
    spacing_mm: tuple[float | None, float, float]
    issues: tuple[str, ...]


def normal_of(plane: Plane) -> npt.NDArray[np.float64]:
    """The unit normal of a slice."""
    return np.cross(plane.row_direction, plane.column_direction)


def stack(planes: Sequence[Plane]) -> Stack:
    """Sort parallel slices by their position along the normal, and see whether they are evenly spaced."""
    normal = normal_of(planes[0])
    heights = np.array([np.dot(plane.position_mm, normal) for plane in planes])
    order = np.argsort(heights, kind="stable")
    gaps = np.diff(heights[order])
    issues, even = _look_at(gaps)
    first, last = planes[order[0]], planes[order[-1]]
    step = (np.array(last.position_mm) - np.array(first.position_mm)) / max(1, len(planes) - 1)
    if len(planes) == 1:
        step = normal  # one slice has no spacing: one millimetre along its normal
    spacing = float(np.mean(gaps)) if even and len(gaps) else None
    tilted = len(planes) > 1 and even and np.linalg.norm(np.cross(step, normal)) > 0.01 * np.linalg.norm(step)
    if tilted:
        issues.append("The slices are sheared (gantry tilt): positions follow each slice's own origin.")
    return Stack(
        order=tuple(int(index) for index in order),
        affine_lps=_affine(first, step) if even else None,
        origins_lps=tuple(planes[index].position_mm for index in order),
        spacing_mm=(spacing, first.row_spacing_mm, first.column_spacing_mm),
        issues=tuple(issues),
    )


def _look_at(gaps: npt.NDArray[np.float64]) -> tuple[list[str], bool]:
    """What is wrong with the gaps between slices, and whether they are even."""
    if not len(gaps):
        return [], True
    issues, even = [], True
    same = int((gaps < _SAME_POSITION_MM).sum())
    if same:
        issues.append(f"{same} slices lie where another does: several images at one position.")
        even = False
    apart = gaps[gaps >= _SAME_POSITION_MM]
    if len(apart) and np.ptp(apart) > max(_UNEVEN * float(np.median(apart)), _SAME_POSITION_MM):
        issues.append(f"Uneven slice spacing: {apart.min():.3f} to {apart.max():.3f} mm.")
        even = False
    return issues, even


def _affine(first: Plane, step: npt.NDArray[np.float64]) -> Affine:
    """(column, row, slice) → LPS mm."""
    matrix = np.eye(4)
    matrix[:3, 0] = np.array(first.row_direction) * first.column_spacing_mm
    matrix[:3, 1] = np.array(first.column_direction) * first.row_spacing_mm
    matrix[:3, 2], matrix[:3, 3] = step, first.position_mm
    rows = [tuple(float(value) for value in row) for row in matrix]
    return tuple(rows)  # type: ignore[arg-type]
