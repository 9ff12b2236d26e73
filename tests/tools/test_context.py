"""What tools work with: one model, opened once, and patients under this home's keys."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from time import sleep
from typing import Any

from prelim.settings import Settings, load_settings
from tools.tool import open_context


def test_the_model_is_opened_once_whoever_asks_first(settings: Settings) -> None:
    opened, together, model = [], Barrier(6), object()
    context = open_context(settings)

    def open_model() -> Any:
        opened.append(1)
        sleep(0.05)
        return model

    def ask(_: int) -> object:
        together.wait()
        return context.model

    context.open_model = open_model
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(ask, range(6))) == {model} and opened == [1]


def test_a_key_is_the_homes_own_and_tells_nothing(settings: Settings, tmp_path: Path) -> None:
    context = open_context(settings)
    key = context.key_of("EXAMPLE-1")
    elsewhere = replace(context, settings=load_settings(home=tmp_path / "other"))
    assert key == open_context(settings).key_of(" EXAMPLE-1 ") and "EXAMPLE" not in key
    assert len({key, context.key_of("EXAMPLE-2"), elsewhere.key_of("EXAMPLE-1")}) == 3
