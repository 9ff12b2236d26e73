"""The benchmark of many cases on a few: its figures, and that it sees what it looks for. Times are not asserted."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from app import Prelim
from benchmarks import batch, batch_killed
from prelim.models.chat import ChatMedGemma


@pytest.fixture
def films(tmp_path: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> batch.Films:
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setattr(batch, "_TURN", 1)
    monkeypatch.setattr(batch, "_AT_ONCE", (2,))
    return batch.Films(tmp_path)


def test_every_folder_is_another_film(films: batch.Films) -> None:
    folders = films.some(3) + films.some(3, "elsewhere")
    assert len({next(folder.iterdir()).read_bytes() for folder in folders}) == len(set(folders)) == 6


@pytest.mark.integration
def test_the_rows_by_their_names(films: batch.Films) -> None:
    figures = batch.beside_a_loop(films, 2)
    assert [one.name for one in figures] == ["batch/2, 1 at once", "batch/2, 2 at once"]
    assert [one.other_name for one in figures] == ["Prelim.draft in a loop", "one at once"]
    assert all(one.ratio and one.ours > 0 for one in figures)
    one = batch.memory(films, 2, 1)
    assert (one.name, one.unit, one.goal) == ("batch/2, memory", "MB per 100 cases", 1.0)


def test_a_slope_is_seen(films: batch.Films, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a megabyte a case, after a warm-up that is far steeper."""
    taken = iter([*range(0, 500, 100), *np.arange(500, 510, 0.5)])
    monkeypatch.setattr(batch, "_resident_mb", lambda: float(next(taken)))
    monkeypatch.setattr(Prelim, "batch", lambda self, cases: iter(cases))
    found = batch.memory(films, 20, 5)
    assert found.ours == pytest.approx(50) and found.met is False


@pytest.mark.integration
def test_killed_and_through(films: batch.Films, tmp_path: Path) -> None:
    """And it would see a draft that is missing, and one that was recorded twice."""
    films.some(4, "killed")
    found = batch_killed.kill_and_resume(tmp_path, tmp_path / "killed", 4, kills=1)
    assert (found.missing, found.repeated, found.intact) == (0, 0, True) and found.kills <= 1
    [lost, other, *_] = (tmp_path / "killed-out").glob("*/draft.json")
    lost.unlink()
    with sqlite3.connect(tmp_path / "killed-home" / "audit.db") as sql:
        row = (100, "again", "drafted", other.parent.name, "{}", "", "", "")
        sql.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    looked = batch_killed.standing(tmp_path, batch_killed.Counter(), 4, 0)
    assert (looked.missing, looked.repeated, looked.intact) == (1, 1, False)
