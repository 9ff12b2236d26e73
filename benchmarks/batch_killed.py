"""`prelim batch` killed with -9 at random moments and called again, until it is through."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from app import Prelim

_ROOT = Path(__file__).parent.parent
_COMMAND = (sys.executable, "-c", "from app.cli import main; main()", "batch", "--json")
_A_CASE_S = 0.2
"""About what a case takes: so that the kills are spread over all of them."""


class Killed(NamedTuple):
    """What stands at the end: how often it was killed, how many drafts are missing, and the cases that were drafted
    other than once, by the audit log or by what the command told."""

    kills: int
    missing: int
    repeated: int
    intact: bool


def kill_and_resume(scratch: Path, folder: Path, count: int, kills: int) -> Killed:
    """Call the command on a folder of `count` cases, kill it at most so often, let it end, and look at what stands."""
    home, out, told = scratch / "killed-home", scratch / "killed-out", Counter[str]()
    dice, died = random.Random(20261127), 0
    for _ in range(kills):
        died += _run(home, folder, out, told, dice.uniform(0, 2 * count * _A_CASE_S / kills)) == -signal.SIGKILL
    if _run(home, folder, out, told, None):
        raise RuntimeError("the last call did not end well")
    drafts = [json.loads(path.read_bytes()) for path in out.glob("*/draft.json")]
    whole = {draft["case_id"] for draft in drafts if draft["status"] == "review"}
    with sqlite3.connect(home / "audit.db") as sql:
        recorded = dict(sql.execute("SELECT case_id, count(*) FROM audit WHERE event = 'drafted' GROUP BY case_id"))
    wrong = {case for case in whole | recorded.keys() if recorded.get(case) != 1 or told[case] > 1}
    return Killed(died, count - len(whole), len(wrong), Prelim(home=home).audit_verify().intact)


def _run(home: Path, folder: Path, out: Path, told: Counter[str], kill_after_s: float | None) -> int:
    """One call; killed so long after its first new draft. `told` counts the cases that it drafted."""
    environment = {**os.environ, "PRELIM_HOME": str(home), "PRELIM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [*_COMMAND, str(folder), "--out", str(out)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=quiet, text=True) as run:
        assert run.stdout
        timer, waits = Timer(kill_after_s or 0, run.kill), kill_after_s is not None
        for result in map(json.loads, (line for line in run.stdout if line.endswith("\n"))):
            told[result["case_id"]] += result["error"] is None and not result["already"]
            if waits and not result["already"]:
                waits = False
                timer.start()
        timer.cancel()
    return run.returncode
