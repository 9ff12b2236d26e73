"""Patients under keyed hashes: nothing that is stored or logged carries a patient id."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from memory.sql import fault
from prelim.errors import UnavailableError

_SECRET_BYTES = 32


def patient_key(home: Path, patient_id: str) -> str:
    """`p-` and the HMAC-SHA256 of the id (spaces around it do not count) under this home's secret."""
    return "p-" + hmac.new(_secret(home), patient_id.strip().encode(), hashlib.sha256).hexdigest()[:32]


def _secret(home: Path) -> bytes:
    """The home's secret, made once: of two processes that make one at the same time, the first one's stands."""
    path = home / "secret"
    try:
        if not path.is_file():
            _make(path)
        secret = path.read_bytes()
    except OSError as error:
        raise fault(error, path.name) from error
    if len(secret) != _SECRET_BYTES:
        remedy = "Restore it from a backup: with another secret no patient is known any more."
        raise UnavailableError("secret_damaged", "The home's secret is damaged.", remedy, path.name)
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".secret-{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass  # another process was first: its secret is read
    finally:
        part.unlink()
