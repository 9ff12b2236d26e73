"""What a batch has come to, told as it goes: a line a case on stdout, how far it is on stderr, a table at the end."""

import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from app import output, tables

if TYPE_CHECKING:
    from graphs.batch import BatchResult

_EVERY_S = 10.0
"""How often progress is told where stderr is no terminal."""
_LATEST = 50
"""The pace is that of the last so many cases that were worked on."""
_SHOWN = 20
"""So many failures are in the table; the list of failures has all."""
_CLEAR = "\r\x1b[2K"


class Tally:
    """Counts results; `drafted` are the drafts' (row, case, case id)."""

    def __init__(self, total: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.total, self._clock_s = total, clock_s
        self.done = self.already = self.failed = 0
        self.statuses: Counter[str] = Counter()
        self.failures: list[BatchResult] = []
        self.drafted: list[tuple[int, str, str]] = []
        self._ended_s, self._told_s = deque([clock_s()], maxlen=_LATEST), clock_s()

    def take(self, result: "BatchResult") -> None:
        """Count one case and tell of it."""
        self.done += 1
        self.already += result.already
        self.statuses[result.status] += 1
        if result.status == "failed":
            self.failures = [*self.failures, result][:_SHOWN]
        if result.case_id and result.error is None:
            self.drafted.append((result.row or 0, result.case, result.case_id))
        if not result.already:
            self._ended_s.append(self._clock_s())
        self._clear()
        output.line(result, line_of(result))
        self._progress()

    @property
    def words(self) -> str:
        """How many are done, how fast, how long it will take."""
        passed_s = self._ended_s[-1] - self._ended_s[0]
        words = f"{self.done} of {self.total}"
        if passed_s <= 0:
            return words
        rate = (len(self._ended_s) - 1) / passed_s
        return f"{words}, {rate:.3g} a second, {_duration((self.total - self.done) / rate)} left"

    def _progress(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(self.words)
            sys.stderr.flush()
        elif self._clock_s() - self._told_s >= _EVERY_S:
            self._told_s = self._clock_s()
            output.say(self.words)

    def _clear(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def end(self) -> None:
        """The last word on progress."""
        self._clear()
        output.say(self.words)

    def summary(self) -> str:
        """How many came to what, and why the others did not."""
        counts = tables.table(("status", "cases"), sorted(self.statuses.items()))
        reasons = ((one.case, one.error.code, one.error.message) for one in self.failures if one.error)
        parts = [counts, tables.table(("failed", "code", "reason"), reasons)]
        more = self.statuses["failed"] - len(self.failures)
        parts += [f"{more} more failed"] if more > 0 else []
        parts += [f"{self.already} had been drafted before"] if self.already else []
        return "\n\n".join(filter(None, parts))


def line_of(result: "BatchResult") -> str:
    """One case in words."""
    where = f"row {result.row}: {result.case}" if result.row and not result.case_id else result.case
    line = f"{result.case_id or '–':18}  {result.status:9}  {where}"
    return f"{line}: {result.error.code}: {result.error.message}" if result.error else line


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{seconds / 3600:.1f} h"
