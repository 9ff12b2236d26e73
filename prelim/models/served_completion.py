"""A chat completion as OpenAI-compatible servers take and give it: the question, and the answer read from its JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from prelim.models.interface import without_thought

Json = dict[str, Any]
Feature = Literal["logprobs", "response_format"]


class Question(NamedTuple):
    """Turns with images as data URLs. `more` asks for `feature`; `plain` is the question where a server lacks that."""

    turns: list[Json]
    max_tokens: int
    more: Mapping[str, Any] = {}
    feature: Feature | None = None
    plain: "Question | None" = None

    @property
    def images(self) -> int:
        """How many images it shows."""
        parts = [part for turn in self.turns if not isinstance(turn["content"], str) for part in turn["content"]]
        return sum(part["type"] == "image_url" for part in parts)

    def body(self, model: str) -> Json:
        """The request's body. Greedy is said outright: a server's default, or the checkpoint's, may sample."""
        return {
            "model": model,
            "messages": self.turns,
            "max_tokens": self.max_tokens,
            "temperature": 0,
            "stream": False,
            **self.more,
        }


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: Any = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None


class Completion(BaseModel):
    """What is read of an answer."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None

    @property
    def text(self) -> str | None:
        """The answer without its thought; None where the thought was cut off, or there are no words at all."""
        content = self.choices[0].message.content
        return None if content is None else without_thought(content)

    @property
    def ended(self) -> bool:
        """Whether the answer ended of itself."""
        return self.choices[0].finish_reason == "stop"

    @property
    def prompt_tokens(self) -> int | None:
        """The question's length by the server's count; None where it does not say."""
        return (self.usage.prompt_tokens or None) if self.usage else None

    @property
    def top(self) -> dict[str, float] | None:
        """The likeliest first tokens and their natural log-probabilities; None where there are none to use."""
        try:
            content = _Logprobs.model_validate(self.choices[0].logprobs).content
        except ValidationError:  # null, or a form of the server's own: not to be used, and no fault of the answer
            return None
        top = content[0].top_logprobs
        return {item.token: item.logprob for item in top} or None


class _Top(BaseModel):
    token: str
    logprob: Annotated[float, Field(le=1e-3)]


class _Token(BaseModel):
    top_logprobs: list[_Top] = []


class _Logprobs(BaseModel):
    content: Annotated[list[_Token], Field(min_length=1)]
