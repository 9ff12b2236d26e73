"""Patients' histories. SQL is the truth: records, vectors, and who owns what. Chroma is an index beside it.

Writes to the index go through an outbox, drained by whoever holds its lock. A reader that cannot get the lock, or
finds the index wanting, ranks the vectors that SQL holds.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from memory.index import Index, Vector
from memory.sql import transaction
from prelim.errors import UnavailableError
from prelim.types import Record, Value, digest_of

_LOG = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS effects (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    id TEXT PRIMARY KEY, patient_key TEXT NOT NULL, type TEXT NOT NULL, date TEXT, title TEXT NOT NULL,
    text TEXT NOT NULL, value REAL, unit TEXT, loinc TEXT, source TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS records_of_patient ON records (patient_key, type, date);
CREATE TABLE IF NOT EXISTS vectors (id TEXT PRIMARY KEY, encoder TEXT NOT NULL, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, id TEXT NOT NULL, removed INTEGER NOT NULL);
"""
_COLUMNS = ("id", "type", "date", "title", "text", "value", "unit", "loinc", "source")


class SentenceEncoder(Protocol):
    """Sentences → rows of unit length; `digest` changes with the model."""

    @property
    def digest(self) -> str: ...

    def encode(self, texts: list[str]) -> Any: ...


class IndexReport(Value):
    """What SQL holds, what the index counts, and what of SQL's it can reach; None where the index failed."""

    records: int
    counted: int | None
    reachable: int | None

    @property
    def sound(self) -> bool:
        """Whether every record, and nothing else, can be reached."""
        return self.records == self.counted == self.reachable


