"""`ChatMedGemma`: a LangChain chat model with one extension, `score` (design: idea 3).

Importing this module brings no torch; `prelim.models.loading.open_model` makes one.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import PrivateAttr, ValidationError

from prelim.models.answers import BOX_OPENING
from prelim.models.interface import (
    JSON_TOKENS,
    MARKER,
    ChatModel,
    Conversations,
    Schema,
    Score,
    result_of,
    without_thought,
)
from prelim.models.messages import conversation_of

_CONVERSATIONS_AT_ONCE = 16


class ChatMedGemma(ChatModel):
    """MedGemma, or the embedded model of the same architecture, in this process. Greedy; safe to share by threads."""

    runtime: Any
    _lock: Lock = PrivateAttr(default_factory=Lock)

    @property
    def _llm_type(self) -> str:
        return "medgemma"

    # -------------------------------------------------------------- prose

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One greedy answer; an empty one, marked "no_answer", where a thought never ended."""
        with self._lock:
            [(text, ended)] = self.runtime.generate([conversation_of(messages)], self.max_new_tokens)
        return result_of(without_thought(text), ended)

    # -------------------------------------------------------------- closed questions

    def score_all(self, conversations: Conversations, choices: Sequence[str]) -> list[Score]:
        """`score` for many conversations, as few forward passes as fit."""
        first = self._first_tokens(choices)
        scores = []
        for start in range(0, len(conversations), _CONVERSATIONS_AT_ONCE):
            batch = [conversation_of(messages) for messages in conversations[start : start + _CONVERSATIONS_AT_ONCE]]
            with self._lock:
                rows = self.runtime.next_token(batch)
            scores += [_score(row, first) for row in rows]
        return scores

    def _first_tokens(self, choices: Sequence[str]) -> dict[str, list[int]]:
        """The tokens each choice may begin with. A capital that two choices share tells them apart no longer."""
        own = {choice: self.runtime.first_tokens(choice) for choice in choices}
        shared = {token for a in choices for b in choices if a != b for token in own[a] & own[b]}
        left = {choice: sorted(tokens - shared) for choice, tokens in own.items()}
        if not all(left.values()):
            raise ValueError(f"choices that begin with the same token: {', '.join(choices)}")
        return left

    # -------------------------------------------------------------- JSON under a grammar

    def structured_all(
        self, conversations: Conversations, schema: type[Schema], narrowed: Sequence[dict[str, Any]] | None = None
    ) -> list[Schema | None]:
        """Answers decoded under the schema's grammar, side by side; None where one did not end."""
        return self._guided([conversation_of(messages) for messages in conversations], schema, narrowed)

    def answers_after(self, conversations: Conversations, schema: type[Schema]) -> list[Schema | None]:
        """Free words until "Final Answer:", then a fenced array under the schema's grammar. None: no answer."""
        return [self._answer_after(messages, schema) for messages in conversations]

    def _answer_after(self, messages: Sequence[BaseMessage], schema: type[Schema]) -> Schema | None:
        conversation = conversation_of(messages)
        with self._lock:
            [(text, _)] = self.runtime.generate([conversation], self.max_new_tokens, stop=MARKER)
        free = without_thought(text)
        if free is None or MARKER not in free:
            return None
        begun = free.split(MARKER)[0] + BOX_OPENING
        return self._guided([conversation], schema, begun=begun)[0]

    def _guided(
        self,
        conversations: Sequence[Any],
        schema: type[Schema],
        narrowed: Sequence[dict[str, Any]] | None = None,
        begun: str = "",
    ) -> list[Schema | None]:
        from prelim.models.grammar import grammar_of

        schemas = narrowed or [schema.model_json_schema()] * len(conversations)
        grammars, answers = [grammar_of(one) for one in schemas], []
        for start in range(0, len(conversations), _CONVERSATIONS_AT_ONCE):
            some = slice(start, start + _CONVERSATIONS_AT_ONCE)
            with self._lock:
                answers += self.runtime.generate(conversations[some], JSON_TOKENS, grammars=grammars[some], begun=begun)
        return [_parsed(text, ended, schema) for text, ended in answers]


def _score(row: Any, first: dict[str, list[int]]) -> Score:
    shares = {choice: float(row[tokens].sum()) for choice, tokens in first.items()}
    return Score(probabilities=shares, mass=sum(shares.values()))


def _parsed(text: str, ended: bool, schema: type[Schema]) -> Schema | None:
    """The value of a finished answer; an unfinished one is no answer."""
    if not ended:
        return None
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:  # under the grammar only a cut-off text can fail
        raise OutputParserException("an answer outside its grammar") from error
