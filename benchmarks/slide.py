"""A slide to its patches as PNG in a process of its own: what it holds in memory at most, and how long it takes."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, figure
from prelim.imaging.display import to_png
from prelim.imaging.patches import plan_patches, read_patches
from prelim.imaging.slides import open_slide
from prelim.imaging.tissue import find_tissue
from tests.made_slide import Box, Kind, make_slide

GOAL_GIB = 1.5
_FULL, _REDUCED = (80_000, 100_000), (16_000, 20_000)


def slide_figures(full: bool) -> list[Figure]:
    """The peak of memory in GiB, and the seconds; the slide is drawn on the spot, 0.25 µm a pixel."""
    rows, columns = _FULL if full else _REDUCED
    with tempfile.TemporaryDirectory() as folder:
        path = make_slide(Path(folder) / "slide.tiff", rows, columns, _tissue(rows, columns), Kind(textured=True))
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.slide", str(path)], check=True, capture_output=True, text=True
        )
    told = json.loads(ran.stdout)
    note = f"{columns} × {rows} px at 0.25 µm to {told['patches']} of {told['total']} patches of 896 px as PNG, once"
    return [
        figure("imaging/slide", told["peak_gib"], "GiB", goal=GOAL_GIB, note=note),
        figure("imaging/slide_seconds", told["seconds"], "s", note=note),
    ]


def _tissue(rows: int, columns: int) -> list[Box]:
    """Two pieces of tissue over half of the slide."""
    ends = [(0.1, 0.1, 0.8, 0.5), (0.3, 0.6, 0.95, 0.95)]
    return [(int(a * rows), int(b * columns), int(c * rows), int(d * columns)) for a, b, c, d in ends]


def _patches(path: Path) -> dict[str, float]:
    """What the child does and measures of itself."""
    start = time.perf_counter()
    with open_slide([path], path.name) as slide:
        plan = plan_patches(slide, find_tissue(slide))
        shown = sum(len(to_png(patch)) > 0 for patch in read_patches(slide, plan.regions))
    return {"peak_gib": _peak_gib(), "seconds": time.perf_counter() - start, "patches": shown, "total": plan.total}


def _peak_gib() -> float:
    """The most that this process had resident. `getrusage` would also count what its parent had when it was born."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


if __name__ == "__main__":
    print(json.dumps(_patches(Path(sys.argv[1]))))
