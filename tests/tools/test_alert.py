"""Alerts: what is sent, how often, and what is left behind where nobody is reached."""

import json
import logging
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from memory.alerts import Alert, Alerts
from memory.audit import Audit
from memory.cases import Cases
from prelim.errors import InputError
from prelim.settings import Settings, load_settings
from tests.receiver import SECRET, Receiver, receiver
from tools import alert as module
from tools.alert import UNDELIVERED, alert, alert_again, undelivered
from tools.channels import KEY_VARIABLE

__all__ = ["receiver"]
CASE = "c-0123456789abcdef"
SAID = {"case_id": CASE, "urgency": "critical"}


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "_LONGEST_PAUSE_S", 0.02)


def configured(home: Path, **given: Any) -> Settings:
    """A home with one registered case, and the alert as given."""
    settings = load_settings(home=home, **{"alert_timeout_s": 0.4, **given})
    Cases(home / "cases.db").create(CASE, "p-1", {}, home / "out")
    return settings


def audited(home: Path) -> list[tuple[str, dict[str, Any]]]:
    """(event, detail) of each record, in order; the chain holds."""
    assert Audit(home / "audit.db").verify().intact
    with sqlite3.connect(home / "audit.db") as sql:
        rows = sql.execute("SELECT event, detail FROM audit ORDER BY number").fetchall()
    return [(event, json.loads(detail)) for event, detail in rows]


def urgency(home: Path) -> str | None:
    row = Cases(home / "cases.db").get(CASE)
    assert row
    return row.urgency


# ------------------------------------------------------------------ delivered


def test_nothing_is_sent_as_it_comes(home: Path, receiver: Receiver) -> None:
    """Without a webhook or a command the urgency is raised, and that is all."""
    alert(configured(home), case_id=CASE, found=["f-1"])
    assert urgency(home) == "critical"
    assert not receiver.posts and not undelivered(home, CASE) and not Alerts(home / "alerts.db").unsent(CASE)


def test_two_findings_are_two_alerts_and_neither_comes_twice(home: Path, receiver: Receiver) -> None:
    settings = configured(home, alert_webhook=receiver.url)
    for _ in range(3):
        alert(settings, case_id=CASE, found=["f-1", "f-2"])
    alert_again(settings, CASE)
    assert len(receiver.posts) == 2
    assert {post.key for post in receiver.posts} == {
        Alert(case_id=CASE, found=found, channel="webhook").key for found in ("f-1", "f-2")
    }
    assert [event for event, _ in audited(home)] == ["alerted", "alerted"]
    assert not undelivered(home, CASE)


def test_the_case_and_its_urgency_and_nothing_else(home: Path, receiver: Receiver) -> None:
    """The body is these two; the headers name no finding, no patient, no software beside."""
    alert(configured(home, alert_webhook=receiver.url), case_id=CASE, found=["f-1"])
    [post] = receiver.posts
    assert json.loads(post.body) == SAID
    names = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"}
    assert post.headers.keys() == names | {"idempotency-key", "authorization"}, "authorization is of the address"
    assert post.headers["user-agent"] == "prelim"
    assert "f-1" not in str(post)


def test_the_urgency_is_raised_before_anybody_is_called(home: Path, receiver: Receiver) -> None:
    seen: list[str | None] = []
    receiver.arrived = lambda post: seen.append(urgency(home))  # type: ignore[method-assign]
    alert(configured(home, alert_webhook=receiver.url), case_id=CASE, found=["f-1"])
    assert seen == ["critical"]


def test_a_failing_receiver_is_asked_again(home: Path, receiver: Receiver) -> None:
    """500 twice, then 200: one key, one alert taken, one record."""
    receiver.faults = [500, 503]
    alert(configured(home, alert_webhook=receiver.url), case_id=CASE, found=["f-1"])
    assert len(receiver.posts) == 3 and len({post.key for post in receiver.posts}) == 1
    [(event, detail)] = audited(home)
    assert (event, detail["tries"], detail["problem"]) == ("alerted", 3, "")
    assert not undelivered(home, CASE)


# ------------------------------------------------------------------ not delivered


@pytest.mark.parametrize(
    ("faults", "tries", "problem"),
    [
        ([500] * 9, 3, "127.0.0.1 answered with status 500"),
        ([429] * 9, 3, "127.0.0.1 answered with status 429"),
        ([401] * 9, 1, "127.0.0.1 answered with status 401"),
        (["redirect"] * 9, 1, "127.0.0.1 answered with status 307"),
        (["hang"] * 9, 3, "127.0.0.1 gave no answer in 0.3 s"),
        (["drip"] * 9, 3, "127.0.0.1 gave no answer in 0.3 s"),
    ],
)
def test_what_is_not_taken_is_given_up_in_time_and_told(
    home: Path, receiver: Receiver, faults: list[Any], tries: int, problem: str
) -> None:
    receiver.faults = faults
    settings = configured(home, alert_webhook=receiver.url, alert_tries=3, alert_timeout_s=0.3)
    began_s = time.monotonic()
    alert(settings, case_id=CASE, found=["f-1"])
    assert time.monotonic() - began_s < 5
    assert len(receiver.posts) == tries
    assert undelivered(home, CASE) == (f"{UNDELIVERED}{problem}. `prelim resume {CASE}` tries again.",)
    assert [(event, detail["problem"]) for event, detail in audited(home)] == [("alert_given_up", problem)]


