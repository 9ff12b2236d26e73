"""What callers ask, and the queue in which it waits: bounded, in time, the cases in turn."""

import contextlib
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

import torch

from prelim.models.engine.decode import Row
from prelim.models.engine.prompt import Prompt, Units


class BusyError(RuntimeError):
    """The queue stayed full until the call's deadline."""


class LateError(RuntimeError):
    """The call's deadline passed before its answer was there."""


@dataclass(eq=False)
class Call:
    """What a caller asks: a score of each prompt, or the rows to be written (then of their prompts).

    `deadline` is on the monotonic clock, in seconds. The future's result is the logits of `Engine.score`, or None
    when the rows are written.
    """

    case: str
    deadline: float
    prompts: Sequence[Prompt] = ()
    rows: Sequence[Row] = ()
    future: "Future[torch.Tensor | None]" = field(default_factory=Future)

    @property
    def prefix(self) -> Units:
        """What it shares with calls about the same images."""
        first = self.rows[0].prompt if self.rows else self.prompts[0]
        return first.units[: first.images_end]

    def answer(self, result: torch.Tensor | None) -> None:
        """Hand over its result, unless nobody waits for it any more."""
        with contextlib.suppress(InvalidStateError):  # cancelled in this very moment
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Hand over an error, unless nobody waits for it any more."""
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)


class Queue:
    """Calls that wait, bounded; the cases are served in turn."""

    def __init__(self, bound: int) -> None:
        self._bound, self._changed = bound, threading.Condition()
        self._waiting = OrderedDict[str, list[Call]]()
        self.closed = False

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def put(self, call: Call) -> None:
        """Wait for room and put it in. BusyError where none came before its deadline, or the queue is closed."""
        with self._changed:
            left = max(0.0, call.deadline - time.monotonic())
            if not self._changed.wait_for(lambda: self.closed or len(self) < self._bound, left):
                raise BusyError(f"{len(self)} calls wait already")
            if self.closed:
                raise BusyError("the model was closed")
            self._waiting.setdefault(call.case, []).append(call)
            self._changed.notify_all()

    def take(self, wait: bool, room: int) -> list[Call]:
        """The next case's first call with rows for `room`, and others behind the same prefix while they fit.

        A case whose calls do not fit yet keeps its turn.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self.closed or len(self))
            self._forget_the_over()
            taken: list[Call] = []
            for call in self._calls():
                if (not taken or call.prefix == taken[0].prefix) and len(call.rows) <= room:
                    taken.append(call)
                    room -= len(call.rows)
            for call in taken:
                self._remove(call)
            if taken and taken[0].case in self._waiting:
                self._waiting.move_to_end(taken[0].case)
            self._changed.notify_all()
            return taken

    def _calls(self) -> list[Call]:
        """All calls, those of the case whose turn it is first."""
        return list(itertools.chain.from_iterable(self._waiting.values()))

    def _forget_the_over(self) -> None:
        now = time.monotonic()
        for call in self._calls():
            if now > call.deadline:
                call.fail(LateError("its deadline passed while it waited"))
            if call.future.done():
                self._remove(call)

    def _remove(self, call: Call) -> None:
        self._waiting[call.case].remove(call)
        if not self._waiting[call.case]:
            del self._waiting[call.case]

    def close(self) -> None:
        """No more calls; whoever waits is told."""
        with self._changed:
            self.closed = True
            for call in self._calls():
                call.fail(BusyError("the model was closed"))
            self._waiting.clear()
            self._changed.notify_all()
