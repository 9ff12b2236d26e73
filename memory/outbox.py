"""How the index follows the records: what is added and forgotten waits in an outbox, carried by who holds the lock.

An index whose files are not as they were left is probed in a child before it is opened, compared with the vectors in
SQL, and where it is wrong built anew and swapped. SQL answers meanwhile: no answer depends on the index.
"""

import logging
from pathlib import Path

from memory.history_store import reading, writing
from memory.index import Index, damaged
from memory.vectors import Vectors
from prelim.errors import UnavailableError
from prelim.types import Value

_LOG = logging.getLogger(__name__)
_MENDED_ALONE = 20_000
"""A larger index is not built anew in passing, which would take more than ten seconds: `prelim history rebuild`."""


class IndexReport(Value):
    """What SQL holds, what the index counts, and what of SQL's it can reach; None where the index failed."""

    records: int
    counted: int | None
    reachable: int | None

    @property
    def sound(self) -> bool:
        """Whether every record, and nothing else, can be reached."""
        return self.records == self.counted == self.reachable


class Outbox:
    """The index of one history, and what waits for it."""

    def __init__(self, database: Path, index: Index, vectors: Vectors) -> None:
        self.database, self.index, self.vectors = database, index, vectors

    def drain(self) -> None:
        """Carry the outbox into the index now, if it can be had; what stays in the outbox is carried later."""
        try:
            with self.index.hold():
                self._carry_out(mend=True)
        except UnavailableError as error:
            _LOG.info("history index not written (%s): left in the outbox", error.code)

    def _carry_out(self, mend: bool) -> None:
        """Idempotent: what was carried out before a crash is carried out again."""
        with reading(self.database) as sql:
            waiting = sql.execute("SELECT * FROM outbox ORDER BY number").fetchall()
        as_left = self._is_as_left()
        if as_left and not waiting:
            return
        sound = as_left or self._is_sound({row["id"] for row in waiting})
        if any(row["removed"] for row in waiting):
            # Chroma only marks a vector as deleted: what is forgotten is left out of a new index.
            self.index.replace(self.vectors.stored(self.vectors.ids()))
        elif sound:
            self.index.put(self.vectors.stored([row["id"] for row in waiting]))
        else:
            self._mend(mend)
        self._carried(waiting[-1]["number"] if waiting else 0)

    def _mend(self, allowed: bool) -> None:
        """A new index for a wrong one, where that is allowed and soon done. UnavailableError `index_damaged`."""
        ids = self.vectors.ids()
        if not allowed or len(ids) > _MENDED_ALONE:
            raise damaged(self.index.folder)
        self.index.replace(self.vectors.stored(ids))

    def _carried(self, number: int) -> None:
        """The outbox is carried up to that number, and this is how the index was left."""
        with writing(self.database) as sql:
            sql.execute("DELETE FROM outbox WHERE number <= ?", (number,))
            sql.execute("INSERT OR REPLACE INTO index_state VALUES (1, ?, ?)", self.index.state())

    def _is_as_left(self) -> bool:
        """Whether the index's files are those that were last found or made sound."""
        with reading(self.database) as sql:
            left = sql.execute("SELECT collection, files FROM index_state").fetchone()
        return left is not None and tuple(left) == self.index.state()

    def _is_sound(self, waiting: set[str]) -> bool:
        """Whether a child finds all that was carried, and no stranger. A crash may have carried what still waits."""
        ids = self.vectors.ids()
        if not self.index.folder.exists():
            return waiting.issuperset(ids)
        probed = self.index.probe([*ids, *waiting.difference(ids)])
        return probed is not None and probed.strangers == 0 and waiting.issuperset(probed.missing)

    # -------------------------------------------------------------- by hand

    def check(self) -> IndexReport:
        """Compare the index with the records. UnavailableError `store_busy` where another process holds it."""
        with self.index.hold():
            try:
                self._carry_out(mend=False)
            except UnavailableError as error:
                _LOG.info("history index not written (%s): reported as it is", error.code)
            ids = self._record_ids()
            probed = self.index.probe(ids)
        if probed is None:
            return IndexReport(records=len(ids), counted=None, reachable=None)
        return IndexReport(records=len(ids), counted=probed.counted, reachable=len(ids) - len(probed.missing))

    def rebuild(self) -> None:
        """Build the index anew from SQL's vectors and swap it in; what was added meanwhile waits in the outbox."""
        with self.index.hold():
            with reading(self.database) as sql:
                last = sql.execute("SELECT max(number) FROM outbox").fetchone()[0] or 0
            self.index.replace(self.vectors.stored(self.vectors.ids()))
            self._carried(last)

    def _record_ids(self) -> list[str]:
        with reading(self.database) as sql:
            return [row["id"] for row in sql.execute("SELECT id FROM records")]
