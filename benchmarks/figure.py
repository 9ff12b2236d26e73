"""One measured figure, and the file it goes to. Times are medians; they are reported, never asserted."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """Ours beside another's. `ratio` > 1: ours is better; `other` and `ratio` are None for an absolute figure.

    `goal` is the least ratio, or for an absolute figure the bound on ours. `note` says what was measured, how often.
    """

    name: str
    ours: float
    other: float | None
    other_name: str | None
    ratio: float | None
    unit: str
    device: str
    goal: float | None
    met: bool | None
    note: str | None


def figure(
    name: str,
    ours: float,
    unit: str,
    *,
    other: float | None = None,
    other_name: str | None = None,
    goal: float | None = None,
    more_is_better: bool = False,
    device: str = "cpu",
    note: str | None = None,
) -> Figure:
    """The figure with its ratio and whether the goal is met. `ours` and `other` are in the same unit, above zero."""
    ratio = None if other is None else ours / other if more_is_better else other / ours
    met = None
    if goal is not None:
        met = ratio >= goal if ratio is not None else (ours >= goal if more_is_better else ours <= goal)
    return Figure(
        name=name,
        ours=ours,
        other=other,
        other_name=other_name,
        ratio=ratio,
        unit=unit,
        device=device,
        goal=goal,
        met=met,
        note=note,
    )


def median_s(work: Callable[[], object], times: int = 5) -> float:
    """The median wall time of `work`, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def write(name: str, figures: Sequence[Figure], full: bool, folder: Path = RESULTS) -> Path:
    """Write `results/NAME.json`: the figures, each with the day, the machine and whether it is at full size.

    They take the place of earlier ones of the same name and device; the others stay. `load` is how many processes
    wanted to run in the last 1, 5 and 15 minutes, the benchmark's own among them.
    """
    load = [round(mean, 1) for mean in os.getloadavg()]
    said = {"full": full, "date": datetime.now(UTC).date().isoformat(), "machine": _machine(), "load": load}
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    again = {(one.name, one.device) for one in figures}
    rows = [row for row in earlier if (row["name"], row["device"]) not in again]
    rows += [{**asdict(one), **said} for one in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return path


def _machine() -> str:
    """Processor, operating system and Python: what a figure depends on, and no host name."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.is_file() else []
    processors = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = f"{len(processors)} × {processors[0]}" if processors else platform.machine()
    return f"{processor}, {platform.system()}, Python {platform.python_version()}"
