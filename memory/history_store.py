"""The tables of the patients' histories, and how they are opened: for writing, or for reading beside a writer."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memory.sql import snapshot, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS effects (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    id TEXT PRIMARY KEY, patient_key TEXT NOT NULL, type TEXT NOT NULL, date TEXT, time TEXT, title TEXT NOT NULL,
    text TEXT NOT NULL, value REAL, unit TEXT, loinc TEXT, source TEXT NOT NULL, version TEXT, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS records_of_patient ON records (patient_key, type, date);
CREATE TABLE IF NOT EXISTS vectors (id TEXT PRIMARY KEY, encoder TEXT NOT NULL, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, id TEXT NOT NULL, removed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS index_state (
    one INTEGER PRIMARY KEY CHECK (one = 1), collection TEXT NOT NULL, files TEXT NOT NULL
);
"""
_VERSION = 3
"""Version 1 had no `time`, version 2 no `version`."""
_ADDED = ("time", "version")


@contextmanager
def writing(database: Path) -> Iterator[sqlite3.Connection]:
    """One write transaction; a home of an earlier version is brought up to date first."""
    with transaction(database, _SCHEMA) as sql:
        if not _is_current(sql):
            columns = {row["name"] for row in sql.execute("PRAGMA table_info(records)")}
            for column in _ADDED:
                if column not in columns:
                    sql.execute(f"ALTER TABLE records ADD COLUMN {column} TEXT")
            sql.execute(f"PRAGMA user_version = {_VERSION}")
        yield sql


@contextmanager
def reading(database: Path) -> Iterator[sqlite3.Connection]:
    """One snapshot, which no writer blocks and which blocks none."""
    with snapshot(database, _SCHEMA) as sql:
        current = _is_current(sql)
        if current:
            yield sql
    if not current:
        with writing(database) as sql:
            yield sql


def _is_current(sql: sqlite3.Connection) -> bool:
    return bool(sql.execute("PRAGMA user_version").fetchone()[0] == _VERSION)
