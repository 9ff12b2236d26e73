"""Blobs under their sha256: files as they came, pixels, text. Written once, never changed."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

from memory.sql import fault
from prelim.errors import UnavailableError

_PIECE_BYTES = 2**22
_NAME = re.compile("[0-9a-f]{64}")


class Artifacts:
    """The blobs of one home, in two levels of folders. Safe to share by threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise ValueError("not a sha256")
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether a blob is there."""
        return self._path(sha256).is_file()

    def put_file(self, file: Path) -> str:
        """`put` for a file too large to be held in memory, in one pass. OSError where it cannot be read."""
        sha = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            for piece in iter(partial(opened.read, _PIECE_BYTES), b""):
                sha.update(piece)
                yield piece

        with file.open("rb") as opened:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                _write(self.folder, pieces(), lambda: self._path(sha.hexdigest()))
            except OSError as error:
                raise fault(error, "artifacts") from error
        return sha.hexdigest()

    def put(self, data: bytes) -> str:
        """Store a blob and return its sha256. Whole or not at all: temporary file, fsync, rename.

        A blob that is there and damaged is replaced.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        try:
            if path.is_file() and path.read_bytes() == data:
                return sha256
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path.parent, [data], lambda: path)
        except OSError as error:
            raise fault(error, "artifacts") from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """A blob, its hash checked again. UnavailableError artifact_missing, artifact_damaged."""
        path = self._path(sha256)
        if not path.is_file():
            raise _missing(sha256)
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(sha256)
        return data

    def file(self, sha256: str) -> Path:
        """Where a blob lies, its hash checked as `get` does: for what reads it in pieces."""
        wrong = self.wrong(sha256)
        if wrong:
            raise _missing(sha256) if wrong == "missing" else _damaged(sha256)
        return self._path(sha256)

    def wrong(self, sha256: str) -> Literal["missing", "damaged"] | None:
        """What is wrong with a blob, its hash computed again; None where nothing is."""
        path = self._path(sha256)
        if not path.is_file():
            return "missing"
        with path.open("rb") as opened:
            return None if hashlib.file_digest(opened, "sha256").hexdigest() == sha256 else "damaged"

    def put_json(self, value: Any) -> str:
        """Store plain JSON in canonical form."""
        return self.put(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())

    def get_json(self, sha256: str) -> Any:
        """Plain JSON that `put_json` stored."""
        return json.loads(self.get(sha256))


def _missing(sha256: str) -> UnavailableError:
    return UnavailableError("artifact_missing", f"Artifact {sha256[:12]} is missing.", "Restore the artifact store.")


def _damaged(sha256: str) -> UnavailableError:
    return UnavailableError("artifact_damaged", f"Artifact {sha256[:12]} is damaged.", "Restore the artifact store.")


def _write(folder: Path, pieces: Iterable[bytes], target: Callable[[], Path]) -> None:
    """Pieces as one file beside its place, then in it; where that is may be known only when all are written."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        path = target()
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    parent = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
