"""The registry of cases: where each stands, what a person changed and decided. Every step is a compare-and-set."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from memory.sql import transaction
from prelim.draft import Decision, Edit, Statement
from prelim.errors import UnavailableError
from prelim.types import Urgency, Value, digest_of

Status = Literal["running", "review", "signed", "rejected", "failed"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cases (
    case_id TEXT PRIMARY KEY, patient_key TEXT NOT NULL, status TEXT NOT NULL, options TEXT NOT NULL,
    folder TEXT NOT NULL, decision TEXT, created TEXT NOT NULL, updated TEXT NOT NULL, urgency TEXT
);
CREATE TABLE IF NOT EXISTS edits (
    case_id TEXT NOT NULL REFERENCES cases, number INTEGER NOT NULL, edit TEXT NOT NULL, PRIMARY KEY (case_id, number)
);
CREATE TABLE IF NOT EXISTS addenda (
    case_id TEXT NOT NULL REFERENCES cases, number INTEGER NOT NULL, statement TEXT NOT NULL,
    PRIMARY KEY (case_id, number)
);
CREATE TABLE IF NOT EXISTS places (
    case_id TEXT NOT NULL REFERENCES cases, folder TEXT NOT NULL, PRIMARY KEY (case_id, folder)
);
"""


_VERSION = 1
"""Version 0 had no `urgency`."""


class CaseRow(Value):
    """One case of the registry. `folder` is where its draft is written. `urgency`: None where it is not known yet."""

    case_id: str
    patient_key: str
    status: Status
    urgency: Urgency | None
    options: dict[str, Any]
    folder: Path
    decision: Decision | None
    created: str
    updated: str


class Cases:
    """The cases of one home."""

    def __init__(self, database: Path) -> None:
        self.database = database

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction; a registry of an earlier version is brought up to date first."""
        with transaction(self.database, _SCHEMA) as sql:
            if sql.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
                if "urgency" not in {row["name"] for row in sql.execute("PRAGMA table_info(cases)")}:
                    sql.execute("ALTER TABLE cases ADD COLUMN urgency TEXT")
                sql.execute(f"PRAGMA user_version = {_VERSION}")
            yield sql

    def create(self, case_id: str, patient_key: str, options: dict[str, Any], folder: Path) -> None:
        """Register a case as running. One that is there stays as it is, but is written to the folder named last."""
        row = (case_id, patient_key, "running", json.dumps(options), str(folder), _now(), _now())
        with self._open() as sql:
            sql.execute("INSERT OR IGNORE INTO places SELECT case_id, folder FROM cases WHERE case_id = ?", (case_id,))
            sql.execute(
                "INSERT INTO cases (case_id, patient_key, status, options, folder, created, updated) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET folder = excluded.folder",
                row,
            )

    def earlier_places(self, case_id: str) -> tuple[Path, ...]:
        """The folders that a case was written to before the present one."""
        with self._open() as sql:
            rows = sql.execute(
                "SELECT places.folder FROM places JOIN cases USING (case_id) "
                "WHERE case_id = ? AND places.folder <> cases.folder ORDER BY places.folder",
                (case_id,),
            ).fetchall()
        return tuple(Path(row[0]) for row in rows)

    def get(self, case_id: str) -> CaseRow | None:
        """One case; None where there is none of this id."""
        with self._open() as sql:
            row = sql.execute("SELECT * FROM cases WHERE case_id = ?", (case_id,)).fetchone()
        return _row(row) if row else None

    def list(self) -> tuple[CaseRow, ...]:
        """Every case, the one touched last first."""
        with self._open() as sql:
            rows = sql.execute("SELECT * FROM cases ORDER BY updated DESC, case_id").fetchall()
        return tuple(_row(row) for row in rows)

    def move(self, case_id: str, before: Sequence[Status], after: Status, decision: Decision | None = None) -> bool:
        """Set the status if it is one of `before`. False where it is not: somebody else was first."""
        marks = ", ".join("?" * len(before))
        text = decision.model_dump_json() if decision else None
        with self._open() as sql:
            moved = sql.execute(
                f"UPDATE cases SET status = ?, decision = coalesce(?, decision), updated = ? "
                f"WHERE case_id = ? AND status IN ({marks})",
                (after, text, _now(), case_id, *before),
            )
            return moved.rowcount == 1

    def grade(self, case_id: str, urgency: Urgency) -> None:
        """Write down how urgent a case is; one that says so already is not touched."""
        with self._open() as sql:
            sql.execute(
                "UPDATE cases SET urgency = ?, updated = ? WHERE case_id = ? AND urgency IS NOT ?",
                (urgency, _now(), case_id, urgency),
            )

    # -------------------------------------------------------------- a person's words

    def add_edit(self, case_id: str, edit: Edit) -> bool:
        """Record an edit of a case in review. False where the case is not in review any more."""
        with self._open() as sql:
            open_now = sql.execute("SELECT 1 FROM cases WHERE case_id = ? AND status = 'review'", (case_id,)).fetchone()
            if open_now:
                sql.execute(
                    "INSERT INTO edits SELECT ?, count(*), ? FROM edits WHERE case_id = ?",
                    (case_id, edit.model_dump_json(), case_id),
                )
            return open_now is not None

    def edits(self, case_id: str) -> tuple[Edit, ...]:
        """The edits of a case in their order."""
        with self._open() as sql:
            rows = sql.execute("SELECT edit FROM edits WHERE case_id = ? ORDER BY number", (case_id,)).fetchall()
        return tuple(Edit.model_validate_json(row["edit"]) for row in rows)

    def add_addendum(self, case_id: str, reviewer: str, text: str) -> None:
        """Record an addendum to a signed case, under the name of who wrote it."""
        with self._open() as sql:
            number = sql.execute("SELECT count(*) FROM addenda WHERE case_id = ?", (case_id,)).fetchone()[0]
            id = "s-" + digest_of([case_id, "addendum", number])[:12]
            words = Statement(id=id, text=f"{text} ({reviewer})", support="attested", source="person")
            sql.execute("INSERT INTO addenda VALUES (?, ?, ?)", (case_id, number, words.model_dump_json()))

    def addenda(self, case_id: str) -> tuple[Statement, ...]:
        """The addenda of a case in their order."""
        with self._open() as sql:
            rows = sql.execute("SELECT * FROM addenda WHERE case_id = ? ORDER BY number", (case_id,)).fetchall()
        return tuple(Statement.model_validate_json(row["statement"]) for row in rows)

    # -------------------------------------------------------------- one process at a time

    @contextmanager
    def hold(self, case_id: str) -> Iterator[None]:
        """Work on a case alone. UnavailableError `case_busy` where another process does; a kill -9 lets it go."""
        folder = self.database.parent / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{case_id}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"{case_id} is being worked on by another process."
                raise UnavailableError("case_busy", message, "Wait for it, then try again.") from error
            yield
        finally:
            os.close(handle)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _row(row: Any) -> CaseRow:
    decision = Decision.model_validate_json(row["decision"]) if row["decision"] else None
    plain = ("case_id", "patient_key", "status", "urgency", "folder", "created", "updated")
    return CaseRow(**{name: row[name] for name in plain}, options=json.loads(row["options"]), decision=decision)
