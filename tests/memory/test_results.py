"""Memoised results: the key decides, the first one stands, and a store that fails says so by name."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from memory.results import Results
from memory.sql import transaction
from prelim.errors import UnavailableError
from prelim.types import digest_of
from tests.memory.conftest import FullDisk


@pytest.fixture
def database(home: Path) -> Path:
    return home / "results.db"


@pytest.fixture
def results(database: Path) -> Results:
    return Results(database)


def test_the_same_key_hits_in_another_process_too(results: Results, database: Path) -> None:
    value = {"text": "größer", "numbers": [1, 0.25, None, True]}
    results.put("k-1", "labs", value)
    assert results.get("k-1") == value
    assert Results(database).get("k-1") == value


def test_another_key_misses(results: Results) -> None:
    key = digest_of(["labs", "1", "a"])
    results.put(key, "labs", [1])
    assert results.get(digest_of(["labs", "1", "b"])) is None
    assert [results.get(near) for near in (key[:-1], key + "0", key.upper(), "%", "")] == [None] * 5


def test_the_first_result_stands(results: Results) -> None:
    results.put("k-1", "labs", "first")
    results.put("k-1", "labs", "second")
    assert results.get("k-1") == "first"


def test_a_full_disk_is_named_and_the_results_before_it_stay(results: Results, full_disk: FullDisk) -> None:
    results.put("k-1", "labs", "small")
    with full_disk(), pytest.raises(UnavailableError) as raised:
        results.put("k-2", "labs", "x" * 1_000_000)
    assert (raised.value.code, raised.value.file) == ("store_full", "results.db")
    assert (results.get("k-1"), results.get("k-2")) == ("small", None)
    results.put("k-2", "labs", "x" * 1_000_000)
    assert results.get("k-2") == "x" * 1_000_000


def test_a_damaged_store_is_named(results: Results, database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"this is no database" * 100)
    with pytest.raises(UnavailableError) as raised:
        results.get("k-1")
    assert (raised.value.code, raised.value.file) == ("store_damaged", "results.db")


def test_a_store_that_another_holds_is_named(results: Results, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results.put("k-1", "labs", 1)
    monkeypatch.setattr("memory.sql.BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError) as raised:
            results.put("k-2", "labs", 2)
    assert (raised.value.code, raised.value.file) == ("store_busy", "results.db")
    assert results.get("k-2") is None


def test_a_store_whose_mode_another_is_changing_is_waited_for(database: Path) -> None:
    """A registry that lies in SQLite's old mode, written by another process as this one opens it."""
    database.parent.mkdir()
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("CREATE TABLE things (name TEXT)")
        holder.execute("BEGIN IMMEDIATE")
        ending = Timer(0.2, holder.execute, ["COMMIT"])
        ending.start()
        assert Results(database).get("k-1") is None
        ending.join()


def test_what_fails_inside_a_transaction_is_not_stored(database: Path) -> None:
    schema = "CREATE TABLE IF NOT EXISTS things (name TEXT);"
    with pytest.raises(KeyError), transaction(database, schema) as sql:
        sql.execute("INSERT INTO things VALUES ('half')")
        raise KeyError
    with transaction(database, schema) as sql:
        assert sql.execute("SELECT count(*) FROM things").fetchone()[0] == 0
