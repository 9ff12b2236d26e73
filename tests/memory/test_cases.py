"""The registry of cases: of two who want the same step one gets it, and a person's words stay as they were said."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from memory.cases import Cases, Status
from prelim.draft import Decision, Edit
from prelim.errors import UnavailableError
from tests.memory.conftest import ROOT, Race

AT = "2026-03-03T10:00:00+00:00"
SIGNED = Decision(action="sign", reviewer="Dr. A", at=AT)


@pytest.fixture
def cases(home: Path) -> Cases:
    """One case that runs, c-1, of p-1."""
    made = Cases(home / "cases.db")
    made.create("c-1", "p-1", {"size": 512}, home / "out")
    return made


def status(cases: Cases, case_id: str = "c-1") -> Status:
    row = cases.get(case_id)
    assert row is not None
    return row.status


def test_a_case_is_registered_once(cases: Cases, home: Path) -> None:
    assert cases.move("c-1", ["running"], "review")
    cases.create("c-1", "p-2", {"size": 1}, home / "elsewhere")
    row = cases.get("c-1")
    assert row is not None
    assert (row.patient_key, row.status, row.options) == ("p-1", "review", {"size": 512})
    assert row.folder == home / "elsewhere"
    assert cases.earlier_places("c-1") == (home / "out",)
    cases.create("c-1", "p-1", {}, home / "out")
    assert cases.earlier_places("c-1") == (home / "elsewhere",) and cases.earlier_places("c-2") == ()
    assert cases.get("c-2") is None


def test_the_case_touched_last_is_listed_first(cases: Cases, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases.create("c-2", "p-2", {}, home / "out")
    for minute, case_id in enumerate(("c-2", "c-1")):
        monkeypatch.setattr("memory.cases._now", lambda minute=minute: f"2999-01-01T00:0{minute}")
        assert cases.move(case_id, ["running"], "review")
    assert [row.case_id for row in cases.list()] == ["c-1", "c-2"]


@pytest.mark.parametrize("before", [["review"], ["running", "review"], ["signed"], []])
def test_a_move_is_made_from_the_statuses_named_only(cases: Cases, before: list[Status]) -> None:
    allowed = "running" in before
    assert cases.move("c-1", before, "signed", SIGNED) is allowed
    row = cases.get("c-1")
    assert row is not None
    assert (row.status, row.decision) == (("signed", SIGNED) if allowed else ("running", None))


def test_a_case_that_is_not_there_is_not_moved(cases: Cases) -> None:
    assert not cases.move("c-9", ["running"], "review")
    assert cases.get("c-9") is None
    assert status(cases) == "running"


def test_a_decision_outlives_a_later_move(cases: Cases) -> None:
    cases.move("c-1", ["running"], "signed", SIGNED)
    assert cases.move("c-1", ["signed"], "failed")
    row = cases.get("c-1")
    assert row is not None
    assert (row.status, row.decision) == ("failed", SIGNED)


def test_of_two_processes_one_moves_the_case(cases: Cases, home: Path, race: Race) -> None:
    for number in range(30):
        cases.create(f"c-r{number}", "p-1", {}, home)
    code = """
import os
from memory.cases import Cases
from prelim.draft import (Decision)
cases = Cases(home / "cases.db")
START
for number in range(30):
    mine = Decision(action="sign", reviewer=str(os.getpid()), at="now")
    if cases.move(f"c-r{number}", ["running"], "signed", mine):
        print(f"c-r{number}/{os.getpid()}")
"""
    won = [line.split("/") for lines in race(code, home) for line in lines]
    assert len(won) == 30
    for case_id, winner in won:
        row = cases.get(case_id)
        assert row is not None
        assert row.decision is not None
        assert (row.status, row.decision.reviewer) == ("signed", winner)


def test_edits_are_taken_in_review_only_and_kept_in_order(cases: Cases) -> None:
    edits = [Edit(statement_id=f"s-{number}", text=f"Text {number}.", at=AT) for number in range(12)]
    assert not cases.add_edit("c-1", edits[0])
    assert not cases.add_edit("c-9", edits[0])
    cases.move("c-1", ["running"], "review")
    assert all(cases.add_edit("c-1", edit) for edit in edits)
    cases.move("c-1", ["review"], "signed", SIGNED)
    assert not cases.add_edit("c-1", edits[0])
    assert list(cases.edits("c-1")) == edits


def test_addenda_are_kept_in_order_under_the_name_of_who_wrote_them(cases: Cases) -> None:
    for text in ("First.", "Second.", "Second."):
        cases.add_addendum("c-1", "Dr. B", text)
    addenda = cases.addenda("c-1")
    assert [words.text for words in addenda] == ["First. (Dr. B)", "Second. (Dr. B)", "Second. (Dr. B)"]
    assert len({words.id for words in addenda}) == 3
    assert {(words.source, words.support) for words in addenda} == {("person", "attested")}
    assert cases.addenda("c-2") == ()


def test_a_case_is_held_by_one_process_and_let_go_when_it_dies(cases: Cases, home: Path) -> None:
    code = f"""
from pathlib import Path
from memory.cases import Cases
with Cases(Path({str(home / "cases.db")!r})).hold("c-1"):
    print("held", flush=True)
    input()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UnavailableError) as raised, cases.hold("c-1"):
            pass
        with cases.hold("c-2"):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert raised.value.code == "case_busy"
    for _ in range(2):
        with cases.hold("c-1"):
            pass


def test_how_urgent_a_case_is_can_be_raised_while_it_runs(cases: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that says so already is not touched again."""
    assert [row.urgency for row in cases.list()] == [None]
    cases.grade("c-1", "critical")
    first = cases.get("c-1")
    assert first is not None and (first.status, first.urgency) == ("running", "critical")
    monkeypatch.setattr("memory.cases._now", lambda: "2999-01-01T00:00")
    cases.grade("c-1", "critical")
    assert cases.get("c-1") == first
    cases.grade("c-1", "urgent")
    cases.grade("c-9", "urgent")
    assert [(row.case_id, row.urgency, row.updated) for row in cases.list()] == [("c-1", "urgent", "2999-01-01T00:00")]


_BEFORE_URGENCY = """
CREATE TABLE cases (
    case_id TEXT PRIMARY KEY, patient_key TEXT NOT NULL, status TEXT NOT NULL, options TEXT NOT NULL,
    folder TEXT NOT NULL, decision TEXT, created TEXT NOT NULL, updated TEXT NOT NULL
);
INSERT INTO cases VALUES ('c-1', 'p-1', 'review', '{"size": 512}', '/out', NULL, 'then', 'later');
"""


def test_a_registry_of_an_earlier_version_is_read_and_brought_up_to_date(home: Path, race: Race) -> None:
    """By several processes at once, in place; nothing that stood in it is changed."""
    home.mkdir()
    with sqlite3.connect(home / "cases.db") as sql:
        sql.executescript(_BEFORE_URGENCY)
    code = """
from memory.cases import Cases
cases = Cases(home / "cases.db")
START
row = cases.get("c-1")
print(row.status, row.urgency, row.options["size"], row.updated, sep="/")
"""
    told = race(code, home)
    assert {line for lines in told for line in lines} == {"review/None/512/later"}
    cases = Cases(home / "cases.db")
    cases.grade("c-1", "critical")
    assert [row.urgency for row in cases.list()] == ["critical"]
