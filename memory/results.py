"""Memoised tool results: the key is a digest of all that a result depends on (see tools/tool.py)."""

import json
from pathlib import Path
from typing import Any

from memory.sql import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, tool TEXT NOT NULL, value TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
) WITHOUT ROWID;
"""


class Results:
    """What tools found, as JSON."""

    def __init__(self, database: Path) -> None:
        self.database = database

    def get(self, key: str) -> Any | None:
        """The stored result, None where there is none."""
        with transaction(self.database, _SCHEMA) as sql:
            row = sql.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
        return json.loads(row["value"]) if row else None

    def put(self, key: str, tool: str, value: Any) -> None:
        """Store a result; the first one stands."""
        text = json.dumps(value, ensure_ascii=False)
        with transaction(self.database, _SCHEMA) as sql:
            sql.execute("INSERT OR IGNORE INTO results (key, tool, value) VALUES (?, ?, ?)", (key, tool, text))
