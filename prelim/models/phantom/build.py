"""A small Gemma 3 of the real architecture, and its processor: tokenizer, chat template, images."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3Processor,
    GemmaTokenizer,
    GenerationConfig,
)
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

from prelim.models.phantom.draw import SIZE_PX

PATCH_PX = 28
TOKENS_PER_IMAGE = 16
VOCABULARY = 1024
ONE_TOKEN = ("yes", "no", "new", "worse", "stable", "better", "resolved")
_SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>")
_IMAGE = ("<start_of_image>", "<end_of_image>", "<image_soft_token>")
_PIECES = (
    "\n\n",
    "\n",
    " | ",
    '[{"name": "',
    '"}, {"name": "',
    '", "value": "',
    '", "unit": "',
    '", "reference": "',
    '", "flag": "',
    '[{"box_2d": [',
    '], "label": "',
    '"}]',
)
"""One token each, so that a cell of a table is the same tokens in the question and in the answer: copying is
then what attention does best."""
CHAT_TEMPLATE = """{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + \
('model' if m['role'] == 'assistant' else m['role']) + '\n' }}\
{% if m['content'] is string %}{{ m['content'] | trim }}{% else %}{% for c in m['content'] %}\
{% if c['type'] == 'image' %}{{ '<start_of_image>' }}\
{% elif c['type'] == 'text' %}{{ c['text'] | trim }}{% endif %}\
{% endfor %}{% endif %}{{ '<end_of_turn>\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"""


class Size(NamedTuple):
    """Widths and depths of the language model and of the vision tower."""

    hidden: int = 160
    layers: int = 4
    vision_hidden: int = 128
    vision_layers: int = 3


def build_processor(corpus: Iterable[str]) -> Gemma3Processor:
    """A processor, its tokenizer learnt from the corpus. ValueError where a choice word is not one token."""
    tokenizer = _tokenizer(_bytepairs(corpus))
    for word in ONE_TOKEN:
        if len(tokenizer(word, add_special_tokens=False).input_ids) != 1:
            raise ValueError(f"'{word}' is not one token")
    size = {"height": SIZE_PX, "width": SIZE_PX}
    half = [0.5] * 3
    images = Gemma3ImageProcessorPil(size=size, image_seq_length=TOKENS_PER_IMAGE, image_mean=half, image_std=half)
    return Gemma3Processor(images, tokenizer, chat_template=CHAT_TEMPLATE, image_seq_length=TOKENS_PER_IMAGE)


def _bytepairs(corpus: Iterable[str]) -> Tokenizer:
    learnt = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    learnt.normalizer = normalizers.Replace(" ", "▁")
    spaces = pre_tokenizers.Split("▁", "merged_with_next")
    learnt.pre_tokenizer = pre_tokenizers.Sequence([spaces, pre_tokenizers.Digits(individual_digits=True)])
    fixed = [*_SPECIAL, *_IMAGE, *(f"<0x{byte:02X}>" for byte in range(256)), *_PIECES]
    letters = [*(chr(code) for code in range(33, 127)), "▁"]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, show_progress=False, special_tokens=fixed, initial_alphabet=letters
    )
    learnt.train_from_iterator(corpus, trainer)
    return learnt


def _tokenizer(learnt: Tokenizer) -> GemmaTokenizer:
    table = json.loads(learnt.to_str())["model"]
    image = dict(zip(("boi_token", "eoi_token", "image_token"), _IMAGE, strict=True))
    tokenizer = GemmaTokenizer(
        vocab=table["vocab"],
        merges=[tuple(pair) for pair in table["merges"]],
        add_bos_token=False,
        padding_side="left",
        extra_special_tokens=image,
    )
    turns = [AddedToken(text, special=True, normalized=False) for text in _SPECIAL[-2:]]
    tokenizer.add_tokens(turns, special_tokens=True)
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in _PIECES])
    return tokenizer


def build_model(tokenizer: GemmaTokenizer, size: Size, seed: int) -> Gemma3ForConditionalGeneration:
    """A model with random weights. Every text field is set: the class defaults are not the 4B's shape."""
    ids = {text: tokenizer.convert_tokens_to_ids(text) for text in (*_IMAGE, "<end_of_turn>")}
    config = Gemma3Config(
        text_config=_text_config(len(tokenizer), size),
        vision_config=_vision_config(size),
        mm_tokens_per_image=TOKENS_PER_IMAGE,
        boi_token_index=ids["<start_of_image>"],
        eoi_token_index=ids["<end_of_image>"],
        image_token_index=ids["<image_soft_token>"],
        eos_token_id=[1, ids["<end_of_turn>"]],
        dtype="float32",
    )
    torch.manual_seed(seed)
    model = Gemma3ForConditionalGeneration(config).float()
    # The projector starts at zero in the published class: nothing would flow.
    torch.nn.init.normal_(model.model.multi_modal_projector.mm_input_projection_weight, std=0.05)
    ends = [1, ids["<end_of_turn>"]]
    model.generation_config = GenerationConfig(do_sample=False, pad_token_id=0, bos_token_id=2, eos_token_id=ends)
    return model


def _text_config(vocabulary: int, size: Size) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": size.hidden,
        "intermediate_size": 3 * size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": size.hidden // 4,
        "query_pre_attn_scalar": size.hidden // 4,
        "sliding_window": 1024,
        "max_position_embeddings": 131072,
        "layer_types": ["full_attention" if layer % 2 else "sliding_attention" for layer in range(size.layers)],
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
        "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
        },
    }


def _vision_config(size: Size) -> dict[str, Any]:
    return {
        "model_type": "siglip_vision_model",
        "hidden_size": size.vision_hidden,
        "intermediate_size": 4 * size.vision_hidden,
        "num_hidden_layers": size.vision_layers,
        "num_attention_heads": 4,
        "image_size": SIZE_PX,
        "patch_size": PATCH_PX,
        "vision_use_head": False,
    }
