"""What a model server's refusals mean, as named errors.

Its own words are read, never passed on: they may quote the question.
"""

import re

import httpx

from prelim.errors import UnavailableError

_PASSING = {408, 425, 429, 500, 502, 503, 504}
_BODIES = (
    (
        # vLLM, llama.cpp and Ollama, each in its own words.
        r"context[ _](?:length|size|window)|maximum model length|max_model_len|prompt is too long",
        "context_too_short",
        "The model server's context is too short for the question with its images (about 260 tokens an image).",
        "Start it with more: vLLM --max-model-len, Ollama OLLAMA_CONTEXT_LENGTH or num_ctx, llama.cpp --ctx-size.",
    ),
    (
        r"image\(s\) may be provided|limit[-_]mm[-_]per[-_]prompt",
        "too_many_images",
        "The model server takes fewer images in one question.",
        "vLLM: --limit-mm-per-prompt '{\"image\": 125}'.",
    ),
    (
        r"image input is not supported|mmproj|not a multimodal model|does not support (?:image|vision)",
        "images_unseen",
        "The model server takes no images.",
        "llama.cpp: give the model's --mmproj file. Else serve a model that reads images.",
    ),
)
_FEATURE = re.compile(r"grammar|json_schema|response_format|logprobs", re.IGNORECASE)
"""llama.cpp fails, where others refuse, over a schema that it cannot follow."""


class PassingError(UnavailableError):
    """May be over soon, or at another server: unreachable, busy, failing, slow."""


class UnfitError(UnavailableError):
    """The server does not take the request as it is: perhaps it lacks what was asked of it."""


def refusal(status: int, body: str, url: str, name: str) -> UnavailableError:
    """The error that an HTTP status (400 or more) with its body stands for."""
    if status in (401, 403):
        remedy = "Set PRELIM_SERVED_KEY to a key that it takes."
        return UnavailableError("model_forbidden", f"The model server {url} refuses this key ({status}).", remedy)
    for words, code, message, remedy in _BODIES:
        if re.search(words, body, re.IGNORECASE):
            return UnavailableError(code, message, remedy)
    if status == 404:
        return unknown(url, name, ())
    if status in _PASSING and not _FEATURE.search(body):
        return PassingError(
            "model_failed", f"The model server {url} failed ({status}).", "See its log; then `prelim resume CASE`."
        )
    return UnfitError("model_refused", f"The model server {url} refused the question ({status}).", "See its log.")


def unknown(url: str, name: str, served: tuple[str, ...]) -> UnavailableError:
    """No model of this name; `served` are the names that the server reported."""
    there = f"It serves: {', '.join(served[:5])}." if served else "Its base URL mostly ends in /v1."
    return UnavailableError("model_unknown", f"The model server {url} serves no '{name}'.", there)


def broken(error: httpx.TransportError, url: str, timeout_s: float) -> PassingError:
    """The error that a failed exchange stands for."""
    slow = isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout)
    if slow:
        remedy = "Raise served_timeout_s, or give the model more servers."
        return PassingError("model_timeout", f"The model server {url} gave no answer in {timeout_s:g} s.", remedy)
    remedy = "Start it, or mend the address; `prelim doctor` looks again."
    return PassingError("model_unreachable", f"The model server {url} cannot be reached.", remedy)


def malformed(url: str) -> UnavailableError:
    """An answer that is no chat completion."""
    remedy = "It must speak OpenAI's chat completions at this address."
    return UnavailableError("model_malformed", f"The model server {url} answered in another form.", remedy)


def unseen(url: str) -> UnavailableError:
    """A server that takes an image and drops it."""
    remedy = "llama.cpp: give the model's --mmproj file. Else serve a model that reads images."
    return UnavailableError("images_unseen", f"The model server {url} drops the images of a question.", remedy)


def truncated() -> UnavailableError:
    """A server that cut the question short without a word, as Ollama does."""
    _, code, message, remedy = _BODIES[0]
    return UnavailableError(code, message, remedy)
