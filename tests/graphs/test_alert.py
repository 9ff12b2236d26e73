"""The alert in the case graph: on its own way to longitudinal, beside the other branches, and never twice."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from graphs import case as graph
from prelim.draft import Draft
from prelim.errors import InputError
from prelim.models.chat import ChatMedGemma
from tests.conftest import EXAMPLES, ROOT
from tests.graphs.test_case import film_case
from tests.receiver import SECRET, Receiver, receiver
from tools.alert import UNDELIVERED

pytestmark = pytest.mark.integration  # whole cases through the model

__all__ = ["receiver"]
DEMO = EXAMPLES / "growing-opacity"
LISTED = ("lung_opacity",)
Opened = Callable[..., Prelim]


@pytest.fixture
def opened(home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """The facade with an alert as given, and the model that is loaded already."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setattr("tools.alert._PAUSE_S", 0.01)

    def facade(**given: Any) -> Prelim:
        return Prelim(
            **{"home": home, "threads": 1, "device": "cpu", "alert_timeout_s": 2.0, "alert_tries": 2, **given}
        )

    return facade


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The nodes in the order in which they ran."""
    ran: list[str] = []

    def noted(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(context: Any, state: Any) -> Any:
            ran.append(name)
            return step(context, state)

        return run

    for name, step in graph._NODES.items():
        monkeypatch.setitem(graph._NODES, name, noted(name, step))
    return ran


def critical_labs(folder: Path) -> Path:
    """The demo's film, and a potassium that the laboratory itself calls critical."""
    case = film_case(folder, "ALPHA", None)
    (case / "labs.csv").write_text(
        "Test,Result,Unit,Reference,Flag\nPotassium,6.8,mmol/L,3.5-5.1,HH\nSodium,139,mmol/L,135-145,\n"
    )
    return case


def alerts_in(home: Path) -> list[str]:
    with sqlite3.connect(home / "audit.db") as sql:
        return [row[0] for row in sql.execute("SELECT event FROM audit ORDER BY number")]


def test_it_is_off_as_it_comes(opened: Opened, home: Path, walked: list[str], tmp_path: Path) -> None:
    """A critical result, nothing configured: the urgency stands on the worklist, and nobody is called."""
    prelim = opened()
    draft = prelim.draft(critical_labs(tmp_path / "case"))
    assert "alert" not in walked and walked.count("compose") == 1
    assert draft.urgency == "critical" and prelim.worklist()[0].urgency == "critical"
    assert not (home / "alerts.db").exists() and alerts_in(home) == ["drafted"]


def test_a_finding_that_the_site_calls_critical(
    opened: Opened, home: Path, receiver: Receiver, walked: list[str]
) -> None:
    """The worklist shows it while the case still runs; one post; the draft is critical, else as it was."""
    prelim = opened(alert_webhook=receiver.url, critical_findings=LISTED)
    seen: list[tuple[str, str | None]] = []
    receiver.arrived = lambda post: seen.extend((row.status, row.urgency) for row in prelim.worklist())  # type: ignore[method-assign]
    draft = prelim.draft(DEMO)
    assert seen == [("running", "critical")]
    [post] = receiver.posts
    assert json.loads(post.body) == {"case_id": draft.case_id, "urgency": "critical"}
    assert draft.urgency == "critical" and prelim.worklist()[0].urgency == "critical"
    assert walked.count("alert") == walked.count("longitudinal") == walked.count("compose") == 1
    assert not [text for text in draft.warnings if "lert" in text]
    assert prelim.run(draft.case_id) == draft and prelim.draft(DEMO) == draft
    assert len(receiver.posts) == 1, "neither a resume nor the same case again calls twice"
    assert alerts_in(home) == ["alerted", "drafted"] and prelim.audit_verify().intact
    plain = Prelim(home=home.with_name("plain"), threads=1, device="cpu").draft(DEMO)
    assert plain.urgency == "urgent" and plain.sections == draft.sections


def test_a_critical_result_is_called_for_after_labs(
    opened: Opened, receiver: Receiver, walked: list[str], tmp_path: Path
) -> None:
    """With a critical finding beside it: two alerts with two keys, and the draft is composed once."""
    draft = opened(alert_webhook=receiver.url, critical_findings=LISTED).draft(critical_labs(tmp_path / "case"))
    assert len(receiver.posts) == 2 and len({post.key for post in receiver.posts}) == 2
    assert {post.body for post in receiver.posts} == {receiver.posts[0].body}
    assert walked.count("alert") == 2 and walked.count("longitudinal") == walked.count("compose") == 1
    assert draft.status == "review" and draft.labs


