"""A random model of Gemma 3's architecture, as small as it goes, and prompts for it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import pytest
import torch
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from prelim.models.engine import Engine, Picture, Prompt, Sizes

TOKENS_PER_IMAGE, SIDE_PX, VOCABULARY = 16, 56, 200
SOFT, BEGINS, ENDS = 199, 198, 197
"""The tokens of an image: its place, what stands before it and after it."""
END = 1


class Asked(NamedTuple):
    """A prompt as the engine takes it, and as token ids with the images it shows, for transformers."""

    prompt: Prompt
    ids: list[int]
    images: Sequence[int]


@cache
def pixels(image: int) -> torch.Tensor:
    return torch.randn(3, SIDE_PX, SIDE_PX, generator=torch.Generator().manual_seed(image))


def picture(image: int) -> Picture:
    return Picture(f"image-{image}", lambda: pixels(image))


def words(seed: int, count: int) -> list[int]:
    made = torch.randint(3, 190, (count,), generator=torch.Generator().manual_seed(seed))
    return [int(token) for token in made]


def asked(images: Sequence[int], question: int, length: int, preamble: int = 5) -> Asked:
    """A preamble, images, and a question of some length drawn by its number."""
    ids = words(0, preamble)
    for _ in images:
        ids += [BEGINS, SOFT, ENDS, 7]
    ids += words(1000 + question, length)
    return Asked(Prompt.of(ids, [picture(image) for image in images], SOFT), ids, images)


def inputs(one: Asked) -> dict[str, torch.Tensor]:
    """For transformers' own forward pass or `generate`."""
    ids = torch.tensor([[t for token in one.ids for t in [token] * (TOKENS_PER_IMAGE if token == SOFT else 1)]])
    types = (ids == SOFT).long()
    made = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": types}
    if one.images:
        made["pixel_values"] = torch.stack([pixels(image) for image in one.images])
    return made


@torch.inference_mode()
def whole(model: Any, one: Asked) -> torch.Tensor:
    """(vocabulary,) logits of a full prefill by transformers."""
    return model(**inputs(one)).logits[0, -1]  # type: ignore[no-any-return]


@cache
def model_of(window: int, dtype: torch.dtype = torch.float32) -> Any:
    """A model whose sliding layers see `window` tokens; every third layer sees all."""
    drawn = torch.Generator().manual_seed(0)
    config = Gemma3Config(
        text_config={
            "vocab_size": VOCABULARY,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 6,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "sliding_window": window,
            "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
            "query_pre_attn_scalar": 16,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            },
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": SIDE_PX,
            "patch_size": 14,
            "vision_use_head": False,
        },
        mm_tokens_per_image=TOKENS_PER_IMAGE,
        image_token_index=SOFT,
        boi_token_index=BEGINS,
        eoi_token_index=ENDS,
    )
    model = Gemma3ForConditionalGeneration(config).eval()
    for weights in model.parameters():
        if weights.ndim > 1:  # larger than they are drawn, so that the logits have something to say
            torch.nn.init.normal_(weights, std=0.2, generator=drawn)
    model.set_attn_implementation("sdpa")
    return model.to(dtype)


def engine_of(window: int = 24, **sizes: int) -> Engine:
    """A fresh engine; passes small enough that prompts need several."""
    chosen = {"chunk_tokens": 40, "pack_tokens": 50, "cache_bytes": 1 << 24, **sizes}
    return Engine(model_of(window), Sizes(**chosen))


@pytest.fixture
def engine() -> Engine:
    return engine_of()
