"""What prelim/isolation.py promises, with real children that break every rule."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from prelim import isolation, line
from prelim.errors import InputError, UnavailableError
from prelim.imaging import files
from prelim.imaging.decode import Showing
from prelim.imaging.grouping import Source
from prelim.isolation import Answer, call, call_each
from tests import operations
from tests.conftest import ROOT

pytestmark = pytest.mark.integration  # children that hang, and are ended
SHORT_S = 0.4


def message(text: bytes, blobs: bytes = b"") -> bytes:
    """An answer as it travels."""
    body = struct.pack(">Q", len(text)) + text + blobs
    return struct.pack(">Q", len(body)) + body


def answer(plain: object, sizes: object, blobs: bytes = b"") -> str:
    return tokened(json.dumps({"plain": plain, "error": None, "sizes": sizes}).encode(), blobs)


def tokened(text: bytes, blobs: bytes = b"") -> str:
    """A message that answers the question asked."""
    said = b'{"token": "' + b"*" * 16 + b'", ' + text[1:]
    return message(said, blobs).hex().replace(b"*".hex() * 16, operations.TOKEN)


def code_of(operation: Callable[..., Answer], *arguments: Any) -> str:
    with pytest.raises(InputError) as raised:
        call(operation, "a.dcm", *arguments)
    assert raised.value.file == "a.dcm" and raised.value.message.startswith("a.dcm") and raised.value.remedy
    return raised.value.code


def output_of(program: str) -> str:
    """What a program of its own prints."""
    command, environment = [sys.executable, "-c", program], {**os.environ, "PYTHONPATH": "."}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment).stdout


def alive(pid: int) -> bool:
    """Whether a process is there and not only waiting to be taken off the list."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def gone(pids: list[int], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(alive, pids))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    call(operations.echo, "warm")  # a start is not part of a call
    monkeypatch.setattr(isolation, "LIMIT_S", SHORT_S)


@pytest.fixture(autouse=True)
def _works_afterwards() -> Iterator[None]:
    """Whatever happened, the next files are read."""
    yield
    found = call_each(lambda number: call(operations.echo, "a", number).plain, range(6))
    assert found == [["a", number] for number in range(6)]


# ------------------------------------------------------------------ what goes wrong has a name


@pytest.mark.parametrize(
    ("operation", "arguments"), [(operations.sleep, (60,)), (operations.spin, ()), (operations.drip, ())]
)
def test_what_never_ends_is_ended(operation: Callable[..., Answer], arguments: tuple[Any, ...], short: None) -> None:
    started = time.monotonic()
    assert code_of(operation, *arguments) == "decode_timeout"
    assert SHORT_S <= time.monotonic() - started < SHORT_S + 1


def test_too_much_memory() -> None:
    pid = call(operations.who, "a").plain["pid"]
    assert code_of(operations.allocate, 4 * 2**30) == "decode_memory" and gone([pid], 1)
    assert call(operations.allocate, "a", 2**20).plain == 2**20


@pytest.mark.parametrize("operation", [operations.die, operations.leave])
def test_a_crash(operation: Callable[..., Answer]) -> None:
    assert code_of(operation) == "decode_crash"


def test_an_unknown_exception_is_about_the_file_and_tells_nothing_of_it() -> None:
    with pytest.raises(InputError) as raised:
        call(operations.fail, "a.dcm")
    assert raised.value.code == "unreadable" and "secret" not in str(raised.value)


def test_named_errors_come_through_and_the_child_goes_on() -> None:
    pid = call(operations.who, "a").plain["pid"]
    assert code_of(operations.refuse) == "too_deep" and code_of(operations.fail) == "unreadable"
    assert call(operations.who, "a").plain["pid"] == pid


