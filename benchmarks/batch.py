"""A thousand cases by `prelim batch`: whether memory stays flat, what it costs beside a loop, and what a kill leaves.

Each case is one drawn film, another patient's each time, without papers. Times are of one warm process, the ways in
turns of a few cases, so that what disturbs the machine for a while disturbs both.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from app import Prelim
from benchmarks.batch_killed import kill_and_resume
from benchmarks.figure import Figure, figure
from tools.drawn import drawn_films

_SEED, _MOST, _TURN = 20261127, 100_000, 20
_COUNTS, _KILLS, _WARM = {False: 40, True: 1000}, {False: 4, True: 20}, {False: 160, True: 240}
"""Warm: the last 128 images and 4,096 sentences are kept by design, and from then on nothing more."""
_AT_ONCE = (2, 4, 8)
_GOAL_MB, _GOAL_RATIO = 1.0, 1 / 1.05


def measure(full: bool, row: str = "") -> list[Figure]:
    """Memory, overhead, gain and kills; `row` is the number of cases, if it is named."""
    count = int(row) if row else _COUNTS[full]
    with tempfile.TemporaryDirectory() as scratch:
        films = Films(Path(scratch))
        return [
            *beside_a_loop(films, count),
            memory(films, count, _WARM[full]),
            *killed(films, count, _KILLS[full]),
        ]


class Films:
    """Folders of one film each; every call draws further ones."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self._drawn = scratch, drawn_films(_MOST, _SEED)

    def some(self, count: int, under: str = "cases") -> list[Path]:
        """Folders that nobody has seen before."""
        folders = []
        for example in islice(self._drawn, count):
            folders.append(self.scratch / under / example.image)
            folders[-1].mkdir(parents=True)
            example.place(folders[-1])
        return folders

    def prelim(self, name: str) -> Prelim:
        """The facade on a home of its own; the loaded model is the process's."""
        return Prelim(home=self.scratch / name, device="cpu", threads=1)


def beside_a_loop(films: Films, count: int) -> list[Figure]:
    """A batch, one or several at once, beside `Prelim.draft` in a loop."""
    ways: dict[str, Callable[[Sequence[Path]], object]] = {"loop": _loop(films)}
    ways |= {f"{n} at once": _batch(films, n) for n in (1, *_AT_ONCE)}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    turns = max(3, count // (_TURN * len(ways)))
    for turn in range(turns + 1):
        for name, way in ways.items():
            some = films.some(_TURN)
            start = time.perf_counter()
            way(some)
            if turn:  # the first one loads the model
                taken[name].append((time.perf_counter() - start) / _TURN)
    each = {name: statistics.median(times) for name, times in taken.items()}
    note = f"median of {turns} turns of {_TURN} cases"
    alone = each["1 at once"]

    def beside(name: str, at_once: int, other: float, goal: float | None = None) -> Figure:
        named = f"batch/{count}, {at_once} at once"
        return figure(named, each[f"{at_once} at once"], "s a case", other=other, other_name=name, goal=goal, note=note)

    return [
        beside("Prelim.draft in a loop", 1, each["loop"], _GOAL_RATIO),
        *(beside("one at once", at_once, alone) for at_once in _AT_ONCE),
    ]


def _loop(films: Films) -> Callable[[Sequence[Path]], object]:
    prelim = films.prelim("loop")
    return lambda folders: [prelim.draft(folder) for folder in folders]


def _batch(films: Films, at_once: int) -> Callable[[Sequence[Path]], object]:
    prelim = films.prelim(f"batch-{at_once}")
    return lambda folders: list(prelim.batch(folders, at_once=at_once))


def memory(films: Films, count: int, warm: int) -> Figure:
    """The slope of resident memory over the cases after the warm-up, by least squares."""
    resident = [_resident_mb() for _ in films.prelim("memory").batch(films.some(warm + count))][warm:]
    slope, _ = np.polyfit(np.arange(len(resident)), resident, 1)
    note = f"least squares over {count} cases after {warm}; {resident[0]:.0f} MB, then {resident[-1]:.0f} MB"
    return figure(f"batch/{count}, memory", 100 * float(slope), "MB per 100 cases", goal=_GOAL_MB, note=note)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def killed(films: Films, count: int, kills: int) -> list[Figure]:
    """The command killed at random moments and called again, until it is through."""
    films.some(count, "killed")
    found = kill_and_resume(films.scratch, films.scratch / "killed", count, kills)
    note = f"{found.kills} times kill -9 at random; audit log {'intact' if found.intact else 'broken'}"
    return [
        figure(f"batch/{count}, killed: drafts missing", found.missing, "drafts", goal=0, note=note),
        figure(f"batch/{count}, killed: drafted other than once", found.repeated, "cases", goal=0, note=note),
    ]