class History:
    """The histories of one home. `encoder` is used only where there is something to encode."""

    def __init__(self, database: Path, index: Path, encoder: SentenceEncoder) -> None:
        self.database, self.index, self.encoder = database, Index(index), encoder

    # -------------------------------------------------------------- writing

    def add(self, patient_key: str, records: Sequence[Record], key: str) -> bool:
        """Add records, all or none. False where the effect `key` was carried out before."""
        with transaction(self.database, _SCHEMA) as sql:
            if sql.execute("SELECT 1 FROM effects WHERE key = ?", (key,)).fetchone():
                return False
        vectors = self.encoder.encode([_embedded(record) for record in records]) if records else []
        with transaction(self.database, _SCHEMA) as sql:
            if sql.execute("INSERT OR IGNORE INTO effects VALUES (?)", (key,)).rowcount == 0:
                return False
            for record, vector in zip(records, vectors, strict=True):
                self._insert(sql, patient_key, record, vector)
        self._drain()
        return True

    def _insert(self, sql: Any, patient_key: str, record: Record, vector: Any) -> None:
        row = {name: getattr(record, name) for name in _COLUMNS}
        row |= {"patient_key": patient_key, "data": json.dumps(record.data, ensure_ascii=False)}
        marks = ", ".join(f":{name}" for name in row)
        fresh = sql.execute(f"INSERT OR IGNORE INTO records ({', '.join(row)}) VALUES ({marks})", row).rowcount
        if fresh:
            blob = np.asarray(vector, np.float32).tobytes()
            sql.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (record.id, self.encoder.digest, blob))
            sql.execute("INSERT INTO outbox (id, removed) VALUES (?, 0)", (record.id,))

    def forget(self, patient_key: str) -> int:
        """Remove all that is held of a patient, from the index too. Returns how many records that were."""
        with transaction(self.database, _SCHEMA) as sql:
            rows = sql.execute("SELECT id FROM records WHERE patient_key = ?", (patient_key,)).fetchall()
            for row in rows:
                sql.execute("DELETE FROM vectors WHERE id = ?", (row["id"],))
                sql.execute("INSERT INTO outbox (id, removed) VALUES (?, 1)", (row["id"],))
            sql.execute("DELETE FROM records WHERE patient_key = ?", (patient_key,))
        self._drain()
        return len(rows)

    def _drain(self) -> None:
        """Carry the outbox into the index now, if it can be had; what stays in the outbox is carried later."""
        try:
            with self.index.hold():
                self._carry_out()
        except UnavailableError as error:
            _LOG.info("history index not written (%s): left in the outbox", error.code)

    def _carry_out(self) -> None:
        """Idempotent: what was carried out before a crash is carried out again."""
        with transaction(self.database, _SCHEMA) as sql:
            waiting = sql.execute("SELECT * FROM outbox ORDER BY number").fetchall()
        if not waiting:
            return
        if any(row["removed"] for row in waiting):
            # Chroma only marks a vector as deleted: what is forgotten is left out of a new index.
            self.index.replace(self._stored_vectors(self._ids()))
        else:
            self.index.put(self._stored_vectors([row["id"] for row in waiting]))
        with transaction(self.database, _SCHEMA) as sql:
            sql.execute("DELETE FROM outbox WHERE number <= ?", (waiting[-1]["number"],))

    # -------------------------------------------------------------- reading

    def records(
        self,
        patient_key: str,
        types: Sequence[str] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> tuple[Record, ...]:
        """A patient's records, the oldest first, of some types and days (ISO, inclusive)."""
        query, values = "SELECT * FROM records WHERE patient_key = ?", [patient_key]
        if types is not None:
            query, values = f"{query} AND type IN ({', '.join('?' * len(types))})", [*values, *types]
        for day, comparison in ((since, ">="), (until, "<=")):
            if day:
                query, values = f"{query} AND date {comparison} ?", [*values, day]
        with transaction(self.database, _SCHEMA) as sql:
            rows = sql.execute(f"{query} ORDER BY date, type, id", values).fetchall()
        return tuple(_record(row) for row in rows)

    def search(
        self,
        patient_key: str,
        query: str,
        types: Sequence[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int = 5,
    ) -> tuple[Record, ...]:
        """The records of this patient nearest to the query, best first: type and date filter, similarity ranks."""
        found = self.records(patient_key, types, since, until)
        if not found:
            return ()
        wanted = np.asarray(self.encoder.encode([query]), np.float32)[0]
        vectors = self._vectors(found)
        scored = [record.model_copy(update={"score": float(vectors[record.id] @ wanted)}) for record in found]
        scored.sort(key=lambda record: (-(record.score or 0), record.id))
        return tuple(scored[:limit])

    def revision(self, patient_key: str) -> str:
        """A digest that changes with a patient's history, and with the encoder that ranks it."""
        with transaction(self.database, _SCHEMA) as sql:
            rows = sql.execute("SELECT id FROM records WHERE patient_key = ? ORDER BY id", (patient_key,)).fetchall()
        return digest_of([self.encoder.digest, *(row["id"] for row in rows)]) if rows else "empty"

    def _vectors(self, records: Sequence[Record]) -> dict[str, Vector]:
        """Vectors from the index; those it cannot give from SQL; those of another encoder made anew."""
        ids = [record.id for record in records]
        found = self._stored_vectors(ids)
        missing = [record for record in records if record.id not in found]
        if missing:
            made = self.encoder.encode([_embedded(record) for record in missing])
            self._store_vectors(dict(zip((record.id for record in missing), made, strict=True)))
            return self._stored_vectors(ids)
        try:
            with self.index.hold():
                self._carry_out()
                found |= self.index.vectors(ids)
        except UnavailableError as error:
            _LOG.info("history index not used (%s): ranked from SQL", error.code)
        return found

    def _stored_vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """SQL's vectors of the present encoder."""
        with transaction(self.database, _SCHEMA) as sql:
            rows = sql.execute(
                "SELECT id, vector FROM vectors WHERE encoder = ? AND id IN (SELECT value FROM json_each(?))",
                (self.encoder.digest, json.dumps(list(ids))),
            )
            return {row["id"]: np.frombuffer(row["vector"], np.float32) for row in rows}

    def _store_vectors(self, vectors: dict[str, Any]) -> None:
        with transaction(self.database, _SCHEMA) as sql:
            for id, vector in vectors.items():
                blob = np.asarray(vector, np.float32).tobytes()
                sql.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (id, self.encoder.digest, blob))
                sql.execute("INSERT INTO outbox (id, removed) VALUES (?, 0)", (id,))

    # -------------------------------------------------------------- the index

    def check(self) -> IndexReport:
        """Compare the index with the records. UnavailableError `store_busy` where another process holds it."""
        with self.index.hold():
            self._carry_out()
            ids = self._ids()
            counted, reachable = self.index.probe(ids) or (None, None)
        return IndexReport(records=len(ids), counted=counted, reachable=reachable)

    def rebuild(self) -> IndexReport:
        """Build the index anew from the records and swap it in."""
        with self.index.hold():
            with transaction(self.database, _SCHEMA) as sql:
                records = [_record(row) for row in sql.execute("SELECT * FROM records").fetchall()]
            stored = self._stored_vectors([record.id for record in records])
            missing = [record for record in records if record.id not in stored]
            if missing:
                made = self.encoder.encode([_embedded(record) for record in missing])
                stored |= dict(zip((record.id for record in missing), made, strict=True))
            self.index.replace(stored)
        # What was added meanwhile waits in the outbox, and is carried out by the check.
        return self.check()

    def _ids(self) -> list[str]:
        with transaction(self.database, _SCHEMA) as sql:
            return [row["id"] for row in sql.execute("SELECT id FROM records")]


def _record(row: Any) -> Record:
    return Record(**{name: row[name] for name in _COLUMNS}, data=json.loads(row["data"]))


def _embedded(record: Record) -> str:
    """What of a record is embedded."""
    return f"{record.title}. {record.text}"
