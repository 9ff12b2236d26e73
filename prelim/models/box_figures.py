"""How well boxes lie: intersection over union with true boxes, and its figures. A box is [y0, x0, y1, x1]."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from prelim.evaluated import Curve, Metric
from prelim.models.bootstrap import Array, Statistic, macro_metric, metrics, ratio

Box = Sequence[float]
HALF = 0.5
_WIDTH = 4


class Placed(NamedTuple):
    """One true box: its label, whose image it is on, its overlap with the box given for it, whether any was given."""

    label: str
    patient: str
    overlap: float
    answered: bool


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    height = min(one[2], other[2]) - max(one[0], other[0])
    width = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, height) * max(0.0, width)
    areas = sum(max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared) if shared else 0.0


def overlaps(true: Sequence[Box], given: Sequence[Box]) -> list[float]:
    """Each true box's overlap with the given one that it is paired with, 0 without one; the pairing with the largest
    sum."""
    table = np.array([[overlap(one, other) for other in given] for one in true]).reshape(len(true), len(given))
    found = [0.0] * len(true)
    for row, column in zip(*linear_sum_assignment(table, maximize=True), strict=True):
        found[row] = float(table[row, column])
    return found


def _column(number: int) -> Statistic:
    def mean(sums: Array) -> Array:
        return ratio(sums[..., [number, _WIDTH - 1]])

    return mean


_FIGURES: dict[str, Statistic] = {"iou": _column(0), "iou_at_50": _column(1), "no_answer": _column(2)}


def figures(placed: Sequence[Placed], seed: int) -> list[Metric]:
    """Mean overlap (a box without an answer counts 0), share of at least a half, share without an answer: the mean over
    labels, over all boxes, and each label's."""
    labels, patients = [one.label for one in placed], [one.patient for one in placed]
    counts = np.array([[one.overlap, one.overlap >= HALF, not one.answered, 1] for one in placed], dtype=float)
    found = [macro_metric(f"macro_{name}", labels, patients, counts, how, seed=seed) for name, how in _FIGURES.items()]
    found += metrics(_FIGURES, patients, counts, seed=seed)
    for label in sorted(set(labels)):
        mine = np.array([one == label for one in labels])
        whose = [one.patient for one in placed if one.label == label]
        found += metrics(_FIGURES, whose, counts[mine], seed=seed, label=label)
    return found


def success(placed: Sequence[Placed], label: str = "all") -> Curve:
    """The share of boxes with at least an overlap, by the overlap."""
    overlap_of = np.array([one.overlap for one in placed])
    steps = np.linspace(0.05, 1, 20)
    points = tuple((round(float(step), 2), float((overlap_of >= step).mean())) for step in steps) if placed else ()
    return Curve(
        name="overlap",
        label=label,
        x="intersection over union",
        y="share of boxes with at least that",
        points=points,
        n=(len(placed),) * len(points),
    )
