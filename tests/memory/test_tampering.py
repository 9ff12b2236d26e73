"""Whatever is done to the audit log behind its back is found: changed, deleted, reordered, truncated, replaced."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from memory.audit import _FIELDS, Audit, _hash
from prelim.errors import UnavailableError


@contextmanager
def behind_its_back(audit: Audit) -> Iterator[sqlite3.Connection]:
    """The file as an attacker with SQLite has it: without the triggers."""
    with closing(sqlite3.connect(audit.database)) as sql:
        sql.row_factory = sqlite3.Row
        sql.executescript("DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete;")
        yield sql
        sql.commit()


def tamper(audit: Audit, *statements: str) -> None:
    with behind_its_back(audit) as sql:
        for statement in statements:
            assert sql.execute(statement).rowcount > 0, statement


def rewrite(audit: Audit, numbers: Sequence[int] = (1, 2, 3, 4, 5)) -> None:
    """Recompute the chain over those records, as an attacker who knows how it is made."""
    with behind_its_back(audit) as sql:
        previous = "0" * 64
        for row in sql.execute("SELECT * FROM audit ORDER BY number").fetchall():
            if row["number"] in numbers:
                values = (previous, _hash({**dict(row), "previous": previous}), row["number"])
                sql.execute("UPDATE audit SET previous = ?, hash = ? WHERE number = ?", values)
                previous = values[1]
            else:
                previous = row["hash"]


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize("field", [*_FIELDS[1:], "hash"])
def test_a_changed_field_is_found(audit: Audit, field: str, number: int) -> None:
    tamper(audit, f"UPDATE audit SET {field} = {field} || ' ' WHERE number = {number}")
    report = audit.verify()
    assert not report.intact
    assert report.problem == f"record {number} does not follow"


@pytest.mark.parametrize(
    ("rewritten", "problem"),
    [
        ((3,), "record 4 does not follow"),
        ((3, 4), "record 5 does not follow"),
        ((3, 4, 5), "the log ends at 5, its head says 5"),
    ],
)
def test_a_changed_record_is_found_though_its_hash_is_mended(
    audit: Audit, rewritten: tuple[int, ...], problem: str
) -> None:
    tamper(audit, "UPDATE audit SET event = 'other' WHERE number = 3")
    rewrite(audit, rewritten)
    assert audit.verify().problem == problem


@pytest.mark.parametrize("value", ["x'00ff'", "7", "''"])
def test_a_field_of_another_kind_is_found(audit: Audit, value: str) -> None:
    tamper(audit, f"UPDATE audit SET detail = {value} WHERE number = 2")
    assert not audit.verify().intact


def test_text_that_is_no_text_is_named(audit: Audit) -> None:
    tamper(audit, "UPDATE audit SET detail = CAST(x'ff' AS TEXT) WHERE number = 2")
    with pytest.raises(UnavailableError) as raised:
        audit.verify()
    assert raised.value.code == "store_damaged"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_deleted_record_is_found(audit: Audit, number: int) -> None:
    tamper(audit, f"DELETE FROM audit WHERE number = {number}")
    assert not audit.verify().intact
    for later in range(number + 1, 6):
        tamper(audit, f"UPDATE audit SET number = number - 1 WHERE number = {later}")
    assert not audit.verify().intact


def test_a_deleted_record_is_found_though_the_chain_is_mended(audit: Audit) -> None:
    tamper(audit, "DELETE FROM audit WHERE number = 2")
    rewrite(audit)
    assert audit.verify().problem == "record 2 does not follow"
    tamper(audit, "UPDATE audit SET number = number - 1 WHERE number > 2")
    rewrite(audit)
    assert audit.verify().problem == "the log ends at 4, its head says 5"


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 4), (4, 5)])
def test_reordered_records_are_found(audit: Audit, one: int, other: int) -> None:
    moves = ((one, -1), (other, one), (-1, other))
    tamper(audit, *(f"UPDATE audit SET number = {to} WHERE number = {at}" for at, to in moves))
    assert not audit.verify().intact
    rewrite(audit)
    assert not audit.verify().intact


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_truncated_log_is_found(audit: Audit, kept: int) -> None:
    tamper(audit, f"DELETE FROM audit WHERE number > {kept}")
    report = audit.verify()
    assert (report.intact, report.records) == (False, kept)
    assert report.problem == f"the log ends at {kept}, its head says 5"


def test_a_log_that_is_gone_is_found(audit: Audit) -> None:
    for path in audit.database.parent.glob("audit.db*"):
        path.unlink()
    assert not audit.verify().intact


@pytest.mark.parametrize("head", [None, b"", b"five", b"5", b"0 x", b"-1 x", b"\xff\xfe", b"6 " + b"0" * 64])
def test_a_head_that_is_gone_or_wrong_is_found(audit: Audit, head: bytes | None) -> None:
    audit.head.unlink() if head is None else audit.head.write_bytes(head)
    assert not audit.verify().intact


def test_a_crash_before_the_head_was_written_is_no_fault(audit: Audit) -> None:
    before = audit.head.read_text()
    audit.append("c-1:late", "late", "c-1", {})
    audit.head.write_text(before)
    assert audit.verify().intact
    audit.append("c-1:later", "later", "c-1", {})
    tamper(audit, "DELETE FROM audit WHERE number = 7")
    assert not audit.verify().intact
