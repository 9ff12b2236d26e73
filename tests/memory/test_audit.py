"""The audit log: one record per effect, in one chain, whoever writes and whatever fails."""

import json
import sqlite3
from contextlib import closing

import pytest

from memory.audit import Audit
from prelim.errors import UnavailableError
from tests.memory.conftest import FullDisk, Race


def test_an_effect_is_recorded_once(audit: Audit) -> None:
    assert not audit.append("c-1:signed", "signed", "c-1", {"reviewer": "Dr. B"})
    assert audit.verify().records == 5
    with closing(sqlite3.connect(audit.database)) as sql:
        detail = sql.execute("SELECT detail FROM audit WHERE key = 'c-1:signed'").fetchone()[0]
    assert json.loads(detail)["reviewer"] == "Dr. A"


@pytest.mark.parametrize("statement", ["UPDATE audit SET event = 'x'", "DELETE FROM audit WHERE number = 5"])
def test_the_log_is_append_only(audit: Audit, statement: str) -> None:
    with closing(sqlite3.connect(audit.database)) as sql, pytest.raises(sqlite3.IntegrityError, match="append only"):
        sql.execute(statement)


def test_a_full_disk_is_named_and_the_log_stays_whole(audit: Audit, full_disk: FullDisk) -> None:
    with full_disk(), pytest.raises(UnavailableError) as raised:
        audit.append("c-1:large", "large", "c-1", {"text": "x" * 1_000_000})
    assert raised.value.code == "store_full"
    report = audit.verify()
    assert (report.intact, report.records) == (True, 5)


def test_two_processes_append_to_one_chain(audit: Audit, race: Race) -> None:
    code = """
import os
from memory.audit import Audit
audit = Audit(home / "audit.db")
START
for number in range(20):
    audit.append(f"{os.getpid()}:{number}", "seen", "c-2", {})
    if audit.append(f"both:{number}", "seen", "c-2", {}):
        print(number)
"""
    one, other = race(code, audit.database.parent)
    assert sorted([*one, *other], key=int) == [str(number) for number in range(20)]
    report = audit.verify()
    assert (report.intact, report.records) == (True, 5 + 60)
