"""A model asked singly: every conversation is a batch of its own, and one waits for the other."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.messages import HumanMessage

from prelim.models.answers import LabLineAnswer
from prelim.models.interface import Score
from prelim.models.singly import ChatSingly
from tests.sample_scan import Scripted, scripted_model

ASKED = [[HumanMessage([{"type": "text", "text": f"Is {what} visible?"}])] for what in ("this", "that", "more")]


class Counting(Scripted):
    """Counts the conversations of each call, and whether calls overlap."""

    sizes: list[int]
    inside: list[int]

    def score_all(self, conversations: Any, choices: Sequence[str]) -> list[Score]:
        self._enter(len(conversations))
        return super().score_all(conversations, choices)

    def structured_all(self, conversations: Any, *given: Any, **named: Any) -> Any:
        narrowed = given[1] if len(given) > 1 else None
        assert narrowed is None or len(narrowed) == len(conversations)
        self._enter(len(conversations))
        return super().structured_all(conversations, *given, **named)

    def answers_after(self, conversations: Any, *given: Any, **named: Any) -> Any:
        self._enter(len(conversations))
        return [None] * len(conversations)

    def _enter(self, size: int) -> None:
        self.sizes.append(size)
        self.inside.append(1)
        assert len(self.inside) == 1, "two at once"
        time.sleep(0.002)
        self.inside.clear()


def counting() -> Counting:
    given = scripted_model()
    return Counting(identity=given.identity, card=given.card, asked=[], limits=[], sizes=[], inside=[])


def test_one_at_a_time() -> None:
    """Scores, answers under a grammar and free words, each question alone, in their order."""
    model = counting()
    singly = ChatSingly.of(model)
    assert singly.score_all(ASKED, ("yes", "no")) == model.score_all(ASKED, ("yes", "no"))
    assert model.sizes == [1, 1, 1, 3]
    model.sizes.clear()
    assert singly.structured_all(ASKED, LabLineAnswer) == [None] * 3
    assert singly.structured_all(ASKED, LabLineAnswer, [{}, {}, {}]) == [None] * 3
    assert singly.answers_after(ASKED, LabLineAnswer) == [None] * 3
    assert model.sizes == [1] * 9
    assert singly.score_all([], ("yes", "no")) == []
    assert (singly.identity, singly.card) == (model.identity, model.card)


def test_branches_that_ask_side_by_side_wait_for_one_another() -> None:
    model = counting()
    singly = ChatSingly.of(model)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(singly.score_all, ASKED, ("yes", "no")) for _ in range(8)]
        assert [one.result() for one in asked] == [asked[0].result()] * 8
    assert model.sizes == [1] * 24


def test_prose_keeps_its_limit() -> None:
    """A tool that wants more words sets it on what it was given."""
    model = scripted_model(prose="A scan.")
    longer = ChatSingly.of(model).model_copy(update={"max_new_tokens": 2000})
    words = [HumanMessage([{"type": "text", "text": "Describe it."}])]
    assert longer.invoke(words).content == "A scan." and model.limits == [2000]
