"""Many callers, one model: in turn, in time, and each with its own errors."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from prelim.models.engine import BusyError, Call, Engine, LateError, OutOfMemoryError, Pool, Prompt, Row, Worker
from tests.models.engine.conftest import END, asked, engine_of, model_of, whole
from tests.models.engine.test_decode import alone
from tests.models.engine.test_engine import RELATIVE, limited, off

LONG_S = 60.0


@pytest.fixture
def worker(engine: Engine) -> Iterator[Worker]:
    made = Worker(engine)
    yield made
    made.close()
    made.join(LONG_S)
    assert not made.is_alive()


def call(*prompts: Prompt, case: str = "", within_s: float = LONG_S) -> Call:
    return Call(case, time.monotonic() + within_s, prompts=prompts)


def writing(*rows: Row, case: str = "", within_s: float = LONG_S) -> Call:
    return Call(case, time.monotonic() + within_s, rows=rows)


def row(question: int, limit: int, images: tuple[int, ...] = (0,)) -> Row:
    return Row(asked(images, question, 9).prompt, limit, frozenset({END}))


class Gate:
    """Holds the worker inside its next pass until opened."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        real = engine.body.run

        def run(*given: Any) -> torch.Tensor:
            self.reached.set()
            assert self.opened.wait(LONG_S)
            return real(*given)

        monkeypatch.setattr(engine.body, "run", run)


