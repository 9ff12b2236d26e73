"""`ChatServed`: MedGemma behind any OpenAI-compatible server, with the same face as the one in this process."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jsonschema
from langchain_core.messages import BaseMessage
from pydantic import ValidationError

from prelim.models.interface import JSON_TOKENS, MARKER, ChatModel, Conversations, Schema, Score
from prelim.models.served_completion import Json, Question
from prelim.models.served_endpoint import Reply, probe
from prelim.models.served_scores import refuse_alike, said, shares
from prelim.models.served_turns import turns_of

Item = TypeVar("Item")
Result = TypeVar("Result")
Reading = tuple[Schema | None, str]
"""What an answer says, or what is wrong with it."""


class ChatServed(ChatModel):
    """A served MedGemma. The questions of one call go out side by side, `at_once` for each server of the `pool`."""

    pool: Any
    at_once: int = 8

    @property
    def _llm_type(self) -> str:
        return "served"

    # -------------------------------------------------------------- prose

    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[str | None, bool]:
        completion = self._ask(Question(turns_of(messages), self.max_new_tokens)).completion
        return completion.text, completion.ended

    # -------------------------------------------------------------- closed questions

    def score_all(self, conversations: Conversations, choices: Sequence[str]) -> list[Score]:
        """`score` for many conversations, by the likeliest first tokens; greedy where a server gives none."""
        refuse_alike(choices)
        return self._all(lambda turns: self._score(turns, choices), map(turns_of, conversations))

    def _score(self, turns: list[Json], choices: Sequence[str]) -> Score:
        reply = self._ask(probe(turns))
        top = reply.completion.top if reply.granted else None
        return said(reply.completion.text, choices) if top is None else shares(top, choices)

    # -------------------------------------------------------------- JSON

    def structured_all(
        self, conversations: Conversations, schema: type[Schema], narrowed: Sequence[Json] | None = None
    ) -> list[Schema | None]:
        """Answers held to the schema by the server where it can, checked here always, asked again once."""
        allowed = narrowed or [schema.model_json_schema()] * len(conversations)
        asked = zip(map(turns_of, conversations), allowed, strict=True)
        return self._all(lambda given: self._structured(*given, schema), asked)

    def _structured(self, turns: list[Json], allowed: Json, schema: type[Schema]) -> Schema | None:
        held = {"type": "json_schema", "json_schema": {"name": schema.__name__, "schema": allowed, "strict": True}}
        told = _told(turns, f"Answer with JSON of this schema alone: {json.dumps(schema.model_json_schema())}")
        plain = Question(told, JSON_TOKENS)
        reply = self._ask(Question(turns, JSON_TOKENS, {"response_format": held}, "response_format", plain))
        return self._checked(reply, plain, lambda text: _read(text, allowed, schema))

    def answers_after(self, conversations: Conversations, schema: type[Schema]) -> list[Schema | None]:
        """Free words until "Final Answer:", then an array of the schema, checked here and asked again once."""
        return self._all(lambda turns: self._answer_after(turns, schema), map(turns_of, conversations))

    def _answer_after(self, turns: list[Json], schema: type[Schema]) -> Schema | None:
        def read(text: str) -> Reading[Schema]:
            return _read(text.partition(MARKER)[2] or text, schema.model_json_schema(), schema)

        question = Question(turns, self.max_new_tokens + JSON_TOKENS)
        reply = self._ask(question)
        return self._checked(reply, question, read) if MARKER in (reply.completion.text or "") else None

    def _checked(self, reply: Reply, plain: Question, read: Callable[[str], Reading[Schema]]) -> Schema | None:
        """The answer, else that of a second try to which the fault is named; None: no answer."""
        text = reply.completion.text
        if text is None or not reply.completion.ended:
            return None
        value, fault = read(text)
        if value is not None:
            return value
        if reply.granted:  # a server that takes a schema and does not keep to it
            reply.endpoint.lacks.add("response_format")
        correction = f"That is not valid: {fault}. Answer again with the corrected JSON alone."
        turns = [*plain.turns, {"role": "assistant", "content": text}, {"role": "user", "content": correction}]
        again = self._ask(plain._replace(turns=turns)).completion
        return read(again.text)[0] if again.ended and again.text is not None else None

    # -------------------------------------------------------------- asking

    def _ask(self, question: Question) -> Reply:
        reply: Reply = self.pool.complete(question)
        return reply

    def _all(self, ask: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """In order; the first failure ends what has not begun."""
        with ThreadPoolExecutor(self.at_once * len(self.pool.endpoints)) as threads:
            asked = [threads.submit(ask, item) for item in items]
            try:
                return [one.result() for one in asked]
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise


def _told(turns: list[Json], words: str) -> list[Json]:
    """The turns with words added to the last one."""
    *before, last = turns
    content = last["content"]
    added = f"{content}\n{words}" if isinstance(content, str) else [*content, {"type": "text", "text": words}]
    return [*before, {**last, "content": added}]


def _read(text: str, allowed: Json, schema: type[Schema]) -> Reading[Schema]:
    """JSON, fenced or not, that the narrower of both schemas allows."""
    fenced = re.search(r"```(?:json)?\s*(.*?)\s*```", text, re.DOTALL)
    try:
        plain = json.loads(fenced[1] if fenced else text)
        jsonschema.validate(plain, allowed)
        return schema.model_validate(plain), ""
    except json.JSONDecodeError as error:
        return None, f"{error.msg} at character {error.pos}"
    except jsonschema.ValidationError as error:
        return None, f"{error.message} ({error.json_path})"
    except ValidationError as error:
        return None, error.errors()[0]["msg"]
