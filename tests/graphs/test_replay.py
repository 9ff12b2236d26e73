"""Replay: the same draft from what it was made of, without a trace; what differs is listed with its cause."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agents.draft import content_sha256
from app import Prelim
from graphs.replay import TOLERANCE, Replay
from prelim.code import code_digests
from prelim.errors import InputError, UnavailableError
from prelim.models.interface import Conversations, Score
from prelim.models.singly import ChatSingly
from prelim.types import digest_of
from tests.conftest import EXAMPLES
from tests.graphs.rehearsed import Open, case_id, contents, drafted, open_home, prelim
from tests.receiver import Receiver, receiver

pytestmark = pytest.mark.integration  # whole cases through the model

__all__ = ["case_id", "drafted", "open_home", "prelim", "receiver"]
DEMO = EXAMPLES / "growing-opacity"


def assert_same(found: Replay) -> None:
    assert found.same and found.content_sha256 == found.stored_content_sha256
    assert (found.asked, found.differences, found.changed) == (0, (), ())


def causes_of(found: Replay, begins: str) -> set[str]:
    """The causes of what differs under a path."""
    return {one.cause for one in found.differences if one.path.startswith(begins)}


def labs_row(home: Path, then: str, *given: str) -> None:
    """Do something to the stored result of labs."""
    with closing(sqlite3.connect(home / "results.db")) as sql, sql:
        assert sql.execute(f"{then} WHERE tool = 'labs'", given).rowcount == 1


# ------------------------------------------------------------------ the same draft


def test_the_same_draft_and_no_trace(prelim: Prelim, case_id: str, home: Path) -> None:
    """Under review: nothing is asked, nothing differs, and no row and no file of the home is another."""
    before = contents(home)
    found = prelim.replay(case_id)
    assert_same(found)
    assert found.edited_content_sha256 is None and found.stored_content_sha256 == prelim.show(case_id).content_sha256
    assert contents(home) == before


def test_edited_signed_and_a_history_that_went_on(prelim: Prelim, case_id: str, home: Path) -> None:
    """The signature itself adds to the history that `priors` read: what was found then is taken again."""
    stored = prelim.show(case_id).content_sha256
    prelim.edit(case_id, section="impression", text="Discussed with the ward.")
    prelim.sign(case_id, reviewer="Dr Example")
    before = contents(home)
    found = prelim.replay(case_id)
    assert_same(found)
    assert found.stored_content_sha256 == stored
    assert found.edited_content_sha256 == prelim.show(case_id).content_sha256 != stored
    assert contents(home) == before


def test_a_rejected_case(prelim: Prelim, case_id: str) -> None:
    prelim.reject(case_id, reviewer="Dr Example", reason="another film came")
    assert_same(prelim.replay(case_id))


@pytest.mark.parametrize("example", ["normal", "ct-head", "mr-brain", "slide"])
def test_every_example(example: str, open_home: Open, tmp_path: Path) -> None:
    prelim = open_home(home=tmp_path / "other")
    assert_same(prelim.replay(prelim.draft(EXAMPLES / example).case_id))


def test_the_folder_that_the_case_came_from_is_not_needed(open_home: Open, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(EXAMPLES / "normal", folder)
    prelim = open_home(home=tmp_path / "other")
    case_id = prelim.draft(folder, out=tmp_path / "out").case_id
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "out")
    assert_same(prelim.replay(case_id))
    assert not folder.exists() and not (tmp_path / "out").exists()


def test_a_draft_notes_what_it_was_made_of(prelim: Prelim, case_id: str) -> None:
    """Which results and which code, outside the digest; the same whether they were made or found."""
    draft = prelim.show(case_id)
    assert draft.provenance["code"] == code_digests()
    results = draft.provenance["results"]
    assert {one["tool"] for one in results.values()} >= {"triage", "priors", "labs", "localization", "longitudinal"}
    provenance = {**draft.provenance, "results": {}, "code": {}}
    assert content_sha256(draft.model_copy(update={"provenance": provenance})) == draft.content_sha256


# ------------------------------------------------------------------ what differs, and why


def test_a_stored_result_that_was_altered(prelim: Prelim, case_id: str, home: Path) -> None:
    """A potassium that somebody made another: where it shows in the draft, and why."""
    labs_row(home, "UPDATE results SET value = replace(value, '\"87.0\"', '\"78.0\"')")
    found = prelim.replay(case_id)
    assert not found.same and found.content_sha256 != found.stored_content_sha256
    assert causes_of(found, "results.labs") == {"was altered since drafting"}
    [lab] = [lab for lab in prelim.show(case_id).labs if lab.value_text == "87.0"]
    [row] = [one for one in found.differences if one.path == f"labs[{lab.id}].value_text"]
    assert (row.stored, row.now) == ("87.0", "78.0") and row.cause == "results.labs was altered since drafting"
    assert causes_of(found, "sections.findings") == {"results.labs was altered since drafting"}


def test_a_stored_result_that_is_missing(prelim: Prelim, case_id: str, home: Path) -> None:
    """It is made anew beside the store, which is as it was."""
    labs_row(home, "DELETE FROM results")
    before = contents(home)
    found = prelim.replay(case_id)
    assert found.same and found.asked >= 1
    [one] = found.differences
    assert one.path == "results.labs" and "missing" in one.cause and one.stored == one.now
    assert contents(home) == before


def test_a_stored_result_that_cannot_be_read(prelim: Prelim, case_id: str, home: Path) -> None:
    labs_row(home, "UPDATE results SET value = ?", '{"labs": 3}')
    with pytest.raises(UnavailableError) as unreadable:
        prelim.replay(case_id)
    assert unreadable.value.code == "result_unreadable" and "--recompute" in str(unreadable.value)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_lost_file_of_the_case(prelim: Prelim, case_id: str, home: Path, damaged: bool) -> None:
    """No draft can be made again, and that is said."""
    sha256 = prelim.show(case_id).documents[0].sha256
    _lose(home, sha256, damaged)
    found = prelim.replay(case_id)
    assert not found.same and found.content_sha256 is None and found.asked == 0
    [one] = found.differences
    word = "damaged" if damaged else "missing"
    assert (one.path, one.now, one.cause) == (f"artifacts.{sha256}", word, f"a file of the case is {word}")


@pytest.mark.parametrize("damaged", [False, True])
def test_lost_pixels(prelim: Prelim, case_id: str, home: Path, damaged: bool) -> None:
    """What is made of the files is made again, beside the store."""
    sha256 = prelim.show(case_id).studies[0].series[0].image_set.images[0].pixels_sha256
    _lose(home, sha256, damaged)
    before = contents(home)
    found = prelim.replay(case_id)
    assert found.same and [one.path for one in found.differences] == [f"artifacts.{sha256}"]
    assert contents(home) == before


def _lose(home: Path, sha256: str, damaged: bool) -> None:
    path = home / "artifacts" / sha256[:2] / sha256
    if damaged:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    else:
        path.unlink()


def test_other_prompts_and_another_model(prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The results stand; the draft says who would be asked today."""
    monkeypatch.setattr("prelim.prompts.digest", lambda: digest_of("reworded"))
    found = prelim.replay(case_id)
    assert not found.same and found.asked == 0
    assert [(one.path, one.cause) for one in found.differences] == [("prompts", "changed since drafting: prompts")]
    identity = prelim.show(case_id).model.model_copy(update={"digest": digest_of("other")})
    monkeypatch.setattr("tools.tool.identify", lambda settings: identity)
    found = prelim.replay(case_id)
    assert {one.what for one in found.changed} == {"prompts", "model"} and found.asked == 0
    assert {one.path for one in found.differences} == {"prompts", "model.digest"}


