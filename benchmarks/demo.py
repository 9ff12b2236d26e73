"""How long a user waits: the command line's answer, the demo case from nothing, and with the models loaded."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app import Prelim
from benchmarks.figure import Figure, figure, median_s

CASES = Path(__file__).parent.parent / "examples" / "cases"
DEMO, NORMAL = CASES / "growing-opacity", CASES / "normal"
_COMMAND = (sys.executable, "-c", "from app.cli import main; main()")


def measure(full: bool) -> list[Figure]:
    """Medians in seconds, beside the bounds they must keep."""
    times = 7 if full else 3
    return [
        figure("prelim --help", median_s(_help, times), "s", goal=1.0),
        figure("demo case, a new process and an empty home", median_s(_cold, times), "s"),
        figure("demo case, models loaded", sorted(_warm() for _ in range(times))[times // 2], "s", goal=60.0),
    ]


def _help() -> None:
    subprocess.run([*_COMMAND, "--help"], check=True, capture_output=True)


def _cold() -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = {"PRELIM_HOME": home, "PATH": ""}
        subprocess.run([*_COMMAND, "draft", str(DEMO)], check=True, capture_output=True, env=environment)


def _warm() -> float:
    """One draft by a process that has drafted another patient before."""
    with tempfile.TemporaryDirectory() as home:
        prelim = Prelim(home=Path(home))
        prelim.draft(NORMAL)
        start = time.perf_counter()
        prelim.draft(DEMO)
        return time.perf_counter() - start
