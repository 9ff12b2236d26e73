"""The Chroma index of all patients' record vectors: rebuildable, opened briefly under a file lock, never the truth.

One process owns the folder while it is open (a long-lived reader in a second one returned a deleted record). What ranks
inside one patient is SQL's vectors: opening the index reads all of it (160 ms at 100,000 vectors), and a `where` filter
and a query by ids both scan. A collection has the dimension of its first vector, so it is named after its encoder.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from prelim.errors import PrelimError, UnavailableError

Vector = npt.NDArray[np.float32]
_BATCH = 2000
_PROBE_TIMEOUT_S = 120
_CLOSE_TIMEOUT_S = 10.0


class Probe(NamedTuple):
    """What a child found: how many vectors there are, and which of those asked for are missing."""

    counted: int
    missing: list[str]
    strangers: int


class Index:
    """Vectors by record id in `folder`; the lock lies beside it, so that the folder can be swapped.

    `encoder` gives the digest of what made the vectors, once there is something to open.
    """

    def __init__(self, folder: Path, encoder: Callable[[], str]) -> None:
        self.folder, self._encoder = folder, encoder

    @property
    def collection(self) -> str:
        """The collection of the present encoder."""
        return f"records-{self._encoder()[:16]}"

    def state(self) -> tuple[str, str]:
        """The collection, and a digest over the names, sizes and times of the files: it changes with any write."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        seen = [(path.relative_to(self.folder).as_posix(), path.stat()) for path in files]
        plain = [[name, status.st_size, status.st_mtime_ns, status.st_ino] for name, status in seen]
        return self.collection, hashlib.sha256(json.dumps(plain).encode()).hexdigest()

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
        with _collection(self.folder, self.collection) as records:
            for start in range(0, len(ids), _BATCH):
                part = ids[start : start + _BATCH]
                records.upsert(ids=part, embeddings=np.stack([vectors[id] for id in part]))

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """The vectors of those ids that the index holds. Call under `hold`."""
        held: dict[str, Vector] = {}
        with _collection(self.folder, self.collection) as records:
            for start in range(0, len(ids), _BATCH):
                found = records.get(ids=list(ids[start : start + _BATCH]), include=["embeddings"])
                held |= zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True)
        return held

    def probe(self, ids: Sequence[str]) -> Probe | None:
        """What of these ids can be reached, asked in a child: a damaged index can crash its process.

        None where the child failed. Call under `hold`.
        """
        given = json.dumps(list(ids)).encode()
        try:
            counted, missing = json.loads(_child("probe", self.folder, self.collection, given, _PROBE_TIMEOUT_S))
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        return Probe(counted, missing, strangers=counted - (len(ids) - len(missing)))

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
                _child("build", fresh, self.collection, _packed(vectors))
            except subprocess.CalledProcessError as error:
                raise damaged(self.folder) from error
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
def _collection(folder: Path, name: str) -> Iterator[Any]:
    """The collection of that name. No embedding function: Chroma's default downloads a model."""
    import chromadb
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    try:
        client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        try:
            yield client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        finally:
            client.close()
            _wait_until_closed(folder)
    except PrelimError:
        raise
    except Exception as error:  # Chroma's faults have no common base
        raise damaged(folder) from error


def damaged(folder: Path) -> UnavailableError:
    """The error for an index that cannot be used."""
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


def _child(task: str, folder: Path, collection: str, given: bytes, timeout_s: float | None = None) -> bytes:
    command = [sys.executable, "-m", "memory.index", task, str(folder), collection]
    return subprocess.run(command, input=given, capture_output=True, timeout=timeout_s, check=True).stdout


def _packed(vectors: Mapping[str, Vector]) -> bytes:
    """A line of ids, then the vectors' rows as they lie in memory."""
    return json.dumps(list(vectors)).encode() + b"\n" + np.stack(list(vectors.values())).tobytes()


def _build(index: Index, given: bytes) -> None:
    """An index of the packed vectors."""
    head, _, rows = given.partition(b"\n")
    ids = json.loads(head)
    index.put(dict(zip(ids, np.frombuffer(rows, np.float32).reshape(len(ids), -1), strict=True)))


def _probe(index: Index, given: bytes) -> None:
    """Of JSON ids, [how many the index counts, those it cannot give whole] on stdout."""
    ids = json.loads(given)
    with _collection(index.folder, index.collection) as records:
        counted = records.count()
    found = index.vectors(ids)
    print(json.dumps([counted, [id for id in ids if id not in found or not np.isfinite(found[id]).all()]]))


if __name__ == "__main__":
    _named = sys.argv[3].removeprefix("records-")
    {"probe": _probe, "build": _build}[sys.argv[1]](Index(Path(sys.argv[2]), lambda: _named), sys.stdin.buffer.read())
