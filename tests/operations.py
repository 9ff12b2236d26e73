"""What test_isolation.py has children do: each an operation of prelim/isolation.py, imported there by this name."""

import gc
import json
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path

from prelim.errors import InputError
from prelim.isolation import Answer
from prelim.line import Line

TOKEN = "<token>"
"""In what a child is to say: the token of the question that it is asked."""


def echo(name: str, *arguments: object) -> Answer:
    """What it was asked, and as bytes."""
    return Answer([name, *arguments], [json.dumps(arguments).encode()])


def who(name: str) -> Answer:
    return Answer({"pid": os.getpid(), "environment": dict(os.environ), "open": sorted(os.listdir("/proc/self/fd"))})


def sleep(name: str, seconds: float, answered: str = "") -> Answer:
    time.sleep(seconds)
    return Answer(answered)


def spin(name: str) -> Answer:
    while True:
        pass


def allocate(name: str, size_bytes: int) -> Answer:
    return Answer(len(bytearray(size_bytes)))


def answer_blobs(name: str, count: int, size_bytes: int) -> Answer:
    return Answer(count, [bytes(size_bytes)] * count)


def die(name: str) -> Answer:
    os.kill(os.getpid(), signal.SIGSEGV)
    return Answer(None)


def leave(name: str) -> Answer:
    sys.exit(0)


def fail(name: str) -> Answer:
    raise KeyError(f"secret of {name}")


def refuse(name: str) -> Answer:
    raise InputError("too_deep", f"{name} is deep.", "Export it again.", name)


def write(name: str, path: str) -> Answer:
    Path(path).write_bytes(b"x")
    return Answer(None)


def lie(name: str, raw: str, then: str) -> Answer:
    """Say what nobody asked, then `stay` silent, `leave`, or `answer` as usual."""
    [line] = [found for found in gc.get_objects() if isinstance(found, Line)]
    line.end.settimeout(None)
    line.end.sendall(bytes.fromhex(raw.replace(TOKEN, line.token.encode().hex())))
    if then == "leave":
        os._exit(0)
    if then == "stay":
        time.sleep(60)
    return Answer("the truth")


def drip(name: str) -> Answer:
    """An answer that begins at once and never ends."""
    line = socket.socket(fileno=os.dup(int(sys.argv[1])))
    line.sendall(struct.pack(">Q", 1000))
    while True:
        line.sendall(b" ")
        time.sleep(0.05)
