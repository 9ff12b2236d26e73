"""Drafts of drawn cases: DICOM in, `draft.json` out, one warm process.

They are kept under build/ by a digest of the product's code and weights: a run that was cut off goes on where it
stopped, a changed product drafts anew.
"""

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from app import Prelim
from benchmarks.drawn_cases import SEED, DrawnCase, Kind, write_case
from prelim.errors import PrelimError

_ROOT = Path(__file__).parent.parent
_PRODUCT = ("agents", "app", "graphs", "memory", "prelim", "tools", "examples/patients.py")
_DRAWING = ("benchmarks/drawn_cases.py", "benchmarks/spoilt.py")
_SUFFIXES = (".py", ".yaml", ".json", ".sha256", ".j2")
COUNTS: Mapping[bool, Mapping[Kind, int]] = {
    True: {"clean": 320, "blank": 30, "noise": 30, "inverted": 30, "mirrored": 30, "other_tags": 24, "other_text": 24},
    False: {"clean": 24, "blank": 2, "noise": 2, "inverted": 2, "mirrored": 4, "other_tags": 2, "other_text": 6},
}


class Drafted(NamedTuple):
    """A case, its draft as plain JSON (or the code of the refusal), and the seconds it took."""

    case: DrawnCase
    draft: dict[str, Any] | None
    refusal: str | None
    seconds: float


def drafted(counts: Mapping[Kind, int], seed: int = SEED) -> list[Drafted]:
    """Draft these many cases of each kind, in order; those that lie there already are read."""
    folder = _ROOT / "build" / "drawn-drafts" / _digest() / str(seed)
    wanted = [(kind, number) for kind, count in counts.items() for number in range(count)]
    with tempfile.TemporaryDirectory() as scratch:
        prelim = Prelim(home=Path(scratch) / "home")
        made = []
        for done, (kind, number) in enumerate(wanted, start=1):
            made.append(_one(prelim, folder / f"{kind}-{number:03d}", Path(scratch), (kind, number, seed)))
            if done % 20 == 0 or done == len(wanted):
                mean = sum(item.seconds for item in made) / done
                print(f"drafts: {done} of {len(wanted)}, {mean:.2f} s a case", file=sys.stderr, flush=True)
    return made


def drafts_of(counts: Mapping[Kind, int], seed: int = SEED) -> list[dict[str, Any]]:
    """The drafts alone, without the cases that were refused."""
    return [item.draft for item in drafted(counts, seed) if item.draft]


def _one(prelim: Prelim, folder: Path, scratch: Path, which: tuple[Kind, int, int]) -> Drafted:
    """A case's draft; `outcome.json` is written last, so that half a case is done again."""
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        inputs = Path(place) / "case"
        case = write_case(inputs, *which)
        outcome = folder / "outcome.json"
        if not outcome.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            said = _draft(prelim, inputs, Path(place) / "out", folder)
            outcome.write_text(json.dumps({**said, "truth": asdict(case)}, indent=1) + "\n", encoding="utf-8")
    said = json.loads(outcome.read_text(encoding="utf-8"))
    path = folder / "draft.json"
    draft = json.loads(path.read_text(encoding="utf-8")) if said["refusal"] is None else None
    return Drafted(case, draft, said["refusal"], said["seconds"])


def _draft(prelim: Prelim, inputs: Path, out: Path, folder: Path) -> dict[str, Any]:
    """Draft one folder, and keep its draft.json. A refusal is an outcome; any other error ends the run."""
    start, refusal = time.perf_counter(), None
    try:
        prelim.draft(inputs, out=out)
    except PrelimError as error:
        if error.exit_status != 3:
            raise
        refusal = error.code
    else:
        (folder / "draft.json").write_bytes((out / "draft.json").read_bytes())
    return {"refusal": refusal, "seconds": round(time.perf_counter() - start, 3)}


def _digest() -> str:
    """Of everything that a draft follows from."""
    said = hashlib.sha256()
    for path in _files((*_PRODUCT, *_DRAWING)):
        said.update(str(path.relative_to(_ROOT)).encode())
        said.update(path.read_bytes())
    return said.hexdigest()[:16]


def _files(names: Sequence[str]) -> list[Path]:
    """The files of these folders that shape a draft, in order."""
    files: list[Path] = []
    for name in names:
        place = _ROOT / name
        files += [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.suffix in _SUFFIXES)
    return files
