"""What a home holds, to be compared before and after a replay; and homes with a drafted case, made once a module."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app import Prelim
from prelim.models.chat import ChatMedGemma
from tests.conftest import EXAMPLES

Open = Callable[..., Prelim]


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory, model: ChatMedGemma) -> Iterator[tuple[Path, str]]:
    """A home with the growing opacity drafted, and the case's id."""
    home = tmp_path_factory.mktemp("drafted") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.tool.open_model", lambda settings: model)
        case_id = Prelim(home=home, threads=1, device="cpu").draft(EXAMPLES / "growing-opacity").case_id
        yield home, case_id


@pytest.fixture
def case_id(drafted: tuple[Path, str]) -> str:
    return drafted[1]


@pytest.fixture
def open_home(drafted: tuple[Path, str], home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Open:
    """The facade on a copy of that home, with the model that is loaded already."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    shutil.copytree(drafted[0], home)
    return lambda **given: Prelim(**{"home": home, "threads": 1, "device": "cpu", **given})


@pytest.fixture
def prelim(open_home: Open) -> Prelim:
    return open_home()


def contents(home: Path) -> dict[str, str]:
    """Every row of every database and every other file of a home, as digests; without locks and SQLite's logs."""
    held = {}
    for path in sorted(p for p in home.rglob("*") if p.is_file() and not p.name.endswith(("-wal", "-shm", ".lock"))):
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as sql:
                text = "\n".join(sql.iterdump()).encode()
        else:
            text = path.read_bytes()
        held[path.relative_to(home).as_posix()] = hashlib.sha256(text).hexdigest()
    return held
