"""Blobs under their sha256: files as they came, pixels, text. Written once, never changed."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from memory.sql import fault
from prelim.errors import UnavailableError

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
            _write(path, data)
        except OSError as error:
            raise fault(error, "artifacts") from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """A blob, its hash checked again. UnavailableError artifact_missing, artifact_damaged."""
        path = self._path(sha256)
        if not path.is_file():
            raise UnavailableError(
                "artifact_missing", f"Artifact {sha256[:12]} is missing.", "Restore the artifact store."
            )
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UnavailableError(
                "artifact_damaged", f"Artifact {sha256[:12]} is damaged.", "Restore the artifact store."
            )
        return data

    def put_json(self, value: Any) -> str:
        """Store plain JSON in canonical form."""
        return self.put(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())

    def get_json(self, sha256: str) -> Any:
        """Plain JSON that `put_json` stored."""
        return json.loads(self.get(sha256))


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
