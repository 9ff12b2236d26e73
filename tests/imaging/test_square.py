"""Boxes survive the way into the model's square and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from prelim.imaging.square import Square
from prelim.types import BoxPx

EDGE = st.integers(1, 5000)


@st.composite
def squares_and_boxes(draw: st.DrawFn) -> tuple[Square, BoxPx]:
    """An image of any size and aspect, and a box of at least a pixel in it."""
    rows, columns = draw(EDGE), draw(EDGE)
    y0, x0 = draw(st.integers(0, rows - 1)), draw(st.integers(0, columns - 1))
    y1, x1 = draw(st.integers(y0 + 1, rows)), draw(st.integers(x0 + 1, columns))
    return Square(rows, columns), (float(y0), float(x0), float(y1), float(x1))


@given(squares_and_boxes())
def test_a_box_comes_back_where_it_was(case: tuple[Square, BoxPx]) -> None:
    square, box = case
    assert np.allclose(square.to_px(square.to_thousandths(box)), box, atol=1e-6)


@given(squares_and_boxes())
def test_whole_thousandths_cost_half_of_their_own_step(case: tuple[Square, BoxPx]) -> None:
    """What a model can write is rounded: half a thousandth of the side, so half a pixel up to 1000 px."""
    square, box = case
    rounded = [round(value) for value in square.to_thousandths(box)]
    if rounded[0] < rounded[2] and rounded[1] < rounded[3]:
        away = np.abs(np.subtract(square.to_px(rounded), box)).max()
        assert away <= max(0.5, 0.5 * square.size_px / 1000) + 1e-6


@given(EDGE, EDGE, st.lists(st.floats(-500, 1500), min_size=4, max_size=4))
def test_a_box_lies_in_the_image_or_is_refused(rows: int, columns: int, box: list[float]) -> None:
    try:
        y0, x0, y1, x1 = Square(rows, columns).to_px(box)
    except ValueError:
        return
    assert 0 <= y0 < y1 <= rows and 0 <= x0 < x1 <= columns


@pytest.mark.parametrize("size", [(3, 8), (8, 3), (5, 5), (7, 4), (1, 6)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_padding_is_where_the_coordinates_say(size: tuple[int, int], mode: str) -> None:
    rows, columns = size
    square = Square(rows, columns)
    padded = square.pad(Image.new(mode, (columns, rows), "white"))
    assert padded.size == (square.size_px,) * 2 and padded.mode == mode
    white = np.argwhere(np.asarray(padded.convert("L")) == 255)
    assert white.min(0).tolist() == [square.pad_top_px, square.pad_left_px]
    assert np.ptp(white, axis=0).tolist() == [rows - 1, columns - 1] and len(white) == rows * columns


@pytest.mark.parametrize("box", [(500, 500, 400, 600), (500, 500, 500, 600), (0, 0, 100, 1000)])
def test_what_is_empty_in_the_image_is_refused(box: tuple[int, ...]) -> None:
    """Inverted, without height, and wholly in the padding above a wide image."""
    with pytest.raises(ValueError, match="box"):
        Square(50, 200).to_px(box)
