"""A whole case drafted by a served model: the same draft, whatever the server lacks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from prelim.draft import Draft
from prelim.errors import UnavailableError
from prelim.models import served_pool
from prelim.models.card import read_card
from prelim.models.chat import ChatMedGemma
from prelim.models.loading import CARDS
from prelim.models.phantom.draw import LABELS
from tests.conftest import EXAMPLES
from tests.model_server import Answer, ModelServer, refused, said

pytestmark = pytest.mark.integration  # a server in front of the model
CASE = EXAMPLES / "growing-opacity"
Serve = Callable[..., ModelServer]


@pytest.fixture(scope="module")
def here(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> Draft:
    """The draft of the same model in this process, with the card that a served one has: it is asked the same."""
    asked = model.model_copy(update={"card": read_card(CARDS["medgemma"])})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.tool.open_model", lambda settings: asked)
        return Prelim(home=tmp_path_factory.mktemp("here")).draft(CASE)


@pytest.fixture
def served(tmp_path: Path) -> Callable[[ModelServer], Prelim]:
    return lambda server: Prelim(home=tmp_path / "served", model=server.address)


def told(draft: Draft) -> dict[str, Any]:
    """What a draft says, without its probabilities."""
    return {
        "findings": [(f.label, f.laterality, f.state, f.change) for f in draft.findings],
        "comparisons": [(c.label, c.laterality, c.change, c.swap_consistent) for c in draft.comparisons],
        "boxes": [(box.label, box.box_px) for box in draft.boxes],
        "labs": [(lab.name, lab.value_text, lab.readers, lab.disagreement) for lab in draft.labs],
        "sentences": [s.text for s in (*draft.sections.findings, *draft.sections.impression)],
        "urgency": draft.urgency,
    }


def taught(draft: Draft) -> dict[str, Any]:
    """What is said of the findings that the embedded model knows: of others a greedy answer is as good as any."""
    said_of = told(draft)
    kinds = ("findings", "comparisons", "boxes")
    return {kind: [item for item in said_of[kind] if item[0] in LABELS] for kind in kinds}


def odds(draft: Draft) -> list[float | None]:
    return [item.probability for item in (*draft.findings, *draft.comparisons)]


def test_the_served_draft_is_the_one_of_this_process(
    here: Draft, model: ChatMedGemma, serve: Serve, served: Callable[[ModelServer], Prelim]
) -> None:
    there = served(serve(model)).draft(CASE)
    assert told(there) == told(here)
    assert odds(there) == pytest.approx(odds(here), abs=1e-3)
    assert (there.model.name, there.model.verified) == ("served", False)
    assert set(there.warnings) - set(here.warnings) == {
        "The model answered from a server: which weights it runs was not verified."
    }


def test_a_bare_server_drafts_the_same_without_probabilities(
    here: Draft, model: ChatMedGemma, serve: Serve, served: Callable[[ModelServer], Prelim]
) -> None:
    """It knows neither log-probabilities nor schemas, and its model writes no JSON unheld."""
    server = serve(model)

    def bare(body: dict[str, Any]) -> Answer | None:
        if "response_format" in body:
            return refused(422, "extra inputs are not permitted")
        if "JSON of this schema" in json.dumps(body):
            return said("There is a table.")
        return server._answer(body | {"logprobs": False}) if body.get("logprobs") else None

    server.faults.append(bare)
    desk = served(server)
    draft = desk.draft(CASE)
    assert taught(draft) == taught(here)
    assert [(lab.value_text, lab.readers) for lab in draft.labs] == [(lab.value_text, "table") for lab in here.labs]
    written = json.loads((desk.folder(draft.case_id) / "draft.json").read_bytes())
    assert {item["probability"] for kind in ("findings", "comparisons") for item in written[kind]} == {None}


def test_a_case_goes_on_once_the_server_is_back(
    model: ChatMedGemma, serve: Serve, served: Callable[[ModelServer], Prelim], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_pool, "_PAUSE_S", 0.001)
    server = serve(model, lambda body: refused(503, "loading"))
    desk = served(server)
    case_id = desk.open(CASE)
    with pytest.raises(UnavailableError, match="503"):
        desk.run(case_id)
    assert desk.worklist()[0].status == "failed"
    server.faults.clear()
    assert desk.run(case_id).status == "review"