def test_other_code_of_the_reporter(prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade that words a sentence otherwise: the results are found all the same, and the cause is the code."""
    now = {**code_digests(), "agents": digest_of("upgraded"), "tools": digest_of("upgraded")}
    monkeypatch.setattr("graphs.replay.code_digests", lambda: now)
    monkeypatch.setattr("tools.tool._code_digest", lambda file: digest_of("upgraded"))
    monkeypatch.setattr("agents.reporter.listed", lambda names, joint="and": "; ".join(names))
    found = prelim.replay(case_id)
    assert not found.same and found.asked == 0
    assert {one.what for one in found.changed} == {"code of agents", "code of tools"}
    assert {one.cause for one in found.differences} == {"changed since drafting: code of agents, code of tools"}
    [text] = [one for one in found.differences if one.path.endswith(".text")]
    assert text.stored.startswith("Looked for") and text.stored != text.now


def test_a_draft_of_an_earlier_version_notes_no_results(prelim: Prelim, case_id: str, home: Path) -> None:
    """Its results are looked for under today's keys, which is said."""
    desk = prelim.desk
    state = desk.state(desk.row(case_id))
    with desk._graph(desk.row(case_id)) as (graph, thread):
        draft = {**state["draft"], "provenance": {**state["draft"]["provenance"]}}
        del draft["provenance"]["results"], draft["provenance"]["code"]
        graph.update_state(thread, {"draft": draft}, as_node="verify")
    found = prelim.replay(case_id)
    assert found.same and causes_of(found, "results.") == {"was not noted at drafting"}
    assert "code of agents" in {one.what for one in found.changed}


def test_only_what_was_drafted_is_replayed(open_home: Open, tmp_path: Path) -> None:
    """A case that runs, and one that failed."""
    prelim = open_home(home=tmp_path / "other")
    case_id = prelim.open(EXAMPLES / "normal")
    for status in ("running", "failed"):
        for again in (prelim.replay, lambda case: prelim.ablate(case, "labs")):
            with pytest.raises(InputError) as refused:
                again(case_id)
            assert refused.value.code == "not_drafted"
        prelim.desk.cases.move(case_id, (status,), "failed")  # type: ignore[arg-type]
    with pytest.raises(InputError) as unknown:
        prelim.replay("c-nothing")
    assert unknown.value.code == "unknown_case"


def test_nobody_is_alerted_twice(open_home: Open, receiver: Receiver, tmp_path: Path) -> None:
    """A site's own critical finding: a replay goes the same way, and neither calls nor grades nor writes of it."""
    home = tmp_path / "other"
    prelim = open_home(home=home, alert_webhook=receiver.url, critical_findings=("lung_opacity",))
    draft = prelim.draft(DEMO)
    assert draft.urgency == "critical" and len(receiver.posts) == 1
    before = contents(home)
    assert_same(prelim.replay(draft.case_id))
    assert prelim.replay(draft.case_id, recompute=True).same
    assert prelim.ablate(draft.case_id, "labs").faithful
    assert len(receiver.posts) == 1 and contents(home) == before


# ------------------------------------------------------------------ asked again


def test_asked_again(home: Path, drafted: tuple[Path, str]) -> None:
    """The model loaded anew with nothing cached, every question alone: the same states, changes, boxes and texts."""
    shutil.copytree(drafted[0], home)
    before = contents(home)
    found = Prelim(home=home, threads=1, device="cpu").replay(drafted[1], recompute=True)
    assert found.same and found.recomputed and found.asked > 5
    assert found.largest_deviation is not None and found.largest_deviation <= TOLERANCE == found.tolerance
    assert found.differences == ()
    assert contents(home) == before


def test_asked_again_under_other_settings(open_home: Open, case_id: str, home: Path) -> None:
    """A margin that nothing passes: what became uncertain, and that it is the setting's doing."""
    found = open_home(margin=0.4999).replay(case_id, recompute=True)
    assert not found.same
    assert ("setting margin", None, 0.4999) in {(one.what, one.stored, one.now) for one in found.changed}
    states = [one for one in found.differences if one.path.endswith(".state")]
    assert states and {(one.now, one.cause) for one in states} == {
        ("uncertain", "changed since drafting: setting margin")
    }
    assert_same(open_home(margin=0.4999).replay(case_id))


class Fickle(ChatSingly):
    """The same model, which is of another mind now."""

    def score_all(self, conversations: Conversations, choices: Sequence[str]) -> list[Score]:
        turned: list[Score] = []
        for score in super().score_all(conversations, choices):
            assert score.probabilities
            mirrored = dict(zip(score.probabilities, reversed(score.probabilities.values()), strict=True))
            turned.append(score.model_copy(update={"probabilities": mirrored}))
        return turned


def test_what_nothing_explains_was_not_reproduced(
    prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphs.replay.ChatSingly", Fickle)
    found = prelim.replay(case_id, recompute=True)
    assert not found.same and found.changed == ()
    assert {one.cause for one in found.differences} == {"not reproduced"}


def test_priors_are_those_of_the_drafting(prelim: Prelim, case_id: str) -> None:
    """A history that holds this very case by now is not asked again."""
    prelim.sign(case_id, reviewer="Dr Example")
    found = prelim.replay(case_id, recompute=True)
    assert found.same and found.asked > 5


def test_the_document_is_plain_json(prelim: Prelim, case_id: str) -> None:
    """As the command prints it."""
    document: dict[str, Any] = json.loads(prelim.replay(case_id).model_dump_json())
    named = {"case_id", "content_sha256", "stored_content_sha256", "same", "asked", "differences"}
    assert named <= document.keys()
