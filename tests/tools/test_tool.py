"""The decorator `@tool`: a result is stored under all that it depends on, and on nothing else."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from memory.results import Results
from prelim.errors import InputError
from prelim.models.calibration import Calibration
from prelim.settings import load_settings
from prelim.types import ModelIdentity, Value
from tests.sample_calibration import entry
from tools.tool import Context, tool


class Answer(Value):
    """What the tools of this file return."""

    text: str
    parts: tuple[int, ...] = ()


ran: list[str] = []
state = {"revision": "1"}


@tool(reads=("margin",))
def asking(context: Context, *, text: str, parts: tuple[int, ...] = ()) -> Answer:
    """Repeat a text."""
    ran.append("asking")
    return Answer(text=text, parts=parts)


@tool(calibrated=True)
def judging(context: Context, *, text: str) -> Answer:
    ran.append("judging")
    return Answer(text=text)


@tool(asks_model=False)
def reading(context: Context, *, text: str) -> Answer:
    ran.append("reading")
    return Answer(text=text)


@tool(revision_of=lambda context, *, text: state["revision"])
def watching(context: Context, *, text: str) -> Answer:
    ran.append("watching")
    return Answer(text=text + state["revision"])


@tool(asks_model=False)
def failing(context: Context, *, text: str) -> Answer:
    ran.append("failing")
    raise InputError("unreadable", "It cannot be read.", "Mend it.")


@pytest.fixture
def context(home: Path) -> Context:
    nothing: Any = None
    ran.clear()
    state["revision"] = "1"
    return Context(
        settings=load_settings(home=home, device="cpu"),
        artifacts=nothing,
        results=Results(home / "results.db"),
        history=nothing,
        identity=ModelIdentity(name="m", revision="1", digest="a" * 64, card="c" * 64),
        open_model=lambda: pytest.fail("a memo needs no model"),
    )


def with_settings(context: Context, **given: Any) -> Context:
    return replace(context, settings=load_settings(**{"home": context.settings.home, "device": "cpu", **given}))


def with_model(context: Context, digest: str) -> Context:
    return replace(context, identity=context.identity.model_copy(update={"digest": digest}))


def test_the_second_call_does_not_run_the_body(context: Context, home: Path) -> None:
    first = asking(context, text="one", parts=(1, 2))
    again = replace(context, results=Results(home / "results.db"))
    assert asking(context, parts=(1, 2), text="one") == first == asking(again, text="one", parts=(1, 2))
    assert ran == ["asking"] and first == Answer(text="one", parts=(1, 2))


CHANGES: dict[str, tuple[Callable[[Context], Context], dict[str, Any]]] = {
    "input": (lambda context: context, {"text": "two"}),
    "further input": (lambda context: context, {"text": "one", "parts": (1,)}),
    "model": (lambda context: with_model(context, "b" * 64), {"text": "one"}),
    "device": (lambda context: with_settings(context, device="cuda"), {"text": "one"}),
    "setting it reads": (lambda context: with_settings(context, margin=0.3), {"text": "one"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_it_depends_on_runs_it_again(change: str, context: Context) -> None:
    changed, inputs = CHANGES[change]
    asking(context, text="one")
    assert asking(changed(context), **inputs) == Answer(**inputs) and ran == ["asking"] * 2
    assert asking(context, text="one") == Answer(text="one") and ran == ["asking"] * 2, "the first one still stands"


def test_what_it_does_not_depend_on_does_not(context: Context) -> None:
    """A setting that it does not name; a model that it does not ask."""
    asking(context, text="one")
    asking(with_settings(context, labs_months=3), text="one")
    reading(context, text="one")
    reading(with_model(context, "b" * 64), text="one")
    assert ran == ["asking", "reading"]


def test_another_calibration_runs_again_what_depends_on_it(context: Context) -> None:
    """Not what was measured of another model; nor again where only the day of measuring differs."""

    def calibrated(**given: Any) -> Context:
        known = Calibration(entries=(entry(**{"model": "a" * 64, **given}),))
        return replace(context, open_calibration=lambda: known)

    for one in (context, calibrated(model="b" * 64), calibrated(), calibrated(fitted="2027-01-01")):
        judging(one, text="one")
        asking(one, text="one")
    assert ran == ["judging", "asking", "judging"]
    judging(calibrated(temperature=2.0), text="one")
    assert ran[-1] == "judging" and len(ran) == 4


def test_an_outside_revision_runs_it_again(context: Context) -> None:
    assert [watching(context, text="r").text, watching(context, text="r").text] == ["r1", "r1"]
    state["revision"] = "2"
    assert watching(context, text="r").text == "r2" and ran == ["watching"] * 2


def test_an_error_is_not_remembered(context: Context) -> None:
    reading(context, text="one")
    for _ in range(2):
        with pytest.raises(InputError):
            failing(context, text="one")
    assert ran == ["reading", "failing", "failing"], "nor is another tool's result taken for its own"


def test_other_code_is_another_key(context: Context, tmp_path: Path) -> None:
    def loaded(name: str, body: str) -> Any:
        path = tmp_path / f"{name}.py"
        path.write_text(f"from tools.tool import tool\n\n@tool()\ndef made(context, *, text):\n    return {body}\n")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.made

    bodies = {"one": "text", "same": "text", "other": "text + '!'"}
    one, same, other = (loaded(name, body).key(context, {"text": "x"}) for name, body in bodies.items())
    assert one == same != other


def test_langchain_calls_the_same_tool(context: Context) -> None:
    asking(context, text="one", parts=(1,))
    called = asking.as_langchain(context)
    assert called.invoke({"text": "one", "parts": [1]}) == {"text": "one", "parts": [1]} and ran == ["asking"]
    assert (called.name, called.description) == ("asking", "Repeat a text.")
    assert called.args["text"]["type"] == "string" and set(called.args) == {"text", "parts"}
    assert called.invoke({"text": "two"}) == {"text": "two", "parts": []} and ran == ["asking"] * 2
    for broken in ({"parts": [1]}, {"text": "one", "parts": ["x"]}):
        with pytest.raises(ValidationError):
            called.invoke(broken)
