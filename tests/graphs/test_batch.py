"""Many cases: each told once, none stopped by another, nothing done twice, and an end at any moment."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app import Prelim
from graphs import batch as room
from graphs.batch import BatchResult, Order, batch
from graphs.review import Desk
from prelim.draft import Draft
from prelim.errors import InputError, PrelimError, UnavailableError
from prelim.models.phantom import draw
from prelim.models.phantom.film_file import dicom_of
from prelim.settings import Settings
from tests.conftest import EXAMPLES
from tools.case_list import CaseList, ListedCase, read_case_list

PAUSE_S = 0.02


def gone(name: str) -> None:
    raise UnavailableError("served_unreachable", "The server does not answer.", "Start it.")


class FakeDesk:
    """Cases that hold their own names; `does` is what becomes of each."""

    def __init__(self, settings: Settings, does: Callable[[str], None] = lambda name: None) -> None:
        self.settings, self.does = settings, does
        self.progress: Callable[[str], None] = lambda step: None
        self.opened: list[str] = []
        self.ran: list[str] = []
        self.most_at_once, self._inside = 0, 0
        self._lock = threading.Lock()

    def open(self, path: Path, patient: str | None, out: Path | None, below: Path | None) -> str:
        self.opened.append(path.name)
        if path.name.startswith("bad"):
            raise InputError("empty_case", f"{path.name} holds no files.", "", path.name)
        return f"c-{path.name.removesuffix('-copy')}"

    def stands(self, case_id: str) -> bool:
        return case_id.startswith("c-done")

    def run(self, case_id: str) -> None:
        with self._lock:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            self.progress("intake")
            self.does(case_id.removeprefix("c-"))
            self.progress("triage")
            self.ran.append(case_id)
        finally:
            with self._lock:
                self._inside -= 1

    def row(self, case_id: str) -> Any:
        return SimpleNamespace(status="review", folder=Path("/out") / case_id)


@pytest.fixture(autouse=True)
def _no_model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading is counted, and costs nothing."""
    if "prelim" not in request.fixturenames:
        loaded = SimpleNamespace(for_case=lambda case: SimpleNamespace(leave=lambda: None))
        monkeypatch.setattr("tools.tool.open_model", lambda settings: loaded)


def cases(*names: str) -> list[ListedCase]:
    return [ListedCase(case=name, path=Path("/cases") / name) for name in names]


def results(desk: Any, *names: str, stop: threading.Event | None = None, **order: Any) -> Iterator[BatchResult]:
    return batch(desk, cases(*names), Order(**order), stop or threading.Event())


def test_every_case_is_told_once_and_a_failure_stops_no_other(settings: Settings) -> None:
    def does(name: str) -> None:
        if name == "odd":
            raise ZeroDivisionError("1 of the patient's own words")
        if name == "full":
            raise OSError(28, "No space left on device", "/secret/name.db")

    told = {one.case: one for one in results(FakeDesk(settings, does), "a", "bad", "odd", "full", "done", "b")}
    assert {case: one.status for case, one in told.items()} == {
        "a": "review",
        "bad": "failed",
        "odd": "failed",
        "full": "failed",
        "done": "review",
        "b": "review",
    }
    codes = {case: one.error.code for case, one in told.items() if one.error}
    assert codes == {"bad": "empty_case", "odd": "unexpected", "full": "io_error"}
    assert told["a"].out == "/out/c-a" and (told["a"].already, told["done"].already) == (False, True)
    assert told["bad"].case_id is None and told["odd"].case_id == "c-odd"
    said = told["odd"].error
    assert said and "ZeroDivisionError in test_batch.py, line " in said.message and "patient" not in said.message
    assert told["full"].error and told["full"].error.file == "name.db"


def test_what_stands_is_not_run_again_and_loads_no_model(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings) -> None:
        raise AssertionError

    monkeypatch.setattr("tools.tool.open_model", fail)
    desk = FakeDesk(settings)
    assert [one.already for one in results(desk, "done-1", "done-2")] == [True, True]
    assert desk.ran == []