def test_more_than_an_answer_may_hold_is_named() -> None:
    assert code_of(operations.answer_blobs, 3, line.ANSWER_BYTES // 2) == "too_large"
    assert code_of(operations.echo, ["x" * 2**20] * 40) == "too_large"
    assert [len(blob) for blob in call(operations.answer_blobs, "a", 3, 2**20).blobs] == [2**20] * 3


def test_a_child_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_POOLS", {})
    for command in (sys.executable + "-none", "/bin/true"):
        monkeypatch.setattr(sys, "executable", command)
        for _ in range(6):
            with pytest.raises(UnavailableError, match="decoding process"):
                call(operations.echo, "a")


# ------------------------------------------------------------------ a child that lies


@pytest.mark.parametrize(
    "raw",
    [
        message(b"{").hex(),
        message(b"[" * 100_000).hex(),
        message(b"[]").hex(),
        tokened(b'{"plain": 1}'),
        tokened(b'{"plain": 1, "error": {"kind": "SystemExit", "code": "a"}, "sizes": []}'),
        tokened(b'{"plain": 1, "error": {"kind": "InputError", "code": 1, "message": []}, "sizes": []}'),
        struct.pack(">Q", 2**63).hex(),
        struct.pack(">Q", 3).hex() + "000000",
        answer(1, [2]),
        answer(1, [1], b"ab"),
        answer(1, [3, -1], b"ab"),
        answer(1, 7),
        answer(1, [10**30]),
        answer(1, ["a"]),
        answer(1, [1.0], b"a"),
        struct.pack(">QQ", 20, 2**40).hex() + "00" * 12,
    ],
)
def test_a_lying_answer(raw: str) -> None:
    assert code_of(operations.lie, raw, "stay") == "decode_crash"


def test_half_an_answer(short: None) -> None:
    half = answer("a" * 100, [])[:50]
    assert code_of(operations.lie, half, "leave") == "decode_crash"
    assert code_of(operations.lie, half, "stay") == "decode_timeout"


def test_an_answer_too_many_is_never_taken_for_the_next_ones() -> None:
    assert call(operations.lie, "a", answer("a lie", []), "answer").plain == "a lie"
    for number in range(6):
        try:
            assert call(operations.echo, "b", number).plain == ["b", number]
        except InputError as error:  # the child that lied was still speaking, and is gone now
            assert error.code == "decode_crash" and number == 0


def test_another_questions_answer_is_none() -> None:
    raw = answer("a lie", []).replace(operations.TOKEN, b"0123456789abcdef".hex())
    assert code_of(operations.lie, raw, "stay") == "decode_crash"


def test_a_child_that_died_idle_is_not_blamed_on_the_next_file() -> None:
    os.kill(call(operations.who, "a").plain["pid"], signal.SIGKILL)
    time.sleep(0.1)
    assert call(operations.echo, "b").plain == ["b"]


@pytest.mark.parametrize(
    "plain", [None, 7, "text", ["a"], {"Rows": 5}, {"Rows": ["5", 5]}, {"A": [{"B": "x"}]}, [[1, 2]], [["a", 1, ""]]]
)
def test_an_answer_of_another_shape(plain: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "a.dcm"
    file.write_bytes(b"")
    monkeypatch.setattr(files, "call", lambda *given: Answer(plain, []))
    source = Source("a.dcm", file, {})
    asked: list[Callable[[], object]] = [lambda: files.open_dicom("a.dcm", file), lambda: files.contents_of(source)]
    asked += [lambda: files.pictures_of(source, [0], Showing()), lambda: files.slide_plan("a.dcm", [file], None)]
    asked += [] if plain is None else [lambda: files.open_raster("a.dcm", file, Showing())]  # None is a slide's answer
    for ask in asked:
        with pytest.raises(InputError) as raised:
            ask()
        assert raised.value.code in ("decode_crash", "cannot_decode") and raised.value.file == "a.dcm"


def test_a_file_has_a_limit_beside_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the file in each call, in time, and no end of calls."""
    monkeypatch.setattr(files, "_FILE_LIMIT_S", 0.2)
    source = Source("a.dcm", Path("a.dcm"), {"NumberOfFrames": ["9999"]})
    measured, shown = [[0, 1, ""]], [[[1, 1], []]]
    for ask, row in (
        (lambda: files.contents_of(source), measured),
        (lambda: files.pictures_of(source, range(9999), Showing()), shown),
    ):
        monkeypatch.setattr(files, "call", lambda *given, row=row: time.sleep(0.05) or Answer(row, [b""]))
        with pytest.raises(InputError) as raised:
            ask()
        assert raised.value.code == "decode_timeout" and raised.value.file == "a.dcm"


# ------------------------------------------------------------------ what a child can reach


def test_a_child_writes_no_file(tmp_path: Path) -> None:
    assert code_of(operations.write, str(tmp_path / "a")) == "unreadable"
    assert not [path for path in tmp_path.rglob("*") if path.stat().st_size]


def test_nothing_of_the_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_POOLS", {})
    monkeypatch.setenv("PRELIM_TEST_SECRET", "hidden")
    with (ROOT / "README.md").open() as opened:
        os.set_inheritable(opened.fileno(), True)
        found = call(operations.who, "a").plain
    isolation._close()
    known = {"PATH", "LANG", "TMPDIR", "PYTHONPATH", "LC_CTYPE", *isolation._CHILD}
    assert set(found["environment"]) <= known
    assert len(found["open"]) == 5, "the three of every process, the line, and the folder that was listed"


# ------------------------------------------------------------------ many at once, and interrupted


def test_threads_get_their_own_answers() -> None:
    def asked(number: int) -> bool:
        name = f"{number}.dcm"
        if number % 7 == 3:
            return code_in(name) == ("decode_crash", name)
        plain, [blob] = call(operations.echo, name, number)
        return bool(plain == [name, number] and json.loads(bytes(blob)) == [number])

    def code_in(name: str) -> tuple[str, str | None]:
        with pytest.raises(InputError) as raised:
            call(operations.die, name)
        return raised.value.code, raised.value.file

    with ThreadPoolExecutor(12) as threads:
        assert all(threads.map(asked, range(60)))


def test_one_pool_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_POOLS", {})
    with ThreadPoolExecutor(16) as threads:
        pids = set(threads.map(lambda _: call(operations.who, "a").plain["pid"], range(32)))
    isolation._close()
    assert 1 <= len(pids) <= isolation._count() and gone(sorted(pids), 1)


def test_an_interrupt_leaves_no_answer_to_the_next_question() -> None:
    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for delay_s in (0.02, 0.1, 0.19, 0.2, 0.21, 0.3):
            signal.setitimer(signal.ITIMER_REAL, delay_s)
            with suppress(KeyboardInterrupt):
                assert call(operations.sleep, "a", 0.2, "late").plain == "late"
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number in range(3):
                assert call(operations.echo, "b", number).plain == ["b", number]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_errors_in_their_places() -> None:
    def work(number: int) -> Any:
        return call(operations.refuse if number % 2 else operations.echo, str(number)).plain

    found = call_each(work, range(9))
    assert [item.file if isinstance(item, InputError) else item[0] for item in found] == [str(n) for n in range(9)]


# ------------------------------------------------------------------ the end of a parent

PARENT = """
import os, signal, sys, threading, time
from prelim import isolation
from tests import operations
isolation.LIMIT_S = 1.5
signal.signal(signal.SIGALRM, signal.SIG_IGN)
print(isolation.call(operations.who, "a").plain["pid"], flush=True)
"""
ENDS = {
    "returns": "",
    "fails": "raise SystemExit(3)",
    "is killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "ends while it asks": """
threading.Thread(target=isolation.call, args=(operations.spin, "a"), daemon=True).start()
time.sleep(0.3)
os.kill(os.getpid(), signal.SIGKILL)
""",
}


@pytest.mark.parametrize("end", ENDS)
def test_no_child_outlives_its_parent(end: str) -> None:
    """An idle child sees the end of the line; a busy one has its own alarm, although its parent ignores alarms."""
    pids = [int(word) for word in output_of(PARENT + ENDS[end]).split()]
    assert len(pids) == 1 and gone(pids, 1.2 * 1.5 + 1)


FORKED = """
import os
from prelim import isolation
from tests import operations
mine = {isolation.call(operations.who, "a").plain["pid"] for _ in range(3)}
child = os.fork()
theirs = isolation.call(operations.who, "a").plain["pid"]
if child == 0:
    isolation._close()
    os._exit(theirs in mine)
_, status = os.waitpid(child, 0)
again = isolation.call(operations.who, "a").plain["pid"]
print(os.waitstatus_to_exitcode(status), theirs in mine, again in mine)
"""


def test_a_forked_process_has_children_of_its_own() -> None:
    assert output_of(FORKED).split() == ["0", "True", "True"]
