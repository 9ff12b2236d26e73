"""How an alert leaves this machine: posted to an address, or handed to a command. Nothing else may be sent this way.

Neither an address (it may hold a key) nor what a receiver answers (it may hold anything) is repeated: of an address
its host is named, of an answer its status.
"""

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import httpx

from prelim.errors import UnavailableError
from prelim.settings import Settings
from prelim.types import Urgency, Value

KEY_HEADER = "Idempotency-Key"
KEY_VARIABLE = "PRELIM_IDEMPOTENCY_KEY"
_PASSING = {408, 425, 429}
"""Statuses below 500 after which another try may do."""
_REMEDY = "`prelim resume CASE` tries again."


class Message(Value):
    """All that an alert says."""

    case_id: str
    urgency: Urgency


class UndeliveredError(UnavailableError):
    """`alert_undelivered`: one try failed. `passing`: another may not."""

    def __init__(self, problem: str, passing: bool = True) -> None:
        super().__init__("alert_undelivered", problem, _REMEDY)
        self.passing = passing


class Channel(NamedTuple):
    """A way out. `send(message, key)` is one try: UndeliveredError where it failed."""

    name: str
    send: Callable[[Message, str], None]


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """The ways that the site configured; none as it comes."""
    found, within_s = [], settings.alert_timeout_s
    if settings.alert_webhook:
        url = settings.alert_webhook.get_secret_value()
        found.append(Channel("webhook", lambda message, key: post(url, message, key, within_s)))
    if settings.alert_command:
        words = settings.alert_command
        found.append(Channel("command", lambda message, key: execute(words, message, key, within_s)))
    return tuple(found)


# ------------------------------------------------------------------ an address


def post(url: str, message: Message, key: str, timeout_s: float) -> None:
    """POST the message as JSON; any status of 2xx is success. UndeliveredError within `timeout_s` seconds."""
    host = httpx.URL(url).host
    try:
        status = _within(timeout_s, lambda: _status(url, message, key, timeout_s))
    except (TimeoutError, httpx.TimeoutException):
        raise UndeliveredError(f"{host} gave no answer in {timeout_s:g} s") from None
    except httpx.HTTPError:
        raise UndeliveredError(f"{host} cannot be reached") from None  # httpx's words quote the address
    if not 200 <= status < 300:
        raise UndeliveredError(f"{host} answered with status {status}", status >= 500 or status in _PASSING)


def _status(url: str, message: Message, key: str, timeout_s: float) -> int:
    """The status alone: the answer's body is never read. No proxy, no .netrc, no redirect."""
    headers = {KEY_HEADER: key, "User-Agent": "prelim"}
    verify = ssl.create_default_context() if url.startswith("https:") else False
    with (
        httpx.Client(timeout=timeout_s, verify=verify, trust_env=False) as client,
        client.stream("POST", url, json=message.model_dump(), headers=headers) as response,
    ):
        return response.status_code


def _within(seconds: float, call: Callable[[], int]) -> int:
    """What `call` returns or raises; TimeoutError where it takes longer, however slowly its answer drips in."""
    done: Future[int] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)  # raised where the result is asked for

    Thread(target=run, daemon=True).start()
    return done.result(timeout=seconds)


# ------------------------------------------------------------------ a command


def execute(command: Sequence[str], message: Message, key: str, timeout_s: float) -> None:
    """Run a command, without a shell, with the message as JSON on its standard input and its key in its environment.

    Status 0 is success. What it prints is thrown away; Prelim's own settings are not handed on to it.
    """
    name = Path(command[0]).name
    environment = {word: value for word, value in os.environ.items() if not word.startswith("PRELIM_")}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environment, KEY_VARIABLE: key},
            start_new_session=True,
        )
    except (OSError, ValueError):
        raise UndeliveredError(f"the command {name} cannot be started", passing=False) from None
    try:
        process.communicate(json.dumps(message.model_dump()).encode() + b"\n", timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise UndeliveredError(f"the command {name} took longer than {timeout_s:g} s") from None
    finally:
        _end(process)
    if process.returncode:
        raise UndeliveredError(f"the command {name} ended with status {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Of one that runs on, nothing is left behind."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
