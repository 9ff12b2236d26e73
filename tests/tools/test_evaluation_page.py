"""The page of an evaluation: all figures on it, nothing from outside, geometry by hand."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from prelim.errors import InputError
from prelim.evaluated import Curve, Evaluated, Matrix, Metric, Problem
from prelim.types import ModelIdentity
from tools.evaluation_page import page, write_evaluation
from tools.figure_names import FIGURES, name_of
from tools.plots import HEIGHT, LEFT, RIGHT, WIDTH, bars_of, cells_of, plots_of

NOTICE = "No medical model."
MODEL = ModelIdentity(name="m", revision="1", digest="a" * 64, card="b" * 64)


def metric(name: str, value: float | None, label: str | None = None, **given: Any) -> Metric:
    return Metric(name=name, label=label, value=value, **{"low": 0.25, "high": 0.75, "n": 12, **given})


def curve(name: str, label: str, *points: tuple[float, float]) -> Curve:
    return Curve(name=name, label=label, x="x", y="y", points=points, n=(4,) * len(points))


FOUND = Evaluated(
    task="findings",
    model=MODEL,
    data="a <b>.csv, sha256 0123",
    seed=3,
    metrics=(
        metric("macro_f1", 0.4321),
        metric("macro_f1_uncalibrated", 0.1234),
        metric("f1", 0.5, "lung_mass"),
        metric("f1", None, "fracture", low=None, high=None),
        metric("f1_uncalibrated", 0.3, "lung_mass"),
    ),
    counts={"images": 7},
    declined={"It may not <be> asked.": 5},
    problems=tuple(Problem(line=line, code="x", message=f"Problem {line}.") for line in range(2, 60)),
    not_computed=("Not this.",),
    curves=(
        curve("reliability", "one", (0.1, 0.2), (0.9, 0.8)),
        curve("risk_coverage", "one", (0.5, 0.01), (1.0, 0.04)),
        curve("risk_coverage", "of the product", (0.8, 0.02)),
    ),
    matrices=(Matrix(name="told", rows=("better", "worse"), columns=("better", "worse"), counts=((3, 1), (0, 0))),),
)


def test_the_page_says_all_and_asks_for_nothing_outside() -> None:
    html = page(FOUND, NOTICE)
    for said in ("0.432", "0.250 to 0.750", "uncalibrated 0.123", "7 images", "Problem 51.", "and 8 more", "Not this."):
        assert said in html, said
    assert "a &lt;b&gt;.csv" in html and "may not &lt;be&gt; asked" in html and NOTICE in html
    assert not re.findall(r"(?:src|href)=|url\(|@import|<script|https?://", html)
    assert html.count("<figure") == 2 and html == page(FOUND, NOTICE)


def test_an_evaluation_without_figures_has_a_page_too() -> None:
    empty = Evaluated(
        task="labs", model=MODEL, data="x", seed=1, metrics=(metric("f1", None, low=None, high=None, n=0),)
    )
    assert "0 figures" not in page(empty, NOTICE) and "1 figures" in page(empty, NOTICE)


def test_points_lie_where_they_should() -> None:
    reliability, risk = plots_of(FOUND.curves)
    across, up = WIDTH - LEFT - RIGHT, reliability.y_ticks[0].at - reliability.y_ticks[-1].at
    [line] = reliability.lines
    assert line.points.split()[0] == f"{LEFT + 0.1 * across:.1f},{reliability.y_ticks[0].at - 0.2 * up:.1f}"
    assert [tick.text for tick in reliability.y_ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert reliability.diagonal == (LEFT, HEIGHT - 40, WIDTH - RIGHT, 12) and risk.diagonal is None
    assert [tick.text for tick in risk.y_ticks][-1] == "0.05"  # as low as the highest point allows
    assert [(one.number, one.alone) for one in risk.lines] == [(0, False), (0, True)]


def test_bars_and_cells() -> None:
    [bars] = bars_of([one for one in FOUND.metrics if one.name == "f1"], {("f1", "lung_mass"): 0.3})
    first, second = bars.bars
    assert (first.label, first.value, first.low, first.high, first.before) == ("lung mass", 50, 25, 75, 30)
    assert (second.value, second.low, second.before, second.text) == (None, None, None, "–")
    rows = dict(cells_of(FOUND.matrices[0]))
    assert [(cell.many, cell.percent, cell.right) for cell in rows["better"]] == [(3, 75, True), (1, 25, False)]
    assert [cell.percent for cell in rows["worse"]] == [0, 0]


def test_names_in_words() -> None:
    assert name_of("findings", "macro_f1_uncalibrated") == "Macro F1, uncalibrated"
    assert name_of("retrieval", "recall_at_3") == "Recall at 3" and name_of("new", "x_y") == "X y"
    assert all(name and meaning for names in FIGURES.values() for name, meaning in names.values())


def test_a_page_has_its_json_beside_it(tmp_path: Path) -> None:
    write_evaluation(FOUND, tmp_path / "report.html", NOTICE)
    assert Evaluated.model_validate_json((tmp_path / "report.json").read_text()) == FOUND
    assert (tmp_path / "report.html").read_text() == page(FOUND, NOTICE)
    write_evaluation(FOUND, tmp_path / "plain", NOTICE)
    assert json.loads((tmp_path / "plain").read_text())["task"] == "findings"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain", "report.html", "report.json"]
    with pytest.raises(InputError) as refused:
        write_evaluation(FOUND, tmp_path / "nowhere" / "report.html", NOTICE)
    assert refused.value.code == "not_writable"


@pytest.mark.integration
@pytest.mark.parametrize("width_px", [1280, 390])
def test_a_browser_draws_it_without_complaint(width_px: int, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    write_evaluation(FOUND, tmp_path / "report.html", NOTICE)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened, said = browser.new_page(viewport={"width": width_px, "height": 900}), list[str]()
        opened.on("console", lambda message: said.append(message.text))
        opened.goto((tmp_path / "report.html").as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth") <= width_px
        frames = opened.eval_on_selector_all("figure > svg", "all => all.map(one => one.getBoundingClientRect().width)")
        browser.close()
    assert said == [] and len(frames) == 2 and all(0 < frame <= width_px for frame in frames)
