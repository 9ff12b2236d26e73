"""The line between a process and a child that it distrusts: whole messages, in time, exactly as agreed, or an error."""

import json
import select
import socket
import struct
import time
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from prelim.errors import InputError

Blob = bytes | memoryview
ANSWER_BYTES = 2**29
"""The most that one answer may hold: its JSON a sixteenth of it, for parsed JSON is many times as large."""
_PLAIN_BYTES = ANSWER_BYTES // 16
_LENGTH = struct.Struct(">Q")


class Line:
    """Messages over a socket, each with its length before it; whole by a moment of time.monotonic, or TimeoutError.

    `token` is the one of the question that is being answered: what an answer holds that is this question's.
    """

    def __init__(self, end: socket.socket) -> None:
        self.end, self.token = end, ""

    def send(self, message: bytes, until: float | None = None) -> None:
        self._wait(until)
        self.end.sendall(_LENGTH.pack(len(message)))
        self._wait(until)
        self.end.sendall(message)

    def receive(self, most: int, until: float | None = None) -> bytearray:
        """EOFError where the other end is gone, ValueError where it says more than `most` bytes."""
        [length] = _LENGTH.unpack(self._exactly(_LENGTH.size, until))
        if length > most:
            raise ValueError("a message longer than agreed")
        return self._exactly(length, until)

    def _exactly(self, length: int, until: float | None) -> bytearray:
        message = bytearray(length)
        rest = memoryview(message)
        while rest:
            self._wait(until)
            count = self.end.recv_into(rest)
            if not count:
                raise EOFError
            rest = rest[count:]
        return message

    def _wait(self, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self.end.settimeout(left)

    def has_spoken(self) -> bool:
        """Whether something waits to be received, if only the end."""
        ready = select.poll()
        ready.register(self.end, select.POLLIN)
        return bool(ready.poll(0))

    def close(self) -> None:
        self.end.close()


def answer_message(token: str, plain: Any, error: dict[str, Any] | None, blobs: Sequence[Blob], name: str) -> bytes:
    """An answer: the length of its JSON, the JSON, the blobs."""
    sizes = [len(blob) for blob in blobs]
    text = json.dumps({"token": token, "plain": plain, "error": error, "sizes": sizes}).encode()
    if len(text) > _PLAIN_BYTES or len(text) + sum(map(len, blobs)) + _LENGTH.size > ANSWER_BYTES:
        raise InputError("too_large", f"{name} holds more than can be shown of one file.", "Split it.", name)
    return b"".join((_LENGTH.pack(len(text)), text, *blobs))


def understood(message: bytearray, token: str) -> tuple[Any, dict[str, Any] | None, list[memoryview]]:
    """ValueError and its like for what is not exactly an answer, or another question's."""
    length = int.from_bytes(message[: _LENGTH.size], "big")
    begin = _LENGTH.size + length
    if length > _PLAIN_BYTES:
        raise ValueError("more JSON than agreed")
    answer = json.loads(message[_LENGTH.size : begin])
    places = list(accumulate(answer["sizes"], initial=begin))
    if answer["token"] != token:
        raise ValueError("an answer that nobody asked for")
    if places != sorted(places) or places[-1] != len(message):
        raise ValueError("blobs of other sizes than stated")
    view = memoryview(message)
    return answer["plain"], answer["error"], [view[one:next_] for one, next_ in pairwise(places)]
