"""The alerts of a home: meant before they are sent, sent after, and each for itself."""

import sqlite3
from pathlib import Path

from memory.alerts import Alert, Alerts

FIRST = Alert(case_id="c-1", found="f-1", channel="webhook")


def test_a_home_without_alerts_is_left_as_it_is(home: Path) -> None:
    assert Alerts(home / "alerts.db").unsent("c-1") == ()
    assert not home.exists()


def test_an_alert_is_meant_until_it_was_sent(home: Path) -> None:
    alerts = Alerts(home / "alerts.db")
    assert alerts.mean("c-1", "f-1", "webhook") == FIRST and alerts.unsent("c-1") == (FIRST,)
    alerts.end(FIRST, "no answer", 4)
    failed = FIRST.model_copy(update={"state": "failed", "tries": 4, "problem": "no answer"})
    assert alerts.mean("c-1", "f-1", "webhook") == failed and alerts.unsent("c-1") == (failed,)
    alerts.end(FIRST, "", 2)
    assert alerts.unsent("c-1") == ()
    assert alerts.mean("c-1", "f-1", "webhook").state == "sent", "and stays so"


def test_cases_findings_and_channels_are_kept_apart(home: Path) -> None:
    alerts = Alerts(home / "alerts.db")
    for case_id, found, channel in (("c-1", "f-1", "webhook"), ("c-1", "f-2", "webhook"), ("c-2", "f-1", "command")):
        alerts.mean(case_id, found, channel)
    alerts.mean("c-1", "f-1", "command")
    alerts.end(FIRST, "", 1)
    left = [(one.found, one.channel) for one in alerts.unsent("c-1")]
    assert left == [("f-1", "command"), ("f-2", "webhook")]
    assert [one.case_id for one in alerts.unsent("c-2")] == ["c-2"]


def test_the_key_is_of_the_case_and_what_was_found(home: Path) -> None:
    """Whatever became of the alert and however it is sent."""
    alike = FIRST.model_copy(update={"channel": "command", "tries": 3, "state": "failed"})
    assert alike.key == FIRST.key and len(FIRST.key) == 64
    others = [FIRST.model_copy(update=changed) for changed in ({"case_id": "c-2"}, {"found": "f-2"})]
    assert len({FIRST.key, *(other.key for other in others)}) == 3


def test_a_store_that_was_cut_off_still_holds_what_was_meant(home: Path) -> None:
    Alerts(home / "alerts.db").mean("c-1", "f-1", "webhook")
    with sqlite3.connect(home / "alerts.db") as sql:
        assert sql.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert Alerts(home / "alerts.db").unsent("c-1") == (FIRST,)
