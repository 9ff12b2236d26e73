"""A MedASR made here: the same architecture, processor and files, tiny, with a vocabulary of a few pieces."""

from pathlib import Path
from typing import Any

import torch
from transformers import LasrCTCConfig, LasrFeatureExtractor, LasrForCTC, LasrProcessor, LasrTokenizer

SPECIAL = ("<pad>", "</s>", "<unk>", "▁")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz{}[].-0123456789")
WORDS = ("▁no", "▁effusion", "▁lungs", "▁are", "▁clear", "▁{period}", "▁{colon}", "▁{new", "▁paragraph}")
TAGS = ("▁[FINDINGS]", "▁[IMPRESSION]")


def tokenizer_of(pieces: tuple[str, ...] = (*WORDS, *TAGS, *LETTERS)) -> Any:
    """Pieces after the special ones: <pad> (the blank) 0, </s> 1, <unk> 2, the space 3."""
    scored = [(piece, -float(n)) for n, piece in enumerate((*SPECIAL, *pieces))]
    return LasrTokenizer(vocab=scored, extra_ids=0, additional_special_tokens=[])


def config_of(size: int, hidden: int = 32, layers: int = 1, **encoder: Any) -> LasrCTCConfig:
    """A tiny encoder with MedASR's own front end; dropout off."""
    sizes = {"hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": 64}
    quiet = {name: 0.0 for name in ("dropout", "layerdrop", "activation_dropout", "attention_dropout")}
    given = {**sizes, "subsampling_conv_channels": 32, **quiet, **encoder}
    return LasrCTCConfig(vocab_size=size, encoder_config={"model_type": "lasr_encoder", **given})


def random_model(size: int, seed: int = 0, **sizes: Any) -> Any:
    """Random weights, large enough that answers vary from frame to frame."""
    torch.manual_seed(seed)
    model = LasrForCTC(config_of(size, **sizes))
    with torch.no_grad():
        model.ctc_head.weight.normal_(0, 1)
    return model.eval()


def processor_of(tokenizer: Any) -> Any:
    """With MedASR's own features: 128 mel bins, 25 ms, every 10 ms."""
    return LasrProcessor(LasrFeatureExtractor(), tokenizer)


def saved(folder: Path, model: Any = None, tokenizer: Any = None) -> Path:
    """The model and its processor as files."""
    tokenizer = tokenizer or tokenizer_of()
    (model or random_model(len(tokenizer))).save_pretrained(folder)
    processor_of(tokenizer).save_pretrained(folder)
    return folder
