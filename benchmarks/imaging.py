"""Images from their files to what a model is shown: a CT beside others' ways, a slide by its memory."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.ct import SIDE_PX, draw, kept, ours, plain, simpleitk
from benchmarks.figure import Figure, figure, median_s
from benchmarks.machine import medians_s
from benchmarks.slide import slide_figures
from memory.artifacts import Artifacts

SLICES, REDUCED_SLICES = 300, 60
TIMES = 7
ITK, PYDICOM = "SimpleITK's series reader and numpy", "pydicom in a loop and numpy"
GOALS = {ITK: 1.5, PYDICOM: 3.0}
MOST_VOLUMES = 3.0


def measure(full: bool, only: str = "") -> list[Figure]:
    """All rows, or the named one: ct-300 or slide."""
    rows = {"ct-300": _ct, "slide": slide_figures}
    return [row for name in ([only] if only else rows) for row in rows[name](full)]


def _ct(full: bool) -> list[Figure]:
    """Ours beside the others, on warm files and warm children; then cold, kept, and in memory."""
    slices = SLICES if full else REDUCED_SLICES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ct"
        folder.mkdir()
        draw(folder, slices)
        shown = ours(folder)
        if not all(np.array_equal(shown, other(folder)) for other in (simpleitk, plain)):
            raise AssertionError("the ways do not show the same")
        ways = {"ours": lambda: ours(folder), ITK: lambda: simpleitk(folder), PYDICOM: lambda: plain(folder)}
        taken = medians_s(torch.device("cpu"), ways, TIMES)
        note = f"{slices} slices of {SIDE_PX}² to {len(shown)} in three windows; median of {TIMES}"
        found = [_beside(taken, other, note, full) for other in (ITK, PYDICOM)]
        store = Artifacts(Path(name) / "store")
        stored_s = median_s(lambda: kept(folder, store.put), 3)
        found.append(figure("imaging/ct-300, checked and kept as PNG", stored_s, "s", note=note))
        return [*found, _memory(folder, slices, full)]


def _beside(taken: dict[str, float], other: str, note: str, full: bool) -> Figure:
    name = "imaging/ct-300" if other == ITK else "imaging/ct-300, pydicom"
    goal = GOALS[other] if full else None
    return figure(name, taken["ours"], "s", other=taken[other], other_name=other, goal=goal, note=note)


def _memory(folder: Path, slices: int, full: bool) -> Figure:
    """The peaks of a fresh process and its decoding children together, interpreters included, in volumes of 16 bits."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.ct", str(folder)], check=True, capture_output=True, text=True
    )
    told = json.loads(ran.stdout)
    volume = slices * SIDE_PX * SIDE_PX * 2
    note = f"the process {told['peak'] / 2**20:.0f} MiB with its children; before {told['before'] / 2**20:.0f} MiB"
    goal = MOST_VOLUMES if full else None
    return figure("imaging/ct-300, memory", told["peak"] / volume, "volumes", goal=goal, note=note)
