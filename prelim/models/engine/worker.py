"""Many callers, one model: each device has one worker, the only one who touches its engine.

Callers put calls into a bounded queue and wait for their futures. The worker's turn, again and again:

admit   drop the calls that were cancelled or came too late; take the next case's oldest call, the cases in turn, and
        with it every call behind the same prefix
serve   score its questions, or begin its answers
step    one pass for all answers being written, whosoever they are; those that are done are handed over
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence

from prelim.models.engine.body import out_of_memory
from prelim.models.engine.calls import BusyError, Call, LateError, Queue
from prelim.models.engine.decode import Row
from prelim.models.engine.engine import Engine, OutOfMemoryError

ROWS_AT_ONCE = 32
"""No more answers than this are written at once; further ones wait in the queue."""


_CASES_REMEMBERED = 4096


class Worker(threading.Thread):
    """The one thread that touches an engine."""

    def __init__(self, engine: Engine, queue_bound: int = 256) -> None:
        super().__init__(name=f"model on {engine.body.device}", daemon=True)
        self.engine, self.queue = engine, Queue(queue_bound)
        self._taken, self._writing = list[Call](), list[Call]()
        self._parked, self._over = list[Row](), deque[str]()
        self.start()

    @property
    def load(self) -> int:
        """How many calls it has to do, or is doing."""
        return len(self.queue) + sum(not call.future.done() for call in {*self._taken, *self._writing})

    def leave(self, case: str) -> None:
        """A case asks no more: what is kept for it goes with the next turn."""
        self._over.append(case)

    def close(self) -> None:
        """Stop after this turn; calls that are not answered by then fail."""
        self.queue.close()

    def run(self) -> None:
        """Turn after turn, until closed. An error belongs to the calls it struck, never to the worker."""
        while not self.queue.closed:
            self._taken = self.queue.take(not self._writing, ROWS_AT_ONCE - len(self.engine.decoder.rows))
            while self._over:
                self.engine.leave(self._over.popleft())
            for call in self._taken:
                self._serve(call)
            if self._writing:
                self._step()
        for call in self._writing:
            call.fail(BusyError("the model was closed"))

    def _serve(self, call: Call) -> None:
        self.engine.case = call.case
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
        """Put a call into its worker's queue; its future has the result. BusyError as `Queue.put`."""
        worker = self._worker_for(call.case)
        if not worker.is_alive():
            raise BusyError("its worker is gone, closed or left behind by a fork; load the model in this process")
        worker.queue.put(call)
        return call

    def _worker_for(self, case: str) -> Worker:
        with self._choosing:
            home = self._homes.pop(case, None) or min(self.workers, key=lambda worker: worker.load)
            self._homes[case] = home
            while len(self._homes) > _CASES_REMEMBERED:
                self._homes.popitem(last=False)
            return home

    def leave(self, case: str) -> None:
        """A case asks no more."""
        with self._choosing:
            home = self._homes.pop(case, None)
        if home:
            home.leave(case)

    def close(self) -> None:
        """Stop all workers."""
        for worker in self.workers:
            worker.close()
