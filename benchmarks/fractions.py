"""How much of the machine's own limits prefill and decoding reach."""

import statistics
from typing import Any

import torch
from transformers import Gemma3Config

from benchmarks.cases import Case
from benchmarks.machine import copy_byte_s, matmul_flop_s, seconds
from prelim.models.engine import Engine, Row

_STEPS = 100


def prefill_fraction(model: Any, case: Case) -> float:
    """Of the matmul ceiling: a case's images and text through tower and layers, nothing held before."""
    [prompt] = case.prompts([()])
    wanted = prompt.units[: prompt.images_end]
    engine = Engine(model)
    with torch.inference_mode():
        taken = seconds(model.device, lambda: engine.hold(wanted, dict(prompt.pictures)))
    tokens = len(wanted) + len(prompt.pictures) * (model.config.mm_tokens_per_image - 1)
    work = len(prompt.pictures) * tower_flop(model.config) + text_flop(model.config, tokens)
    return work / taken / matmul_flop_s(model.device, model.dtype)


def tower_flop(config: Gemma3Config) -> float:
    """FLOP of one image in the tower: its matrix products and attention, and the projection."""
    tower, text = config.vision_config, config.text_config
    patches, hidden = (tower.image_size // tower.patch_size) ** 2, tower.hidden_size
    weights = 4 * hidden**2 + 2 * hidden * tower.intermediate_size
    layers = tower.num_hidden_layers * (2 * patches * weights + 4 * patches**2 * hidden)
    begin = 2 * patches * 3 * tower.patch_size**2 * hidden
    return float(layers + begin + 2 * config.mm_tokens_per_image * hidden * text.hidden_size)


def text_flop(config: Gemma3Config, tokens: int) -> float:
    """FLOP of a prefix in the layers: matrix products, and attention over what a token may look at, no more.

    Counted backwards only; inside images, which look both ways, it is a little more.
    """
    text = config.text_config
    heads, hidden = text.num_attention_heads * text.head_dim, text.hidden_size
    both = 2 * text.num_key_value_heads * text.head_dim
    weights = hidden * (2 * heads + both) + 3 * hidden * text.intermediate_size
    flop = 2.0 * tokens * weights * text.num_hidden_layers
    for kind in text.layer_types:
        window = min(tokens, text.sliding_window if kind == "sliding_attention" else tokens)
        flop += 4 * heads * (window * (window + 1) / 2 + (tokens - window) * window)
    return float(flop)


def decode_fraction(model: Any, case: Case) -> float:
    """Of the copy ceiling: one text written, counting the bytes that a step must read: text weights, keys and values.

    Each step's time is that of the engine, its masks and its choice of a token included.
    """
    engine = Engine(model)
    row = Row(case.prompts([case.probes[0]])[0], _STEPS, frozenset())
    engine.begin([row])
    start, taken = row.position, []
    while not row.done:
        taken.append(seconds(model.device, engine.step))
    read = text_bytes(model) + cache_bytes(model, start + len(taken) // 2)
    return read / statistics.median(taken) / copy_byte_s(model.device)


def text_bytes(model: Any) -> int:
    """Bytes of all text weights, the embedding as the head."""
    return sum(one.numel() * one.element_size() for one in model.model.language_model.parameters())


def cache_bytes(model: Any, position: int) -> int:
    """Bytes of the keys and values that a token at `position` looks at."""
    text = model.config.text_config
    seen = [
        min(position, text.sliding_window) if kind == "sliding_attention" else position for kind in text.layer_types
    ]
    return int(sum(seen) * 2 * text.num_key_value_heads * text.head_dim * model.dtype.itemsize)