def test_folders_that_hold_the_same_are_one_case(settings: Settings) -> None:
    desk = FakeDesk(settings, lambda name: time.sleep(PAUSE_S))
    told = list(results(desk, "a", "a-copy", "b"))
    assert sorted(one.status for one in told) == ["duplicate", "review", "review"] and sorted(desk.ran) == [
        "c-a",
        "c-b",
    ]
    [double] = [one for one in told if one.status == "duplicate"]
    assert double.error and "done once" in double.error.message and double.case_id == "c-a"


@pytest.mark.parametrize("at_once", [1, 3])
def test_so_many_at_once_and_few_ahead(at_once: int, settings: Settings) -> None:
    desk, names = FakeDesk(settings, lambda name: time.sleep(PAUSE_S)), [f"n{number}" for number in range(20)]
    running = results(desk, *names, at_once=at_once)
    next(running)
    time.sleep(8 * PAUSE_S)
    assert len(desk.opened) <= 1 + 2 * at_once
    assert len(list(running)) == 19 and len(desk.ran) == 20 and desk.most_at_once == at_once


def test_stopped_it_begins_nothing_and_cuts_at_the_next_node(settings: Settings, tmp_path: Path) -> None:
    """Whoever leaves the loop, or sets `stop`: no case is told as failed, and no list of failures is written."""
    stop, inside, names = threading.Event(), threading.Event(), [f"n{number}" for number in range(50)]
    (tmp_path / "failures.csv").write_text("earlier")

    def does(name: str) -> None:
        if name != "n0":
            inside.set()
            stop.wait(10)

    desk = FakeDesk(settings, does)
    running = results(desk, *names, stop=stop, at_once=2, failures=tmp_path / "failures.csv")
    assert next(running).case == "n0" and inside.wait(10)
    stop.set()
    assert list(running) == [] and desk.ran == ["c-n0"] and len(desk.opened) <= 4
    assert (tmp_path / "failures.csv").read_text() == "earlier"
    desk = FakeDesk(settings)
    left = results(desk, *names, at_once=2)
    next(left)
    left.close()  # type: ignore[attr-defined]
    assert len(desk.opened) <= 7


def test_a_server_that_is_gone_for_all_ends_the_batch(settings: Settings) -> None:
    told, desk = [], FakeDesk(settings, gone)
    with pytest.raises(UnavailableError, match="does not answer"):
        for one in results(desk, *(f"n{number}" for number in range(30)), at_once=1):
            told.append(one)
    assert {one.status for one in told} == {"failed"}
    assert room._IN_A_ROW <= len(told) <= room._IN_A_ROW + 2, "those under way end"
    with pytest.raises(UnavailableError):
        list(results(desk, "the only one"))


def test_a_server_that_is_gone_for_a_moment_does_not(settings: Settings) -> None:
    def sometimes(name: str) -> None:
        if int(name) % 3:
            gone(name)

    told = list(results(FakeDesk(settings, sometimes), *map(str, range(30)), at_once=1))
    assert len(told) == 30 and sum(one.status == "review" for one in told) == 10


def test_a_model_that_cannot_be_loaded_ends_it_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def altered(settings: Settings) -> None:
        raise PrelimError("model_altered", "A file is not the recorded one.", "")

    monkeypatch.setattr("tools.tool.open_model", altered)
    desk = FakeDesk(settings)
    with pytest.raises(PrelimError, match="not the recorded one"):
        list(results(desk, *map(str, range(30))))
    assert desk.ran == [] and len(desk.opened) <= 8
    with pytest.raises(InputError, match="oracle"):
        list(results(FakeDesk(settings.model_copy(update={"model": "oracle"})), "a"))


# ------------------------------------------------------------------ real cases


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Three cases of a drawn film each, one folder of two patients' films, an empty one."""
    for number in range(3):
        folder = tmp_path / "cases" / f"film-{number}"
        folder.mkdir(parents=True)
        film = draw.film(np.random.default_rng([20261127, number])).pixels
        dicom_of(film, f"DRAWN-{number}", "20250101").save_as(folder / "film.dcm", enforce_file_format=True)
    two = tmp_path / "cases" / "two"
    two.mkdir()
    for number in range(2):
        shutil.copy(tmp_path / "cases" / f"film-{number}" / "film.dcm", two / f"{number}.dcm")
    (tmp_path / "cases" / "nothing").mkdir()
    return tmp_path / "cases"


