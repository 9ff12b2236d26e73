"""Questions over OpenAI's chat completions, so that any chat program can ask: `/v1/chat/completions`, `/v1/models`.

The case or patient is named by the caller: in the model ("prelim/SUBJECT") or in a header. What a conversation's
messages say names none. The client keeps the conversation: its earlier questions come with each request.
Shapes: platform.openai.com/docs/api-reference/chat.
"""

import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.answers import Numbers, as_words
from app.facade import Prelim
from prelim.answer import Answer, AnswerStatement
from prelim.errors import InputError, PrelimError, RefusedError

BODY_BYTES = 1_000_000
_CASES_LISTED = 50
_HEADERS = ("x-prelim-case", "x-prelim-patient")
_OWNER = "prelim"
Json = dict[str, Any]


class Part(BaseModel):
    """A part of a message."""

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of the conversation; only what the user says is read."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words. InputError unsupported_content where it holds more."""
        if isinstance(self.content, list):
            if any(part.type != "text" for part in self.content):
                remedy = "Images and files belong into a case: `prelim draft`."
                raise InputError("unsupported_content", "A message holds more than text.", remedy)
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class Asked(BaseModel):
    """A request, as far as it is heeded; programs send much else."""

    model_config = ConfigDict(extra="ignore")

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool = False
    n: int | None = 1

    @property
    def questions(self) -> list[str]:
        """What the user asked, in order; the last is the question."""
        return [message.text for message in self.messages if message.role == "user"]


def application(prelim: Prelim) -> Starlette:
    """The application. It answers whoever reaches it: app/bearer.py stands before it."""

    async def completions(request: Request) -> Response:
        try:
            asked = await _read(request)
            subject, questions = _subject(asked.model, request), asked.questions
            if not questions:
                raise InputError("empty_question", "The conversation holds no question.", "Send a user message.")
            said = prelim.aask_stream(subject, questions[-1], earlier=questions[:-1])
            first = await anext(said)  # what is wrong with the question shows here, before anything is sent
        except PrelimError as error:
            return _refused(error)
        name = asked.model
        if asked.stream:
            return StreamingResponse(_chunks(first, said, name), media_type="text/event-stream")
        *_, answer = [first, *[one async for one in said]]
        assert isinstance(answer, Answer)  # the last of a stream
        return JSONResponse(_completion(answer, name))

    async def models(request: Request) -> Response:
        cases = [case for case in prelim.worklist() if case.status in ("review", "signed", "rejected")]
        names = [_OWNER, *(f"{_OWNER}/{case.case_id}" for case in cases[:_CASES_LISTED])]
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": _OWNER} for name in names]
        return JSONResponse({"object": "list", "data": listed})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", completions, methods=["POST"]),
            Route("/v1/models", models, methods=["GET"]),
        ]
    )


# ------------------------------------------------------------------ what is asked


async def _read(request: Request) -> Asked:
    """The request's body. InputError too_large, bad_request: what it holds is quoted nowhere."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise InputError("too_large", f"More than {BODY_BYTES:,} bytes were sent.", "Send a shorter conversation.")
    try:
        asked = Asked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise InputError("bad_request", f"{place}: {first['msg']}.", "See OpenAI's chat completions.") from error
    if asked.n not in (None, 1):
        raise InputError("bad_request", "One answer is given to a question.", "Leave n out.")
    return asked


def _subject(model: str, request: Request) -> str:
    """The case or patient that the caller names, in the model or in a header. InputError no_subject, two_subjects."""
    _, _, named = model.replace(":", "/", 1).partition("/")
    given = [name for name in (named, *(request.headers.get(header) for header in _HEADERS)) if name]
    remedy = 'Name a case or patient as model "prelim/ID", or in X-Prelim-Case or X-Prelim-Patient.'
    if not model.startswith(_OWNER):
        raise InputError("unknown_model", "No such model is served.", remedy)
    if not given:
        raise InputError("no_subject", "No case or patient is named.", remedy)
    if len(set(given)) > 1:
        raise InputError("two_subjects", "More than one case or patient is named.", "Name one.")
    return given[0]


# ------------------------------------------------------------------ what is answered


def _completion(answer: Answer, name: str) -> Json:
    message = {"role": "assistant", "content": as_words(answer), _OWNER: answer.model_dump(mode="json")}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return {**_head("chat.completion", name), "choices": [choice], "usage": usage}


def _head(kind: str, name: str) -> Json:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": name}


async def _chunks(
    first: AnswerStatement | Answer, said: AsyncIterator[AnswerStatement | Answer], name: str
) -> AsyncIterator[str]:
    """The answer as server-sent events: a statement each as it is known, then sources and notes."""
    head, numbers = _head("chat.completion.chunk", name), Numbers()
    yield _event(head, {"role": "assistant", "content": ""})
    if isinstance(first, AnswerStatement):
        yield _event(head, {"content": f"{numbers.marked(first)}\n"})
    answer: AnswerStatement | Answer = first
    async for answer in said:
        if isinstance(answer, AnswerStatement):
            yield _event(head, {"content": f"{numbers.marked(answer)}\n"})
    assert isinstance(answer, Answer)  # the last of a stream
    yield _event(head, {"content": numbers.rest(answer)})
    yield _event(head, {_OWNER: answer.model_dump(mode="json")}, "stop")
    yield "data: [DONE]\n\n"


def _event(head: Json, delta: Json, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n"


def _refused(error: PrelimError) -> Response:
    """A named error in OpenAI's shape."""
    status = {InputError: 400, RefusedError: 403}.get(type(error), 503)
    status = {"unknown_case": 404, "unknown_model": 404, "too_large": 413}.get(error.code, status)
    body = {"message": str(error), "type": "invalid_request_error", "param": None, "code": error.code}
    return JSONResponse({"error": body}, status)
