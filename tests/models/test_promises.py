"""What every implementation of the model interface promises: in this process, served, and asked singly."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import HumanMessage, ToolMessage
from PIL import Image

from examples.patients import EXAMS, OPACITY, film_of
from prelim.knowledge import table
from prelim.models.answers import BoxAnswers, LabLineAnswer, row_copied_from
from prelim.models.chat import ChatMedGemma
from prelim.models.interface import ChatModel
from prelim.models.loading import open_model
from prelim.models.messages import ask, conversation_of
from prelim.models.singly import ChatSingly
from prelim.prompts import render
from prelim.settings import Settings
from tests.model_server import ModelServer, said
from tests.models.test_chat import png
from tests.models.test_chat import saying as scripted

WAYS = ("in process", "singly", "served")
PREAMBLE = render("chest_xray", "preamble")
FILM = next(png(Image.fromarray(film_of(exam).pixels)) for exam in EXAMS.values() if OPACITY in film_of(exam).boxes)
READABLE = ask(render("quality", "affirmative", image="frontal chest film"), [FILM], PREAMBLE)
Serve = Callable[..., ModelServer]
Saying = Callable[[str, bool], ChatModel]


@pytest.fixture
def open_served(settings: Settings) -> Callable[[ModelServer], ChatModel]:
    return lambda server: open_model(settings.model_copy(update={"model": server.address}))


@pytest.fixture(params=WAYS)
def chat(request: Any, model: ChatMedGemma, serve: Serve, open_served: Callable[[ModelServer], ChatModel]) -> ChatModel:
    if request.param == "served":
        return open_served(serve(model))
    return model if request.param == "in process" else ChatSingly.of(model)


@pytest.fixture(params=WAYS)
def saying(request: Any, model: ChatMedGemma, serve: Serve, open_served: Callable[[ModelServer], ChatModel]) -> Saying:
    """A chat model whose weights say given words."""

    def say(words: str, ended: bool) -> ChatModel:
        if request.param == "served":
            return open_served(serve(None, lambda body: said(words, ended=ended)))
        own = scripted(model, (words, ended))[0]
        return own if request.param == "in process" else ChatSingly.of(own)

    return say


# ------------------------------------------------------------------ scores


def test_a_score_is_the_share_of_the_whole_vocabulary(chat: ChatModel, model: ChatMedGemma) -> None:
    row, spelt = model.runtime.next_token([conversation_of(READABLE)])[0], model.runtime.tokenizer
    score = chat.score(READABLE, ("yes", "no"))
    assert score.probabilities == pytest.approx(
        {word: row[spelt(word).input_ids[0]].item() for word in ("yes", "no")}, abs=1e-3
    )
    assert score.mass == sum(score.probabilities.values()) > 0.9


def test_shares_are_not_renormalised(chat: ChatModel) -> None:
    """Other choices take nothing and give nothing; where none is meant, the mass says so."""
    share = chat.score(READABLE, ("yes", "no")).probabilities["yes"]
    assert chat.score(READABLE, ("yes", "stable")).probabilities["yes"] == pytest.approx(share)
    assert chat.score(READABLE, ("new", "worse")).mass < 0.01


def test_scores_keep_the_order_of_what_was_asked(chat: ChatModel) -> None:
    asked = [
        ask(render("quality", way, image="frontal chest film"), [FILM], PREAMBLE)
        for way in ("affirmative", "negative") * 10
    ]
    scores = chat.score_all(asked, ("yes", "no"))
    assert [score.answer for score in scores] == ["yes", "no"] * 10
    assert chat.score_all([], ("yes", "no")) == []


@pytest.mark.parametrize("choices", [("yes", "yes, mild"), ("no", "No")])
def test_choices_that_begin_alike_are_refused(chat: ChatModel, choices: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="begin with the same token"):
        chat.score(READABLE, choices)


# ------------------------------------------------------------------ prose and JSON


@pytest.mark.parametrize(
    ("words", "ended", "content", "reason"),
    [
        ("<unused94>hm<unused95>Clear lungs.", True, "Clear lungs.", "stop"),
        ("Clear lun", False, "Clear lun", "length"),
        ("<unused94>The lungs are cl", False, "", "no_answer"),
    ],
)
def test_how_an_answer_ended(saying: Saying, words: str, ended: bool, content: str, reason: str) -> None:
    message = saying(words, ended).invoke("Describe.")
    assert (message.content, message.response_metadata["finish_reason"]) == (content, reason)


def test_rows_are_copied_from_their_lines(chat: ChatModel) -> None:
    header, lines = "Test | Result | Unit", ["CRP | 87.0 | mg/L", "WBC | 13.2 | 10^9/L"]
    asked = [ask(render("labs", lines=f"{header}\n{line}")) for line in lines]
    answers = chat.structured_all(asked, LabLineAnswer, [row_copied_from(line) for line in lines])
    rows = [answer.root[0] for answer in answers if answer]
    assert [(row.name, row.value, row.unit) for row in rows] == [("CRP", "87.0", "mg/L"), ("WBC", "13.2", "10^9/L")]
    assert chat.with_structured_output(LabLineAnswer).invoke(asked[0]).root == [rows[0]]


@pytest.mark.parametrize("words", ["[", "<unused94>[]"])
def test_json_that_did_not_end_is_no_answer(saying: Saying, words: str) -> None:
    assert saying(words, False).structured_all([ask("Copy.")], LabLineAnswer) == [None]
    with pytest.raises(OutputParserException):
        saying(words, False).with_structured_output(LabLineAnswer).invoke("Copy.")


def test_boxes_come_after_the_free_words(chat: ChatModel, model: ChatMedGemma) -> None:
    label, side = OPACITY
    rule = table("chest_xray").findings[label]
    question = render("localization", finding=rule.name, place=rule.places[side], label=label)
    answers = chat.answers_after([ask(question, [FILM], PREAMBLE)] * 2, BoxAnswers)
    assert answers == model.answers_after([ask(question, [FILM], PREAMBLE)], BoxAnswers) * 2
    assert answers[0] and [box.label for box in answers[0].root] == [label]


@pytest.mark.parametrize("words", ["The lungs are clear.", "<unused94>I might say Final Answer:"])
def test_without_a_final_answer_there_is_none(saying: Saying, words: str) -> None:
    assert saying(words, True).answers_after([ask("Where?")], BoxAnswers) == [None]


# ------------------------------------------------------------------ what may be asked


@pytest.mark.parametrize(
    "message",
    [
        ToolMessage("x", tool_call_id="1"),
        HumanMessage([{"type": "audio", "base64": "AAAA"}]),
        HumanMessage([{"type": "image_url", "image_url": "https://example.org/film.png"}]),
    ],
)
def test_what_cannot_be_shown_is_refused(chat: ChatModel, message: Any) -> None:
    with pytest.raises(ValueError, match=r"role|block"):
        chat.invoke([message])


def test_a_model_says_who_it_is(chat: ChatModel) -> None:
    assert chat.identity.card == chat.card.digest and len(chat.identity.digest) == 64
    assert chat.for_case("c-1").identity == chat.identity
