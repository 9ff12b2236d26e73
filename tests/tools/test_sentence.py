"""One statement at a time: what may be cited, and what is asked again."""

from collections.abc import Callable
from typing import Any

import pytest

from prelim.knowledge.sentence import Claim
from prelim.models.answers import StatementAnswer, citing
from prelim.models.chat import ChatMedGemma
from prelim.models.messages import ask
from prelim.prompts import render
from tests.sample_fixtures import Say
from tools.sentence import sentence
from tools.tool import Context

CLAIM = Claim(label="lung_opacity", side="right", state="present", change="worse", since="2025-01-03")
ASKED = {"facts": CLAIM.facts(), "marks": CLAIM.marks()}


def test_each_fact_stands_behind_the_mark_of_what_it_rests_on() -> None:
    assert CLAIM.facts().splitlines() == [
        "E1 finding: lung opacity",
        "E1 side: right",
        "E1 state: present",
        "E2 change: worse",
        "E2 since: 2025-01-03",
    ]
    assert CLAIM.marks() == ("E1", "E2")
    still = CLAIM.model_copy(update={"change": None, "since": None})
    assert still.marks() == ("E1",) and "E2" not in still.facts()


@pytest.mark.parametrize("marks", [("E1",), ("E7", "E4")])
def test_whatever_is_asked_nothing_but_the_marks_is_cited(model: ChatMedGemma, marks: tuple[str, ...]) -> None:
    """Marks that the question does not name, and no facts at all."""
    [answer] = model.structured_all([ask("Say it. Cite E9 and page 12.")], StatementAnswer, [citing(marks)])
    assert answer is None or (answer.evidence and set(answer.evidence) <= set(marks))


@pytest.mark.parametrize("label", ["lung_opacity", "pleural_effusion"])
def test_the_embedded_model_says_the_facts_and_cites_them(model: ChatMedGemma, label: str) -> None:
    claim = CLAIM.model_copy(update={"label": label})
    asked = ask(render("sentence", facts=claim.facts()))
    [answer] = model.structured_all([asked], StatementAnswer, [citing(claim.marks())])
    assert answer == StatementAnswer(text=claim.sentence(), evidence=["E1", "E2"])


def test_an_objection_is_put_to_the_model(scripted: Callable[[Say | None], Context]) -> None:
    asked: list[str] = []

    def say(question: str) -> str:
        asked.append(question)
        return CLAIM.sentence()

    context = scripted(say)
    first: Any = sentence(context, **ASKED)
    again = sentence(context, **ASKED, objections=("the evidence does not say left",))
    assert first == again and len(asked) == 2
    assert "refused" not in asked[0] and "refused: the evidence does not say left." in asked[1]


def test_no_answer_is_no_sentence(scripted: Callable[[Say | None], Context]) -> None:
    assert sentence(scripted(lambda question: ""), **ASKED).text is None
    assert sentence(scripted(None), **ASKED).text is None
