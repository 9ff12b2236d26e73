"""The Chroma index: a fault is found and repaired, and no answer depends on it."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from memory.history import History
from prelim.errors import UnavailableError
from tests.memory.conftest import some_record

pytestmark = pytest.mark.integration  # children build and probe the index
TEXTS = ("Right lung opacity.", "Potassium 6.8 mmol/L.", "Cough for 5 days.")
RECORDS = [some_record("p-1", text) for text in TEXTS]
QUERY = "opacity of the lung"


@pytest.fixture
def filled(history: History) -> History:
    history.add("p-1", RECORDS, "k-1")
    return history


def counts(history: History) -> tuple[int, int | None, int | None]:
    report = history.check()
    found = (report.records, report.counted, report.reachable)
    assert report.sound == (len(set(found)) == 1)
    return found


def test_an_index_that_holds_every_record_is_sound(history: History) -> None:
    assert counts(history) == (0, 0, 0)
    history.add("p-1", RECORDS, "k-1")
    assert counts(history) == (3, 3, 3)
    assert history.rebuild().sound


def test_no_file_of_the_index_is_open_once_it_is_let_go(filled: History) -> None:
    """Chroma's own `close` returns earlier: a rename or a deletion then races with its threads."""
    for number in range(8):
        with filled.index.hold():
            filled.index.put({f"r-{number}": np.ones(384, np.float32)})
            opened = [os.path.realpath(f"/dev/fd/{name}") for name in os.listdir("/dev/fd")]
            assert not [path for path in opened if path.startswith(str(filled.index.folder) + os.sep)]


def test_an_old_index_that_cannot_be_deleted_is_said(filled: History, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(folder)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with filled.index.hold(), pytest.raises(UnavailableError) as raised:
        filled.index.replace({})
    assert raised.value.code == "index_stays"


def test_a_missing_vector_is_found_and_rebuilt(filled: History) -> None:
    with filled.index.hold():
        filled.index.replace(filled.index.vectors([record.id for record in RECORDS[1:]]))
    assert counts(filled) == (3, 2, 2)
    assert filled.rebuild().sound


def test_an_extra_vector_is_found_and_rebuilt(filled: History) -> None:
    with filled.index.hold():
        filled.index.put({"r-stranger": np.ones(384, np.float32)})
    assert counts(filled) == (3, 4, 3)
    assert filled.rebuild().sound
    with filled.index.hold():
        assert filled.index.vectors(["r-stranger"]) == {}


def test_an_extra_for_a_missing_vector_is_found(filled: History) -> None:
    with filled.index.hold():
        filled.index.replace(filled.index.vectors([record.id for record in RECORDS[1:]]))
        filled.index.put({"r-stranger": np.ones(384, np.float32)})
    assert counts(filled) == (3, 3, 2)
    assert filled.rebuild().sound


def test_a_damaged_index_is_found_answered_without_and_rebuilt(filled: History) -> None:
    before = filled.search("p-1", QUERY)
    (filled.index.folder / "chroma.sqlite3").write_bytes(b"this is no database" * 100)
    assert counts(filled) == (3, None, None)
    assert filled.search("p-1", QUERY) == before
    assert filled.rebuild().sound
    assert filled.search("p-1", QUERY) == before


def test_an_index_that_is_gone_is_found_and_rebuilt(filled: History) -> None:
    before = filled.search("p-1", QUERY)
    shutil.rmtree(filled.index.folder)
    assert counts(filled) == (3, 0, 0)
    assert filled.search("p-1", QUERY) == before
    assert filled.rebuild().sound


def test_lost_vectors_are_made_anew(filled: History) -> None:
    before = filled.search("p-1", QUERY)
    with closing(sqlite3.connect(filled.database)) as sql:
        assert sql.execute("DELETE FROM vectors").rowcount == 3
        sql.commit()
    assert filled.rebuild().sound
    after = filled.search("p-1", QUERY)
    assert [record.id for record in after] == [record.id for record in before]
    assert [record.score for record in after] == pytest.approx([record.score for record in before], abs=1e-5)


def test_what_is_added_or_forgotten_while_the_index_is_held_is_carried_later(filled: History) -> None:
    late = some_record("p-2", "Added late.")
    with filled.index.hold():
        assert filled.add("p-2", [late], "k-2")
        assert filled.forget("p-1") == 3
        assert [record.id for record in filled.search("p-2", "late")] == [late.id]
        assert filled.search("p-1", QUERY) == ()
        assert set(filled.index.vectors([late.id, *(record.id for record in RECORDS)])) == {r.id for r in RECORDS}
        with pytest.raises(UnavailableError) as raised:
            filled.check()
    assert raised.value.code == "store_busy"
    assert counts(filled) == (1, 1, 1)
