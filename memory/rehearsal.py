"""Stores that may be written to without a trace: what is there is read, what is new stays beside it.

A draft is replayed over them: the case's own stores are as they were.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from memory.artifacts import Artifacts
from memory.results import Results


class RehearsedResults(Results):
    """Results of a store as far as `readable(key)`, and those that are put here, which are kept in memory alone."""

    def __init__(self, database: Path, readable: Callable[[str], bool] = lambda key: True) -> None:
        super().__init__(database)
        self.readable = readable
        self.made: dict[str, str] = {}
        """Key → tool of what was put here: each a tool that had to run."""
        self._values: dict[str, Any] = {}

    def get(self, key: str) -> Any | None:
        """What was put here, else the stored result; None where there is none."""
        if key in self._values:
            return self._values[key]
        return super().get(key) if self.readable(key) else None

    def put(self, key: str, tool: str, value: Any) -> None:
        """Keep a result here."""
        self._values.setdefault(key, value)
        self.made[key] = tool


class RehearsedArtifacts(Artifacts):
    """The blobs of a store, and those that are put here and that it does not hold whole, in a folder of their own."""

    def __init__(self, store: Artifacts, folder: Path) -> None:
        super().__init__(store.folder)
        self._own = Artifacts(folder)

    def _path(self, sha256: str) -> Path:
        """Where a blob is read: here if it was put here, else in the store."""
        return self._own._path(sha256) if self._own.has(sha256) else super()._path(sha256)

    def put_file(self, file: Path) -> str:
        """As `Artifacts.put_file`, here."""
        return self._own.put_file(file)

    def put(self, data: bytes) -> str:
        """As `Artifacts.put`; what can be read whole already is not written again."""
        sha256 = hashlib.sha256(data).hexdigest()
        return sha256 if self.wrong(sha256) is None else self._own.put(data)