def test_what_was_given_up_is_delivered_later(home: Path, receiver: Receiver) -> None:
    """Under the same key; the warning goes, and the log has both."""
    receiver.faults = [500, 500]
    settings = configured(home, alert_webhook=receiver.url, alert_tries=1)
    alert(settings, case_id=CASE, found=["f-1"])
    alert_again(settings, CASE)
    assert undelivered(home, CASE), "the receiver still fails"
    alert_again(settings, CASE)
    alert_again(settings, CASE)
    assert len(receiver.posts) == 3 and len({post.key for post in receiver.posts}) == 1
    assert not undelivered(home, CASE)
    assert [event for event, _ in audited(home)] == ["alert_given_up", "alerted"]


def test_nobody_listens(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/{SECRET}"
    alert(configured(home, alert_webhook=url, alert_tries=2), case_id=CASE, found=["f-1"])
    assert undelivered(home, CASE)[0].startswith(f"{UNDELIVERED}127.0.0.1 cannot be reached.")


def test_many_alerts_do_not_hold_a_draft_up(home: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty findings and a silent receiver: no try is begun after the limit, and every alert is still meant."""
    monkeypatch.setattr(module, "_AT_MOST_S", 0.5)
    receiver.faults = ["hang"] * 100
    found = [f"f-{number}" for number in range(20)]
    began_s = time.monotonic()
    alert(configured(home, alert_webhook=receiver.url, alert_timeout_s=0.2), case_id=CASE, found=found)
    assert time.monotonic() - began_s < 3
    assert len(Alerts(home / "alerts.db").unsent(CASE)) == 20


def test_neither_the_address_nor_the_answer_is_repeated(
    home: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor in a store, the log or a warning: of the address its host is named, of the answer its status."""
    caplog.set_level(logging.WARNING)
    receiver.faults = [500, 401, "redirect", 200]
    settings = configured(home, alert_webhook=receiver.url, alert_tries=1)
    for _ in range(4):
        alert(settings, case_id=CASE, found=["f-1"])
        said = [*undelivered(home, CASE), *caplog.messages, *capfd.readouterr(), repr(settings)]
        said += [path.read_bytes().decode("latin-1") for path in home.rglob("*") if path.is_file()]
        assert not any(word in text for text in said for word in (SECRET, "Smith", "pneumothorax"))


# ------------------------------------------------------------------ a command


def test_a_command_is_told_the_same(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its standard input, its key in its environment, and none of Prelim's own settings."""
    monkeypatch.setenv("PRELIM_SERVED_KEY", SECRET)
    code = "import json, os, sys; json.dump([sys.stdin.read(), dict(os.environ)], open(sys.argv[1], 'w'))"
    settings = configured(home, alert_command=[sys.executable, "-c", code, str(tmp_path / "told")], alert_timeout_s=20)
    alert(settings, case_id=CASE, found=["f-1"])
    said, environment = json.loads((tmp_path / "told").read_text())
    assert json.loads(said) == SAID
    assert [name for name in environment if name.startswith("PRELIM_")] == [KEY_VARIABLE]
    assert environment[KEY_VARIABLE] == Alert(case_id=CASE, found="f-1", channel="command").key
    assert [event for event, _ in audited(home)] == ["alerted"]


def test_no_shell_reads_the_command(home: Path, tmp_path: Path) -> None:
    marks = tmp_path / "made"
    alert(configured(home, alert_command=f"echo x; touch {marks}"), case_id=CASE, found=["f-1"])
    assert not marks.exists()


@pytest.mark.parametrize(
    ("command", "tries", "problem"),
    [
        (["false"], 2, "the command false ended with status 1"),
        (["sh", "-c", "sleep 60 & sleep 60"], 2, "the command sh took longer than 0.4 s"),
        (["/no/such/pager", SECRET], 1, "the command pager cannot be started"),
    ],
)
def test_a_command_that_fails(home: Path, command: list[str], tries: int, problem: str) -> None:
    alert(configured(home, alert_command=command, alert_tries=2), case_id=CASE, found=["f-1"])
    [(event, detail)] = audited(home)
    assert (event, detail["tries"], detail["problem"]) == ("alert_given_up", tries, problem)


def test_each_channel_is_kept_apart(home: Path, receiver: Receiver) -> None:
    """What the webhook took is not posted again because the command failed."""
    settings = configured(home, alert_webhook=receiver.url, alert_command=["false"], alert_tries=1)
    alert(settings, case_id=CASE, found=["f-1"])
    alert_again(settings, CASE)
    assert len(receiver.posts) == 1
    assert [one.channel for one in Alerts(home / "alerts.db").unsent(CASE)] == ["command"]


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize("url", ["ftp://host/x", "https://", "host", "http://host:port/" + SECRET])
def test_a_bad_address_is_refused_unsaid(home: Path, url: str) -> None:
    with pytest.raises(InputError, match="alert_webhook") as raised:
        load_settings(home=home, alert_webhook=url)
    assert raised.value.code == "bad_setting" and SECRET not in f"{raised.value} {raised.value.__cause__!r}"


def test_settings_from_a_file_and_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "prelim.toml").write_text('critical_findings = ["cardiomegaly"]\nalert_command = "page \'on call\'"\n')
    settings = load_settings(home=home)
    assert (settings.critical_findings, settings.alert_command) == (("cardiomegaly",), ("page", "on call"))
    monkeypatch.setenv("PRELIM_CRITICAL_FINDINGS", "lung_opacity, pleural_effusion")
    monkeypatch.setenv("PRELIM_ALERT_COMMAND", '["page", "a b"]')
    settings = load_settings(home=home)
    assert settings.critical_findings == ("lung_opacity", "pleural_effusion")
    assert settings.alert_command == ("page", "a b")
    assert load_settings(home=home / "other", alert_webhook="https://h/x").alerting