def test_a_result_alone(opened: Opened, receiver: Receiver, walked: list[str], tmp_path: Path) -> None:
    """Nothing critical on the film: the way leads over labs alone."""
    opened(alert_webhook=receiver.url).draft(critical_labs(tmp_path / "case"))
    assert len(receiver.posts) == 1
    assert walked.count("alert") == walked.count("longitudinal") == walked.count("compose") == 1


def test_nothing_critical_calls_nobody(opened: Opened, receiver: Receiver, walked: list[str]) -> None:
    opened(alert_webhook=receiver.url, critical_findings=("pleural_effusion", "cardiomegaly")).draft(DEMO)
    assert not receiver.posts and "alert" not in walked


def test_what_could_not_be_delivered(opened: Opened, home: Path, receiver: Receiver) -> None:
    """The draft is there and warns; resume delivers; what the draft says is the same all along."""
    receiver.faults = [500] * 4
    prelim = opened(alert_webhook=receiver.url, critical_findings=LISTED)
    draft = prelim.draft(DEMO)
    warning = f"{UNDELIVERED}127.0.0.1 answered with status 500. `prelim resume {draft.case_id}` tries again."
    assert draft.status == "review" and draft.warnings[-1] == warning
    page = prelim.folder(draft.case_id) / "draft.html"
    assert UNDELIVERED in page.read_text()
    assert warning in prelim.run(draft.case_id).warnings, "the receiver still fails"
    delivered = prelim.run(draft.case_id)
    assert len(receiver.posts) == 5 and len(receiver.taken) == 1
    assert not [text for text in delivered.warnings if "lert" in text] and UNDELIVERED not in page.read_text()
    assert delivered.content_sha256 == draft.content_sha256
    assert alerts_in(home) == ["alert_given_up", "drafted", "alerted"]
    assert not [path for path in page.parent.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_signing_calls_nobody(opened: Opened, receiver: Receiver) -> None:
    """A person has seen it by then."""
    receiver.faults = [401] * 2
    prelim = opened(alert_webhook=receiver.url, critical_findings=LISTED)
    draft = prelim.draft(DEMO)
    signed = prelim.sign(draft.case_id, reviewer="Dr Example")
    assert len(receiver.posts) == 1
    assert signed.status == "signed" and signed.warnings == draft.warnings


def test_an_unknown_label_is_named(opened: Opened) -> None:
    with pytest.raises(InputError, match="'lung_opacitty'") as raised:
        opened(critical_findings=["lung_opacitty"])
    assert raised.value.code == "bad_setting"


# ------------------------------------------------------------------ kill -9

VICTIM = """
import os, signal, sys
from pathlib import Path
from app import Prelim
from graphs import case as graph
from memory.alerts import Alerts
from memory.audit import Audit
from tools import channels

home, case_id, url, place = sys.argv[1:]

def fatal(step, after):
    def killed(*given, **named):
        if after:
            step(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    return killed

if place == "node":
    graph._NODES["alert"] = fatal(graph._NODES["alert"], after=True)
else:
    owner, name = {"meant": (channels, "post"), "sent": (channels, "post"), "audited": (Audit, "append"),
                   "marked": (Alerts, "end")}[place]
    setattr(owner, name, fatal(getattr(owner, name), after=place != "meant"))
Prelim(home=Path(home), threads=1, device="cpu", alert_webhook=url, critical_findings=["lung_opacity"]).run(case_id)
"""


@pytest.mark.parametrize(("place", "posts"), [("meant", 1), ("sent", 2), ("audited", 2), ("marked", 1), ("node", 1)])
def test_killed_while_alerting(
    place: str, posts: int, opened: Opened, home: Path, receiver: Receiver, tmp_path: Path
) -> None:
    """At least once: only between sending and marking it comes again, under the same key; one record in any case."""
    given = {"alert_webhook": receiver.url, "critical_findings": LISTED}
    case_id = opened(**given).open(DEMO)
    died = subprocess.run(
        [sys.executable, "-c", VICTIM, str(home), case_id, receiver.url, place],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    prelim = opened(**given)
    assert prelim.worklist()[0].urgency == "critical", "raised before anybody was called"
    draft = prelim.run(case_id)
    assert prelim.run(case_id) == draft
    assert len(receiver.posts) == posts and len(receiver.taken) == 1
    assert not [text for text in draft.warnings if "lert" in text]
    assert alerts_in(home) == ["alerted", "drafted"] and prelim.audit_verify().intact
    assert _same(draft, opened(home=home.with_name("whole"), critical_findings=LISTED).draft(DEMO))


def _same(one: Draft, other: Draft) -> bool:
    return one.content_sha256 == other.content_sha256
