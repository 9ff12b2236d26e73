"""The Chroma index of record vectors: rebuildable, opened briefly under a file lock, never the truth.

One process owns the folder while it is open (a long-lived reader in a second one returned a deleted record). Vectors
are fetched by id: a `where` filter and a query by ids both scan, and a collection per patient does not scale.
"""

import fcntl
import io
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
        try:
            counted, reachable = json.loads(
                _in_child(self.folder, "probe", json.dumps(list(ids)).encode(), _PROBE_TIMEOUT_S)
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        return counted, reachable

    def replace(self, vectors: Mapping[str, Vector]) -> None:
        """Build a new index beside the old one and swap it in. Call under `hold`. UnavailableError `index_damaged`.

        It is built in a child: Chroma writes out memory that it never set, where a process that knew a forgotten
        vector still holds it.
        """
        fresh, old = (self.folder.with_suffix(suffix) for suffix in (".new", ".old"))
        shutil.rmtree(fresh, ignore_errors=True)
        rows = io.BytesIO()
        np.savez(rows, ids=np.array(list(vectors), dtype=np.str_), vectors=np.array(list(vectors.values()), np.float32))
        try:
            _in_child(fresh, "build", rows.getvalue())
        except subprocess.CalledProcessError as error:
            raise _damaged(self.folder) from error
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
        raise _damaged(folder) from error


def _damaged(folder: Path) -> UnavailableError:
    remedy = "Run `prelim history rebuild`; the records themselves are safe."
    return UnavailableError("index_damaged", "The history index cannot be used.", remedy, folder.name)


def _in_child(folder: Path, task: str, given: bytes, timeout_s: float | None = None) -> bytes:
    command = [sys.executable, "-m", "memory.index", str(folder), task]
    return subprocess.run(command, input=given, capture_output=True, timeout=timeout_s, check=True).stdout


def _probe(folder: Path) -> None:
    """Ids on stdin, [counted, reachable] on stdout."""
    ids = json.load(sys.stdin)
    with _collection(folder) as records:
        counted = records.count()
    reachable = sum(len(Index(folder).vectors(ids[start : start + _BATCH])) for start in range(0, len(ids), _BATCH))
    print(json.dumps([counted, reachable]))


def _build(folder: Path) -> None:
    """Ids and vectors on stdin, as numpy's npz."""
    rows = np.load(io.BytesIO(sys.stdin.buffer.read()))
    Index(folder).put(dict(zip(rows["ids"].tolist(), rows["vectors"], strict=True)))


if __name__ == "__main__":
    {"probe": _probe, "build": _build}[sys.argv[2]](Path(sys.argv[1]))
