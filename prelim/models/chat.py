"""`ChatMedGemma`: MedGemma in this process, behind the one model interface (design: idea 3).

Importing this module brings no torch; `prelim.models.loading.open_model` makes one.
"""

from collections.abc import Sequence
from typing import Any, Self

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import BaseMessage
from pydantic import ValidationError

from prelim.models.answers import BOX_OPENING
from prelim.models.interface import (
    JSON_TOKENS,
    MARKER,
    ChatModel,
    Conversations,
    Schema,
    Score,
    without_thought,
)
from prelim.models.messages import conversation_of

_DIGITS = 4
"""Of a probability. Further ones depend on the processor, and tell a reader nothing."""


class ChatMedGemma(ChatModel):
    """MedGemma, or the embedded model of the same architecture, in this process. Greedy; safe to share by threads.

    `case` is for whom it asks: the cases that wait are served in turn.
    """

    runtime: Any
    case: str = ""

    def for_case(self, case_id: str) -> Self:
        """The same model, asking for a case."""
        return self.model_copy(update={"case": case_id})

    def leave(self) -> None:
        """Nothing more is asked for the case: what is kept of its images goes."""
        self.runtime.leave(self.case)

    @property
    def _llm_type(self) -> str:
        return "medgemma"

    # -------------------------------------------------------------- prose

    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[str | None, bool]:
        [(text, ended)] = self._write([conversation_of(messages)], self.max_new_tokens)
        return without_thought(text), ended

    def _write(self, conversations: Sequence[Any], limit: int, **how: Any) -> list[tuple[str, bool]]:
        return self.runtime.generate(conversations, limit, case=self.case, **how)  # type: ignore[no-any-return]

    # -------------------------------------------------------------- closed questions

    def score_all(self, conversations: Conversations, choices: Sequence[str]) -> list[Score]:
        """`score` for many conversations: one pass over what they share, and over all questions behind it."""
        if not conversations:
            return []
        first = self._first_tokens(choices)
        rows = self.runtime.next_token([conversation_of(messages) for messages in conversations], self.case)
        return [_score(row, first) for row in rows]

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
        asked = [conversation_of(messages) for messages in conversations]
        said = self._write(asked, self.max_new_tokens, stop=MARKER) if asked else []
        free = [without_thought(text) for text, _ in said]
        came = [n for n, words in enumerate(free) if words is not None and MARKER in words]
        begun = [(free[n] or "").split(MARKER)[0] + BOX_OPENING for n in came]
        answers = dict(zip(came, self._guided([asked[n] for n in came], schema, begun=begun), strict=True))
        return [answers.get(n) for n in range(len(asked))]

    def _guided(
        self,
        conversations: Sequence[Any],
        schema: type[Schema],
        narrowed: Sequence[dict[str, Any]] | None = None,
        begun: Sequence[str] | None = None,
    ) -> list[Schema | None]:
        from prelim.models.grammar import grammar_of

        if not conversations:
            return []
        schemas = narrowed or [schema.model_json_schema()] * len(conversations)
        grammars = [grammar_of(one) for one in schemas]
        answers = self._write(conversations, JSON_TOKENS, grammars=grammars, begun=begun)
        return [_parsed(text, ended, schema) for text, ended in answers]


def _score(row: Any, first: dict[str, list[int]]) -> Score:
    shares = {choice: round(float(row[tokens].sum()), _DIGITS) for choice, tokens in first.items()}
    return Score(probabilities=shares, mass=round(sum(shares.values()), _DIGITS))


def _parsed(text: str, ended: bool, schema: type[Schema]) -> Schema | None:
    """The value of a finished answer; an unfinished one is no answer."""
    if not ended:
        return None
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:  # under the grammar only a cut-off text can fail
        raise OutputParserException("an answer outside its grammar") from error
