"""Many callers, one model: each device has one worker, the only one who touches its engine.

Callers put calls into a bounded queue and wait for their futures. The worker's turn, again and again:

admit   drop the calls that were cancelled or came too late; take the next case's oldest call, the cases in turn, and
        with it every call behind the same prefix
serve   score its questions, or begin its answers
step    one pass for all answers being written, whosoever they are; those that are done are handed over
"""

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
from prelim.models.engine.engine import Engine, OutOfMemoryError, out_of_memory
from prelim.models.engine.prompt import Prompt, Units

ROWS_AT_ONCE = 32
"""No more answers than this are written at once; further ones wait in the queue."""


_CASES_REMEMBERED = 4096


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
        """The next case's first call with rows for `room`, and others behind the same prefix while they fit."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self.closed or len(self))
            self._forget_the_over()
            taken: list[Call] = []
            for call in self._in_turn(room):
                if (not taken or call.prefix == taken[0].prefix) and len(call.rows) <= room:
                    taken.append(call)
                    room -= len(call.rows)
            for call in taken:
                self._remove(call)
            if taken and taken[0].case in self._waiting:
                self._waiting.move_to_end(taken[0].case)
            self._changed.notify_all()
            return taken

    def _in_turn(self, room: int) -> list[Call]:
        """All calls, those of the case whose turn it is first; a case whose calls do not fit yet keeps its turn."""
        cases = list(self._waiting.values())
        fitting = [[call for call in calls if len(call.rows) <= room] for calls in cases]
        return list(itertools.chain.from_iterable(fitting))

    def _forget_the_over(self) -> None:
        now = time.monotonic()
        for call in list(itertools.chain.from_iterable(self._waiting.values())):
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
            for call in itertools.chain.from_iterable(self._waiting.values()):
                call.fail(BusyError("the model was closed"))
            self._waiting.clear()
            self._changed.notify_all()


class Worker(threading.Thread):
    """The one thread that touches an engine."""

    def __init__(self, engine: Engine, queue_bound: int = 256) -> None:
        super().__init__(name=f"model on {engine.body.device}", daemon=True)
        self.engine, self.queue = engine, Queue(queue_bound)
        self._taken, self._writing = list[Call](), list[Call]()
        self._parked = list[Row]()
        self.start()

    @property
    def load(self) -> int:
        """How many calls it has to do, or is doing."""
        return len(self.queue) + sum(not call.future.done() for call in {*self._taken, *self._writing})

    def close(self) -> None:
        """Stop after this turn; calls that are not answered by then fail."""
        self.queue.close()

    def run(self) -> None:
        """Turn after turn, until closed. An error belongs to the calls it struck, never to the worker."""
        while not self.queue.closed:
            self._taken = self.queue.take(not self._writing, ROWS_AT_ONCE - len(self.engine.decoder.rows))
            for call in self._taken:
                self._serve(call)
            if self._writing:
                self._step()
        for call in self._writing:
            call.fail(BusyError("the model was closed"))

    def _serve(self, call: Call) -> None:
        try:
            if call.rows:
                self._writing.append(call)
                self.engine.begin(call.rows)
                self._hand_over()
            else:
                call.answer(self.engine.score(call.prompts))
        except Exception as error:  # the caller's to handle
            self._lose(call, error)

    def _step(self) -> None:
        try:
            if not self.engine.decoder.rows:
                again, self._parked = self._parked, []
                self.engine.begin(again)
            else:
                self.engine.step()
        except Exception as error:
            if not (out_of_memory(error) and self._park_half()):
                for call in list(self._writing):
                    self._lose(call, error)
        self._hand_over()

    def _park_half(self) -> bool:
        """Out of memory: the later half of the rows wait until the others are written. Whether there was a half."""
        rows = self.engine.decoder.rows
        later = rows[(len(rows) + 1) // 2 :]
        if not later or self._parked:
            return False
        self._parked = list(later)
        self.engine.part(later)
        self.engine.free()
        return True

    def _hand_over(self) -> None:
        """Answer the calls whose rows are all written; let go of those that nobody waits for or that are late."""
        now = time.monotonic()
        for call in list(self._writing):
            failed = next((row.error for row in call.rows if row.error), None)
            if failed:
                self._lose(call, failed)
            elif all(row.done for row in call.rows):
                self._writing.remove(call)
                call.answer(None)
            elif now > call.deadline or call.future.done():
                self._lose(call, LateError("its deadline passed while its answer was written"))

    def _lose(self, call: Call, error: Exception) -> None:
        """The call fails by name, and its rows leave."""
        if out_of_memory(error) and not isinstance(error, OutOfMemoryError):
            error = OutOfMemoryError(f"no memory for {len(call.rows) or len(call.prompts)} answers")
        call.fail(error)
        if call in self._writing:
            self._writing.remove(call)
            self._parked = [row for row in self._parked if not any(row is own for own in call.rows)]
            self.engine.part(call.rows)


class Pool:
    """One worker a device. A case stays with the worker that served it last, where its prefixes lie."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = list(workers)
        self._homes = OrderedDict[str, Worker]()
        self._choosing = threading.Lock()

    def submit(self, call: Call) -> Call:
        """Put a call into its worker's queue; `call.wait()` waits for its result."""
        self._worker_for(call.case).queue.put(call)
        return call

    def _worker_for(self, case: str) -> Worker:
        with self._choosing:
            home = self._homes.pop(case, None) or min(self.workers, key=lambda worker: worker.load)
            self._homes[case] = home
            while len(self._homes) > _CASES_REMEMBERED:
                self._homes.popitem(last=False)
            return home

    def close(self) -> None:
        """Stop all workers."""
        for worker in self.workers:
            worker.close()
