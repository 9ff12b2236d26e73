"""What the command line prints: one JSON document or plain words on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from prelim.errors import PrelimError

as_json = False
"""Set once by `main` where --json was given."""


def show(value: Any, words: str | None = None) -> None:
    """Print `words`, or under --json (or where there are no words) the value."""
    if words is not None and not as_json:
        print(words)
    else:
        print(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def line(value: BaseModel, words: str) -> None:
    """Print `words`, or under --json the value on one line, at once: what is made while others wait."""
    print(value.model_dump_json() if as_json else words, flush=True)


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no plain JSON form")


def fail(error: PrelimError) -> int:
    """Print the error as one line (JSON on stdout under --json) and return its exit status."""
    if as_json:
        print(json.dumps({"error": error.as_json()}, ensure_ascii=False))
    else:
        print(f"prelim: {error.code}: {' '.join(str(error).split())}", file=sys.stderr)
    return error.exit_status


def say(text: str) -> None:
    """A line on stderr."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(steps: tuple[str, ...]) -> Iterator[Any]:
    """A function to call with each step as it starts; it shows which and how far, and is quiet off a terminal."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:

        def step(name: str) -> None:
            done = f" ({steps.index(name) + 1}/{len(steps)})" if name in steps else ""
            status.update(f"{name}{done}")

        yield step
