"""The runtime's benchmark on a model that is nothing but small: its rows, and that it refuses to measure what is wrong.

Times are not asserted.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import agreement, fractions, runtime
from benchmarks.cases import PROBE_TOKENS, Size, drawn
from benchmarks.shapes import build, medgemma_4b, tiny
from benchmarks.ways import Transformers
from prelim.models.engine import Engine, Prompt, Row

SMALL = Size(images=2, findings=1, boxes=2, box_tokens=3, text_tokens=4)
ROWS = ["cxr-case", "cxr-case, vision reused and batched", "probes-36", "probes-36, vision reused and batched"]
ROWS += ["cases-8", "ct-case", "ct-case, vision reused and batched", "overhead", "overhead, 24 questions"]


@pytest.fixture(scope="module")
def tiny_model() -> Any:
    torch.set_num_threads(1)
    return build(tiny(), torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TIMES": 1, "REQUESTS": 2, "CASES_AT_ONCE": 2}.items():
        monkeypatch.setattr(runtime, name, value)


@pytest.mark.integration
def test_the_rows_by_their_names(tiny_model: Any) -> None:
    figures = runtime.Rows(tiny_model, True, dict.fromkeys(runtime.SIZES, SMALL)).measured()
    assert [one.name for one in figures] == [f"runtime/{name}" for name in ROWS]
    assert all(one.device == "cpu" and one.ours > 0 and one.note for one in figures)
    assert all((one.unit, one.other) == ("ms", None) if "overhead" in one.name else one.ratio for one in figures)
    goals = {one.name.removeprefix("runtime/"): one.goal for one in figures if one.goal}
    assert goals == {"overhead": 2.0, **runtime.GOALS["cpu"]}


def test_a_row_alone_and_reduced_has_no_goal(tiny_model: Any) -> None:
    figures = runtime.Rows(tiny_model, False, {"probes-36": SMALL}).measured("probes-36")
    assert [(one.name, one.goal) for one in figures] == [(f"runtime/{name}", None) for name in ROWS[2:4]]


def test_reduced_is_a_part_of_everything() -> None:
    assert runtime.reduced(runtime.CXR) == Size(images=2, findings=6, boxes=3, box_tokens=10, text_tokens=66)
    assert runtime.reduced(runtime.SIZES["ct-case"]).images == runtime.REDUCED_SLICES


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_ways_that_answer_alike_pass(dtype: torch.dtype) -> None:
    model = build(tiny(), torch.device("cpu"), dtype)
    assert 0 < agreement.check(model, drawn(model, SMALL, seed=1)) < 1


def test_no_figures_of_an_engine_that_scores_wrongly(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second image is shown where the first belongs: nothing else is wrong."""
    right = Engine.score

    def wrong(self: Engine, prompts: Sequence[Prompt]) -> torch.Tensor:
        swapped = [
            Prompt(one.units, dict(zip(one.pictures, reversed(one.pictures.values()), strict=True))) for one in prompts
        ]
        return right(self, swapped)

    monkeypatch.setattr(Engine, "score", wrong)
    with pytest.raises(agreement.DisagreeError, match="the engine's scores"):
        runtime.Rows(tiny_model, False, {}).measured()


def test_no_figures_of_an_engine_that_writes_wrongly(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Row.take
    monkeypatch.setattr(Row, "take", lambda row, token: right(row, (token + 1) % 300))
    with pytest.raises(agreement.DisagreeError, match="the engine's texts"):
        runtime.Rows(tiny_model, False, {}).measured()


def test_what_needs_too_much_memory_goes_in_smaller_batches(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case, right = drawn(tiny_model, replace(SMALL, findings=3), seed=1), tiny_model.generate

    def cramped(**given: Any) -> Any:
        if len(given["input_ids"]) > 3:
            raise torch.OutOfMemoryError
        return right(**given)

    alone = [answer[-PROBE_TOKENS:] for answer in Transformers(tiny_model)(case)[:6]]
    monkeypatch.setattr(tiny_model, "generate", cramped)
    batched = Transformers(tiny_model, batch=8, reuse=True)
    assert [answer[-PROBE_TOKENS:] for answer in batched(case)[:6]] == alone and batched.batch == 2


def test_fractions_of_the_machine(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fractions, "_STEPS", 5)
    case = drawn(tiny_model, SMALL, seed=1)
    assert fractions.prefill_fraction(tiny_model, case) > 0 and fractions.decode_fraction(tiny_model, case) > 0


def test_work_is_counted_as_torch_counts_it() -> None:
    """In eager attention, which torch counts, what a mask forbids included."""
    model = build(tiny(), torch.device("cpu"), torch.float32)
    model.set_attn_implementation("eager")
    with FlopCounterMode(display=False) as counted:
        model.get_image_features(torch.zeros((1, 3, 56, 56)))
    assert fractions.tower_flop(model.config) == counted.get_total_flops()
    text = model.config.text_config
    tokens = text.sliding_window
    with FlopCounterMode(display=False) as counted:
        model.model.language_model(input_ids=torch.ones((1, tokens), dtype=torch.long))
    forbidden = 2 * text.num_attention_heads * text.head_dim * tokens * (tokens - 1) * text.num_hidden_layers
    assert fractions.text_flop(model.config, tokens) + forbidden == counted.get_total_flops()


def test_the_4b_has_its_published_size() -> None:
    model = build(medgemma_4b(), torch.device("meta"), torch.bfloat16)
    assert sum(one.numel() for one in model.parameters()) == 4_300_079_472
