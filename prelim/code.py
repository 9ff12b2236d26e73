"""Which code is running: a digest a room, of its modules, prompts and tables."""

import hashlib
from functools import cache
from pathlib import Path

ROOMS = ("prelim", "memory", "tools", "agents", "graphs")
"""The rooms that have a hand in a draft."""


@cache
def room_digest(room: str) -> str:
    """sha256 over a room's code, prompts and tables, with their paths in it."""
    folder, sha = Path(__file__).parents[1] / room, hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".yaml"}):
        sha.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


def code_digests() -> dict[str, str]:
    """Room → digest of its code."""
    return {room: room_digest(room) for room in ROOMS}
