"""`prelim batch`: a line a case, one document a line under --json, one status; stopped and gone on with."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.tally import Tally, line_of
from graphs.batch import BatchError, BatchResult
from prelim.models.phantom import draw
from prelim.models.phantom.film_file import dicom_of
from tests.app.test_cli import Run, run
from tests.conftest import EXAMPLES, ROOT

__all__ = ["run"]
FIELDS = {"case", "case_id", "status", "out", "error"}


def folder_of(place: Path, count: int) -> Path:
    """Cases of one drawn film each."""
    for number in range(count):
        case = place / f"case-{number}"
        case.mkdir(parents=True)
        film = draw.film(np.random.default_rng([20261128, number])).pixels
        dicom_of(film, f"DRAWN-{number}", "20250101").save_as(case / "film.dcm", enforce_file_format=True)
    return place


def done(number: int, **other: object) -> BatchResult:
    given = {"case": f"case-{number}", "case_id": f"c-{number}", "status": "review", "out": "/out"}
    return BatchResult.model_validate({**given, **other})


# ------------------------------------------------------------------ what is told


def test_the_pace_is_that_of_the_cases_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that stood already end at once, and say nothing of how long the others will take."""
    now_s = [0.0]
    tally = Tally(100, lambda: now_s[0])
    for number in range(20):
        tally.take(done(number, already=True))
    assert tally.words == "20 of 100"
    for number in range(20, 40):
        now_s[0] += 2.0
        tally.take(done(number))
    assert tally.words == "40 of 100, 0.5 a second, 2 min left"
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 40
    assert printed.err.splitlines()[0] == "25 of 100, 0.5 a second, 2 min left"
    assert len(printed.err.splitlines()) == 4, "one in ten seconds"


def test_the_table_counts_and_gives_reasons() -> None:
    tally = Tally(30)
    tally.take(done(1))
    for number in range(25):
        error = BatchError(code="truncated", message=f"film-{number}.dcm ends too early.")
        tally.take(done(number, case_id=None, out=None, status="failed", error=error, row=number + 2))
    words = tally.summary()
    assert "review  1" in words and "failed  25" in words and "5 more failed" in words
    assert words.count("truncated") == 20
    error = BatchError(code="not_found", message="Row 3: there is no such folder or file.")
    line = line_of(done(1, case_id=None, status="failed", error=error, row=3))
    assert line.split() == f"– failed row 3: case-1: not_found: {error.message}".split()


# ------------------------------------------------------------------ the command


def test_a_list_that_cannot_be_used_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("case,mrn\nx,1\n")
    (tmp_path / "empty").mkdir()
    for words, status, code in (
        ([tmp_path / "none.csv"], 2, "not_found"),
        ([tmp_path / "bad.csv"], 2, "bad_manifest"),
        ([tmp_path / "empty"], 2, "no_cases"),
        ([EXAMPLES / "normal"], 2, "one_case"),
        ([EXAMPLES, "--table", tmp_path / "a.xlsx"], 2, "bad_table"),
        ([EXAMPLES, "--at-once", "0"], 2, "usage"),
        ([EXAMPLES, "--model", "oracle"], 2, "unknown_model"),
        ([EXAMPLES, "--model", "medgemma"], 4, "model_missing"),
    ):
        ended, out, err = run("batch", *words, "--json")
        assert (ended, json.loads(out)["error"]["code"]) == (status, code)
        assert "Traceback" not in err


@pytest.mark.integration
def test_cases_as_lines_a_table_and_what_failed_again(run: Run, home: Path, tmp_path: Path) -> None:
    folder_of(tmp_path, 2)
    (tmp_path / "case-2").mkdir()
    path = tmp_path / "list.csv"
    path.write_text("case\ncase-0\ncase-1\ncase-2\ncase-9\n")
    out, table = tmp_path / "out", tmp_path / "table.csv"
    status, printed, err = run("batch", path, "--json", "--out", out, "--no-pages", "--table", table)
    lines = [json.loads(line) for line in printed.splitlines()]
    assert status == 0 and all(line.keys() >= FIELDS for line in lines)
    assert {line["case"]: line["status"] for line in lines} == {
        "case-0": "review",
        "case-1": "review",
        "case-2": "failed",
        "case-9": "failed",
    }
    assert [set(line["error"]) for line in lines if line["error"]] == [{"code", "message", "file"}] * 2
    assert "failed  2" in err and "empty_case" in err and str(out / "failures.csv") in err
    drafted = [line["case_id"] for line in lines if not line["error"]]
    assert sorted(path.name for path in out.iterdir()) == sorted([*drafted, "failures.csv"])
    assert {row.split(",")[0] for row in table.read_text().splitlines()[1:]} == set(drafted)
    shutil.copy(tmp_path / "case-0" / "film.dcm", tmp_path / "case-2" / "film.dcm")
    shutil.copytree(EXAMPLES / "normal", tmp_path / "case-9")
    status, printed, err = run("batch", path, "--out", out, "--failed")
    assert status == 0 and printed.count(" review ") == 2 and "2 of 2" in err
    assert not (out / "failures.csv").exists()
    status, printed, err = run("batch", path, "--out", out, "--failed")
    assert (status, printed, err) == (0, "", "nothing failed when this was last run\n")
    status, printed, err = run("batch", tmp_path / "case-9", "--json")
    assert (status, json.loads(printed)["error"]["code"]) == (2, "one_case")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The command at work on a dozen cases, heeding Ctrl-C even where whoever runs the tests ignores it."""
    environment = {**os.environ, "PRELIM_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heeding}; from app.cli import main; main()", "batch", "--json"]
    command += [str(folder_of(tmp_path / "cases", 12)), "--out", str(tmp_path / "out"), "--at-once", "2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield process
        process.kill()


@pytest.mark.integration
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_gone_on_with(
    sent: signal.Signals, started: subprocess.Popen[str], run: Run, tmp_path: Path
) -> None:
    """Nothing is half told; the same command does what is left, and nothing twice."""
    assert started.stdout and started.stderr
    first = started.stdout.readline()
    started.send_signal(sent)
    rest, err = started.communicate(timeout=60)
    assert started.returncode == 130, err
    assert "the same command goes on" in err and "Traceback" not in err and "Aborted" not in err
    told = [json.loads(line) for line in (first + rest).splitlines()]
    assert 1 <= len(told) < 12 and all(line["status"] == "review" for line in told)
    status, out, _ = run("batch", tmp_path / "cases", "--out", tmp_path / "out", "--json")
    again = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and len(again) == 12
    assert {line["case"] for line in told} <= {line["case"] for line in again if line["already"]}
    assert len(list((tmp_path / "out").glob("*/draft.json"))) == 12
    assert json.loads(run("audit", "verify", "--json")[1])["records"] == 12