@pytest.mark.integration
def test_a_batch_drafts_what_a_loop_does_and_nothing_twice(prelim: Prelim, films: Path, tmp_path: Path) -> None:
    out, failures = tmp_path / "out", tmp_path / "failures.csv"
    told = {one.case: one for one in prelim.batch(films, out=out, pages=False, failures=failures)}
    codes = {case: one.error.code for case, one in told.items() if one.error}
    assert codes == {"two": "patient_mismatch", "nothing": "empty_case"} and len(told) == 5
    assert "DRAWN" not in str(told)
    for case, one in told.items():
        if not one.error:
            assert one.out == str(out / str(one.case_id)) and not Path(one.out, "draft.html").exists()
            draft = Draft.model_validate_json(Path(one.out, "draft.json").read_bytes())
            assert draft == prelim.show(str(one.case_id)) and draft.status == "review"
            alone = Prelim(home=tmp_path / "alone", threads=1, device="cpu").draft(films / case)
            assert alone.sections == draft.sections
    assert {one.path.name for one in read_case_list(failures).cases} == {"two", "nothing"}
    records = prelim.audit_verify().records
    again = list(prelim.batch(films, out=out, pages=False))
    assert sum(one.already for one in again) == 3 and prelim.audit_verify().records == records == 3
    [first] = [one for one in prelim.batch([films / "film-0"], out=out)]
    assert not first.already and Path(str(first.out), "draft.html").is_file(), "its page was missing"
    prelim.sign(str(first.case_id), reviewer="Dr Example")
    assert [one.status for one in prelim.batch([films / "film-0"], out=out)] == ["signed"]


@pytest.mark.integration
def test_half_a_write_is_finished(prelim: Prelim, films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut between the registry's word and the files: the case stands in review, and is still to be written."""
    with monkeypatch.context() as patch:

        def cut(*given: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Desk, "_log", cut)
        with pytest.raises(KeyboardInterrupt):
            prelim.draft(films / "film-0")
    [row] = prelim.worklist()
    assert row.status == "review" and prelim.audit_verify().records == 0
    [done] = prelim.batch([films / "film-0"])
    assert (done.status, done.already, prelim.audit_verify().records) == ("review", False, 1)


@pytest.mark.integration
def test_a_list_with_refused_rows(prelim: Prelim, films: Path, tmp_path: Path) -> None:
    path = films.parent / "list.csv"
    path.write_text("case,patient\ncases/film-0,\ncases/none,\ncases/film-0,\ncases/film-1,SOMEBODY\n")
    told = {one.row: one for one in prelim.batch(path, failures=tmp_path / "failures.csv")}
    assert {row: one.status for row, one in told.items()} == {2: "review", 3: "failed", 4: "duplicate", 5: "failed"}
    assert told[5].error and told[5].error.code == "patient_mismatch"
    left = read_case_list(tmp_path / "failures.csv")
    assert [(one.path, one.patient) for one in left.cases] == [(films / "film-1", "SOMEBODY")]
    assert [one.code for one in left.refused] == ["not_found"] and isinstance(left, CaseList)


@pytest.mark.integration
def test_asyncio_is_never_held_up_and_may_leave(prelim: Prelim, films: Path) -> None:
    async def watch() -> tuple[list[BatchResult], int]:
        ticks, told = 0, []

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        async for one in prelim.abatch([films / f"film-{number}" for number in range(2)]):
            told.append(one)
        ticking.cancel()
        return told, ticks

    told, ticks = asyncio.run(watch())
    assert [one.status for one in told] == ["review", "review"] and ticks > 5

    async def leave() -> None:
        async with asyncio.timeout(0.05):
            async for _ in prelim.abatch([films / "film-2"]):
                raise AssertionError

    with pytest.raises(TimeoutError):
        asyncio.run(leave())
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("batch")] == []
    assert [one.status for one in prelim.batch([films / "film-2"])] == ["review"]


@pytest.mark.integration
def test_the_docstrings_run(prelim: Prelim, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import doctest

    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.setenv("PRELIM_THREADS", "1")
    monkeypatch.chdir(EXAMPLES.parent.parent)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for method in (Prelim.batch, Prelim.abatch):
        for test in finder.find(method, globs={"Prelim": Prelim}):
            assert runner.run(test).failed == 0 and test.examples
