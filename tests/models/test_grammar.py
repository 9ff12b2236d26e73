"""Decoding under a grammar: whatever was asked, the answer is in the schema, printed as the training prints it."""

from typing import Annotated, Any, Literal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel

from prelim.models.answers import Answer, BoxAnswer, BoxAnswers, dump
from prelim.models.chat import ChatMedGemma
from prelim.models.messages import ask


class Odd(Answer):
    """What no model was trained to write."""

    kind: Literal["alpha", "beta"]
    count: Annotated[int, Field(ge=13, le=17)]
    sides: Annotated[list[Literal["up", "down"]], Field(min_length=2, max_length=3)]


class Boxes(RootModel[Annotated[list[BoxAnswer], Field(min_length=2, max_length=2)]]):
    """Two boxes, whether the model sees them or not."""


@pytest.fixture
def said(model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the model generates, as they are before they are parsed."""
    real, texts = model.runtime.generate, list[str]()

    def generate(*given: Any, **named: Any) -> list[tuple[str, bool]]:
        made: list[tuple[str, bool]] = real(*given, **named)
        texts.extend(text for text, _ in made)
        return made

    monkeypatch.setattr(model.runtime, "generate", generate)
    return texts


@settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(text=st.text(max_size=40), schema=st.sampled_from([Odd, Boxes, BoxAnswers]))
def test_any_prompt_gives_an_answer_in_the_schema(model: ChatMedGemma, text: str, schema: type[BaseModel]) -> None:
    assert isinstance(model.with_structured_output(schema).invoke(ask(text)), schema)


@pytest.mark.parametrize("word", ['"quoted" \\ \n', "Ödem 37 °C", "胸部 🫁", "yes", ""])
def test_the_only_word_allowed_is_said(model: ChatMedGemma, word: str) -> None:
    """Bytes that are no token of their own, and what JSON escapes, come through."""
    schema = RootModel[Literal[word]]  # type: ignore[valid-type]
    assert model.with_structured_output(schema).invoke(ask("Is it?")).root == word


def test_an_array_is_printed_as_the_training_prints_it(model: ChatMedGemma, said: list[str]) -> None:
    answer = model.with_structured_output(Boxes).invoke(ask("Where?"))
    assert said == [dump(answer.root)]


def test_twice_the_same(model: ChatMedGemma, said: list[str]) -> None:
    for _ in range(2):
        model.with_structured_output(Odd).invoke(ask("Which?"))
    assert said[0] == said[1] != ""


@pytest.mark.parametrize("words", ["", "Look low on the left. ", "<unused94>hm<unused95>Nonsense {[ "])
def test_after_free_words_the_array_is_in_the_schema(
    model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    real, free = model.runtime.generate, [(f"{words}Final Answer:", True)]
    asked: list[dict[str, Any]] = []

    def generate(*given: Any, **named: Any) -> list[tuple[str, bool]]:
        asked.append(named)
        made: list[tuple[str, bool]] = free if "stop" in named else real(*given, **named)
        return made

    monkeypatch.setattr(model.runtime, "generate", generate)
    answer = model.answers_after([ask("Where?")], Boxes)[0]
    assert answer is not None and len(answer.root) == 2
    assert "unused" not in asked[1]["begun"]
