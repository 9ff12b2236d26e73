"""Answers written side by side are those that transformers writes alone."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.models.engine import Engine, Row
from prelim.models.engine.decode import SPARE_TOKENS, Decoder
from tests.models.engine.conftest import END, VOCABULARY, Asked, asked, engine_of, inputs, model_of

WINDOW = 24


def row_of(one: Asked, limit: int, **how: Any) -> Row:
    return Row(one.prompt, limit, frozenset({END}), **how)


def written(engine: Engine, rows: Sequence[Row]) -> list[list[int]]:
    engine.begin(rows)
    while engine.decoder.rows:
        engine.step()
    return [row.tokens for row in rows]


def alone(one: Asked, limit: int) -> list[int]:
    """What transformers writes, greedily, without its end token."""
    return _alone(tuple(one.ids), tuple(one.images), limit)


@cache
def _alone(ids: tuple[int, ...], images: tuple[int, ...], limit: int) -> list[int]:
    given = inputs(Asked(asked(images, 0, 1).prompt, list(ids), images))
    made = model_of(WINDOW).generate(**given, do_sample=False, max_new_tokens=limit, eos_token_id=END, pad_token_id=0)
    tokens: list[int] = made[0, given["input_ids"].shape[1] :].tolist()
    return tokens[:-1] if tokens[-1] == END else tokens


@pytest.mark.integration
@settings(max_examples=4, deadline=None)
@given(
    questions=st.lists(
        st.tuples(st.lists(st.integers(0, 4), max_size=3), st.integers(0, 50), st.integers(1, 40)),
        min_size=1,
        max_size=5,
    ),
    limits=st.lists(st.integers(1, 40), min_size=5, max_size=5),
)
def test_rows_are_those_of_generate(questions: list[tuple[list[int], int, int]], limits: list[int]) -> None:
    """Longer than the window; rows end at different steps."""
    prompts = [asked(*one) for one in questions]
    rows = [row_of(one, limit) for one, limit in zip(prompts, limits, strict=False)]
    assert written(engine_of(WINDOW), rows) == [alone(one, row.limit) for one, row in zip(prompts, rows, strict=True)]


@pytest.mark.integration
def test_a_row_longer_than_the_room_that_is_made_at_a_time() -> None:
    one = asked([0], 3, 9)
    assert written(engine_of(WINDOW), [row_of(one, SPARE_TOKENS + 10)]) == [alone(one, SPARE_TOKENS + 10)]


def test_rows_that_join_later_change_nothing() -> None:
    engine, early, late = engine_of(WINDOW), asked([0, 1], 1, 9), asked([2], 2, 30)
    rows = [row_of(early, 60), row_of(late, 60)]
    engine.begin(rows[:1])
    for _ in range(20):
        engine.step()
    assert written(engine, rows[1:]) == [alone(late, 60)]
    assert rows[0].tokens == alone(early, 60)


def test_rows_that_nobody_waits_for_leave() -> None:
    engine, prompts = engine_of(WINDOW), [asked([0], n, 9) for n in range(3)]
    rows = [row_of(one, 40) for one in prompts]
    engine.begin(rows)
    engine.step()
    engine.part([rows[1]])
    while engine.decoder.rows:
        engine.step()
    assert [row.tokens == alone(one, 40) for row, one in zip(rows, prompts, strict=True)] == [True, False, True]


def test_an_answer_goes_on_from_nothing_where_it_stood() -> None:
    """What was written is a prompt like any other: so rows can be set aside when memory is short."""
    engine, one = engine_of(WINDOW), asked([0, 1], 1, 9)
    row = row_of(one, 50)
    engine.begin([row])
    for _ in range(20):
        engine.step()
    engine.part([row])
    engine.free()
    assert written(engine, [row]) == [alone(one, 50)]


# ------------------------------------------------------------------ grammars


class Pattern:
    """A grammar in which every second token is free among the even ones, and `forced` follows each."""

    def __init__(self, length: int, forced: Sequence[int]) -> None:
        self.left, self.forced = length, list(forced)

    @property
    def finished(self) -> bool:
        return self.left == 0

    def allowed(self) -> torch.Tensor:
        return torch.arange(VOCABULARY) % 2 == 0

    def accept(self, token: int) -> list[int]:
        if token % 2:
            raise RuntimeError("not in the grammar")
        self.left -= 1
        return self.forced


def test_forced_tokens_need_no_pass_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, forced = engine_of(WINDOW), [11, 13, 15]
    passes: list[torch.Size] = []
    real = engine.body.run
    monkeypatch.setattr(engine.body, "run", lambda *given: passes.append(given[0].shape) or real(*given))
    free, held = row_of(asked([0], 2, 7), 9), row_of(asked([0], 1, 9), 99, guide=Pattern(10, forced))
    written(engine, [free, held])
    assert free.tokens == alone(asked([0], 2, 7), 9)
    assert len(held.tokens) == 10 * 4 and held.ended
    assert [held.tokens[n + 1 : n + 4] for n in range(0, 40, 4)] == [forced] * 10
    assert len(passes) == 2 + 9  # film, both questions, and nine steps for forty tokens


def test_what_is_forced_is_seen_by_what_follows() -> None:
    """A guided answer is the one that a full prefill at each free token would give."""
    row = row_of(asked([0], 1, 9), 99, guide=Pattern(6, [11, 13]))
    tokens = written(engine_of(WINDOW), [row])[0]
    for n in range(0, 18, 3):
        ids = asked([0], 1, 9).ids + tokens[:n]
        with torch.inference_mode():
            logits = model_of(WINDOW)(**inputs(Asked(row.prompt, ids, [0]))).logits[0, -1]
        assert tokens[n] == logits[::2].argmax().item() * 2


def test_forced_beyond_the_limit_is_cut_off() -> None:
    row = row_of(asked([0], 1, 9), 6, guide=Pattern(2, [11, 13, 15]))
    assert len(written(engine_of(WINDOW), [row])[0]) == 6
    assert not row.ended


def test_an_error_of_one_rows_grammar_is_its_own() -> None:
    class Broken(Pattern):
        def accept(self, token: int) -> list[int]:
            raise RuntimeError("broken")

    fine = row_of(asked([0], 2, 7), 30)
    broken = row_of(asked([0], 1, 9), 30, guide=Broken(3, []))
    written(engine_of(WINDOW), [broken, fine])
    assert str(broken.error) == "broken"
    assert fine.tokens == alone(asked([0], 2, 7), 30)


def test_a_stop_ends_an_answer() -> None:
    wanted = alone(asked([0], 2, 7), 30)
    row = row_of(asked([0], 2, 7), 30, stopped=lambda tokens: len(tokens) == 5)
    assert written(engine_of(WINDOW), [row]) == [wanted[:5]]
    assert row.ended


# ------------------------------------------------------------------ captured steps


def captured(engine: Engine, seen: list[str], spoil: float = 0.0) -> Engine:
    """The engine as on a GPU, but for the graph: a captured step is the same fixed-shape work, done anew each time."""

    def capture(work: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
        seen.append("captured")
        return lambda: (seen.append("replayed"), work() + spoil)[1]

    engine.decoder = Decoder(engine.body, capture)
    return engine


@pytest.mark.integration
def test_replayed_steps_write_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of several lengths, one held to a grammar that forces tokens, one that joins later."""
    monkeypatch.setattr("prelim.models.engine.decode._SPARE_CAPTURED", 30)
    seen, prompts = list[str](), [asked([0], 1, 9), asked([0, 1], 2, 30), asked([], 3, 5)]
    engine, rows = captured(engine_of(WINDOW), seen), [row_of(one, 60) for one in prompts]
    held = row_of(asked([2], 4, 9), 99, guide=Pattern(6, [11, 13]))
    engine.begin(rows[:2])
    for _ in range(15):
        engine.step()
    written(engine, [rows[2], held])
    assert [row.tokens for row in rows] == [alone(one, 60) for one in prompts]
    assert held.tokens == written(engine_of(WINDOW), [row_of(asked([2], 4, 9), 99, guide=Pattern(6, [11, 13]))])[0]
    assert seen.count("captured") >= 3 and seen.count("replayed") > 20  # anew when rows join, leave, or room ends


def test_a_capture_that_lies_is_found_and_said(caplog: pytest.LogCaptureFixture) -> None:
    seen, one = list[str](), asked([0], 1, 9)
    engine = captured(engine_of(WINDOW), seen, spoil=1.0)
    assert written(engine, [row_of(one, 40)]) == [alone(one, 40)]
    assert seen == ["captured", "replayed"]
    assert "could not be captured" in caplog.text
