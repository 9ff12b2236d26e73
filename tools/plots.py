"""Where the points, bars and ticks of an evaluation's drawings lie: numbers for SVG, no markup."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prelim.evaluated import Curve, Matrix, Metric

WIDTH, HEIGHT = 420.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 14.0, 12.0, 40.0
_TITLES = {
    "reliability": (
        "Calibration",
        "On the diagonal a probability means what it says. The larger a dot, the more answers.",
    ),
    "risk_coverage": (
        "Risk and coverage",
        "Abstaining from the least certain answers: what is left wrong. Ringed: the product's rule.",
    ),
    "overlap": ("Overlap of boxes", "How many boxes reach an intersection over union."),
}
_DIAGONAL = ("reliability",)
_RADII_PX = (2.5, 8.0)
_SCALES = ((0.01, 0.002), (0.02, 0.005), (0.05, 0.01), (0.1, 0.02), (0.2, 0.05), (0.3, 0.05), (0.5, 0.1), (1.0, 0.2))
"""Where an axis may end, and how far its ticks are apart."""


class Dot(NamedTuple):
    """A point in px, its radius in px, and what it says when pointed at."""

    x: float
    y: float
    radius: float
    says: str


class Line(NamedTuple):
    """One line of a plot; `number` chooses its colour. `alone`: a single point, ringed."""

    label: str
    number: int
    points: str
    dots: tuple[Dot, ...]
    alone: bool


class Tick(NamedTuple):
    """A tick's place in px, and its number."""

    at: float
    text: str


class Plot(NamedTuple):
    """Curves in a frame of `WIDTH` × `HEIGHT` px. `diagonal` is a line [x1, y1, x2, y2] to hold them against."""

    title: str
    note: str
    x: str
    y: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    diagonal: tuple[float, float, float, float] | None


class Bar(NamedTuple):
    """A figure in percent of the scale: its bar, the ends of its interval, where it was before; None: without. `text`
    is the figure itself."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    before: float | None
    text: str
    answers: int


class Bars(NamedTuple):
    """One figure by label."""

    name: str
    bars: tuple[Bar, ...]


class Cell(NamedTuple):
    """How many, their share of the row in percent, and whether truth and answer are the same."""

    many: int
    percent: float
    right: bool


# ------------------------------------------------------------------ curves


def plots_of(curves: Sequence[Curve]) -> list[Plot]:
    """Curves of one name in one plot."""
    names = dict.fromkeys(curve.name for curve in curves)
    return [_plot(name, [curve for curve in curves if curve.name == name]) for name in names]


def _plot(name: str, curves: Sequence[Curve]) -> Plot:
    highest = max((y for curve in curves for _, y in curve.points), default=1.0)
    top, step = next(scale for scale in _SCALES if scale[0] >= (1.0 if name in _DIAGONAL else min(1.0, highest)))
    title, note = _TITLES.get(name, (name.replace("_", " "), ""))
    lines = [curve for curve in curves if len(curve.points) > 1]
    alone = [curve for curve in curves if len(curve.points) == 1]
    numbered = [*enumerate(lines), *enumerate(alone)]  # a single point belongs to the line of its number
    return Plot(
        title,
        note,
        curves[0].x,
        curves[0].y,
        tuple(_line(curve, top, number, name) for number, curve in numbered),
        tuple(Tick(_x(at), f"{at:g}") for at in (0, 0.2, 0.4, 0.6, 0.8, 1)),
        tuple(Tick(_y(number * step, top), f"{number * step:g}") for number in range(round(top / step) + 1)),
        (_x(0), _y(0, top), _x(1), _y(1, top)) if name in _DIAGONAL else None,
    )


def _line(curve: Curve, top: float, number: int, name: str) -> Line:
    most = max(curve.n, default=1)
    places = [(_x(x), _y(y, top)) for x, y in curve.points]
    dots = tuple(
        Dot(*place, _radius(n / most), f"{curve.x} {x:.3f}, {curve.y} {y:.3f}, n {n}")
        for place, (x, y), n in zip(places, curve.points, curve.n, strict=True)
    )
    drawn = dots if name in _DIAGONAL or len(dots) == 1 else ()
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Line(curve.label, number, points, drawn, len(places) == 1)


def _radius(share: float) -> float:
    """Areas, not radii, are as the counts."""
    least, most = _RADII_PX
    return round(max(least, most * math.sqrt(share)), 1)


def _x(value: float) -> float:
    return round(LEFT + value * (WIDTH - LEFT - RIGHT), 1)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - min(value, top) / top * (HEIGHT - TOP - BOTTOM), 1)


# ------------------------------------------------------------------ bars and matrices


def bars_of(metrics: Sequence[Metric], before: Mapping[tuple[str, str | None], float]) -> list[Bars]:
    """Figures that several labels have, each name's in one drawing; `before` holds earlier ones by name and label."""
    names = dict.fromkeys(metric.name for metric in metrics if metric.label)
    groups = [(name, [metric for metric in metrics if metric.name == name and metric.label]) for name in names]
    return [
        Bars(name, tuple(_bar(metric, before.get((name, metric.label))) for metric in some))
        for name, some in groups
        if len(some) > 1
    ]


def _bar(metric: Metric, before: float | None) -> Bar:
    return Bar(
        label=(metric.label or "").replace("_", " "),
        value=_percent(metric.value),
        low=_percent(metric.low),
        high=_percent(metric.high),
        before=_percent(before),
        text=number(metric.value),
        answers=metric.n,
    )


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * min(1, value), 2)


def cells_of(matrix: Matrix) -> list[tuple[str, list[Cell]]]:
    """A matrix row by row."""
    return [
        (
            row,
            [
                Cell(count, round(100 * count / max(1, sum(counts)), 1), row == column)
                for column, count in zip(matrix.columns, counts, strict=True)
            ],
        )
        for row, counts in zip(matrix.rows, matrix.counts, strict=True)
    ]


def number(value: float | None) -> str:
    """Three digits after the point, or a dash."""
    return "–" if value is None else f"{value:.3f}"
