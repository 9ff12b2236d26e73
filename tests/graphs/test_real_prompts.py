"""What a model with MedGemma's card is shown of real images: the right pictures in order, labelled, no others."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.verifier import statements_of
from app import Prelim
from prelim.draft import Draft
from prelim.knowledge import table
from prelim.models.chat import ChatMedGemma
from prelim.prompts import render
from prelim.types import Series
from tools import reading

pytestmark = pytest.mark.integration
Conversation = list[dict[str, Any]]


class Heard(list[Conversation]):
    """Every conversation about images that reached the model."""

    @property
    def shapes(self) -> set[tuple[str, ...]]:
        """Each without its question: images by their digest, labels as they are."""
        return {tuple(self.parts(one)[:-1]) for one in self}

    @property
    def questions(self) -> list[str]:
        """The last label and the question behind it are one part."""
        return [re.sub(r"^SLICE \d+\n", "", self.parts(one)[-1]) for one in self]

    @staticmethod
    def parts(conversation: Conversation) -> list[str]:
        [turn] = conversation
        return [part["image"].digest if part["type"] == "image" else part["text"] for part in turn["content"]]


def listened(real: Callable[..., Any], heard: Heard) -> Callable[..., Any]:
    def call(conversations: Sequence[Conversation], *rest: Any, **more: Any) -> Any:
        heard.extend(one for one in conversations if any(part["type"] == "image" for part in one[-1]["content"]))
        return real(conversations, *rest, **more)

    return call


@pytest.fixture
def heard(random_model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """The random model in the place of the configured one, listened to."""
    heard, runtime = Heard(), random_model.runtime
    for name in ("generate", "next_token"):
        monkeypatch.setattr(runtime, name, listened(getattr(runtime, name), heard))
    monkeypatch.setattr("tools.tool.open_model", lambda settings: random_model)
    monkeypatch.setattr("tools.tool.identify", lambda settings: random_model.identity)
    monkeypatch.setattr(reading, "TOKENS", 24)
    return heard


def drafted(folder: Path, home: Path) -> Draft:
    """Whatever the model says counts, so that every question is asked."""
    draft = Prelim(home=home, threads=1, device="cpu", margin=0.0, mass=0.0).draft(folder)
    known = {item.id for item in draft.evidence}
    assert draft.status == "review" and all(set(line.evidence) <= known for line in statements_of(draft.sections))
    assert all(set(finding.evidence) <= known for finding in draft.findings)
    return draft


def case(folder: Path, *files: Path, **note: str) -> Path:
    folder.mkdir()
    for path in files:
        shutil.copy(path, folder)
    if note:
        (folder / "case.yaml").write_text(json.dumps({"files": {path.name: note for path in files}}))
    return folder


def digests(series: Series) -> list[str]:
    return [image.pixels_sha256 for image in series.image_set.images]


def numbered(series: Series) -> list[str]:
    """Each slice's picture, and behind it its number, the last of which the question follows."""
    pairs = [(picture, f"SLICE {number}") for number, picture in enumerate(digests(series), start=1)]
    return [part for pair in pairs for part in pair]


def probed(draft: Draft) -> set[str]:
    """Every label that was asked for, or said why not."""
    return {finding.label for finding in draft.findings} | {i.label for i in draft.not_assessed if i.label is not None}


def test_a_real_mr(heard: Heard, shared_data: Path, tmp_path: Path) -> None:
    """Two time points of five slices from foot to head: the first is probed, both are described, each by itself."""
    files = sorted((shared_data / "mr-siemens-epi").rglob("epi_pe_ap*.dcm"))
    draft = drafted(case(tmp_path / "mr", *files[::-1]), tmp_path / "home")
    first, second = draft.studies[0].series
    assert [series.slice_origins_lps[0][2] for series in (first, second) if series.slice_origins_lps] == [16, 16]
    assert heard.shapes <= {(render("mr", "preamble"), *numbered(series)[:-1]) for series in (first, second)}
    assert heard and all(Heard.parts(one)[-1].startswith("SLICE 5\n") for one in heard)
    about_second = [q for one, q in zip(heard, heard.questions, strict=True) if digests(second)[0] in Heard.parts(one)]
    assert about_second == [render("reading", image=table("mr_brain").image)]
    assert probed(draft) == set(table("mr_brain").findings)


def test_a_real_clip_of_ultrasound_is_declined(heard: Heard, shared_data: Path, tmp_path: Path) -> None:
    draft = drafted(case(tmp_path / "us", shared_data / "us" / "OBXXXX1A_rle_2frame.dcm"), tmp_path / "home")
    [series] = draft.studies[0].series
    assert (series.kind, series.frames, len(digests(series))) == ("clip", 2, 2)
    assert not heard and draft.findings == ()
    assert {(item.task, item.reason) for item in draft.not_assessed} == {
        (task, "The model medgemma does not read ultrasound.") for task in ("probe", "reading")
    }


def test_a_real_slide(heard: Heard, shared_data: Path, tmp_path: Path) -> None:
    """Patches without labels, in their order."""
    draft = drafted(case(tmp_path / "slide", shared_data / "wsi" / "cmu-1-small-region.svs"), tmp_path / "home")
    [series] = draft.studies[0].series
    assert heard.shapes == {(render("slide", "preamble"), *digests(series))} and digests(series)
    assert heard.questions[0] == "Is this a readable histology slide? Answer yes or no."
    assert probed(draft) == set(table("slide").findings)


@pytest.mark.parametrize("region", ["skin", "abdomen"])
def test_a_real_photograph(region: str, heard: Heard, shared_data: Path, tmp_path: Path) -> None:
    """Described where case.yaml says that it shows skin, once and in words only; declined where it says otherwise."""
    file = shared_data / "deid-dicom" / "dicom-cookies" / "image1.dcm"
    draft = drafted(case(tmp_path / "photo", file, modality="XC", body_part=region), tmp_path / "home")
    [series] = draft.studies[0].series
    assert (series.kind, series.modality, draft.findings) == ("photograph", "XC", ())
    reasons = {item.task: item.reason for item in draft.not_assessed}
    if region == "skin":
        assert heard.shapes == {(render("picture", "preamble"), *digests(series))}
        assert heard.questions == [render("reading", image="skin photograph")] and set(reasons) == {"probe"}
    else:
        assert not heard and set(reasons) == {"probe", "reading"}
        assert reasons["reading"] == "The model medgemma does not read images of the region ABDOMEN."
