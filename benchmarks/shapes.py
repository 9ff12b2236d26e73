"""Gemma 3 models with random weights, of a cost and not of a sense: a small one for a CPU, the 4B's own for a GPU."""

from typing import Any

import torch
from transformers import AutoModelForImageTextToText, Gemma3Config, Gemma3TextConfig, SiglipVisionConfig

_ROPE = {
    "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
    "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
}


def small() -> Gemma3Config:
    """896 px and 256 tokens an image as the 4B has; an image takes a CPU's core about 0.3 s in the tower.

    The vocabulary is a fifth of the other weights, as the 4B's is: the head weighs as much in a step as it does there.
    """
    text = _text(
        vocab_size=4864,
        hidden_size=256,
        intermediate_size=1024,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        query_pre_attn_scalar=64,
        sliding_window=128,
    )
    return _whole(text, _tower(896, hidden_size=64, intermediate_size=256, num_hidden_layers=3, num_attention_heads=2))


def medgemma_4b() -> Gemma3Config:
    """The shape of MedGemma 4B: 4.3 billion parameters, 8.0 GiB in bf16."""
    text = _text(
        vocab_size=262208,
        hidden_size=2560,
        intermediate_size=10240,
        num_hidden_layers=34,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=256,
        query_pre_attn_scalar=256,
        sliding_window=1024,
    )
    tower = _tower(896, hidden_size=1152, intermediate_size=4304, num_hidden_layers=27, num_attention_heads=16)
    return _whole(text, tower)


def tiny() -> Gemma3Config:
    """For tests: 56 px, 4 tokens an image, a window of 16."""
    text = _text(
        vocab_size=320,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=6,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=16,
    )
    tower = _tower(56, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
    return _whole(text, tower, tokens_per_image=4)


def _text(**sizes: int) -> Gemma3TextConfig:
    """Every field is said: the class's defaults are no published model's. Nothing ends an answer but its length."""
    return Gemma3TextConfig(
        layer_types=[
            "full_attention" if n % 6 == 5 else "sliding_attention" for n in range(sizes["num_hidden_layers"])
        ],
        rope_parameters={kind: dict(one) for kind, one in _ROPE.items()},
        hidden_activation="gelu_pytorch_tanh",
        max_position_embeddings=131072,
        initializer_range=0.02,
        rms_norm_eps=1e-6,
        use_cache=True,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=None,
        tie_word_embeddings=True,
        attention_bias=False,
        attention_dropout=0.0,
        final_logit_softcapping=None,
        attn_logit_softcapping=None,
        use_bidirectional_attention=False,
        **sizes,
    )


def _tower(image_size: int, **sizes: int) -> SiglipVisionConfig:
    return SiglipVisionConfig(
        image_size=image_size,
        patch_size=14,
        num_channels=3,
        hidden_act="gelu_pytorch_tanh",
        layer_norm_eps=1e-6,
        attention_dropout=0.0,
        vision_use_head=False,
        **sizes,
    )


def _whole(text: Gemma3TextConfig, tower: SiglipVisionConfig, tokens_per_image: int = 256) -> Gemma3Config:
    """The last three tokens of the vocabulary stand for an image and its two ends."""
    return Gemma3Config(
        text_config=text,
        vision_config=tower,
        mm_tokens_per_image=tokens_per_image,
        boi_token_index=text.vocab_size - 3,
        eoi_token_index=text.vocab_size - 2,
        image_token_index=text.vocab_size - 1,
        initializer_range=0.02,
        tie_word_embeddings=True,
    )


def build(config: Gemma3Config, device: torch.device, dtype: torch.dtype) -> Any:
    """The model with random weights, the same ones every time, and SDPA attention."""
    torch.manual_seed(0)
    with device:
        model = AutoModelForImageTextToText.from_config(config, dtype=dtype, attn_implementation="sdpa").eval()
        # transformers begins it at zero: no image would then change any logit, and no check could miss one.
        model.model.multi_modal_projector.mm_input_projection_weight.data.normal_(std=config.initializer_range)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    return model
