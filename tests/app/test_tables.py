"""Without --json the command line prints words and tables, and nothing of JSON."""

import json
from collections.abc import Callable

import pytest

from app import tables
from app.tables import table
from prelim.types import Record
from tests.app.test_cli import FILM, run
from tests.conftest import EXAMPLES

__all__ = ["run"]
GROWING = EXAMPLES / "growing-opacity"
PRIOR, LABS = GROWING / "film-2025-01-03.dcm", GROWING / "labs-2025-03-14.pdf"
REFERRAL = GROWING / "referral-2025-03-14.txt"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (
            ("inspect", GROWING),
            ["chest radiograph PA 2025-01-03 projection 1 × 224 × 224 1.5 × 1.5", "labs-2025-03-14.pdf lab"],
        ),
        (("tool", "triage", FILM), ["urgency: urgent", "lung_opacity right present", "cardiomegaly midline absent"]),
        (("tool", "locate", FILM, "lung_opacity"), ["finding side y0 x0 y1 x1", "lung_opacity right"]),
        (("tool", "compare", PRIOR, FILM), ["lung_opacity right 2025-01-03 2025-03-14 worse"]),
        (("tool", "labs", LABS), ["CRP 87.0 mg/L H H <5 2025-03-14 both", "Procalcitonin <0.05 ng/mL N 0-0.5"]),
        (
            ("tool", "notes", REFERRAL),
            ["problem COPD present past_history 181–185 rules", "question rule out pneumonia uncertain indication"],
        ),
        (("tool", "priors", "X", "opacity"), ["no records"]),
        (("history", "list", "X"), ["no records"]),
        (("history", "check"), ["0 records, 0 in the index, 0 reachable: sound"]),
        (("model", "list"), ["phantom 2 CR DX chest"]),
        (("audit", "verify"), ["0 records: intact"]),
    ],
    ids=lambda given: " ".join(str(word) for word in given[:2]),
)
def test_a_command_prints_a_table(
    words: tuple[str, ...], rows: list[str], run: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, _ = run(*words)
    assert status == 0 and "{" not in out and "\x1b" not in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert all(any(line.startswith(row) for line in lines) for row in rows), out
    if words[0] == "tool" and words[1] != "priors":
        assert "no medical model" in lines[-1]
    json.loads(run(*words, "--json")[1])


@pytest.mark.integration
def test_records_of_a_signed_case_are_listed(run: Callable[..., tuple[int, str, str]]) -> None:
    case_id = json.loads(run("draft", EXAMPLES / "normal", "--json")[1])["case_id"]
    run("sign", case_id, "--reviewer", "Dr Example")
    for words in (("list", "EXAMPLE-2"), ("search", "EXAMPLE-2", "lung opacity")):
        lines = run("history", *words)[1].splitlines()
        assert lines[0].split() == ["date", "type", "text", "score", "source"]
        assert any(line.split()[:4] == ["2025-02-20", "finding", "right", "lung"] for line in lines)


def test_words_are_no_markup_and_nothing_is_cut_off() -> None:
    long = "opacity " * 60
    record = Record(id="r-1", type="note", date=None, title="Note", text=f"[bold]Seen[/bold] {long}")
    printed = tables.records([record])
    assert "[bold]Seen[/bold]" in printed and printed.count("opacity") == 60
    assert table(("a",), []) == ""
