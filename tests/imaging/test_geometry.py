"""Slices sorted along their normal; an affine only where it is true."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.imaging.geometry import Plane, Stack, normal_of, stack
from prelim.types import Vector3

AXIAL: tuple[Vector3, Vector3] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def planes_at(positions: list[Vector3], directions: tuple[Vector3, Vector3] = AXIAL) -> list[Plane]:
    return [Plane(position, *directions, 0.5, 0.25) for position in positions]


def at_heights(*heights: float) -> list[Plane]:
    return planes_at([(-10.0, -20.0, height) for height in heights])


def point(placed: Stack, column: int, row: int, index: int) -> np.ndarray:
    assert placed.affine_lps is not None
    return (np.array(placed.affine_lps) @ [column, row, index, 1])[:3]


angles = st.floats(-math.pi, math.pi)


@given(angles, angles, st.floats(0.3, 8), st.permutations(range(7)))
def test_any_direction_and_any_order(around_z: float, around_x: float, gap: float, order: list[int]) -> None:
    """Shuffled slices of any orientation come back in order, and the affine maps every origin to itself."""
    row = (math.cos(around_z), math.sin(around_z), 0.0)
    column = (
        -math.sin(around_z) * math.cos(around_x),
        math.cos(around_z) * math.cos(around_x),
        math.sin(around_x),
    )
    normal = np.cross(row, column)
    origins = [tuple((np.array([5.0, -7.0, 11.0]) + index * gap * normal).tolist()) for index in range(7)]
    placed = stack(planes_at([origins[index] for index in order], (row, column)))
    assert placed.order == tuple(order.index(index) for index in range(7))
    assert placed.spacing_mm[0] == pytest.approx(gap) and not placed.issues
    for index, origin in enumerate(origins):
        assert np.allclose(point(placed, 0, 0, index), origin, atol=1e-6)
    expected = np.array(origins[6]) + 3 * 0.25 * np.array(row) + 4 * 0.5 * np.array(column)
    assert np.allclose(point(placed, 3, 4, 6), expected, atol=1e-6)


def test_sorted_by_the_normal_and_not_by_x() -> None:
    """Sagittal slices lie along x, axial ones along z: both come out along their own normal."""
    sagittal: tuple[Vector3, Vector3] = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
    placed = stack(planes_at([(3.0, 0.0, 9.0), (1.0, 0.0, 9.0), (2.0, 0.0, 9.0)], sagittal))
    assert np.allclose(normal_of(planes_at([(0.0, 0.0, 0.0)], sagittal)[0]), (-1, 0, 0))
    assert placed.order == (0, 2, 1)
    assert stack(at_heights(3, 1, 2)).order == (1, 2, 0)


def test_a_missing_slice_is_said() -> None:
    placed = stack(at_heights(0, 2, 4, 8, 14))
    assert placed.affine_lps is None and placed.spacing_mm[0] is None
    assert placed.issues == ("Uneven slice spacing: 2.000 to 6.000 mm. 3 seem to be missing.",)
    assert [origin[2] for origin in placed.origins_lps] == [0, 2, 4, 8, 14]


def test_uneven_slices_are_not_called_missing() -> None:
    assert stack(at_heights(0, 2, 5.1, 7)).issues == ("Uneven slice spacing: 1.900 to 3.100 mm.",)


def test_several_images_at_one_position() -> None:
    placed = stack(at_heights(0, 2, 2, 4, 0))
    assert placed.affine_lps is None and placed.order == (0, 4, 1, 2, 3)
    assert placed.issues == ("Several images at one position: 2 of 5 repeat the one before.",)


def test_rounded_positions_are_even() -> None:
    """Headers print few digits: thirds of a millimetre are not uneven."""
    placed = stack(at_heights(*[round(index * 4 / 3, 3) for index in range(40)]))
    assert not placed.issues and placed.affine_lps


def test_a_tilted_gantry_keeps_its_shear() -> None:
    placed = stack(planes_at([(0.0, 1.5 * index, 4.0 * index) for index in range(5)]))
    assert np.allclose(point(placed, 0, 0, 3), (0, 4.5, 12)) and "gantry tilt" in placed.issues[0]


def test_slices_out_of_line_have_no_affine() -> None:
    placed = stack(planes_at([(0.0, 0.0, 0.0), (3.0, 0.0, 2.0), (0.0, 0.0, 4.0)]))
    assert placed.affine_lps is None and "out of line" in placed.issues[0]


def test_slices_that_cross_have_no_affine() -> None:
    crossing = Plane((0.0, 0.0, 2.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), 1, 1)
    placed = stack([*at_heights(0, 1), crossing])
    assert placed.affine_lps is None and "1 of 3 slices are not parallel to the first." in placed.issues


def test_one_slice_steps_along_its_normal() -> None:
    placed = stack(at_heights(7))
    assert np.allclose(point(placed, 0, 0, 1), (-10, -20, 8)) and placed.spacing_mm == (None, 0.5, 0.25)
