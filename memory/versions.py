"""Versions of one thing: what its source changed later takes the place of what it said before.

A thing is known by its patient, its source (a FHIR resource, an HL7 result), its type and its title: servers may give
one number to two things. Where a version is not stated, nothing is replaced.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from prelim.types import Record


class Change(NamedTuple):
    """What new records do to those that are held: ids of the held ones to remove, and of the new ones to leave out."""

    removed: frozenset[str]
    outdated: frozenset[str]


def change(sql: sqlite3.Connection, patient_key: str, records: Sequence[Record]) -> Change:
    """What records of a patient replace, and by what they are replaced themselves. What a report found goes with it."""
    removed: set[str] = set()
    outdated: set[str] = set()
    for record in records:
        if record.version and record.type != "finding":
            held = _held(sql, patient_key, record)
            removed |= {id for id, version in held.items() if version < record.version}
            if any(version > record.version for version in held.values()):
                outdated |= {one.id for one in records if (one.source, one.version) == (record.source, record.version)}
    return Change(frozenset(removed - {record.id for record in records}), frozenset(outdated))


def _held(sql: sqlite3.Connection, patient_key: str, record: Record) -> dict[str, str]:
    """The other versions of a record that are held, and their findings: id → version."""
    rows = sql.execute(
        "SELECT id, version, type, title FROM records WHERE patient_key = ? AND source = ? AND id != ?"
        " AND version IS NOT NULL",
        (patient_key, record.source, record.id),
    ).fetchall()
    same = {row["version"] for row in rows if (row["type"], row["title"]) == (record.type, record.title)}
    return {row["id"]: row["version"] for row in rows if row["version"] in same}
