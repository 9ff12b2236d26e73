"""A CT from its files to the draft, through a random model of Gemma 3's architecture: whatever it says is in form."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.verifier import statements_of
from app import Prelim, cli
from prelim.knowledge import table
from prelim.models.chat import ChatMedGemma
from tests.made_dicom import ct_slice, uid
from tests.made_files import fill
from tools import reading
from tools.triage import OUTSIDE


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A folder of five slices of a head, and of two more of another series."""
    drawn = np.kron(np.random.default_rng(0).integers(0, 2000, (7, 8, 8)), np.ones((4, 4))).astype("<u2")
    tags = {"BodyPartExamined": "HEAD", "StudyDate": "20260302"}
    series = [*[uid("series")] * 5, *[uid("another")] * 2]
    slices = [ct_slice(float(n), pixels=pixels, SeriesInstanceUID=series[n], **tags) for n, pixels in enumerate(drawn)]
    return fill(tmp_path / "scan", {f"{n}.dcm": data for n, data in enumerate(slices)})


def test_a_ct_becomes_a_draft(
    random_model: ChatMedGemma, home: Path, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.tool.open_model", lambda settings: random_model)
    monkeypatch.setattr("tools.tool.identify", lambda settings: random_model.identity)
    monkeypatch.setattr(reading, "TOKENS", 40)
    prelim = Prelim(home=home, threads=1, device="cpu", margin=0.0, mass=0.0)
    draft = prelim.draft(scan)
    assert draft.status == "review" and draft.boxes == () and draft.comparisons == ()
    asked = {finding.label for finding in draft.findings} | {item.label for item in draft.not_assessed if item.label}
    assert asked == set(table("ct_head").findings)
    known = {item.id for item in draft.evidence}
    assert all(set(line.evidence) <= known for line in statements_of(draft.sections))
    assert "5 slices were shown to the model." in draft.sections.technique[0].text
    assert (prelim.folder(draft.case_id) / "draft.html").is_file()
    assert prelim.draft(scan).content_sha256 == draft.content_sha256
    found = prelim.reading([scan])
    assert found.findings == prelim.triage([scan]).findings
    for one in found.readings:
        assert one.sentences and all(text.strip() for text in one.sentences)
    assert len(found.readings) + len([text for text in found.warnings if "no answer" in text]) == 1
    assert all(item.reason.startswith("The scan's quality") for item in found.not_assessed)


@pytest.mark.parametrize("inside", [True, False])
def test_one_tool_alone_on_a_folder_of_slices(
    inside: bool,
    model: ChatMedGemma,
    home: Path,
    scan: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The embedded model declines; asked all the same, it answers, and every answer is marked."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setattr(reading, "TOKENS", 40)
    monkeypatch.setenv("PRELIM_HOME", str(home))
    more = [] if inside else ["--out-of-scope"]
    told: dict[str, Any] = {}
    for name in ("triage", "reading"):
        monkeypatch.setattr(sys, "argv", ["prelim", "tool", name, str(scan), *more, "--json"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        told[name] = json.loads(capsys.readouterr().out)
    assert set(told["reading"]) == {"readings", "findings", "not_assessed", "warnings", "evidence"}
    assert told["reading"]["findings"] == told["triage"]["findings"]
    reasons = {item["reason"] for found in told.values() for item in found["not_assessed"]}
    if inside:
        assert len(reasons) == 1 and next(iter(reasons)).startswith("The model phantom does not read CT.")
        assert told["reading"]["readings"] == told["triage"]["findings"] == []
    else:
        assert OUTSIDE in told["triage"]["warnings"] and all(f["out_of_scope"] for f in told["triage"]["findings"])
