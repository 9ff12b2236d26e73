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
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from prelim.errors import InputError, PrelimError, RefusedError, UnavailableError
from prelim.line import ANSWER_BYTES, Blob, Line, answer_message, understood

MEMORY_BYTES = 3 * 2**30
"""Address space of a child."""
LIMIT_S = 25.0
"""The longest that one call may take."""
_START_S = 60.0
_MOST_CHILDREN = 4
_KINDS: dict[str, type[PrelimError]] = {kind.__name__: kind for kind in (InputError, RefusedError, UnavailableError)}
_CHILD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # glibc gives what is larger than 128 KB back at once, and the next slice pays for its pages again: three times the
    # time of a slice. Source: mallopt(3).
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
}
_REMEDY = "Export it again, or leave it out."
Item = TypeVar("Item")
Found = TypeVar("Found")


class Answer(NamedTuple):
    """What an operation returns: plain JSON, and whatever is too large for it."""

    plain: Any
    blobs: Sequence[Blob] = ()


Operation = Callable[..., Answer]
"""A function of plain arguments, the first of them `name`: what the file is called in errors."""


def call(operation: Operation, name: str, *arguments: Any) -> Answer:
    """Run an operation in a child. Its own named errors come through.

    InputError decode_timeout, decode_memory, decode_crash, unreadable; UnavailableError decoder_missing.
    """
    return _pool().call(operation, name, arguments)


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


def _pool() -> "_Pool":
    """This process's children; one that was forked has none of its parent's."""
    pid = os.getpid()
    return _POOLS.get(pid) or _POOLS.setdefault(pid, _Pool())


class _Pool:
    """Children that wait for work, started when first needed."""

    def __init__(self) -> None:
        self.places: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(_count()):
            self.places.put(None)

    def call(self, operation: Operation, name: str, arguments: Sequence[Any]) -> Answer:
        asked = f"{operation.__module__}:{operation.__name__}"
        child = self.places.get()
        try:
            if child and child.line.has_spoken():  # it died idle, or says what nobody asked
                child.end()
            child = child if child and child.alive else _Child()
            answer = child.call(asked, name, arguments)
        finally:
            self.places.put(child if child and child.alive else None)
        return answer

    def close(self) -> None:
        """Let the idle children end."""
        with suppress(queue.Empty):
            while True:
                child = self.places.get_nowait()
                if child:
                    child.end()


_POOLS: dict[int, _Pool] = {}


@atexit.register
def _close() -> None:
    """Not the children of a parent that forked."""
    if os.getpid() in _POOLS:
        _POOLS[os.getpid()].close()


class _Child:
    """One child and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.line, self.alive = Line(ours), True
        self.process: subprocess.Popen[bytes] | None = None
        try:
            with theirs:
                self.process = _started(theirs.fileno())
            if self.line.receive(8, time.monotonic() + _START_S) != b"ready":
                raise ValueError
        except (EOFError, OSError, ValueError) as error:
            self.end()
            raise UnavailableError(
                "decoder_missing", "No decoding process could be started.", "Free some memory."
            ) from error
        except BaseException:
            self.end()
            raise

    def call(self, operation: str, name: str, arguments: Sequence[Any]) -> Answer:
        until, token = time.monotonic() + LIMIT_S, secrets.token_hex(8)
        try:
            self.line.send(json.dumps([LIMIT_S, token, operation, name, *arguments]).encode(), until)
            plain, error, blobs = understood(self.line.receive(ANSWER_BYTES, until), token)
            fault = _error(error) if error else None
        except TimeoutError as late:
            self.end()
            message = f"{name} took longer than {LIMIT_S:g} s to read."
            raise InputError("decode_timeout", message, _REMEDY, name) from late
        except (EOFError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as broken:
            self.end()
            raise InputError("decode_crash", f"{name} ended the process that read it.", _REMEDY, name) from broken
        except BaseException:  # an answer still under way must not meet the next question
            self.end()
            raise
        if fault and fault.code == "decode_memory":  # its memory is in pieces
            self.end()
        if fault:
            raise fault
        return Answer(plain, blobs)

    def end(self) -> None:
        """Gone for certain."""
        self.alive = False
        self.line.close()
        if self.process:
            self.process.kill()
            self.process.wait()


def _started(line: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-B", "-m", "prelim.isolation", str(line)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[line],
    )


def _error(given: dict[str, Any]) -> PrelimError:
    """What the child named."""
    code, message, remedy = (given[key] + "" for key in ("code", "message", "remedy"))
    return _KINDS[given["kind"]](code, message, remedy, given["file"])


def _environment() -> dict[str, str]:
    """Nothing of the caller's but the way to the code; one thread; memory of slices is kept for the next one."""
    paths = [os.path.abspath(path) for path in sys.path if path]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "TESSDATA_PREFIX") if name in os.environ}
    return {**kept, **_CHILD, "PYTHONPATH": os.pathsep.join(paths)}


# ------------------------------------------------------------------ the child's side


def _serve(line: Line) -> None:
    """Answer until the parent is gone. A call that outlives its parent's patience ends by its own alarm."""
    line.send(b"ready")
    with suppress(EOFError, OSError):
        while True:
            limit_s, line.token, *request = json.loads(line.receive(ANSWER_BYTES))
            signal.setitimer(signal.ITIMER_REAL, 1.2 * limit_s)
            answer = _answered(line.token, *request)
            signal.setitimer(signal.ITIMER_REAL, 0)
            line.send(answer)


def _answered(token: str, operation: str, name: str, *arguments: Any) -> bytes:
    module, _, function = operation.partition(":")
    try:
        found: Answer = getattr(importlib.import_module(module), function)(name, *arguments)
        return answer_message(token, found.plain, None, found.blobs, name)
    except PrelimError as error:
        fault = error
    except MemoryError:
        message = f"{name} needs more memory than {MEMORY_BYTES // 2**30} GB to be read."
        fault = InputError("decode_memory", message, _REMEDY, name)
    except Exception as error:  # whatever a damaged file makes a decoder raise is about that file
        fault = InputError("unreadable", f"{name} cannot be read ({type(error).__name__}).", _REMEDY, name)
    return answer_message(token, None, _plain(fault), (), name)


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
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a parent that ignores or blocks alarms hands that on
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])


if __name__ == "__main__":
    _confine()
    _serve(Line(socket.socket(fileno=int(sys.argv[1]))))
