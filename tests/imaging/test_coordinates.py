"""Boxes survive every way into the model's square and back, and what has no way back is refused."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as Picture

from prelim.imaging.coordinates import Coordinates, coordinates_of
from prelim.types import BoxPx, Image

EDGE = st.integers(1, 20_000)
SHARE = st.floats(0, 1)


def edges(draw: st.DrawFn, low: float, high: float) -> tuple[float, float]:
    """Two edges between `low` and `high`, at least a thousandth of their distance apart."""
    one, other = sorted((draw(SHARE), draw(SHARE)))
    assume(other - one >= 1e-3)
    return low + one * (high - low), low + other * (high - low)


@st.composite
def ways(draw: st.DrawFn) -> Coordinates:
    """Any size and aspect, any region of a matrix shown at that size, any way round."""
    rows, columns, turns = draw(EDGE), draw(EDGE), draw(st.integers(0, 3))
    (y0, y1), (x0, x1) = edges(draw, 0, draw(EDGE)), edges(draw, 0, draw(EDGE))
    region = draw(st.sampled_from([None, (y0, x0, y1, x1)]))
    return Coordinates(rows, columns, region, draw(st.booleans()), turns)


@st.composite
def ways_and_boxes(draw: st.DrawFn) -> tuple[Coordinates, BoxPx]:
    """A way, and a box in what the picture shows of the stored matrix."""
    way = draw(ways())
    top, left, bottom, right = way.region_px or (0, 0, way.rows, way.columns)
    (y0, y1), (x0, x1) = edges(draw, top, bottom), edges(draw, left, right)
    return way, (y0, x0, y1, x1)


def stored_px_per_thousandth(way: Coordinates) -> float:
    top, left, bottom, right = way.region_px or (0, 0, way.rows, way.columns)
    return way.size_px / 1000 * max((bottom - top) / way.rows, (right - left) / way.columns)


@given(ways_and_boxes())
def test_a_box_comes_back_where_it_was(case: tuple[Coordinates, BoxPx]) -> None:
    way, box = case
    thousandths = way.to_thousandths(box)
    assert all(-1e-9 <= value <= 1000 + 1e-9 for value in thousandths)
    assert np.allclose(way.to_px(thousandths), box, rtol=1e-6, atol=1e-6)


@given(ways_and_boxes())
def test_rounding_costs_half_of_its_step(case: tuple[Coordinates, BoxPx]) -> None:
    """Whole thousandths cost half a thousandth of the side, in stored pixels; two more digits a hundredth of that."""
    way, box = case
    for digits in (0, 2):
        rounded = [round(value, digits) for value in way.to_thousandths(box)]
        assume(rounded[0] < rounded[2] and rounded[1] < rounded[3])
        away = np.abs(np.subtract(way.to_px(rounded), box)).max()
        assert away <= 0.5 * 10**-digits * stored_px_per_thousandth(way) + 1e-6


@given(ways_and_boxes(), SHARE, SHARE, SHARE, SHARE)
def test_what_lies_inside_stays_inside(case: tuple[Coordinates, BoxPx], a: float, b: float, c: float, d: float) -> None:
    way, box = case
    y0, x0, y1, x1 = way.to_thousandths(box)
    inner = (y0 + a * (y1 - y0) / 2, x0 + b * (x1 - x0) / 2, y1 - c * (y1 - y0) / 3, x1 - d * (x1 - x0) / 3)
    outer, inside = way.to_px((y0, x0, y1, x1)), way.to_px(inner)
    assert outer[0] <= inside[0] < inside[2] <= outer[2] and outer[1] <= inside[1] < inside[3] <= outer[3]


@given(ways(), st.lists(st.floats(), min_size=4, max_size=4))
def test_a_box_lies_in_the_image_or_is_refused(way: Coordinates, box: list[float]) -> None:
    """Whatever the numbers are: inverted, outside, infinite, not a number."""
    top, left, bottom, right = way.region_px or (0, 0, way.rows, way.columns)
    for there in (way.to_px, way.to_thousandths):
        try:
            found = there(tuple(box))  # type: ignore[arg-type]
        except ValueError:
            continue
        assert all(map(math.isfinite, box)) and box[0] < box[2] and box[1] < box[3]
        if there == way.to_px:
            assert top <= found[0] < found[2] <= bottom and left <= found[1] < found[3] <= right


@pytest.mark.parametrize("box", [(500, 500, 400, 600), (500, 500, 500, 600), (0, 0, 100, 1000), (0, 0, 900, math.nan)])
def test_what_is_empty_in_the_image_is_refused(box: tuple[float, ...]) -> None:
    """Inverted, without height, wholly in the padding above a wide image, not a number."""
    with pytest.raises(ValueError, match="box"):
        Coordinates(50, 200).to_px(box)


@pytest.mark.parametrize(
    ("rows", "columns", "region"),
    [(0, 5, None), (5, 0, None), (5, 5, (3, 0, 3, 5)), (5, 5, (0, 4, 5, 2)), (5, 5, (0, 0, math.inf, 5))],
)
def test_a_way_without_a_way_back_is_refused(rows: int, columns: int, region: BoxPx | None) -> None:
    with pytest.raises(ValueError):
        Coordinates(rows, columns, region)


@pytest.mark.parametrize("size", [(3, 8), (8, 3), (5, 5), (7, 4), (1, 6)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_padding_is_where_the_coordinates_say(size: tuple[int, int], mode: str) -> None:
    rows, columns = size
    way = Coordinates(rows, columns)
    padded = way.pad(Picture.new(mode, (columns, rows), "white"))
    assert padded.size == (way.size_px,) * 2 and padded.mode == mode
    white = np.argwhere(np.asarray(padded.convert("L")) == 255)
    assert tuple(white.min(0)) == way.pad_px
    assert np.ptp(white, axis=0).tolist() == [rows - 1, columns - 1] and len(white) == rows * columns


@pytest.mark.parametrize(("mirrored", "turns"), list(product((False, True), range(4))))
def test_pixels_and_boxes_go_the_same_way(mirrored: bool, turns: int) -> None:
    """A patch cut out of the square is the patch of the stored picture, for every way round."""
    way = Coordinates(13, 20, None, mirrored, turns)
    stored = np.arange(260, dtype=np.uint8).reshape(13, 20)
    square = np.asarray(way.pad(Picture.fromarray(stored)))
    by_hand = np.rot90(stored[:, ::-1] if mirrored else stored, -turns)
    assert np.array_equal(np.asarray(way.turn(Picture.fromarray(stored))), by_hand)
    y0, x0, y1, x1 = (round(value * 20 / 1000) for value in way.to_thousandths((2, 3, 5, 9)))
    assert sorted(square[y0:y1, x0:x1].ravel()) == sorted(stored[2:5, 3:9].ravel())


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="pixels"):
        Coordinates(10, 20).pad(Picture.new("L", (10, 20)))


def test_a_patch_of_a_slide_answers_in_the_slide() -> None:
    way = coordinates_of(
        Image(sop_instance_uid="1", pixels_sha256="", rows=50, columns=100, region_px=(400, 0, 600, 400))
    )
    assert way.to_px((250, 0, 500, 1000)) == (400, 0, 500, 400)


@pytest.mark.parametrize(
    ("columns_to", "rows_to", "corner"),
    [("L", "F", (0, 0)), ("R", "F", (0, 1)), ("L", "H", (1, 0)), ("R", "H", (1, 1)), (None, None, (0, 0))],
)
def test_an_image_is_shown_in_the_convention(
    columns_to: str | None, rows_to: str | None, corner: tuple[int, int]
) -> None:
    """Where the stored pixel nearest to the patient's right shoulder lies: at the top left of what is shown."""
    image = Image(sop_instance_uid="1", pixels_sha256="", rows=2, columns=2, columns_to=columns_to, rows_to=rows_to)
    stored = np.zeros((2, 2), np.uint8)
    stored[corner] = 255
    assert coordinates_of(image).turn(Picture.fromarray(stored)).getpixel((0, 0)) == 255
