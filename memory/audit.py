"""The audit log: append-only, each record chained to the one before, one record per effect.

The head (count and last hash) is kept in a second file, written after the record: a log whose tail was cut off no
longer reaches its head. A crash between the two writes leaves a head that is behind by the records since; the next
append mends it, and `verify` accepts a log that goes on from its head.
"""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memory.sql import fault, snapshot, transaction
from prelim.types import Value

_SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, event TEXT NOT NULL, case_id TEXT NOT NULL,
    detail TEXT NOT NULL, at TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""
_START = "0" * 64
_FIELDS = ("number", "key", "event", "case_id", "detail", "at", "previous")


class AuditReport(Value):
    """Whether the chain holds, and where it first does not."""

    intact: bool
    records: int
    problem: str = ""


class Audit:
    """The log of one home. Holds no patient identifier: cases by id, people by the name they sign with."""

    def __init__(self, database: Path) -> None:
        self.database, self.head = database, database.with_suffix(".head")

    def append(self, key: str, event: str, case_id: str, detail: dict[str, Any]) -> bool:
        """Add the record of an effect. False where its key is there already: the effect was recorded before."""
        with transaction(self.database, _SCHEMA) as sql:
            if sql.execute("SELECT 1 FROM audit WHERE key = ?", (key,)).fetchone():
                return False
            last = sql.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
            row = {
                "number": last["number"] + 1 if last else 1,
                "key": key,
                "event": event,
                "case_id": case_id,
                "detail": json.dumps(detail, sort_keys=True),
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "previous": last["hash"] if last else _START,
            }
            row["hash"] = _hash(row)
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            sql.execute(f"INSERT INTO audit ({names}) VALUES ({marks})", tuple(row.values()))
        self._raise_head()
        return True

    def has(self, key: str) -> bool:
        """Whether an effect is recorded."""
        with snapshot(self.database, _SCHEMA) as sql:
            return sql.execute("SELECT 1 FROM audit WHERE key = ?", (key,)).fetchone() is not None

    def _raise_head(self) -> None:
        """Write where the log ends now, under the log's own lock so that it never goes back."""
        with transaction(self.database, _SCHEMA) as sql:
            last = sql.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
            part = self.head.with_suffix(".part")
            try:
                with part.open("w") as file:
                    file.write(f"{last['number']} {last['hash']}\n")
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(self.head)
            except OSError as error:
                raise fault(error, self.head.name) from error

    def verify(self) -> AuditReport:
        """Recompute the chain from its first record, and check that it reaches the head."""
        with transaction(self.database, _SCHEMA) as sql:
            rows = sql.execute("SELECT * FROM audit ORDER BY number").fetchall()
            head = self.head.read_text(errors="replace") if self.head.is_file() else ""
        previous = _START
        for position, row in enumerate(rows, start=1):
            if row["number"] != position or row["previous"] != previous or row["hash"] != _hash(dict(row)):
                return AuditReport(intact=False, records=len(rows), problem=f"record {position} does not follow")
            previous = row["hash"]
        return self._against_head(head, [row["hash"] for row in rows])

    @staticmethod
    def _against_head(head: str, hashes: list[str]) -> AuditReport:
        count, last = len(hashes), head.split()
        if not last:
            # A crash may fall between the very first record and its head, never later.
            problem = "" if count <= 1 else "the head is missing"
        elif last not in ([str(number), hash] for number, hash in enumerate(hashes, start=1)):
            problem = f"the log ends at {count}, its head says {last[0]}"
        else:
            problem = ""
        return AuditReport(intact=not problem, records=count, problem=problem)


def _hash(row: dict[str, Any]) -> str:
    # A forged field may be bytes, which JSON does not have.
    plain = json.dumps([row[field] for field in _FIELDS], separators=(",", ":"), ensure_ascii=False, default=list)
    return hashlib.sha256(plain.encode()).hexdigest()
