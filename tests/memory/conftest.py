"""What the memory's tests share: two processes at once, and a disk that is full."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from memory.audit import Audit
from memory.history import History
from prelim.models.embeddings import Encoder
from prelim.types import Record, digest_of
from tests.conftest import ROOT
from tests.sample_fixtures import draft, found, scripted

__all__ = ["draft", "found", "scripted"]

_ROOM_BYTES = 64 * 1024

Race = Callable[[str, Path], list[list[str]]]
FullDisk = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def race() -> Race:
    """Run code in two processes that start it at the same time (`home` is its folder). Returns what each printed."""

    def run(code: str, home: Path) -> list[list[str]]:
        head = "import sys\nfrom pathlib import Path\nhome = Path(sys.argv[1])\n"
        both = [
            subprocess.Popen(
                [sys.executable, "-c", head + code.replace("START", "print('ready', flush=True); input()"), str(home)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in both:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        printed = [process.communicate()[0].split() for process in both]
        assert [process.returncode for process in both] == [0, 0]
        return printed

    return run


@pytest.fixture
def full_disk() -> FullDisk:
    """Inside, no file grows beyond 64 KiB: the kernel itself refuses the write."""

    @contextmanager
    def full() -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM_BYTES, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return full


@pytest.fixture
def audit(home: Path) -> Audit:
    """A log of five records, intact."""
    log = Audit(home / "audit.db")
    for event in ("drafted", "edited", "signed", "exported", "forgotten"):
        assert log.append(f"c-1:{event}", event, "c-1", {"reviewer": "Dr. A", "n": 1})
    report = log.verify()
    assert (report.intact, report.records, report.problem) == (True, 5, "")
    return log


def some_record(patient_key: str, text: str, **fields: Any) -> Record:
    """A record of a patient; the same fields are the same record."""
    given = {"type": "note", "date": "2025-01-01", "title": "Note", **fields}
    return Record(id="r-" + digest_of([patient_key, text, given])[:16], text=text, **given)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The real sentence encoder, loaded once."""
    return Encoder()


@pytest.fixture
def history(home: Path, encoder: Encoder) -> History:
    """An empty history."""
    return History(home / "history.db", home / "index", encoder)
