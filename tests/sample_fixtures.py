"""Fixtures around the sample case, for the rooms that report it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.draft import assemble
from agents.reporter import compose
from agents.verifier import verify
from memory.artifacts import Artifacts
from memory.results import Results
from prelim.draft import Draft, Found
from prelim.models.answers import StatementAnswer
from prelim.settings import Settings
from prelim.types import ModelIdentity, digest_of
from tests.sample_case import sample
from tools.tool import Context

Say = Callable[[str], str]


class Writer:
    """A writer of given sentences, so that the verifier sees wrong ones. None: its card declines to write."""

    def __init__(self, say: Say | None) -> None:
        self.say = say

    @property
    def card(self) -> "Writer":
        return self

    def declines(self, task: str, series: object = None, label: str | None = None) -> str | None:
        return None if self.say else f"The card does not list {task}."

    def structured_all(self, conversations: Any, schema: Any, narrowed: Any) -> list[StatementAnswer | None]:
        """What is said of each question, citing all that may be cited; nothing said is no answer."""
        assert self.say is not None
        said = [self.say(str(messages[-1].content)) for messages in conversations]
        marks = [one["properties"]["evidence"]["items"]["enum"] for one in narrowed]
        return [
            StatementAnswer(text=text, evidence=cited) if text else None
            for text, cited in zip(said, marks, strict=True)
        ]


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "artifacts")


@pytest.fixture
def found(artifacts: Artifacts) -> Found:
    return sample(artifacts)


@pytest.fixture
def scripted(artifacts: Artifacts, tmp_path: Path) -> Callable[[Say | None], Context]:
    """A context whose model writes what `say` returns for the question's text. Each is another model."""
    made: list[Context] = []

    def context(say: Say | None) -> Context:
        identity = ModelIdentity(name="writer", revision="1", digest=digest_of(len(made)), card=digest_of("card"))
        writer: Any = Writer(say)
        nothing: Any = None
        made.append(
            Context(
                settings=Settings(home=tmp_path),
                artifacts=artifacts,
                results=Results(tmp_path / "results.db"),
                history=nothing,
                identity=identity,
                open_model=lambda: writer,
            )
        )
        return made[-1]

    return context


@pytest.fixture
def draft(found: Found, scripted: Callable[[Say | None], Context]) -> Draft:
    context = scripted(None)
    verdict = verify(compose(context, found), found)
    return assemble(
        verdict.composition,
        found,
        case_id="c-0123456789abcdef",
        model=context.identity,
        settings=context.settings,
    )
