"""What a benchmark writes."""

import json
from pathlib import Path

import pytest

from benchmarks.figure import figure, median_s, write

CONTRACT = {"name", "ours", "other", "other_name", "ratio", "unit", "device", "goal", "met"}


@pytest.mark.parametrize(
    ("more_is_better", "goal", "ratio", "met"),
    [(False, 2.0, 2.0, True), (False, 2.5, 2.0, False), (True, 0.5, 0.5, True), (True, None, 0.5, None)],
)
def test_a_ratio_above_one_is_in_our_favour(
    more_is_better: bool, goal: float | None, ratio: float, met: bool | None
) -> None:
    one = figure("x", 1.0, "s", other=2.0, other_name="y", goal=goal, more_is_better=more_is_better)
    assert (one.ratio, one.met) == (ratio, met)


@pytest.mark.parametrize(("more_is_better", "met"), [(False, True), (True, False)])
def test_an_absolute_figure_is_bound_by_its_goal(more_is_better: bool, met: bool) -> None:
    one = figure("x", 30.0, "s", goal=60.0, more_is_better=more_is_better)
    assert (one.other, one.ratio, one.met) == (None, None, met)


def test_the_file_has_the_contracts_fields(tmp_path: Path) -> None:
    path = write("demo", [figure("x", median_s(lambda: None), "s")], full=True, folder=tmp_path / "results")
    [row] = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == "demo.json" and set(row) >= CONTRACT
    assert row["full"] is True and row["machine"] and row["date"]
