"""The one model interface (design: idea 3): LangChain's chat model, and closed questions scored at the first token.

Every implementation keeps the same promises; tests/models/test_promises.py holds them to it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self, TypeVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from prelim.models.answers import BOX_OPENING
from prelim.models.card import Card
from prelim.types import ModelIdentity, Value

Schema = TypeVar("Schema", bound=BaseModel)
Conversations = Sequence[Sequence[BaseMessage]]
THOUGHT_BEGINS, THOUGHT_ENDS = "<unused94>", "<unused95>"
MARKER = BOX_OPENING.split("\n")[0]
"""What ends the free words before an array."""
JSON_TOKENS = 512


class Score(Value):
    """Each choice's share of the whole vocabulary at the first answer position, and their sum.

    Never renormalised: a low mass means that the model wanted to say something else. `probabilities` is None, and
    `mass` 0, where a server gives none; `said` is then the choice that it answered greedily, None if it was no choice.
    """

    probabilities: dict[str, float] | None
    mass: float
    said: str | None = None

    @property
    def answer(self) -> str | None:
        """The choice that was said, or that has more than half of the vocabulary; None where no choice was meant."""
        if self.probabilities is None:
            return self.said
        best = max(self.probabilities, key=self.probabilities.__getitem__)
        return best if self.probabilities[best] > 0.5 else None


class ChatModel(BaseChatModel):
    """A chat model with its card. Greedy always; safe to share by threads."""

    identity: ModelIdentity
    card: Card
    max_new_tokens: int = 256

    def for_case(self, case_id: str) -> Self:
        """The model as one case asks it."""
        return self

    def leave(self) -> None:
        """The case asks nothing more; what is kept for it alone may go."""
        return

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One greedy answer; an empty one, marked "no_answer", where a thought never ended."""
        answer, ended = self._answer(messages)
        reason = "no_answer" if answer is None else "stop" if ended else "length"
        message = AIMessage(content=answer or "", response_metadata={"finish_reason": reason})
        return ChatResult(generations=[ChatGeneration(message=message)])

    @abstractmethod
    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[str | None, bool]:
        """The answer without its thought, None where that never ended; and whether it ended of itself."""

    def score(self, messages: Sequence[BaseMessage], choices: Sequence[str]) -> Score:
        """How likely each choice is as the answer's first token. ValueError where two choices begin alike."""
        return self.score_all([messages], choices)[0]

    @abstractmethod
    def score_all(self, conversations: Conversations, choices: Sequence[str]) -> list[Score]:
        """`score` for many conversations."""

    def with_structured_output(  # type: ignore[override]
        self, schema: type[Schema], **kwargs: Any
    ) -> Runnable[LanguageModelInput, Schema]:
        """A runnable that answers in the schema. OutputParserException: no answer."""

        def answer(messages: Any) -> Schema:
            given = self._convert_input(messages).to_messages()
            [value] = self.structured_all([given], schema)
            if value is None:
                raise OutputParserException("the answer did not end within its tokens")
            return value

        return RunnableLambda(answer)

    @abstractmethod
    def structured_all(
        self, conversations: Conversations, schema: type[Schema], narrowed: Sequence[dict[str, Any]] | None = None
    ) -> list[Schema | None]:
        """Answers in the schema for many conversations; None where there was no answer.

        `narrowed`: for each conversation a JSON schema that allows less.
        """

    @abstractmethod
    def answers_after(self, conversations: Conversations, schema: type[Schema]) -> list[Schema | None]:
        """For each conversation free words until "Final Answer:", then an array of the schema. None: no answer."""


def without_thought(text: str) -> str | None:
    """The answer without its silent thought; None where the thought was cut off and no answer came.

    MedGemma writes <unused94>thought…<unused95>answer, and decoding does not remove these markers.
    """
    if THOUGHT_BEGINS not in text:
        return text.strip()
    before, _, rest = text.partition(THOUGHT_BEGINS)
    _, ended, answer = rest.partition(THOUGHT_ENDS)
    return (before + answer).strip() if ended else None
