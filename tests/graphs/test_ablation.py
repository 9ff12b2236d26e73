"""Ablation: without what one tool found, the statements that cite it change and no others do."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents import laboratory, reporter
from agents.sections import film_evidence
from app import Prelim
from graphs.ablation import TOOLS, Ablation
from prelim.draft import Found, Statement
from prelim.errors import InputError
from prelim.types import LabResult, evidence
from tests.conftest import EXAMPLES
from tests.graphs.rehearsed import Open, case_id, contents, drafted, open_home, prelim
from tests.graphs.test_scan_case import scan
from tests.sample_scan import scripted_model

pytestmark = pytest.mark.integration  # whole cases through the model

__all__ = ["case_id", "drafted", "open_home", "prelim", "scan"]
DEMO = EXAMPLES / "growing-opacity"


def how(found: Ablation, section: str) -> list[tuple[str, bool]]:
    return [(one.how, one.cites) for one in found.changed if one.section == section]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_growing_opacity_is_faithful(tool: str, prelim: Prelim, case_id: str, home: Path) -> None:
    """Every tool's output taken away, one at a time: what changed cites it, or came where something went that did."""
    before = contents(home)
    found = prelim.ablate(case_id, tool)
    assert found.faithful and found.violations == () and found.unchanged > 5
    assert all(one.cites or one.how == "added" for one in found.changed)
    heard = tool in ("labs", "notes", "localization", "longitudinal", "triage")
    assert bool(found.changed) == heard
    assert contents(home) == before


def test_what_becomes_of_the_words(prelim: Prelim, case_id: str) -> None:
    """Without the comparison nothing is worse; without the boxes the words stay, and point at less."""
    compared = {one.before: one.after for one in prelim.ablate(case_id, "longitudinal").changed}
    assert compared["There is a right lung opacity, worse since 2025-01-03."] == "There is a right lung opacity."
    assert compared["Chest radiograph, PA view, 2025-01-03."] == "Chest radiograph, PA view, 2025-01-03. Not compared."
    boxes = prelim.ablate(case_id, "localization").changed
    assert boxes and all(one.how == "changed" and not one.words and one.before == one.after for one in boxes)
    labs = prelim.ablate(case_id, "labs")
    assert labs.dropped == ("labs", "pages") and {one.how for one in labs.changed} == {"removed"}


def test_without_triage_nothing_that_rests_on_it_is_left(prelim: Prelim, case_id: str) -> None:
    found = prelim.ablate(case_id, "triage")
    assert set(found.dropped) == {"triage", "localization", "reading", "longitudinal"}
    assert how(found, "comparison") == [("changed", True)] and ("added", False) in how(found, "impression")
    assert {change for change, _ in how(found, "findings")} == {"removed"}
    assert all(cites for _, cites in how(found, "findings"))


@pytest.mark.parametrize("tool", TOOLS)
def test_a_history_is_cited(tool: str, open_home: Open, tmp_path: Path) -> None:
    """The earlier film, its report and its results come from the history alone."""
    prelim = open_home(home=tmp_path / "other")
    earlier = _case(tmp_path / "earlier", "film-2025-01-03.dcm", "record.json")
    prelim.sign(prelim.draft(earlier).case_id, reviewer="Dr Example")
    case_id = prelim.draft(_case(tmp_path / "later", "film-2025-03-14.dcm", "labs-2025-03-14.pdf")).case_id
    found = prelim.ablate(case_id, tool)
    assert found.faithful
    if tool == "priors":
        assert found.dropped == ("priors", "longitudinal")
        assert how(found, "comparison") == [("removed", True), ("removed", True), ("added", False)]
        assert any("; was " in (one.before or "") and "; was " not in (one.after or "") for one in found.changed)


def _case(folder: Path, *files: str) -> Path:
    folder.mkdir()
    for name in files:
        shutil.copy(DEMO / name, folder)
    return folder


@pytest.mark.parametrize("example", ["normal", "ct-head", "slide"])
@pytest.mark.parametrize("tool", ["triage", "reading", "labs"])
def test_other_examples(example: str, tool: str, open_home: Open, tmp_path: Path) -> None:
    prelim = open_home(home=tmp_path / "other")
    assert prelim.ablate(prelim.draft(EXAMPLES / example).case_id, tool).faithful


PROSE = "The ventricles are of normal size. There is a hypodense area in the left frontal lobe."


