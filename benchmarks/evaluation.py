"""What `prelim evaluate` says of the embedded model on drawn films: findings, boxes, changes, with their intervals."""

from pathlib import Path
from tempfile import TemporaryDirectory

from app import Prelim
from benchmarks.figure import Figure, figure
from prelim.evaluated import Evaluated

_SHOWN = {
    "findings": ("macro_f1", "macro_f1_forced_uncalibrated", "abstention", "risk", "ece"),
    "localization": ("macro_iou", "iou_at_50", "no_answer"),
    "longitudinal": ("macro_accuracy", "macro_accuracy_forced", "abstention", "swap_inconsistency"),
}


def measure(full: bool = False, task: str | None = None) -> list[Figure]:
    """Every task, or one; 300 drawn films or pairs each, 40 where it is to be quick."""
    with TemporaryDirectory(prefix="prelim-") as home:
        prelim = Prelim(home=Path(home), threads=1, device="cpu")
        tasks = [task] if task else list(_SHOWN)
        found = [prelim.evaluate(one, "phantom", drawn=300 if full else 40, write=False) for one in tasks]
    return [row for one in found for row in _rows(one)]


def _rows(found: Evaluated) -> list[Figure]:
    rows = []
    for name in _SHOWN[found.task]:
        one = found.metric(name)
        assert one.value is not None  # drawn films have every sign
        note = f"{found.data}; n {one.n}; 95% interval {one.low:.4f} to {one.high:.4f}"
        rows.append(figure(f"{found.task}: {name}", one.value, "of 1", note=note))
    return rows
