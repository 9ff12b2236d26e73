"""Chroma's folder damaged in every way: no crash, no answer changed; the next write finds it and builds it anew."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memory.history import History
from prelim.types import digest_of
from tests.memory.conftest import some_record

pytestmark = pytest.mark.integration  # children probe and build the index
RECORDS = [some_record("p-1", f"Finding {number} of the lung.") for number in range(40)]


class Numbers:
    """An encoder without a model: each text its own vector."""

    digest = "numbers"

    def encode(self, texts: list[str]) -> Any:
        rows = [np.random.default_rng(int(digest_of(text)[:8], 16)).standard_normal(32) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a sound index."""
    home = tmp_path_factory.mktemp("sound")
    history = History(home / "history.db", home / "index", Numbers())
    history.add("p-1", RECORDS, "p-1:all")
    assert history.check().sound
    return home


def database(index: Path) -> Path:
    return index / "chroma.sqlite3"


def segment(index: Path) -> Path:
    """The folder of the vectors' files."""
    return next(path for path in index.iterdir() if path.is_dir())


def overwritten(name: str, at: float, length: int) -> Callable[[Path], None]:
    """A file with random bytes in the middle; `at` is a fraction of its length."""

    def damage(index: Path) -> None:
        path = database(index) if name == "chroma.sqlite3" else segment(index) / name
        data = bytearray(path.read_bytes())
        start = int(at * len(data))
        data[start : start + length] = random.Random(name).randbytes(min(length, len(data) - start))
        path.write_bytes(data)

    return damage


def cut(name: str, to: float) -> Callable[[Path], None]:
    """A file cut to a fraction of its length."""

    def damage(index: Path) -> None:
        path = database(index) if name == "chroma.sqlite3" else segment(index) / name
        path.write_bytes(path.read_bytes()[: int(to * path.stat().st_size)])

    return damage


FILES = ("data_level0.bin", "header.bin", "length.bin", "link_lists.bin")
DAMAGE: dict[str, Callable[[Path], Any]] = {
    "the folder is gone": shutil.rmtree,
    "the folder is empty": lambda index: [shutil.rmtree(index), index.mkdir()],
    "a file stands in the folder's place": lambda index: [shutil.rmtree(index), index.write_bytes(b"x")],
    "the database is gone": lambda index: database(index).unlink(),
    "the database is empty": lambda index: database(index).write_bytes(b""),
    "the database is text": lambda index: database(index).write_bytes(b"this is no database" * 500),
    "the database is zeros": lambda index: database(index).write_bytes(bytes(100_000)),
    "the database is a folder": lambda index: [database(index).unlink(), database(index).mkdir()],
    "the database is cut to a half": cut("chroma.sqlite3", 0.5),
    "the database is cut to a tenth": cut("chroma.sqlite3", 0.1),
    "the database's head is overwritten": overwritten("chroma.sqlite3", 0, 200),
    "the database's middle is overwritten": overwritten("chroma.sqlite3", 0.5, 8000),
    "the vectors' folder is gone": lambda index: shutil.rmtree(segment(index)),
    "the vectors' folder is empty": lambda index: [path.unlink() for path in segment(index).iterdir()],
    **{f"{name} is gone": lambda index, name=name: (segment(index) / name).unlink() for name in FILES},
    **{f"{name} is cut": cut(name, 0.4) for name in FILES},
    **{f"{name} is overwritten": overwritten(name, 0.1, 4000) for name in FILES},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_changes_no_answer_and_is_built_anew(
    damage: Callable[[Path], Any], sound: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(sound, home)
    damage(home / "index")
    history = History(home / "history.db", home / "index", Numbers())
    found = history.similar("p-1", "Finding 7 of the lung.", ("note",), limit=40)
    assert {record.id for record in found} == {record.id for record in RECORDS}
    late = some_record("p-2", "Added after the damage.")
    assert history.add("p-2", [late], "p-2:late")
    report = history.check()
    assert (report.records, report.counted, report.reachable) == (41, 41, 41)
