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
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prelim.errors import PrelimError, UnavailableError

Vector = npt.NDArray[np.float32]
_COLLECTION = "records"
_BATCH = 2000
_PROBE_TIMEOUT_S = 120
_CLOSE_TIMEOUT_S = 10.0


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
                _child("probe", self.folder, json.dumps(list(ids)).encode(), _PROBE_TIMEOUT_S)
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        return counted, reachable

    def replace(self, vectors: Mapping[str, Vector]) -> None:
        """Build a new index beside the old one and swap it in. Call under `hold`.

        It is built in a child: Chroma's HNSW file is written with its spare room as malloc gave it, and in a process
        that has held a forgotten patient's vectors it came out with them in it (seen).
        """
        fresh, old = (self.folder.with_suffix(suffix) for suffix in (".new", ".old"))
        _remove(fresh)
        fresh.mkdir(parents=True)
        if vectors:
            try:
                _child("build", fresh, _packed(vectors))
            except subprocess.CalledProcessError as error:
                raise _damaged(self.folder) from error
        if self.folder.exists():
            _remove(old)
            self.folder.rename(old)
        fresh.rename(self.folder)
        _remove(old)


def _remove(folder: Path) -> None:
    """Delete a folder for good: what is forgotten must be gone, so a file that stays is an error, not a leftover."""
    if folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            remedy = f"Delete the folder {folder.name} in the data folder by hand."
            raise UnavailableError(
                "index_stays", "An old history index cannot be deleted.", remedy, folder.name
            ) from error


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
            _wait_until_closed(folder)
    except PrelimError:
        raise
    except Exception as error:  # Chroma's faults have no common base
        raise _damaged(folder) from error


def _damaged(folder: Path) -> UnavailableError:
    remedy = "Run `prelim history rebuild`; the records themselves are safe."
    return UnavailableError("index_damaged", "The history index cannot be used.", remedy, folder.name)


def _wait_until_closed(folder: Path) -> None:
    """Chroma closes its files on threads of its own, after `close` has returned: whoever then deletes or renames the
    folder, or lets another process in, races with them. UnavailableError `store_busy` where they stay open."""
    until = time.monotonic() + _CLOSE_TIMEOUT_S
    while _held_open(folder):
        if time.monotonic() > until:
            message = "The history index does not close."
            raise UnavailableError("store_busy", message, "Try again in a moment.", folder.name)
        time.sleep(0.002)


def _held_open(folder: Path) -> bool:
    """Whether this process has a file of the folder open."""
    files = _identities(path for path in folder.rglob("*") if path.is_file())
    return not files.isdisjoint(_identities(int(name) for name in os.listdir("/dev/fd")))


def _identities(files: Iterable[Path | int]) -> set[tuple[int, int]]:
    """Device and inode of paths or descriptors."""
    found = set()
    for file in files:
        with suppress(OSError):  # closed or deleted meanwhile; the descriptor that listed the others always is
            status = os.stat(file)
            found.add((status.st_dev, status.st_ino))
    return found


# ------------------------------------------------------------------ what runs in a child


def _child(task: str, folder: Path, given: bytes, timeout_s: float | None = None) -> bytes:
    command = [sys.executable, "-m", "memory.index", task, str(folder)]
    return subprocess.run(command, input=given, capture_output=True, timeout=timeout_s, check=True).stdout


def _packed(vectors: Mapping[str, Vector]) -> bytes:
    """A line of ids, then the vectors' rows as they lie in memory."""
    return json.dumps(list(vectors)).encode() + b"\n" + np.stack(list(vectors.values())).tobytes()


def _build(folder: Path, given: bytes) -> None:
    """An index of the packed vectors."""
    head, _, rows = given.partition(b"\n")
    ids = json.loads(head)
    Index(folder).put(dict(zip(ids, np.frombuffer(rows, np.float32).reshape(len(ids), -1), strict=True)))


def _probe(folder: Path, given: bytes) -> None:
    """Of JSON ids, [counted, reachable] on stdout."""
    ids, index = json.loads(given), Index(folder)
    with _collection(folder) as records:
        counted = records.count()
    reachable = sum(len(index.vectors(ids[start : start + _BATCH])) for start in range(0, len(ids), _BATCH))
    print(json.dumps([counted, reachable]))


if __name__ == "__main__":
    {"probe": _probe, "build": _build}[sys.argv[1]](Path(sys.argv[2]), sys.stdin.buffer.read())