@pytest.mark.parametrize("tool", ["reading", "triage", "labs"])
def test_a_scan_that_a_model_describes(tool: str, home: Path, scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model wrote of its own rests on the reading, and so does Technique where it says what was shown to it."""
    described = scripted_model(prose=PROSE, present=("midline shift",))
    monkeypatch.setattr("tools.tool.open_model", lambda settings: described)
    monkeypatch.setattr("tools.tool.identify", lambda settings: described.identity)
    prelim = Prelim(home=home, threads=1, device="cpu")
    draft = prelim.draft(scan)
    assert "The ventricles are of normal size." in {one.text for one in draft.sections.findings}
    assert prelim.replay(draft.case_id).same and prelim.replay(draft.case_id, recompute=True).same
    found = prelim.ablate(draft.case_id, tool)
    assert found.faithful
    words = {one.before: one.after for one in found.changed}
    assert ("The ventricles are of normal size." in words) == (tool in ("reading", "triage"))
    technique = [one.after or "" for one in found.changed if one.section == "technique"]
    assert ["Shown, not read." in text for text in technique] == {"triage": [True], "reading": [False]}.get(tool, [])


def test_only_tools_can_be_taken_away(prelim: Prelim, case_id: str) -> None:
    with pytest.raises(InputError) as unknown:
        prelim.ablate(case_id, "compose")
    assert unknown.value.code == "unknown_tool"


# ------------------------------------------------------------------ unfaithful reporters


def test_what_rests_on_a_tool_and_does_not_say_so(
    prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An impression made of a result, which points at the film."""
    honest = reporter.impression

    def sly(scribe: Any, case: Any, labs: Sequence[LabResult], *rest: Any) -> tuple[Statement, ...]:
        places = [film_evidence(study) for study in case.studies if study.role == "current"]
        words = [scribe.write("impression", "sly", "Signs of inflammation.", places)] if labs else []
        return (*honest(scribe, case, labs, *rest), *words)

    monkeypatch.setattr(reporter, "impression", sly)
    found = prelim.ablate(case_id, "labs")
    [one] = found.violations
    assert not found.faithful and (one.section, one.text) == ("impression", "Signs of inflammation.")
    assert one.reason == "changed, and nothing of its section cites the tool"
    assert prelim.ablate(case_id, "notes").faithful


def test_what_changes_its_words_with_a_tool_that_it_does_not_cite(
    prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence about the film that counts the results."""
    honest = reporter.technique

    def counting(scribe: Any, case: Any) -> tuple[Statement, ...]:
        first, *others = honest(scribe, case)
        return first.model_copy(update={"text": f"{first.text} {len(counted)} results."}), *others

    counted: tuple[Any, ...] = ()
    gather = reporter.trending

    def noting(found: Found) -> Any:
        nonlocal counted
        counted = found.labs.labs
        return gather(found)

    monkeypatch.setattr(reporter, "technique", counting)
    monkeypatch.setattr(reporter, "trending", noting)
    found = prelim.ablate(case_id, "labs")
    assert [(one.section, one.reason) for one in found.violations] == [
        ("technique", "changed, and nothing of its section cites the tool")
    ]


def test_what_cites_a_tool_and_stays(prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that is there whatever was found, with a cell that it made up to point at."""
    lab = prelim.show(case_id).labs[0]
    [cell] = [item for item in prelim.show(case_id).evidence if item.id == lab.evidence[0]]
    honest = reporter.unread

    def stubborn(scribe: Any, case: Any) -> list[Statement]:
        place = evidence("lab", **cell.model_dump(exclude={"id", "kind"}))
        return [*honest(scribe, case), scribe.write("findings", "stubborn", "Results are discussed.", [place])]

    monkeypatch.setattr(reporter, "unread", stubborn)
    found = prelim.ablate(case_id, "labs")
    assert [(one.text, one.reason) for one in found.violations] == [
        ("Results are discussed.", "cites what was taken away, and stayed")
    ]


def test_an_absence_that_rests_on_more_than_the_case(
    prelim: Prelim, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without results, a word of comfort about an earlier report comes in their place."""
    honest = reporter.laboratory

    def comforting(scribe: Any, labs: Sequence[LabResult], places: Any, before: Any) -> Any:
        if labs:
            return honest(scribe, labs, places, before)
        told = evidence("statement", quote="Nothing to worry about.")
        return (scribe.write("findings", "comfort", "Results were normal before.", [told]),)

    monkeypatch.setattr(reporter, "laboratory", comforting)
    assert laboratory.laboratory is honest
    found = prelim.ablate(case_id, "labs")
    assert [one.reason for one in found.violations] == ["came, and rests on what nobody let go"]
