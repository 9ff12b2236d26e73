"""`prelim evaluate report`: what drafts and reference reports name, F1 by hand; RadGraph where it is installed."""

import csv
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app import Prelim
from graphs.evaluate_report import Compared, counts_of, figures
from prelim.draft import Statement
from prelim.errors import InputError
from tests.conftest import EXAMPLES

NORMAL = "FINDINGS: No lung opacity. No pleural effusion. The heart is not enlarged.\nIMPRESSION: No acute disease."


def table(folder: Path, *rows: tuple[str, str]) -> Path:
    path = folder / "reports.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("case", "report"), *rows])
    return path


def test_f1_by_hand() -> None:
    """Opacity: named by both. Effusion: by the draft alone, denied by the reference. The side is another."""
    first = Compared(
        "a",
        "There is a right lung opacity. There is a left pleural effusion.",
        "There is a left lung opacity. No pleural effusion.",
        (
            Statement(id="1", text="", support="supported", source="model"),
            Statement(id="2", text="", support="unsupported", source="model"),
        ),
    )
    second = Compared("b", "No pleural effusion.", "No pleural effusion. No pneumothorax.")
    found = {(one.name, one.label): (one.value, one.n) for one in figures([first, second], seed=1)}
    assert found["micro_f1", "positive"] == (pytest.approx(2 * 1 / (2 * 1 + 1 + 0)), 1)
    assert found["macro_f1", "positive"][0] == pytest.approx((1 + 0) / 2)
    # denied: effusion by the reference alone, then by both; pneumothorax by the reference alone
    assert found["micro_f1", "negative"] == (pytest.approx(2 * 1 / (2 * 1 + 0 + 2)), 3)
    assert found["macro_f1", "negative"][0] == pytest.approx((2 / 3 + 0) / 2)
    assert found["side_right", None] == (0, 1)
    assert counts_of([first, second]) == {
        "statements": 2,
        "statements by model": 2,
        "statements supported": 1,
        "statements unsupported": 1,
    }


@pytest.mark.integration
def test_cases_beside_their_reports(prelim: Prelim, tmp_path: Path) -> None:
    (tmp_path / "case").symlink_to(EXAMPLES / "normal")
    (tmp_path / "normal.txt").write_text(NORMAL, encoding="utf-8")
    found = prelim.evaluate(
        "report", table(tmp_path, ("case", "normal.txt"), ("absent", NORMAL), ("case", ""), ("case", "lost.txt"))
    )
    assert found.counts["cases"] == 1 and found.counts["statements"] > 2
    assert found.metric("micro_f1", "negative").value == pytest.approx(1)
    assert found.metric("micro_f1", "positive").value is None
    assert [(one.line, one.code) for one in found.problems] == [(4, "not_found"), (5, "no_report"), (6, "not_found")]
    assert not prelim.worklist()
    assert str(tmp_path) not in found.model_dump_json()


@pytest.mark.integration
def test_drawn_cases_end_to_end(prelim: Prelim) -> None:
    found = prelim.evaluate("report", "phantom", drawn=4, seed=2)
    assert found == prelim.evaluate("report", "phantom", drawn=4, seed=2)
    assert found.counts["cases"] == 4 and (found.metric("micro_f1", "positive").value or 0) > 0.7
    assert found.not_computed == ("radgraph_f1: The package radgraph is not installed.",)
    assert not prelim.worklist()


@pytest.mark.integration
def test_radgraph_scores_every_draft_where_it_is_installed(prelim: Prelim, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], list[str]]] = []

    class F1RadGraph:
        def __init__(self, reward_level: str) -> None:
            assert reward_level == "partial"

        def __call__(self, hyps: list[str], refs: list[str]) -> Any:
            asked.append((hyps, refs))
            return 0.5, [0.25, 0.75], [], []

    package = ModuleType("radgraph")
    package.F1RadGraph = F1RadGraph  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "radgraph", package)
    found = prelim.evaluate("report", "phantom", drawn=2)
    assert found.metric("radgraph_f1").value == pytest.approx(0.5) and found.not_computed == ()
    (hyps, refs) = asked[0]
    assert len(hyps) == len(refs) == 2 and all("FINDINGS" in text for text in refs)


def test_a_table_that_names_no_case_is_refused_by_name(prelim: Prelim, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        prelim.evaluate("report", table(tmp_path, ("absent", "No effusion.")))
    assert refused.value.code == "no_example" and "does not exist" in refused.value.message
