"""What an evaluation says: figures with their intervals, what was counted, what was not, and points to draw."""

from pydantic import Field

from prelim.types import ModelIdentity, Value


class Metric(Value):
    """One figure. `label` is the finding or class that it is of, None: of all together.

    `value` is None where nothing could be counted. `low` and `high` are its 95% interval, by resampling patients; None
    with fewer than two patients. `n` counts what the value rests on (answers, boxes, rows), not resamples.
    """

    name: str
    label: str | None = None
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int


class Curve(Value):
    """Points [x, y] to draw, in order of x, and how many answers stand behind each.

    `name` is the plot (one that is known to the page: reliability, risk_coverage), `label` the line within it.
    """

    name: str
    label: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]
    n: tuple[int, ...]


class Matrix(Value):
    """How often each truth (a row) was answered so (a column)."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Problem(Value):
    """What could not be used, and why. `line` counts from 1, the heading included."""

    line: int | None = None
    image: str = ""
    code: str
    message: str


class Evaluated(Value):
    """What every task of `prelim evaluate` returns.

    `data` is the file's name with the start of its sha256, never its place. `declined` counts what was not asked by the
    reason. `problems` are lines that could not be used. `not_computed` names figures that could not be made, and why;
    `not_written` says why the data folder does not hold what was fitted ("": it does, or nothing is).
    """

    task: str
    model: ModelIdentity
    data: str
    seed: int
    metrics: tuple[Metric, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)
    declined: dict[str, int] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    not_computed: tuple[str, ...] = ()
    not_written: str = ""
    curves: tuple[Curve, ...] = ()
    matrices: tuple[Matrix, ...] = ()

    def metric(self, name: str, label: str | None = None) -> Metric:
        """One figure. KeyError where there is none."""
        found = (one for one in self.metrics if (one.name, one.label) == (name, label))
        if (first := next(found, None)) is None:
            raise KeyError((name, label))
        return first
