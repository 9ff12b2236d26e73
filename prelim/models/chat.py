"""`ChatMedGemma`: a LangChain chat model with one extension, `score` (design: idea 3).

Importing this module brings no torch; `prelim.models.loading.open_model` makes one.
"""

import re
from collections.abc import Sequence
from typing import Any, Self, TypeVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel, ValidationError

from prelim.models.answers import BOX_OPENING
from prelim.models.card import Card
from prelim.models.messages import from_base64
from prelim.types import ModelIdentity, Value

Schema = TypeVar("Schema", bound=BaseModel)
THOUGHT_BEGINS, THOUGHT_ENDS = "<unused94>", "<unused95>"
_MARKER = BOX_OPENING.split("\n")[0]
_JSON_TOKENS = 512
_DIGITS = 4
_CONTROL = re.compile(r"<(?=(?:start|end)_of_(?:turn|image)>|image_soft_token>|(?:bos|eos|pad|unk|mask|unused\d+)>)")
"""What would become a control token: a document's text must not end a turn or stand for an image."""
_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


class Score(Value):
    """Each choice's share of the whole vocabulary at the first answer position, and their sum, to four digits.

    Never renormalised: a low mass means that the model wanted to say something else. Further digits depend on the
    processor and on what was asked beside it.
    """

    probabilities: dict[str, float]
    mass: float


class ChatMedGemma(BaseChatModel):
    """MedGemma, or the embedded model of the same architecture, in this process. Greedy; safe to share by threads.

    `case` is for whom it asks: the cases that wait are served in turn.
    """

    runtime: Any
    identity: ModelIdentity
    card: Card
    max_new_tokens: int = 256
    case: str = ""

    def for_case(self, case: str) -> Self:
        """The same model, asking for a case."""
        return self.model_copy(update={"case": case})

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
        [(text, ended)] = self._write([conversation_of(messages)], self.max_new_tokens)
        answer = without_thought(text)
        reason = "no_answer" if answer is None else "stop" if ended else "length"
        message = AIMessage(content=answer or "", response_metadata={"finish_reason": reason})
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _write(self, conversations: Sequence[Any], limit: int, **how: Any) -> list[tuple[str, bool]]:
        return self.runtime.generate(conversations, limit, case=self.case, **how)  # type: ignore[no-any-return]

    # -------------------------------------------------------------- closed questions

    def score(self, messages: Sequence[BaseMessage], choices: Sequence[str]) -> Score:
        """How likely each choice is as the answer's first token. ValueError where two choices begin alike."""
        return self.score_all([messages], choices)[0]

    def score_all(self, conversations: Sequence[Sequence[BaseMessage]], choices: Sequence[str]) -> list[Score]:
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

    def with_structured_output(  # type: ignore[override]
        self, schema: type[Schema], **kwargs: Any
    ) -> Runnable[LanguageModelInput, Schema]:
        """A runnable that answers in the schema, decoded under its grammar. OutputParserException: no answer."""

        def answer(messages: Any) -> Schema:
            given = self._convert_input(messages).to_messages()
            [value] = self.structured_all([given], schema)
            if value is None:
                raise OutputParserException("the answer did not end within its tokens")
            return value

        return RunnableLambda(answer)

    def structured_all(
        self,
        conversations: Sequence[Sequence[BaseMessage]],
        schema: type[Schema],
        narrowed: Sequence[dict[str, Any]] | None = None,
    ) -> list[Schema | None]:
        """Answers in the schema for many conversations, decoded side by side; None where one did not end.

        `narrowed`: for each conversation a JSON schema that allows less.
        """
        return self._guided([conversation_of(messages) for messages in conversations], schema, narrowed)

    def answers_after(
        self, conversations: Sequence[Sequence[BaseMessage]], schema: type[Schema]
    ) -> list[Schema | None]:
        """Free words until "Final Answer:", then a fenced array under the schema's grammar. None: no answer."""
        asked = [conversation_of(messages) for messages in conversations]
        said = self._write(asked, self.max_new_tokens, stop=_MARKER) if asked else []
        free = [without_thought(text) for text, _ in said]
        came = [n for n, words in enumerate(free) if words is not None and _MARKER in words]
        begun = [(free[n] or "").split(_MARKER)[0] + BOX_OPENING for n in came]
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
        answers = self._write(conversations, _JSON_TOKENS, grammars=grammars, begun=begun)
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


def without_thought(text: str) -> str | None:
    """The answer without its silent thought; None where the thought was cut off and no answer came.

    MedGemma writes <unused94>thought…<unused95>answer, and decoding does not remove these markers.
    """
    if THOUGHT_BEGINS not in text:
        return text.strip()
    before, _, rest = text.partition(THOUGHT_BEGINS)
    _, ended, answer = rest.partition(THOUGHT_ENDS)
    return (before + answer).strip() if ended else None


# ------------------------------------------------------------------ messages → turns


def conversation_of(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Turns for the chat template. Adjacent texts are merged: the template would join them without a space.

    ValueError for a role or a block that the template would drop or refuse.
    """
    turns = []
    for message in messages:
        if message.type not in _ROLES:
            raise ValueError(f"the chat template has no role '{message.type}'")
        turns.append({"role": _ROLES[message.type], "content": _parts(message.content)})
    return turns


def _parts(content: str | list[Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for block in [content] if isinstance(content, str) else content:
        part = _part(block)
        if part["type"] == "text" and parts and parts[-1]["type"] == "text":
            parts[-1] = {"type": "text", "text": f"{parts[-1]['text']}\n{part['text']}"}
        else:
            parts.append(part)
    return parts


def _part(block: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(block, str):
        return {"type": "text", "text": _CONTROL.sub("< ", block)}
    if block.get("type") == "text":
        return _part(str(block["text"]))
    if block.get("type") == "image" and "base64" in block:
        return {"type": "image", "image": from_base64(block["base64"])}
    if block.get("type") == "image_url":
        url = block["image_url"]["url"] if isinstance(block["image_url"], dict) else block["image_url"]
        if url.startswith("data:"):
            return {"type": "image", "image": from_base64(url.partition(",")[2])}
    raise ValueError(f"a message block of type '{block.get('type')}' cannot be shown to the model")
