"""The Chroma index of record vectors: rebuildable, opened briefly under a file lock, never the truth.

One process owns the folder while it is open (a long-lived reader in a second one returned a deleted record). Vectors
are fetched by id: a `where` filter and a query by ids both scan, and a collection per patient does not scale.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prelim.errors import UnavailableError

Vector = npt.NDArray[np.float32]
_COLLECTION = "records"
_BATCH = 2000
_PROBE_TIMEOUT_S = 120


class Index:
    """Vectors by record id in `folder`; the lock lies beside it, so that the folder can be swapped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Own the index. UnavailableError `store_busy` where another process does."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = "The history index is held by another process."
                raise UnavailableError("store_busy", message, "Try again in a moment.", self.folder.name) from error
            yield
        finally:
            os.close(handle)

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Add or replace vectors. Call under `hold`."""
        ids = list(vectors)
        with _collection(self.folder) as records:
            for start in range(0, len(ids), _BATCH):
                part = ids[start : start + _BATCH]
                records.upsert(ids=part, embeddings=np.stack([vectors[id] for id in part]))

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """The vectors of those ids that the index holds. Call under `hold`."""
        with _collection(self.folder) as records:
            found = records.get(ids=list(ids), include=["embeddings"])
        return {id: np.asarray(row, np.float32) for id, row in zip(found["ids"], found["embeddings"], strict=True)}

    def probe(self, ids: Sequence[str]) -> tuple[int, int] | None:
        """(vectors counted, of these ids reachable), asked in a child: a damaged index can crash its process.

        None where the child failed. Call under `hold`.
        """
        command = [sys.executable, "-m", "memory.index", str(self.folder)]
        try:
            child = subprocess.run(
                command,
                input=json.dumps(list(ids)),
                capture_output=True,
                text=True,
                timeout=_PROBE_TIMEOUT_S,
                check=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        counted, reachable = json.loads(child.stdout)
        return counted, reachable

    def replace(self, vectors: Mapping[str, Vector]) -> None:
        """Build a new index beside the old one and swap it in. Call under `hold`."""
        fresh, old = (self.folder.with_suffix(suffix) for suffix in (".new", ".old"))
        shutil.rmtree(fresh, ignore_errors=True)
        Index(fresh).put(vectors)
        if self.folder.exists():
            shutil.rmtree(old, ignore_errors=True)
            self.folder.rename(old)
        fresh.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _collection(folder: Path) -> Iterator[Any]:
    """The one collection. No embedding function: Chroma's default downloads a model."""
    import chromadb
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    try:
        client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        try:
            yield client.get_or_create_collection(
                _COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        finally:
            client.close()
    except Exception as error:  # Chroma's faults have no common base
        remedy = "Run `prelim history rebuild`; the records themselves are safe."
        raise UnavailableError("index_damaged", "The history index cannot be used.", remedy, folder.name) from error


def _main(folder: Path) -> None:
    """Answer a probe: ids on stdin, [counted, reachable] on stdout."""
    ids = json.load(sys.stdin)
    index = Index(folder)
    with _collection(folder) as records:
        counted = records.count()
    reachable = sum(len(index.vectors(ids[start : start + _BATCH])) for start in range(0, len(ids), _BATCH))
    print(json.dumps([counted, reachable]))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
