"""Patients' histories. SQL is the truth: records, vectors, and who owns what. Chroma is an index beside it.

The caller says whose history is asked; nothing in a question does. Ranking is exact inside that patient's records.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memory.history_store import reading, writing
from memory.index import Index
from memory.matching import same_view
from memory.outbox import IndexReport, Outbox
from memory.periods import within
from memory.planning import plain_text, plan
from memory.ranking import fused, rank
from memory.request import Request
from memory.vectors import SentenceEncoder, Vectors, embedded, store
from memory.versions import change
from memory.vocabulary import test_of
from prelim.types import Record, digest_of

_COLUMNS = ("id", "type", "date", "time", "title", "text", "value", "unit", "loinc", "source", "version")


class History:
    """The histories of one home. `encoder` is used only where there is something to encode."""

    def __init__(self, database: Path, index: Path, encoder: SentenceEncoder) -> None:
        self.database, self.encoder = database, encoder
        self.index = Index(index, lambda: encoder.digest)
        self.vectors = Vectors(database, encoder)
        self.outbox = Outbox(database, self.index, self.vectors)

    # -------------------------------------------------------------- writing

    def add(self, patient_key: str, records: Sequence[Record], key: str) -> bool:
        """Add records, all or none. False where the effect `key` was carried out before.

        A later version of what is held takes its place; an earlier one is left out.
        """
        with writing(self.database) as sql:
            if sql.execute("SELECT 1 FROM effects WHERE key = ?", (key,)).fetchone():
                return False
        vectors = self.encoder.encode([embedded(record) for record in records]) if records else []
        with writing(self.database) as sql:
            if sql.execute("INSERT OR IGNORE INTO effects VALUES (?)", (key,)).rowcount == 0:
                return False
            changed = change(sql, patient_key, records)
            _remove(sql, changed.removed)
            for record, vector in zip(records, vectors, strict=True):
                if record.id not in changed.outdated:
                    self._insert(sql, patient_key, record, vector)
        self.outbox.drain()
        return True

    def _insert(self, sql: Any, patient_key: str, record: Record, vector: Any) -> None:
        row = {name: getattr(record, name) for name in _COLUMNS}
        row |= {"patient_key": patient_key, "data": json.dumps(record.data, ensure_ascii=False)}
        marks = ", ".join(f":{name}" for name in row)
        if sql.execute(f"INSERT OR IGNORE INTO records ({', '.join(row)}) VALUES ({marks})", row).rowcount:
            store(sql, record.id, self.encoder.digest, vector)

    def forget(self, patient_key: str) -> int:
        """Remove all that is held of a patient, from the index too. Returns how many records that were."""
        with writing(self.database) as sql:
            ids = _ids(sql, patient_key)
            _remove(sql, ids)
            # What was added under the patient's own key may be added again.
            sql.execute("DELETE FROM effects WHERE substr(key, 1, ?) = ?", (len(patient_key) + 1, f"{patient_key}:"))
        self.outbox.drain()
        return len(ids)

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
        with reading(self.database) as sql:
            rows = sql.execute(f"{query} ORDER BY date, type, id", values).fetchall()
        return tuple(_record(row) for row in rows)

    def labs(self, patient_key: str, until: str | None = None, per_test: int = 20) -> tuple[Record, ...]:
        """A patient's laboratory results, the oldest first, of each test the latest ones."""
        kept: dict[str, list[Record]] = {}
        for record in reversed(self.records(patient_key, types=("lab",), until=until)):
            of_test = kept.setdefault(test_of(record.title, record.loinc) or record.loinc or record.title, [])
            if len(of_test) < per_test:
                of_test.append(record)
        return tuple(sorted((one for some in kept.values() for one in some), key=_moment))

    def search(
        self,
        patient_key: str,
        question: str,
        types: Sequence[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int = 5,
        today: date | None = None,
    ) -> tuple[Record, ...]:
        """What of this patient's history answers a question, best first, each with the passage that does.

        The question decides type, test and days, within what the caller allows; `today` is the day that "before this
        one" and "last year" count from.
        """
        request = plan(question, today or date.today())
        if types is not None:
            request = request.model_copy(update={"types": request.types.intersection(types)})
        days = within(request.window, since, until)
        found = self.records(patient_key, types, days.since, days.until)
        film = self._film_at_hand(patient_key, today or date.today()) if "same" in request.views else None
        if film:
            found = tuple(record for record in found if record.type == "study" and same_view(record, film))
        return tuple(rank(found, request, lambda some: self._cosines(question, some))[:limit])

    def _film_at_hand(self, patient_key: str, today: date) -> Record | None:
        """The last study up to the day at hand, whose view "the same view" means."""
        return next(reversed(self.records(patient_key, ("study",), until=today.isoformat())), None)

    def similar(
        self, patient_key: str, text: str, types: Sequence[str], until: str | None = None, limit: int = 5
    ) -> tuple[Record, ...]:
        """The records of this patient, of some types and up to a day, nearest to a text in words and meaning."""
        found = self.records(patient_key, types, until=until)
        request = Request(terms=plan(text, date.today()).terms, text=plain_text(text))
        return tuple(fused(found, request, lambda some: self._cosines(text, some))[:limit])

    def _cosines(self, text: str, records: Sequence[Record]) -> npt.NDArray[np.float32]:
        wanted = np.asarray(self.encoder.encode([plain_text(text)]), np.float32)[0]
        vectors = self.vectors.of(records)
        return np.asarray(np.stack([vectors[record.id] for record in records]) @ wanted)

    def revision(self, patient_key: str) -> str:
        """A digest that changes with a patient's history, and with the encoder that ranks it."""
        with reading(self.database) as sql:
            ids = _ids(sql, patient_key)
        return digest_of([self.encoder.digest, *ids]) if ids else "empty"

    def ids(self, patient_key: str) -> list[str]:
        """The ids of a patient's records."""
        with reading(self.database) as sql:
            return _ids(sql, patient_key)

    # -------------------------------------------------------------- the index

    def check(self) -> IndexReport:
        """Compare the index with the records. UnavailableError `store_busy` where another process holds it."""
        return self.outbox.check()

    def rebuild(self) -> IndexReport:
        """Build the index anew from the records and swap it in."""
        with reading(self.database) as sql:
            records = [_record(row) for row in sql.execute("SELECT * FROM records").fetchall()]
        self.vectors.of(records)
        self.outbox.rebuild()
        return self.check()


def _ids(sql: Any, patient_key: str) -> list[str]:
    rows = sql.execute("SELECT id FROM records WHERE patient_key = ? ORDER BY id", (patient_key,))
    return [row["id"] for row in rows]


def _remove(sql: Any, ids: Iterable[str]) -> None:
    for id in ids:
        sql.execute("DELETE FROM records WHERE id = ?", (id,))
        sql.execute("DELETE FROM vectors WHERE id = ?", (id,))
        sql.execute("INSERT INTO outbox (id, removed) VALUES (?, 1)", (id,))


def _moment(record: Record) -> tuple[str, str, str]:
    return record.date or "", record.time or "", record.id


def _record(row: Any) -> Record:
    return Record(**{name: row[name] for name in _COLUMNS}, data=json.loads(row["data"]))
