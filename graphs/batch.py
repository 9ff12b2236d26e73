"""Many cases: each drafted to its review, some at once over one loaded model.

A case's id follows from what it holds, and what has come to its review is not done again: a batch may be cut off at any
moment, and the same call goes on. No case stops the others; a model or a store that is gone for all of them does.
"""

import traceback
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock
from typing import Literal, NamedTuple

from graphs.review import Desk
from memory.cases import Status
from prelim.errors import PrelimError, UnavailableError
from prelim.types import Value
from tools.case_list import Failure, ListedCase, RefusedRow, write_failures
from tools.tool import open_context

AT_ONCE = 4
MOST_AT_ONCE = 64
_IN_A_ROW = 3
"""So many cases one after another (at least as many as are done at once) without model or store: it is gone for all."""


class BatchError(Value):
    """Why a case gave no draft."""

    code: str
    message: str
    file: str | None = None


class BatchResult(Value):
    """What became of one case: where its draft lies, or why there is none.

    `case` is what the list calls it, in its row `row`. `status` is the draft's; `failed`: there is none; `duplicate`:
    another case of the list stands for it. `already`: it had come to its review before.
    """

    case: str
    case_id: str | None
    status: Status | Literal["duplicate"]
    out: str | None
    error: BatchError | None = None
    row: int | None = None
    already: bool = False


class Order(NamedTuple):
    """How a batch is done: where its drafts go (each in a folder of its case id), and the list of what failed."""

    out: Path | None = None
    at_once: int = AT_ONCE
    failures: Path | None = None


class _Done(NamedTuple):
    """A case's result; `error` as it was raised."""

    listed: ListedCase
    result: BatchResult
    error: PrelimError | None = None


class _CutError(Exception):
    """The batch was stopped while this case was worked on: it goes on from there the next time."""


def batch(
    desk: Desk, cases: Iterable[ListedCase], order: Order, stop: Event, refused: Sequence[RefusedRow] = ()
) -> Generator[BatchResult, None, None]:
    """Draft the cases; their results in the order in which they end. Setting `stop` ends it at the next nodes.

    `desk` is the batch's own. PrelimError where the model or a store is gone for all.
    """
    open_context(desk.settings)  # a model that is not known, or not there, is so for all
    failed: list[Failure] = []
    for row in refused:
        result = _refused(row)
        if result.status == "failed":
            failed.append(Failure(row.path, row.patient, row.out, row.code, row.message))
        yield result
    crew = _Crew(desk, order, stop)
    for listed, result, error in crew.work(cases):
        if error and result.status == "failed":
            failed.append(Failure(listed.path, listed.patient, listed.out, error.code, error.message))
        yield result
    if crew.gone:
        raise crew.gone
    if order.failures and not crew.cut:
        write_failures(order.failures, failed)


def _refused(row: RefusedRow) -> BatchResult:
    error = BatchError(code=row.code, message=row.message)
    return _without_draft(row.case, None, error, row.row)


class _Crew:
    """The threads that draft. `gone` is the error of a model or store that none of them has; `cut`: work was left."""

    def __init__(self, desk: Desk, order: Order, stop: Event) -> None:
        self.desk, self.order, self.stop = desk, order, stop
        self.gone: PrelimError | None = None
        self.cut = False
        self._first: dict[str, ListedCase] = {}
        self._loading, self._loaded = Lock(), False
        self._lost: list[PrelimError] = []
        self._through = 0
        desk.progress = self._go_on

    # -------------------------------------------------------------- the caller's thread

    def work(self, cases: Iterable[ListedCase]) -> Iterator[_Done]:
        """Every case's result as it ends; however many there are, few wait at any time."""
        waiting, running, ended = iter(cases), 0, SimpleQueue[Future[_Done | None]]()
        with ThreadPoolExecutor(self.order.at_once, thread_name_prefix="batch") as threads:
            try:
                while True:
                    for case in islice(waiting, 0 if self.stop.is_set() else 2 * self.order.at_once - running):
                        threads.submit(self._draft, case).add_done_callback(ended.put)
                        running += 1
                    if not running:
                        break
                    done, running = ended.get().result(), running - 1
                    if done:
                        self._judge(done.error)
                        yield done
            finally:
                self.cut = self.stop.is_set()
                self.stop.set()
        if self._lost and not self._through:
            self.gone = self._lost[0]

    def _judge(self, error: PrelimError | None) -> None:
        """Give up where one case after another fails for want of the model or a store."""
        if not isinstance(error, UnavailableError):
            self._lost, self._through = [], self._through + 1
        elif error.code != "case_busy":
            self._lost.append(error)
            if len(self._lost) >= max(_IN_A_ROW, self.order.at_once):
                self._give_up(error)

    def _give_up(self, error: PrelimError) -> None:
        self.gone = error
        self.stop.set()

    # -------------------------------------------------------------- a case's thread

    def _draft(self, listed: ListedCase) -> _Done | None:
        """One case; None where the batch was stopped before its end."""
        case_id = None
        try:
            self._go_on("open")
            case_id = self.desk.open(listed.path, listed.patient, listed.out, below=self.order.out)
            return self._drafted(listed, case_id)
        except _CutError:
            return None
        except PrelimError as error:
            return _failed(listed, case_id, error)
        except OSError as error:
            return _failed(listed, case_id, _of_the_system(error))
        except Exception as error:  # a fault of the program's own is told with its place, and ends no other case
            return _failed(listed, case_id, _unexpected(error))

    def _drafted(self, listed: ListedCase, case_id: str) -> _Done:
        first = self._first.setdefault(case_id, listed)
        if first is not listed:
            message = f"It holds the same as {first.case}: done once."
            return _failed(listed, case_id, PrelimError("duplicate", message, ""))
        already = self.desk.stands(case_id)
        if not already:
            self._load()
            self.desk.run(case_id)
        row = self.desk.row(case_id)
        told = {"case_id": case_id, "status": row.status, "out": str(row.folder)}
        return _Done(listed, BatchResult(case=listed.case, row=listed.row, already=already, **told))

    def _load(self) -> None:
        """The model, once, before the first case that may ask it: one that cannot be had is had by none."""
        with self._loading:
            if not self._loaded:
                try:
                    _ = open_context(self.desk.settings).model
                except PrelimError as error:
                    self._give_up(error)
                    raise _CutError from error
                self._loaded = True

    def _go_on(self, step: str) -> None:
        """Called before every node."""
        if self.stop.is_set():
            raise _CutError


def _failed(listed: ListedCase, case_id: str | None, error: PrelimError) -> _Done:
    said = BatchError(code=error.code, message=str(error), file=error.file)
    return _Done(listed, _without_draft(listed.case, case_id, said, listed.row), error)


def _without_draft(case: str, case_id: str | None, error: BatchError, row: int | None) -> BatchResult:
    status: Literal["duplicate", "failed"] = "duplicate" if error.code == "duplicate" else "failed"
    return BatchResult(case=case, case_id=case_id, status=status, out=None, error=error, row=row)


def _of_the_system(error: OSError) -> PrelimError:
    name = Path(str(error.filename)).name if error.filename else None
    return UnavailableError("io_error", f"{error.strerror or error}.", "Check the disk and its permissions.", name)


def _unexpected(error: Exception) -> PrelimError:
    """By its type and place alone: its words may quote what the case holds."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}."
    return PrelimError("unexpected", message, "It is a fault of Prelim's; please report it.")
