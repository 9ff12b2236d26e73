"""Where slices lie in space: sorted by their position along the normal, with the affine that they share.

Frame: DICOM's patient coordinates (LPS), millimetres. Source: DICOM PS3.3 C.7.6.2.1.1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prelim.types import Vector3

Affine = tuple[tuple[float, float, float, float], ...]
Array = npt.NDArray[np.float64]
SAME_POSITION_MM = 0.01
"""Slices closer than this lie at one position."""
_UNEVEN = 0.01
"""Slices further from where even spacing puts them than this share of the spacing are uneven."""
_PARALLEL = 0.999


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


def normal_of(plane: Plane) -> Array:
    """The unit normal of a slice."""
    return np.cross(plane.row_direction, plane.column_direction)


def stack(planes: Sequence[Plane]) -> Stack:
    """Sort slices by their position along the first one's normal, and see whether they are evenly spaced.

    The affine is None where they are not: then the origins alone are true.
    """
    normal = normal_of(planes[0])
    heights = np.array([np.dot(plane.position_mm, normal) for plane in planes])
    order = np.argsort(heights, kind="stable")
    origins, gaps = np.array([planes[index].position_mm for index in order]), np.diff(heights[order])
    # One slice has no spacing: its affine steps one millimetre along its normal.
    step = (origins[-1] - origins[0]) / (len(planes) - 1) if len(planes) > 1 else normal
    issues = [*_parallel(planes, normal), *_gaps(gaps), *_line(origins, step, gaps)]
    even = not issues
    if len(planes) > 1 and np.linalg.norm(np.cross(step, normal)) > 0.01 * max(float(np.linalg.norm(step)), 1e-9):
        issues.append("The slices are sheared (gantry tilt): positions follow each slice's own origin.")
    first = planes[order[0]]
    return Stack(
        order=tuple(int(index) for index in order),
        affine_lps=_affine(first, step) if even else None,
        origins_lps=tuple(planes[index].position_mm for index in order),
        spacing_mm=(
            float(np.mean(gaps)) if even and len(gaps) else None,
            first.row_spacing_mm,
            first.column_spacing_mm,
        ),
        issues=tuple(issues),
    )


def _parallel(planes: Sequence[Plane], normal: Array) -> list[str]:
    normals = np.cross([plane.row_direction for plane in planes], [plane.column_direction for plane in planes])
    crossed = int((np.abs(normals @ normal) < _PARALLEL).sum())
    return [f"{crossed} of {len(planes)} slices are not parallel to the first."] if crossed else []


def _gaps(gaps: Array) -> list[str]:
    """What is wrong with the gaps between slices."""
    issues = []
    together = int((gaps < SAME_POSITION_MM).sum())
    if together:
        issues.append(f"Several images at one position: {together} of {len(gaps) + 1} repeat the one before.")
    apart = gaps[gaps >= SAME_POSITION_MM]
    if not len(apart):
        return issues
    usual = float(np.median(apart))
    if np.ptp(apart) > max(_UNEVEN * usual, SAME_POSITION_MM):
        missing = _missing(apart / float(apart.min()))
        found = f" {missing} seem to be missing." if missing else ""
        issues.append(f"Uneven slice spacing: {apart.min():.3f} to {apart.max():.3f} mm.{found}")
    return issues


def _missing(ratios: Array) -> int:
    """How many slices are missing, where every gap is a whole multiple of the smallest; else 0."""
    whole = np.rint(ratios)
    return int((whole - 1).sum()) if np.all(np.abs(ratios - whole) < _UNEVEN * whole) else 0


def _line(origins: Array, step: Array, gaps: Array) -> list[str]:
    """Whether evenly spaced slices also lie on one straight line."""
    if not len(gaps) or np.ptp(gaps) > max(_UNEVEN * float(np.median(gaps)), SAME_POSITION_MM):
        return []
    expected = origins[0] + np.arange(len(origins))[:, None] * step
    away = float(np.abs(origins - expected).max())
    usual = float(np.linalg.norm(step))
    return [f"The slices are out of line by up to {away:.3f} mm."] if away > max(_UNEVEN * usual, 0.05) else []


def _affine(first: Plane, step: Array) -> Affine:
    """(column, row, slice) → LPS mm."""
    matrix = np.eye(4)
    matrix[:3, 0] = np.array(first.row_direction) * first.column_spacing_mm
    matrix[:3, 1] = np.array(first.column_direction) * first.row_spacing_mm
    matrix[:3, 2], matrix[:3, 3] = step, first.position_mm
    rows = [tuple(float(value) for value in row) for row in matrix]
    return tuple(rows)  # type: ignore[arg-type]