@pytest.fixture
def gate(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(engine, monkeypatch)


def served(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cases in the order in which they are served."""
    order: list[str] = []
    real = worker._serve
    monkeypatch.setattr(worker, "_serve", lambda one: (order.append(one.case), real(one)))
    return order


# ------------------------------------------------------------------ answers


@pytest.mark.integration
def test_many_threads_get_their_own_answers(worker: Worker) -> None:
    def ask(n: int) -> None:
        one = asked((n % 3,), n, 5 + n)
        if n % 2:
            made = Row(one.prompt, 20, frozenset({END}))
            worker.queue.put(writing(made, case=str(n)))
            deadline = time.monotonic() + LONG_S
            while not made.done and time.monotonic() < deadline:
                time.sleep(0.005)
            assert made.tokens == alone(one, 20)
        else:
            mine = call(one.prompt, case=str(n))
            worker.queue.put(mine)
            scores = mine.future.result(LONG_S)
            assert scores is not None and off(scores[0], whole(model_of(24), one)) < RELATIVE

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(16)))


def test_rows_of_several_callers_are_written_by_the_same_passes(worker: Worker, gate: Gate) -> None:
    calls = [writing(row(n, 30), case=str(n)) for n in range(4)]
    for one in calls:
        worker.queue.put(one)
    widths: list[int] = []
    real = worker.engine.decoder.step
    worker.engine.decoder.step = lambda: (widths.append(len(worker.engine.decoder.rows)), real())  # type: ignore[method-assign, func-returns-value]
    gate.opened.set()
    for n, one in enumerate(calls):
        one.future.result(LONG_S)
        assert one.rows[0].tokens == alone(asked([0], n, 9), 30)
    assert widths.count(4) > 20


# ------------------------------------------------------------------ in turn


def test_the_cases_are_served_in_turn(worker: Worker, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call(asked([4], 0, 3).prompt, case="first")
    worker.queue.put(first)
    assert gate.reached.wait(LONG_S)
    order = served(worker, monkeypatch)
    calls = [call(asked([n % 2], n, 3).prompt, case=case) for n, case in enumerate(["a", "a", "a", "a", "b", "c"])]
    # the first of "a" takes along those behind the same film; then "b" and "c" come before what is left of "a"
    for one in calls:
        worker.queue.put(one)
    gate.opened.set()
    for one in calls:
        one.future.result(LONG_S)
    assert order == ["a", "a", "b", "c", "a", "a"]


def test_a_full_queue_holds_callers_back(engine: Engine, gate: Gate) -> None:
    worker = Worker(engine, queue_bound=2)
    calls = [call(asked([0], n, 3).prompt, case=str(n)) for n in range(4)]
    worker.queue.put(calls[0])
    assert gate.reached.wait(LONG_S)
    for one in calls[1:3]:
        worker.queue.put(one)
    with pytest.raises(BusyError):
        worker.queue.put(call(asked([0], 9, 3).prompt, within_s=0.05))
    late = threading.Thread(target=worker.queue.put, args=(calls[3],))
    late.start()
    gate.opened.set()
    late.join(LONG_S)
    assert all(one.future.result(LONG_S) is not None for one in calls)
    worker.close()


# ------------------------------------------------------------------ in time


def test_a_call_that_waited_too_long_fails_by_name(worker: Worker, gate: Gate) -> None:
    first, late = call(asked([0], 0, 3).prompt), call(asked([1], 1, 3).prompt, within_s=0.05)
    worker.queue.put(first)
    assert gate.reached.wait(LONG_S)
    worker.queue.put(late)
    time.sleep(0.1)
    gate.opened.set()
    with pytest.raises(LateError):
        late.future.result(LONG_S)
    assert first.future.result(LONG_S) is not None


def test_an_answer_that_takes_too_long_fails_and_leaves(worker: Worker) -> None:
    endless, fine = writing(row(1, 10**6), case="a", within_s=1.0), writing(row(2, 20), case="b")
    worker.queue.put(endless)
    worker.queue.put(fine)
    fine.future.result(LONG_S)
    assert fine.rows[0].tokens == alone(asked([0], 2, 9), 20)
    with pytest.raises(LateError):
        endless.future.result(LONG_S)
    deadline = time.monotonic() + LONG_S
    while worker.engine.decoder.rows and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not worker.engine.decoder.rows


def test_a_cancelled_call_is_not_asked(worker: Worker, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    first, unwanted = call(asked([0], 0, 3).prompt), call(asked([1], 1, 3).prompt, case="unwanted")
    worker.queue.put(first)
    assert gate.reached.wait(LONG_S)
    order = served(worker, monkeypatch)
    worker.queue.put(unwanted)
    assert unwanted.future.cancel()
    gate.opened.set()
    assert first.future.result(LONG_S) is not None
    after = call(asked([2], 2, 3).prompt, case="after")
    worker.queue.put(after)
    after.future.result(LONG_S)
    assert order == ["after"]
    with pytest.raises(CancelledError):
        unwanted.future.result()


def test_a_closed_worker_tells_whoever_waits(engine: Engine, gate: Gate) -> None:
    worker = Worker(engine)
    first, waiting = call(asked([0], 0, 3).prompt), call(asked([1], 1, 3).prompt)
    worker.queue.put(first)
    assert gate.reached.wait(LONG_S)
    worker.queue.put(waiting)
    worker.close()
    gate.opened.set()
    with pytest.raises(BusyError):
        waiting.future.result(LONG_S)
    assert first.future.result(LONG_S) is not None
    with pytest.raises(BusyError):
        worker.queue.put(call(asked([0], 0, 3).prompt))


# ------------------------------------------------------------------ errors


def test_an_error_belongs_to_the_call_it_struck(worker: Worker) -> None:
    broken = Prompt((3, "missing", 4), {})
    wrong, fine = call(broken), call(asked([0], 1, 9).prompt)
    worker.queue.put(wrong)
    worker.queue.put(fine)
    with pytest.raises(KeyError):
        wrong.future.result(LONG_S)
    assert fine.future.result(LONG_S) is not None


def test_out_of_memory_while_writing_sets_half_aside(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [writing(row(n, 30), case=str(n)) for n in range(4)]
    real, failed = worker.engine.step, list[int]()

    def step() -> list[Row]:
        if len(worker.engine.decoder.rows) > 2:
            failed.append(len(worker.engine.decoder.rows))
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real()

    monkeypatch.setattr(worker.engine, "step", step)
    for one in calls:
        worker.queue.put(one)
    for n, one in enumerate(calls):
        one.future.result(LONG_S)
        assert one.rows[0].tokens == alone(asked([0], n, 9), 30)
    assert failed


def test_out_of_memory_that_stays_is_named_and_the_worker_goes_on(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        limited(worker.engine, patch, 10)
        lost = [call(asked([0], 0, 9).prompt), writing(row(1, 9))]
        for one in lost:
            worker.queue.put(one)
        for one in lost:
            with pytest.raises(OutOfMemoryError):
                one.future.result(LONG_S)
    fine = call(asked([0], 1, 9).prompt)
    worker.queue.put(fine)
    assert fine.future.result(LONG_S) is not None


def test_a_worker_that_a_fork_left_behind_is_not_waited_for() -> None:
    """Whoever forks a process with a loaded model gets an error by name, not an answer that never comes."""
    pool = Pool([Worker(engine_of())])
    child = os.fork()
    if child == 0:
        try:
            pool.submit(call(asked([0], 0, 3).prompt))
        except BusyError:
            os._exit(17)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 17
    assert pool.submit(call(asked([0], 0, 3).prompt)).future.result(LONG_S) is not None
    pool.close()


# ------------------------------------------------------------------ several devices


def test_a_case_stays_where_its_prefixes_lie() -> None:
    pool = Pool([Worker(engine_of()) for _ in range(2)])
    for _ in range(3):
        for case, image in (("a", 0), ("b", 1)):
            one = asked([image], 1, 9)
            scores = pool.submit(call(one.prompt, case=case)).future.result(LONG_S)
            assert scores is not None and off(scores[0], whole(model_of(24), one)) < RELATIVE
    held = [[units for units in worker.engine.prefixes.held()] for worker in pool.workers]
    assert sum(map(len, held)) == 2  # neither case was computed twice
    pool.close()


def test_the_worker_with_least_to_do_takes_a_new_case(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = [engine_of(), engine_of()]
    gates = [Gate(engine, monkeypatch) for engine in engines]
    pool = Pool([Worker(engine) for engine in engines])
    calls = [pool.submit(call(asked([n], n, 9).prompt, case=str(n))) for n in range(2)]
    assert all(gate.reached.wait(LONG_S) for gate in gates)
    for gate in gates:
        gate.opened.set()
    assert all(one.future.result(LONG_S) is not None for one in calls)
    pool.close()


def test_what_was_kept_for_a_case_goes_with_it(worker: Worker, gate: Gate) -> None:
    """And what another case's questions stand on stays; neither answer changes."""
    gate.opened.set()
    pool = Pool([worker])
    first, other = asked((0,), 1, 9).prompt, asked((1,), 2, 9).prompt
    before = pool.submit(call(first, case="a")).future.result(LONG_S)
    pool.submit(call(other, case="b")).future.result(LONG_S)
    kept = set(worker.engine.prefixes.held())
    pool.leave("a")
    pool.leave("unheard of")
    pool.submit(call(other, case="b")).future.result(LONG_S)
    left = set(worker.engine.prefixes.held())
    assert left < kept and {units[: other.images_end] for units in left} == {other.units[: other.images_end]}
    assert len(worker.engine.features.held()) == 1 and worker.engine.prefixes.bytes > 0
    again = pool.submit(call(first, case="a")).future.result(LONG_S)
    assert torch.equal(before, again)
