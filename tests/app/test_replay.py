"""`prelim replay` and `prelim ablate`: words for people, one document under --json, status 0 when done."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.test_cli import Run, run
from tests.conftest import EXAMPLES

__all__ = ["run"]


@pytest.mark.integration
def test_replay_and_ablate(run: Run, home: Path) -> None:
    """The same draft; then another, which is no error, and where it differs."""
    case_id = json.loads(run("draft", EXAMPLES / "normal", "--json")[1])["case_id"]
    status, out, err = run("replay", case_id)
    assert (status, err) == (0, "") and f"{case_id} replayed: the same draft" in out
    assert "0 results were made anew" in out
    status, out, _ = run("replay", case_id, "--json")
    document = json.loads(out)
    assert status == 0 and document["same"] and document["differences"] == []
    status, out, _ = run("replay", case_id, "--recompute")
    assert status == 0 and "recomputed: the same draft" in out and "largest deviation of a probability" in out
    with closing(sqlite3.connect(home / "results.db")) as sql, sql:
        sql.execute("UPDATE results SET value = replace(value, '\"absent\"', '\"uncertain\"') WHERE tool = 'triage'")
    status, out, _ = run("replay", case_id)
    assert status == 0 and "NOT the same draft" in out and "was altered since drafting" in " ".join(out.split())
    status, out, _ = run("ablate", case_id, "triage")
    assert status == 0 and "(and localization, reading, longitudinal, which rest on it)" in out
    assert "faithful" in out and "NOT faithful" not in out and "no finding was" in out
    found = json.loads(run("ablate", case_id, "labs", "--json")[1])
    assert found["faithful"] and found["violations"] == [] and found["unchanged"] > 3
    assert {"id", "how", "cites", "before", "after"} <= found["changed"][0].keys()


def test_what_cannot_be_replayed(run: Run) -> None:
    for words in (("replay", "c-nothing"), ("ablate", "c-nothing", "labs"), ("ablate", "c-nothing", "compose")):
        status, out, err = run(*words)
        assert (status, out, len(err.splitlines())) == (2, "", 1)
