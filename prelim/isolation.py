"""Work on files that nobody vouches for, in children that may fail: bounded memory and time, plain answers.

A child is a fresh interpreter that imports what it is asked to run. It lives on from file to file, is given up when it
crashes, hangs or runs out of memory, and another takes its place. What it answers is JSON and raw bytes, never
a pickle: a decoder that a file has taken over can lie, and cannot run code in the parent.
"""

import atexit
import importlib
import json
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, TypeVar

from prelim.errors import InputError, PrelimError, RefusedError, UnavailableError

MEMORY_BYTES = 3 * 2**30
"""Address space of a child."""
LIMIT_S = 25.0
"""The longest that one call may take."""
_ANSWER_BYTES = 2**28
_START_S = 60.0
_MOST_CHILDREN = 4
_KINDS: dict[str, type[PrelimError]] = {kind.__name__: kind for kind in (InputError, RefusedError, UnavailableError)}
_FATAL = ("decode_timeout", "decode_memory")
"""After these a child is let go: it hangs, or its memory is in pieces."""
_REMEDY = "Export it again, or leave it out."
Item = TypeVar("Item")
Found = TypeVar("Found")


class Answer(NamedTuple):
    """What an operation returns: plain JSON, and whatever is too large for it."""

    plain: Any
    blobs: Sequence[bytes] = ()


Operation = Callable[..., Answer]
"""A function of plain arguments, the first of them `name`: what the file is called in errors."""


def call(operation: Operation, name: str, *arguments: Any) -> Answer:
    """Run an operation in a child. Its own named errors come through.

    InputError decode_timeout, decode_memory, decode_crash, unreadable; UnavailableError decoder_missing.
    """
    return _pool(os.getpid()).call(operation, name, arguments)


def call_each(work: Callable[[Item], Found], items: Iterable[Item]) -> list[Found | InputError]:
    """`work`, which calls operations, on every item, as many at once as there are children; errors in their places."""

    def one(item: Item) -> Found | InputError:
        try:
            return work(item)
        except InputError as error:
            return error

    with ThreadPoolExecutor(_count(), thread_name_prefix="isolation") as threads:
        return list(threads.map(one, items))


# ------------------------------------------------------------------ the parent's side


def _count() -> int:
    return max(1, min(_MOST_CHILDREN, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))


@cache
def _pool(pid: int) -> "_Pool":
    """This process's children; one that was forked has none of its parent's."""
    pool = _Pool()
    atexit.register(pool.close)
    return pool


class _Pool:
    """Children that wait for work, started when first needed."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.places: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(_count()):
            self.places.put(None)

    def call(self, operation: Operation, name: str, arguments: Sequence[Any]) -> Answer:
        child = self.places.get()
        try:
            child = child or _Child()
            answer = child.call(f"{operation.__module__}:{operation.__name__}", name, arguments)
        finally:
            self.places.put(child if child and child.alive else None)
        return answer

    def close(self) -> None:
        """Let the idle children end; not those of a parent that forked."""
        with suppress(queue.Empty):
            while os.getpid() == self.pid:
                child = self.places.get_nowait()
                if child:
                    child.end()


class _Child:
    """One child and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "prelim.isolation", str(theirs.fileno())]
        try:
            self.process = subprocess.Popen(
                command,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        finally:
            theirs.close()
        self.line = Connection(ours.detach())
        self.alive = True
        if not self.line.poll(_START_S) or self.line.recv_bytes(8) != b"ready":
            self.end()
            raise UnavailableError("decoder_missing", "No decoding process could be started.", "Free some memory.")

    def call(self, operation: str, name: str, arguments: Sequence[Any]) -> Answer:
        try:
            answer, blobs = self._asked([operation, name, *arguments], name)
            if answer["error"]:
                raise _error(answer["error"])
        except PrelimError as error:
            if error.code in _FATAL:
                self.end()
            raise
        except (EOFError, OSError, ValueError, LookupError, TypeError) as error:
            self.end()
            raise InputError("decode_crash", f"{name} ended the process that read it.", _REMEDY, name) from error
        except BaseException:  # an answer still under way must not meet the next question
            self.end()
            raise
        return Answer(answer["plain"], blobs)

    def _asked(self, request: list[Any], name: str) -> tuple[dict[str, Any], list[bytes]]:
        self.line.send_bytes(json.dumps(request).encode())
        if not self.line.poll(LIMIT_S):
            raise InputError("decode_timeout", f"{name} took longer than {LIMIT_S:g} s to read.", _REMEDY, name)
        answer = json.loads(self.line.recv_bytes(_ANSWER_BYTES))
        return answer, [self.line.recv_bytes(_ANSWER_BYTES) for _ in range(int(answer["blobs"]))]

    def end(self) -> None:
        """Gone for certain."""
        self.alive = False
        self.line.close()
        self.process.kill()
        self.process.wait()


def _error(given: dict[str, Any]) -> PrelimError:
    """What the child named."""
    return _KINDS[given["kind"]](given["code"], given["message"], given["remedy"], given["file"])


def _environment() -> dict[str, str]:
    """Nothing of the caller's but the way to the code; one thread."""
    paths = [os.path.abspath(path) for path in sys.path if path]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


# ------------------------------------------------------------------ the child's side


def _serve(line: Connection) -> None:
    """Answer until the parent is gone. A call that outlives its parent's patience ends by its own alarm."""
    line.send_bytes(b"ready")
    while True:
        try:
            request = line.recv_bytes()
        except EOFError:
            return
        signal.alarm(int(LIMIT_S) + 5)
        answer, blobs = _answered(*json.loads(request))
        signal.alarm(0)
        line.send_bytes(json.dumps({**answer, "blobs": len(blobs)}).encode())
        for blob in blobs:
            line.send_bytes(blob)


def _answered(operation: str, name: str, *arguments: Any) -> tuple[dict[str, Any], Sequence[bytes]]:
    module, _, function = operation.partition(":")
    try:
        found: Answer = getattr(importlib.import_module(module), function)(name, *arguments)
        return {"plain": found.plain, "error": None}, found.blobs
    except PrelimError as error:
        return {"error": _plain(error)}, ()
    except MemoryError:
        message = f"{name} needs more memory than {MEMORY_BYTES // 2**30} GB to be read."
        return {"error": _plain(InputError("decode_memory", message, _REMEDY, name))}, ()
    except Exception as error:  # whatever a damaged file makes a decoder raise is about that file
        message = f"{name} cannot be read ({type(error).__name__})."
        return {"error": _plain(InputError("unreadable", message, _REMEDY, name))}, ()


def _plain(error: PrelimError) -> dict[str, str | None]:
    given = {"code": error.code, "message": error.message, "remedy": error.remedy, "file": error.file}
    return {"kind": type(error).__name__, **given}


def _confine() -> None:
    """Bounded memory; no file is written, no core dumped."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a system that does not know the limit still has the alarm
            resource.setrlimit(kind, (most, most))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


if __name__ == "__main__":
    _confine()
    _serve(Connection(int(sys.argv[1])))
