"""kill -9 at every node of the demo case, then resume: nothing is lost, nothing is done twice."""

import contextlib
import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from app import Prelim
from prelim.draft import Draft
from prelim.models.chat import ChatMedGemma
from tests.conftest import EXAMPLES, ROOT

DEMO = EXAMPLES / "growing-opacity"
KILLS = 10
NODES = ("intake", "triage", "route", "priors", "labs", "localization", "longitudinal", "compose", "verify")


@pytest.fixture
def open_prelim(model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Prelim]:
    """The facade on a home, with the model that is loaded already."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    return lambda home: Prelim(home=home, threads=1, device="cpu")


@pytest.fixture(scope="module")
def whole(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> Draft:
    """The demo case drafted in one go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.tool.open_model", lambda settings: model)
        return Prelim(home=tmp_path_factory.mktemp("whole"), threads=1, device="cpu").draft(DEMO)


def kill(home: Path, case_id: str, place: str, cut: str) -> None:
    """A process works on the case until it dies there; what it left on disk is sound."""
    command = [sys.executable, "-m", "tests.graphs.victim", str(home), case_id, place, cut]
    died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    sound(home)


def sound(home: Path) -> None:
    for store in home.glob("*.db"):
        with sqlite3.connect(store) as sql:
            assert sql.execute("PRAGMA integrity_check").fetchone()[0] == "ok", store.name


def events(home: Path) -> list[str]:
    with sqlite3.connect(home / "audit.db") as sql:
        return [row[0] for row in sql.execute("SELECT key FROM audit ORDER BY number")]


@pytest.mark.integration
@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("node", NODES)
def test_killed_in_a_node(
    node: str, cut: str, tmp_path: Path, whole: Draft, open_prelim: Callable[[Path], Prelim]
) -> None:
    case_id = open_prelim(tmp_path).open(DEMO)
    kill(tmp_path, case_id, node, cut)
    prelim = open_prelim(tmp_path)
    resumed = prelim.run(case_id)
    assert resumed.content_sha256 == whole.content_sha256
    assert resumed.status == "review"
    assert open_prelim(tmp_path).run(case_id) == resumed, "a second resume changes nothing"
    assert events(tmp_path) == [f"{case_id}:drafted"]
    assert prelim.audit_verify().intact


@pytest.mark.integration
@pytest.mark.parametrize(("step", "cut"), [("deliver", "before"), ("remember", "after"), ("log", "after")])
def test_killed_while_signing(step: str, cut: str, tmp_path: Path, open_prelim: Callable[[Path], Prelim]) -> None:
    """After the decision, after the history, after the audit record: resume finishes it, once."""
    case_id = open_prelim(tmp_path).draft(DEMO).case_id
    kill(tmp_path, case_id, step, cut)
    prelim = open_prelim(tmp_path)
    signed = prelim.run(case_id)
    assert signed.status == "signed"
    assert events(tmp_path) == [f"{case_id}:drafted", f"{case_id}:signed"]
    records = prelim.history("EXAMPLE-1")
    assert len({record.id for record in records}) == len(records) and len(records) > 5
    report = prelim.history_check()
    assert report.sound and report.records == len(records)


@pytest.mark.integration
@pytest.mark.parametrize("checkpoints", range(10))
def test_cut_between_a_nodes_writes_and_its_checkpoint(
    checkpoints: int, tmp_path: Path, whole: Draft, open_prelim: Callable[[Path], Prelim], monkeypatch: Any
) -> None:
    """What a node wrote stands, its step does not: none of its tasks is left to be run, and the case goes on."""
    kept, real = [], SqliteSaver.put

    def put(*given: Any) -> Any:
        if len(kept) == checkpoints:
            raise KeyboardInterrupt
        kept.append(given)
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteSaver, "put", put)
        with contextlib.suppress(KeyboardInterrupt):
            open_prelim(tmp_path).draft(DEMO)
    assert len(kept) == checkpoints
    prelim = open_prelim(tmp_path)
    resumed = prelim.draft(DEMO)
    assert (resumed.content_sha256, resumed.status) == (whole.content_sha256, "review")
    prelim.sign(resumed.case_id, reviewer="Dr Example")
    assert events(tmp_path) == [f"{resumed.case_id}:drafted", f"{resumed.case_id}:signed"]
    assert prelim.history("EXAMPLE-1")


@pytest.fixture
def litter() -> Iterator[subprocess.Popen[str]]:
    """A process with the model loaded, that forks drafts of the demo case."""
    command = [sys.executable, "-m", "tests.graphs.litter", str(DEMO)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin and process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def drafted(litter: subprocess.Popen[str], home: Path, kill_after_s: float = math.inf) -> tuple[int, float]:
    """How a draft on a home ended (its status, or minus the signal), and after how many seconds."""
    assert litter.stdout and litter.stdin
    litter.stdin.write(f"{home} {kill_after_s}\n")
    litter.stdin.flush()
    status, seconds = litter.stdout.readline().split()
    return int(status), float(seconds)


@pytest.mark.integration
def test_killed_at_any_instant(
    tmp_path: Path, whole: Draft, litter: subprocess.Popen[str], open_prelim: Callable[[Path], Prelim]
) -> None:
    """Wherever in its work a draft is killed, the next one ends with the same draft, told once."""
    status, seconds = drafted(litter, tmp_path / "first")
    assert status == 0
    instants = random.Random(20261125)
    killed = 0
    for number in range(KILLS):
        home = tmp_path / str(number)
        killed += drafted(litter, home, instants.uniform(0, seconds))[0] == -signal.SIGKILL
        sound(home)
        prelim = open_prelim(home)
        resumed = prelim.draft(DEMO)
        assert (resumed.content_sha256, resumed.status) == (whole.content_sha256, "review")
        assert events(home) == [f"{resumed.case_id}:drafted"]
        assert prelim.audit_verify().intact
        folder = prelim.folder(resumed.case_id)
        assert json.loads((folder / "draft.json").read_text())["content_sha256"] == whole.content_sha256
    assert killed > KILLS / 2


@pytest.mark.integration
def test_resume_from_the_command_line(tmp_path: Path) -> None:
    """A real process killed while it works, and `prelim resume` in another."""
    environment = {**os.environ, "PRELIM_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    started = subprocess.Popen(
        [*command, "draft", str(DEMO)],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stderr is not None
    first = started.stderr.readline()
    started.kill()
    started.communicate()
    case_id = first.removeprefix("case ").strip()
    assert case_id.startswith("c-")
    resumed = subprocess.run([*command, "resume", case_id], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.splitlines()[-1].endswith("draft.html")


@pytest.mark.integration
def test_two_terminals_sign_at_once(tmp_path: Path, open_prelim: Callable[[Path], Prelim]) -> None:
    """One wins, the other is told."""
    home = tmp_path / "home"
    case_id = open_prelim(home).draft(EXAMPLES / "normal").case_id
    environment = {**os.environ, "PRELIM_HOME": str(home), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from app.cli import main; main()", "sign", case_id, "--reviewer"]
    terminals = [
        subprocess.Popen([*command, name], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        for name in ("Dr A", "Dr B")
    ]
    told = [terminal.communicate()[1] for terminal in terminals]
    assert sorted(terminal.returncode for terminal in terminals) == [0, 3], told
    assert sum("already_signed" in words for words in told) == 1
    assert events(home) == [f"{case_id}:drafted", f"{case_id}:signed"]
