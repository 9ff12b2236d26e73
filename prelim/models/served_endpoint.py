"""One model server over HTTP, and what it turned out to lack."""

import ssl
import time
import weakref
from functools import cache
from threading import Lock
from typing import NamedTuple, TypeVar

import httpx
from PIL import Image
from pydantic import BaseModel, ValidationError

from prelim.models import served_errors as errors
from prelim.models.served_completion import Completion, Feature, Json, Question
from prelim.models.served_turns import SIDE_PX, data_url

_CONNECT_S = 5.0
_KEPT = 0.9
"""Fewer prompt tokens than this share of what the images alone take: the server cut the question short."""
Shape = TypeVar("Shape", bound=BaseModel)


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates, a hospital's own among them. Read once: it takes a while."""
    return ssl.create_default_context()


class Reply(NamedTuple):
    """A completion and who gave it. `granted`: the feature that the question asks for was used."""

    completion: Completion
    endpoint: "Endpoint"
    granted: bool


class _Named(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Named] = []


class Endpoint:
    """One server, looked at before its first question. `lacks` is learnt from its answers; safe to share by threads."""

    def __init__(self, url: str, name: str, key: str | None, timeout_s: float) -> None:
        self.url, self.name, self.timeout_s = url, name, timeout_s
        self.lacks: set[Feature] = set()
        self._has: set[Feature] = set()
        self.image_tokens: int | None = None
        """What one image takes, by the server's own count; None where it does not count."""
        self._looked, self._looking = False, Lock()
        self._failed: errors.PassingError | None = None
        self._failed_s = 0.0
        # No proxy, no .netrc, no redirect: nothing goes anywhere but to the address.
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
            verify=_trusted(),
            trust_env=False,
        )
        weakref.finalize(self, self._http.close)

    # -------------------------------------------------------------- questions

    def complete(self, question: Question) -> Reply:
        """The answer. UnavailableError of every kind that `served_errors` names."""
        self.look()
        return self._complete(question)

    def _complete(self, question: Question) -> Reply:
        """With the feature where the server has it. What it has not is remembered."""
        feature, plain = question.feature, question.plain
        if feature is None or plain is None:
            return Reply(self._post(question), self, granted=False)
        if feature not in self.lacks and (granted := self._granted(question)):
            self._has.add(feature)
            return Reply(granted, self, granted=True)
        reply = Reply(self._post(plain), self, granted=False)  # raises where it is not the feature that is wrong
        if feature not in self._has:  # else it failed this question alone: an empty answer, a schema of its own
            self.lacks.add(feature)
        return reply

    def _granted(self, question: Question) -> Completion | None:
        """The answer with the question's feature; None where the server refuses the question or ignores the feature."""
        try:
            completion = self._post(question)
        except errors.UnfitError:
            return None
        return None if question.feature == "logprobs" and completion.top is None else completion

    def _post(self, question: Question) -> Completion:
        completion = self._read(Completion, self._send("POST", "/chat/completions", question.body(self.name)))
        tokens = completion.prompt_tokens
        if tokens and self.image_tokens and tokens < _KEPT * question.images * self.image_tokens:
            raise errors.truncated()
        return completion

    # -------------------------------------------------------------- what it is

    def look(self) -> None:
        """Whether the model is there, sees images and gives log-probabilities; asked once."""
        began_s = time.monotonic()
        with self._looking:
            if self._failed and self._failed_s > began_s:
                raise self._failed  # the look that this one waited for: one silent server is not waited for in a row
            if not self._looked:
                try:
                    self._check_name()
                    self._check_sight()
                except errors.PassingError as error:
                    self._failed, self._failed_s = error, time.monotonic()
                    raise
                self._looked = True

    def _check_name(self) -> None:
        """A server that lists its models must list this one; one without a list is believed."""
        response = self._send("GET", "/models", believed=(404, 405, 501))
        served = tuple(model.id for model in self._read(_Models, response).data) if response.is_success else ()
        if served and not {self.name, f"{self.name}:latest"} & set(served):
            raise errors.unknown(self.url, self.name, served)

    def _check_sight(self) -> None:
        """What an image adds to a question's length. Nothing, where a server drops images without a word."""
        text: Json = {"type": "text", "text": "Is there an image? Answer yes or no."}
        image: Json = {
            "type": "image_url",
            "image_url": {"url": data_url(Image.new("RGB", (SIDE_PX, SIDE_PX), "gray"))},
        }
        blind, seeing = (
            self._complete(probe([{"role": "user", "content": parts}])) for parts in ([text], [image, text])
        )
        before, after = blind.completion.prompt_tokens, seeing.completion.prompt_tokens
        if before and after:
            self.image_tokens = after - before
            if self.image_tokens <= 0:
                raise errors.unseen(self.url)

    # -------------------------------------------------------------- one exchange

    def _send(self, method: str, path: str, body: Json | None = None, believed: tuple[int, ...] = ()) -> httpx.Response:
        try:
            response = self._http.request(method, self.url + path, json=body)
        except httpx.TransportError as error:
            raise errors.broken(error, self.url, self.timeout_s) from error
        except httpx.DecodingError as error:
            raise errors.malformed(self.url) from error
        if response.is_success or response.status_code in believed:
            return response
        raise errors.refusal(response.status_code, response.text, self.url, self.name)

    def _read(self, shape: type[Shape], response: httpx.Response) -> Shape:
        """Raised from None: pydantic's words quote the answer."""
        try:
            return shape.model_validate_json(response.content)
        except ValidationError:
            raise errors.malformed(self.url) from None


def probe(turns: list[Json], words: int = 8, top: int = 20) -> Question:
    """A closed question: the first token's likeliest alternatives, or a word or two where there are no probabilities.

    20 is the most that OpenAI's interface, vLLM as it comes, and Ollama give.
    """
    more = {"logprobs": True, "top_logprobs": top}
    return Question(turns, 1, more, "logprobs", Question(turns, words))
