"""The engine against full prefills by transformers: whatever is shared, held or evicted, the answers are the same."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.models.engine import Engine, OutOfMemoryError, Picture, Prompt, Sizes
from tests.models.engine.conftest import (
    SOFT,
    TOKENS_PER_IMAGE,
    Asked,
    asked,
    engine_of,
    model_of,
    picture,
    whole,
    words,
)

RELATIVE = 1e-4
"""Of the logits' deviation, in fp32."""
RELATIVE_BF16 = 0.15
"""In bf16, whose steps are 2⁻⁸: six layers of them."""

IMAGES = st.lists(st.integers(0, 4), max_size=4)
QUESTIONS = st.lists(st.tuples(IMAGES, st.integers(0, 50), st.integers(1, 70)), min_size=1, max_size=6)


def off(scores: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference, as a share of the deviation of what is expected."""
    return float((scores - expected).abs().max() / expected.std())


def whole_of(window: int, prompts: Sequence[Asked]) -> torch.Tensor:
    return torch.stack([whole(model_of(window), one) for one in prompts])


# ------------------------------------------------------------------ against a full prefill


@pytest.mark.integration
@settings(max_examples=15, deadline=None)
@given(
    questions=QUESTIONS,
    window=st.sampled_from([8, 24, 512]),
    chunk=st.sampled_from([1, 40, 1000]),
    pack=st.sampled_from([10, 50, 1000]),
    preamble=st.sampled_from([1, 40]),
)
def test_scores_are_those_of_a_full_prefill(
    questions: list[tuple[list[int], int, int]], window: int, chunk: int, pack: int, preamble: int
) -> None:
    """Windows shorter and longer than prefixes and images, any images in any order, any lengths and batches."""
    prompts = [asked(*one, preamble) for one in questions]
    engine = engine_of(window, chunk_tokens=chunk, pack_tokens=pack)
    for _ in range(2):  # the second time from what is held
        assert off(engine.score([one.prompt for one in prompts]), whole_of(window, prompts)) < RELATIVE


def test_the_sliding_mask_matters(engine: Engine) -> None:
    """The test above can fail: under another window the same prompt has other logits."""
    prompts = [asked([0, 1], n, 20) for n in range(3)]
    assert off(engine.score([one.prompt for one in prompts]), whole_of(512, prompts)) > 100 * RELATIVE


def test_bf16_is_close() -> None:
    prompts = [asked([0, 1], n, 20) for n in range(8)]
    model = model_of(24, torch.bfloat16)
    scores = Engine(model, Sizes()).score([one.prompt for one in prompts])
    assert off(scores, torch.stack([whole(model, one).float() for one in prompts])) < RELATIVE_BF16


# ------------------------------------------------------------------ what is held


HELD = {"all": 1 << 24, "nothing": 0, "hardly anything": 40_000}


@pytest.mark.integration
@settings(max_examples=4, deadline=None)
@given(calls=st.lists(QUESTIONS, min_size=2, max_size=4))
def test_scores_are_the_same_bits_whatever_is_held(calls: list[list[tuple[list[int], int, int]]]) -> None:
    """So a draft is the same, whatever was asked before it."""
    made = {}
    for name, size in HELD.items():
        engine = engine_of(cache_bytes=size)
        made[name] = [engine.score([asked(*one).prompt for one in call]) for call in calls]
        assert engine.prefixes.bytes <= size
    for scores in (made["nothing"], made["hardly anything"]):
        assert all(torch.equal(one, other) for one, other in zip(scores, made["all"], strict=True))


def test_films_in_any_order_are_the_same_bits() -> None:
    one, both, swapped = ([asked(images, n, 9).prompt for n in range(5)] for images in ([0], [0, 1], [1, 0]))
    warm, cold = engine_of(), engine_of(cache_bytes=0)
    for call in (one, both, swapped, one, both):
        assert torch.equal(warm.score(call), cold.score(call))


def test_a_longer_prompt_goes_on_from_a_shorter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, passes = engine_of(pack_tokens=100), list[int]()
    real = engine.body.run

    def run(embedded: torch.Tensor, *given: Any) -> torch.Tensor:
        passes.append(embedded.shape[1])
        return real(embedded, *given)

    monkeypatch.setattr(engine.body, "run", run)
    engine.score([asked([0], n, 9).prompt for n in range(5)])
    first = list(passes)
    engine.score([asked([0, 1], 0, 9).prompt])
    extended = passes[len(first) :]
    # [the film with the preamble and <begins>, five questions with <ends> and a word before them]
    assert first == [5 + 1 + TOKENS_PER_IMAGE, 5 * (9 + 2)]
    assert extended == [2 + 1 + TOKENS_PER_IMAGE, 9 + 2]  # only what is new
    passes.clear()
    engine.score([asked([0], 7, 9).prompt])
    assert passes == [9 + 2]  # the longer one serves the shorter
    passes.clear()
    engine.score([asked([1, 0], 7, 9).prompt])
    assert passes == [*first[:1], 2 + 1 + TOKENS_PER_IMAGE, 9 + 2]  # another order is another prefix


def test_a_prefix_too_large_to_be_kept_is_computed_once_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(cache_bytes=0)
    tried = limited(engine, monkeypatch, 1000)
    engine.score([asked([0], n, 9).prompt for n in range(10)])
    assert tried == [5 + 1 + TOKENS_PER_IMAGE, 4 * (9 + 2), 4 * (9 + 2), 2 * (9 + 2)]


def test_an_image_goes_through_the_tower_once(engine: Engine) -> None:
    seen: list[int] = []

    def noted(image: int) -> Picture:
        def made() -> torch.Tensor:
            seen.append(image)
            return picture(image).pixels()

        return Picture(f"image-{image}", made)

    for images in ([0], [0, 1], [1, 0], [2, 0, 1]):
        ids = [*words(0, 5), *(token for _ in images for token in (7, SOFT)), *words(1, 6)]
        engine.score([Prompt.of(ids, [noted(image) for image in images], SOFT)])
    assert seen == [0, 1, 2]


def test_texts_without_images_share_what_they_begin_with(engine: Engine) -> None:
    engine.score([asked([], n, 9, preamble=40).prompt for n in range(4)])
    assert [len(units) for units in engine.prefixes.held()] == [40]


# ------------------------------------------------------------------ apart


def test_two_cases_never_see_each_others_images(engine: Engine) -> None:
    """The same words about different films, all in one call, and again in turns."""
    mine, yours = ([asked([image], n, 9) for n in range(4)] for image in (0, 1))
    mixed = [one for pair in zip(mine, yours, strict=True) for one in pair]
    expected = whole_of(24, mixed)
    assert off(engine.score([one.prompt for one in mixed]), expected) < RELATIVE
    alone = torch.cat([engine.score([one.prompt]) for one in mixed])
    assert off(alone, expected) < RELATIVE
    assert off(expected[1::2], expected[::2]) > 100 * RELATIVE


def test_what_they_would_see_if_two_images_had_one_digest(engine: Engine) -> None:
    """The test above can fail: an image under another's digest gets the other's answers."""
    mine = asked([0], 3, 9)
    forged = Prompt.of(mine.ids, [Picture("image-0", picture(1).pixels)], SOFT)
    engine.score([mine.prompt])
    assert off(engine.score([forged]), whole_of(24, [mine])) < RELATIVE
    assert off(engine.score([forged]), whole_of(24, [asked([1], 3, 9)])) > 100 * RELATIVE


@pytest.mark.integration
@settings(max_examples=8, deadline=None)
@given(questions=QUESTIONS, other=QUESTIONS)
def test_an_answer_does_not_depend_on_what_else_is_asked(
    questions: list[tuple[list[int], int, int]], other: list[tuple[list[int], int, int]]
) -> None:
    mine, more = ([asked(*one).prompt for one in some] for some in (questions, other))
    assert off(engine_of().score(mine + more)[: len(mine)], engine_of().score(mine)) < RELATIVE


# ------------------------------------------------------------------ out of memory


def limited(engine: Engine, monkeypatch: pytest.MonkeyPatch, tokens: int) -> list[int]:
    """Passes over more tokens than this run out of memory, as torch says it."""
    tried: list[int] = []
    real = engine.body.run

    def run(embedded: torch.Tensor, *given: Any) -> torch.Tensor:
        tried.append(embedded.shape[0] * embedded.shape[1])
        if tried[-1] > tokens:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate more than there is.")
        return real(embedded, *given)

    monkeypatch.setattr(engine.body, "run", run)
    return tried


def test_out_of_memory_halves_the_pack_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [asked([0], n, 8) for n in range(5)]
    tried = limited(engine, monkeypatch, 30)
    assert off(engine.score([one.prompt for one in prompts]), whole_of(24, prompts)) < RELATIVE
    assert tried == [22, 50, 22, 30, 20]  # the film, five questions; let go, the film again, three, two


def test_the_second_failure_is_named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(engine, monkeypatch, 25)
    with pytest.raises(OutOfMemoryError, match="3 questions"):
        engine.score([asked([0], n, 8).prompt for n in range(5)])


def test_another_error_is_not_taken_for_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*given: Any) -> torch.Tensor:
        raise RuntimeError("something else")

    monkeypatch.setattr(engine.body, "run", run)
    with pytest.raises(RuntimeError, match="something else"):
        engine.score([asked([0], 1, 8).prompt])


# ------------------------------------------------------------------ prompts


def test_as_many_images_as_places() -> None:
    with pytest.raises(ValueError, match="1 image places for 2 images"):
        Prompt.of([3, SOFT, 4], [picture(0), picture(1)], SOFT)


@pytest.mark.parametrize("ids", [[], [3, SOFT]])
def test_a_prompt_ends_with_text(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="end with text"):
        Prompt.of(ids, [picture(0)] * len(ids[1:]), SOFT)
