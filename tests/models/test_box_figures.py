"""Boxes against true ones: overlaps, pairings and their figures by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.models.box_figures import Placed, figures, overlap, overlaps, success

SQUARE = (0, 0, 10, 10)
edges = st.integers(0, 50)
boxes = st.tuples(edges, edges, edges, edges).map(lambda b: (b[0], b[1], b[0] + b[2] + 1, b[1] + b[3] + 1))


@pytest.mark.parametrize(
    ("other", "share"),
    [
        ((0, 0, 10, 10), 1),
        ((0, 5, 10, 15), 50 / 150),
        ((5, 5, 15, 15), 25 / 175),
        ((10, 0, 20, 10), 0),
        ((2, 2, 4, 4), 0.04),
    ],
)
def test_overlap_by_hand(other: tuple[int, ...], share: float) -> None:
    assert overlap(SQUARE, other) == pytest.approx(share) == overlap(other, SQUARE)


@given(boxes, boxes)
def test_overlap_is_a_share_and_one_only_for_the_same_box(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert 0 <= overlap(one, other) <= 1
    assert (overlap(one, other) == 1) == (one == other)


def test_boxes_are_paired_for_the_largest_sum() -> None:
    """One by one the first true box would take the given box that the second needs more."""
    true, given_ones = [(0, 0, 10, 10), (0, 2, 10, 12)], [(0, 2, 10, 12)]
    assert overlaps(true, given_ones) == [0, 1]
    assert overlaps(true, [(0, 2, 10, 12), (0, 0, 10, 9)]) == pytest.approx([0.9, 1])
    assert overlaps(true, []) == [0, 0] and overlaps([], given_ones) == []


def test_figures_by_hand() -> None:
    placed = [
        Placed("nodule", "a", 0.8, True),
        Placed("nodule", "b", 0.4, True),
        Placed("nodule", "c", 0.0, False),
        Placed("heart", "a", 0.5, True),
    ]
    found = {(one.name, one.label): one for one in figures(placed, seed=1)}
    assert found["iou", "nodule"].value == pytest.approx(0.4) and found["iou", None].value == pytest.approx(1.7 / 4)
    assert found["macro_iou", None].value == pytest.approx((0.4 + 0.5) / 2)
    assert found["iou_at_50", "nodule"].value == pytest.approx(1 / 3) and found["iou_at_50", None].value == 0.5
    assert found["no_answer", "nodule"].value == pytest.approx(1 / 3) and found["no_answer", "heart"].value == 0
    assert found["macro_iou_at_50", None].value == pytest.approx((1 / 3 + 1) / 2)
    assert found["iou", "heart"].low is None and found["iou", "nodule"].n == 3


def test_the_share_of_boxes_by_their_overlap() -> None:
    curve = success([Placed("x", "a", 0.5, True), Placed("x", "b", 0.9, True)])
    shares = dict(curve.points)
    assert (shares[0.5], shares[0.55], shares[0.9], shares[0.95]) == (1, 0.5, 0.5, 0)
    assert success([]).points == () and all(one.value is None for one in figures([], seed=1))
