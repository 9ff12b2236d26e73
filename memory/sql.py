"""SQLite as every store opens it: WAL, full sync, any number of processes and threads, faults by name."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prelim.errors import PrelimError, UnavailableError

BUSY_TIMEOUT_S = 20.0


@contextmanager
def transaction(database: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """One write transaction on its own connection: committed at the end, rolled back on an error.

    Raises UnavailableError store_full, store_busy, not_writable or store_damaged, naming the store.
    """
    with _opened(database, schema, "BEGIN IMMEDIATE") as connection:
        yield connection


@contextmanager
def snapshot(database: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """The store as it is now, for reading alone: it waits for no writer. Faults as in `transaction`."""
    with _opened(database, schema, "BEGIN") as connection:
        yield connection


@contextmanager
def _opened(database: Path, schema: str, begin: str) -> Iterator[sqlite3.Connection]:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            write_ahead(connection)
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA secure_delete=ON")
            connection.executescript(schema)
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise fault(error, database.name) from error


def write_ahead(connection: sqlite3.Connection) -> None:
    """WAL mode, waited for: SQLite's own timeout does not cover a change of mode that another process is making."""
    patience = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.01)


def fault(error: Exception, store: str) -> PrelimError:
    """A store's fault as a named error. What the file system says is no damage to the store."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    if "full" in text or "No space" in text or "File too large" in text or "disk I/O" in text:
        return UnavailableError(
            "store_full",
            f"The store {store} cannot be written: {text}.",
            "Free disk space, then resume.",
            store,
        )
    if "locked" in text or "busy" in text:
        return UnavailableError(
            "store_busy", f"The store {store} is held by another process.", "Try again in a moment.", store
        )
    if isinstance(error, OSError) or "unable to open" in text or "readonly" in text:
        message = f"The store {store} cannot be made or written: {text.lower()}."
        return UnavailableError("not_writable", message, "Name a folder that can be written as PRELIM_HOME.", store)
    return UnavailableError(
        "store_damaged", f"The store {store} cannot be used: {text}.", "Restore it from a backup.", store
    )
