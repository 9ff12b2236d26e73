"""A bomb: a hostile case, small on disk and made on the spot, with the outcomes that it may have."""

import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.hostile import element
from tests.fuzz.outcome import SLOWEST_S, Failed, outcomes
from tests.made_dicom import RAMP

Files = dict[str, bytes]
"""A case: the files of a folder, by their names."""
PIXELS = element(0x7FE00010, "OW", RAMP.tobytes())
DAMAGED = {"truncated", "cannot_decode", "unreadable", "not_dicom", "no_pixels"}
_BLOB = re.compile("[0-9a-f]{64}")
LARGE = {"too_large", "decode_memory", "truncated"}


class Bomb(NamedTuple):
    """A case that should hurt, what it is given as, and the codes it may be refused with ("read" if harmless)."""

    name: str
    make: Callable[[], Files]
    codes: frozenset[str]
    given: str = ""
    slow: bool = False

    def explode(self, folder: Path) -> set[str]:
        """What becomes of it. Failed where that is not allowed, takes too long, or leaves anything anywhere."""
        case = folder / "case"
        case.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom and zipfile say that no such file should be written
            files = self.make()
        for name, data in files.items():
            (case / name).write_bytes(data)
        before, started = _tree(folder), time.monotonic()
        found = outcomes("case", case / self.given, folder / "store")
        took_s = time.monotonic() - started
        if took_s > SLOWEST_S or not found or found - self.codes:
            raise Failed(f"{self.name}: {sorted(found)} in {took_s:.1f} s, allowed {sorted(self.codes)}")
        if _tree(folder) != before or not all(_BLOB.fullmatch(path.name) for path in _blobs(folder / "store")):
            raise Failed(f"{self.name}: left something that is no blob of the store")
        return found


BOMBS: list[Bomb] = []


def _tree(folder: Path) -> set[tuple[str, int]]:
    """All beside the store: names and sizes."""
    found = (path for path in folder.rglob("*") if "store" not in path.relative_to(folder).parts)
    return {(str(path), path.stat().st_size) for path in found}


def _blobs(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if not path.is_dir()]


def bomb(*codes: str | set[str], given: str = "", slow: bool = False) -> Callable[[Callable[[], Files | bytes]], None]:
    """A function that makes a file, or a case, is a bomb of its name."""
    allowed = frozenset(code for some in codes for code in ({some} if isinstance(some, str) else some))

    def register(make: Callable[[], Files | bytes]) -> None:
        name = make.__name__.replace("_", " ").strip()

        def files() -> Files:
            made = make()
            return made if isinstance(made, dict) else {"a.dcm": made}

        BOMBS.append(Bomb(name, files, allowed, given, slow))

    return register
