"""Alerts that were meant to be sent, each once for a case, what was found in it, and a channel.

Meant before it is sent, sent after: a crash between the two sends it again, under the same key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Literal

from memory.sql import transaction
from prelim.types import Value, digest_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    case_id TEXT NOT NULL, found TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
    problem TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (case_id, found, channel)
) WITHOUT ROWID;
"""


class Alert(Value):
    """One alert. `found` is the id of the finding or result it is about; `problem` why the last try failed.

    `tries` counts those whose end is known. No label, no patient, no address.
    """

    case_id: str
    found: str
    channel: str
    state: Literal["meant", "sent", "failed"] = "meant"
    tries: int = 0
    problem: str = ""

    @property
    def key(self) -> str:
        """The same for the same case and finding, whenever and however it is sent: receivers tell repeats by it."""
        return digest_of([self.case_id, self.found])


class Alerts:
    """The alerts of one home."""

    def __init__(self, database: Path) -> None:
        self.database = database

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        with transaction(self.database, _SCHEMA) as sql:
            yield sql

    def mean(self, case_id: str, found: str, channel: str) -> Alert:
        """Write down that an alert is to be sent, and return where it stands: one that was sent stays so."""
        fresh = Alert(case_id=case_id, found=found, channel=channel)
        with self._open() as sql:
            sql.execute("INSERT OR IGNORE INTO alerts VALUES (?, ?, ?, 'meant', 0, '', ?)", (*_key(fresh), _now()))
            row = sql.execute(f"SELECT * FROM alerts WHERE {_MINE}", _key(fresh)).fetchone()
        return _alert(row)

    def end(self, alert: Alert, problem: str, tries: int) -> None:
        """Write down how sending it ended: sent where there is no problem."""
        state = "failed" if problem else "sent"
        with self._open() as sql:
            sql.execute(
                f"UPDATE alerts SET state = ?, problem = ?, tries = tries + ?, at = ? WHERE {_MINE}",
                (state, problem, tries, _now(), *_key(alert)),
            )

    def unsent(self, case_id: str) -> tuple[Alert, ...]:
        """The alerts of a case that are not known to have been sent."""
        if not self.database.is_file():
            return ()  # this home never alerted
        with self._open() as sql:
            rows = sql.execute(
                "SELECT * FROM alerts WHERE case_id = ? AND state <> 'sent' ORDER BY found, channel", (case_id,)
            ).fetchall()
        return tuple(_alert(row) for row in rows)


_MINE = "case_id = ? AND found = ? AND channel = ?"


def _key(alert: Alert) -> tuple[str, str, str]:
    return alert.case_id, alert.found, alert.channel


def _alert(row: object) -> Alert:
    return Alert(**{name: row[name] for name in Alert.model_fields})  # type: ignore[index]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
