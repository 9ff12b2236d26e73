"""A model server on loopback that speaks OpenAI's chat completions, as vLLM does, by asking the embedded model.

`faults` stand before it: each sees a question and may answer in its place.
"""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from threading import Lock, Thread
from typing import Any, NamedTuple

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from prelim.models.chat import ChatMedGemma
from prelim.models.grammar import grammar_of
from prelim.models.messages import conversation_of

Json = dict[str, Any]
Fault = Callable[[Json], "Answer | None"]
NAME = "phantom"
_MESSAGES: dict[str, Any] = {"user": HumanMessage, "assistant": AIMessage, "system": SystemMessage}


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: Any
    location: str = ""


def said(text: str | None, *, ended: bool = True, tokens: int | None = None, logprobs: Any = None) -> Answer:
    """A completion of these words."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop" if ended else "length",
        "logprobs": logprobs,
    }
    return Answer(200, {"object": "chat.completion", "choices": [choice], "usage": {"prompt_tokens": tokens}})


def likely(**shares: float) -> Json:
    """The log-probabilities of a first token; keys are tokens, a leading underscore stands for a space."""
    top = [{"token": token.replace("_", " "), "logprob": log(share)} for token, share in shares.items()]
    return {"content": [{**top[0], "top_logprobs": top}]}


def refused(status: int, message: str, kind: str = "BadRequestError") -> Answer:
    """An error as vLLM, Ollama and llama.cpp all wrap it."""
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": status}})


def looks(body: Json) -> bool:
    """Whether this is the look that comes before a server's first question."""
    return "Is there an image?" in json.dumps(body)


def always(answer: Answer) -> Fault:
    """This answer to every question; the look goes well."""
    return lambda body: None if looks(body) else answer


def in_turn(*answers: Answer | None) -> Fault:
    """These answers one after another, None for the server's own; the last one again and again."""
    left = list(answers)
    return lambda body: None if looks(body) else left.pop(0) if len(left) > 1 else left[0]


class ModelServer:
    """The server. `asked` holds every completion's body, `keys` every Authorization header, in their order."""

    def __init__(self, model: ChatMedGemma | None = None) -> None:
        self.model, self.faults = model, list[Fault]()
        self.asked, self.keys = list[Json](), list[str | None]()
        self.names: Any = [NAME]
        self._lock = Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def address(self) -> str:
        """What `--model` takes."""
        return f"served:{self.url}#{NAME}"

    @property
    def questions(self) -> list[Json]:
        """The bodies of what was asked after the look that comes first."""
        return [body for body in self.asked if not looks(body)]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def models(self) -> Answer:
        return self.names if isinstance(self.names, Answer) else Answer(200, {"data": [{"id": n} for n in self.names]})

    def complete(self, body: Json, key: str | None) -> Answer:
        with self._lock:
            self.asked.append(body)
            self.keys.append(key)
        for fault in list(self.faults):
            answer = fault(body)
            if answer is not None:
                return answer
        return self._answer(body) if self.model else said("yes", tokens=260 * images(body) + 20)

    def _answer(self, body: Json) -> Answer:
        """The embedded model's own answer: log-probabilities from its logits, JSON under its grammar."""
        assert self.model is not None
        runtime = self.model.runtime
        conversation = conversation_of([_MESSAGES[turn["role"]](turn["content"]) for turn in body["messages"]])
        tokens = len(runtime.tokenizer(runtime.text_of(conversation), add_special_tokens=False).input_ids)
        logprobs, more = None, {}
        if form := body.get("response_format"):
            more["grammars"] = [grammar_of(form["json_schema"]["schema"])]
        if body.get("logprobs"):
            top = runtime.next_token([conversation])[0].topk(body["top_logprobs"])
            spelt = [runtime.tokenizer.decode([token]) for token in top.indices.tolist()]
            pairs = zip(spelt, top.values.log().tolist(), strict=True)
            logprobs = {"content": [{"top_logprobs": [{"token": t, "logprob": p} for t, p in pairs]}]}
        [(text, ended)] = runtime.generate([conversation], body["max_tokens"], **more)
        return said(text, ended=ended, tokens=tokens, logprobs=logprobs)


def images(body: Json) -> int:
    """How many images a question shows."""
    parts = [part for turn in body["messages"] if isinstance(turn["content"], list) for part in turn["content"]]
    return sum(part["type"] == "image_url" for part in parts)


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(server.models() if self.path == "/v1/models" else refused(404, "Not Found"))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/v1/chat/completions"
            self._reply(server.complete(body, self.headers["Authorization"]) if known else refused(404, "Not Found"))

        def _reply(self, answer: Answer) -> None:
            plain = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                if answer.location:
                    self.send_header("Location", answer.location)
                self.send_header("Content-Length", str(len(plain)))
                self.end_headers()
                self.wfile.write(plain)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller waited no longer

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Handler


@pytest.fixture
def serve() -> Iterator[Callable[..., ModelServer]]:
    """Starts a server, of the embedded model or of fixed words; all are closed after the test."""
    started: list[ModelServer] = []

    def start(model: ChatMedGemma | None = None, *faults: Fault) -> ModelServer:
        server = ModelServer(model)
        server.faults += faults
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()
