"""The vectors of the records, in SQL: one for each, of the encoder that made it; another encoder's are made anew."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memory.history_store import reading, writing
from prelim.types import Record

Vector = npt.NDArray[np.float32]


class SentenceEncoder(Protocol):
    """Sentences → rows of unit length; `digest` changes with the model."""

    @property
    def digest(self) -> str: ...

    def encode(self, texts: list[str]) -> Any: ...


def embedded(record: Record) -> str:
    """What of a record is embedded."""
    return f"{record.title}. {record.text}"


def store(sql: sqlite3.Connection, id: str, encoder: str, vector: Any) -> None:
    """Keep a vector, and put it in the outbox for the index."""
    blob = np.asarray(vector, np.float32).tobytes()
    sql.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (id, encoder, blob))
    sql.execute("INSERT INTO outbox (id, removed) VALUES (?, 0)", (id,))


class Vectors:
    """The vectors of one history under its present encoder."""

    def __init__(self, database: Path, encoder: SentenceEncoder) -> None:
        self.database, self.encoder = database, encoder

    def stored(self, ids: Sequence[str]) -> dict[str, Vector]:
        """Those of these ids that are there."""
        with reading(self.database) as sql:
            rows = sql.execute(
                "SELECT id, vector FROM vectors WHERE encoder = ? AND id IN (SELECT value FROM json_each(?))",
                (self.encoder.digest, json.dumps(list(ids))),
            )
            return {row["id"]: np.frombuffer(row["vector"], np.float32) for row in rows}

    def ids(self) -> list[str]:
        """Every record that has one."""
        with reading(self.database) as sql:
            rows = sql.execute("SELECT id FROM vectors WHERE encoder = ?", (self.encoder.digest,))
            return [row["id"] for row in rows]

    def of(self, records: Sequence[Record]) -> Mapping[str, Vector]:
        """One for each record; what is missing is encoded and kept."""
        found = self.stored([record.id for record in records])
        missing = [record for record in records if record.id not in found]
        if missing:
            made = self.encoder.encode([embedded(record) for record in missing])
            fresh = {record.id: np.asarray(row, np.float32) for record, row in zip(missing, made, strict=True)}
            with writing(self.database) as sql:
                for id, vector in fresh.items():
                    # A patient may have been forgotten meanwhile: what is gone stays gone.
                    if sql.execute("SELECT 1 FROM records WHERE id = ?", (id,)).fetchone():
                        store(sql, id, self.encoder.digest, vector)
            found |= fresh
        return found
