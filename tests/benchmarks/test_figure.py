"""What a benchmark writes."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import table
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


def test_new_figures_take_the_place_of_those_of_the_same_name_and_device(tmp_path: Path) -> None:
    write("demo", [figure(name, 1.0, "s", device=device) for name in "xy" for device in ("cpu", "gpu")], True, tmp_path)
    path = write("demo", [figure("x", 2.0, "s")], False, tmp_path)
    rows = [(row["name"], row["device"], row["ours"]) for row in json.loads(path.read_text(encoding="utf-8"))]
    assert rows == [("x", "gpu", 1.0), ("y", "cpu", 1.0), ("y", "gpu", 1.0), ("x", "cpu", 2.0)]


def test_the_table_says_what_a_figure_is_and_whether_it_meets_its_goal() -> None:
    head, row = table([figure("x", 1.0, "s", other=2.5, other_name="y", goal=2.0, note="twice")]).splitlines()
    assert head.split() == ["figure", "ours", "other", "ratio", "goal", "met", "note"]
    assert row.split() == ["x", "1", "s", "2.5", "(y)", "2.50", "2", "yes", "twice"]
