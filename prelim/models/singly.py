"""A model that is asked one question at a time: batch 1, whoever else asks. For asking again what was asked in batches.

The embedded model and MedGemma answer many questions in one pass (prelim/models/engine/). Behind this wrapper every
conversation is a call of its own, and one waits for the other.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import PrivateAttr

from prelim.models.interface import ChatModel, Conversations, Schema, Score


class ChatSingly(ChatModel):
    """The same model; each of its questions is a batch of one."""

    asked: ChatModel
    _turn: Any = PrivateAttr(default_factory=Lock)

    @classmethod
    def of(cls, model: ChatModel) -> "ChatSingly":
        """A model, asked singly."""
        return cls(asked=model, identity=model.identity, card=model.card, max_new_tokens=model.max_new_tokens)

    @property
    def _llm_type(self) -> str:
        return self.asked._llm_type

    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[str | None, bool]:
        with self._turn:
            return self.asked.model_copy(update={"max_new_tokens": self.max_new_tokens})._answer(messages)

    def score_all(self, conversations: Conversations, choices: Sequence[str]) -> list[Score]:
        """`score` for each conversation alone."""
        with self._turn:
            return [self.asked.score_all([one], choices)[0] for one in conversations]

    def structured_all(
        self, conversations: Conversations, schema: type[Schema], narrowed: Sequence[dict[str, Any]] | None = None
    ) -> list[Schema | None]:
        """As the model's own, each conversation alone."""
        schemas = [[one] for one in narrowed] if narrowed else [None] * len(conversations)
        with self._turn:
            return [
                self.asked.structured_all([one], schema, own)[0]
                for one, own in zip(conversations, schemas, strict=True)
            ]

    def answers_after(self, conversations: Conversations, schema: type[Schema]) -> list[Schema | None]:
        """As the model's own, each conversation alone."""
        with self._turn:
            return [self.asked.answers_after([one], schema)[0] for one in conversations]
