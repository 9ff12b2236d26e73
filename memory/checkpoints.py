"""The graph's checkpoints: SQLite in WAL, and a serializer that never runs code."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from memory.sql import BUSY_TIMEOUT_S, fault, write_ahead


@contextmanager
def open_checkpointer(database: Path) -> Iterator[SqliteSaver]:
    """A checkpointer. A forged row can at most come back as plain data: no type is on the list of those revived."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
        with closing(connection):
            write_ahead(connection)
            connection.execute("PRAGMA synchronous=FULL")
            saver = SqliteSaver(connection, serde=JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=[]))
            saver.setup()
            yield saver
    except sqlite3.Error as error:
        raise fault(error, database.name) from error
