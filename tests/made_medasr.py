"""A MedASR made here: the same architecture, processor and files, tiny, with a vocabulary of a few pieces."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import LasrCTCConfig, LasrFeatureExtractor, LasrForCTC, LasrProcessor, LasrTokenizer

from prelim.models.medasr import Frames, frames_of

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


# ------------------------------------------------------------------ one that truly hears

SOUNDS: dict[str, tuple[int, int]] = {
    "no": (300, 700),
    "effusion": (400, 2600),
    "lungs": (550, 1500),
    "are": (700, 3400),
    "clear": (900, 2000),
    "{period}": (1200, 4500),
    "{colon}": (350, 1100),
    "{new paragraph}": (1700, 5200),
    "[FINDINGS]": (500, 3900),
    "[IMPRESSION]": (800, 6000),
}
"""Words of a language of two tones each, Hz."""
WORD_S, PAUSE_S = 0.24, 0.12


def spoken(words: Sequence[str], rate: int = 16_000, seed: int = 0) -> npt.NDArray[np.float64]:
    """(n,) the sound of words, each with a pause behind it, over a little noise."""
    moments = np.arange(round(WORD_S * rate)) / rate
    hull, pause = 0.2 * np.hanning(len(moments)) ** 0.5, np.zeros(round(PAUSE_S * rate))
    parts = [
        part for word in words for part in (hull * sum(np.sin(2 * np.pi * hz * moments) for hz in SOUNDS[word]), pause)
    ]
    sound = np.concatenate([pause, *parts])
    return sound + np.random.default_rng(seed).normal(0, 1e-3, len(sound))


def targets(words: Sequence[str], tokenizer: Any, frames: Frames, count: int) -> torch.Tensor:
    """(count,) what each answer should be: a word's pieces in turn while its middle sounds, else the blank."""
    found = torch.full((count,), tokenizer.pad_token_id)
    for k in range(count):
        number, at_s = divmod(frames.begin_s(k) + 0.02 - PAUSE_S, WORD_S + PAUSE_S)
        if 0 <= number < len(words) and 0.2 * WORD_S < at_s < 0.8 * WORD_S:
            pieces = tokenizer(words[int(number)], add_special_tokens=False).input_ids
            found[k] = pieces[int((at_s / WORD_S - 0.2) / 0.6 * len(pieces))]
    return found


def taught(steps: int = 140, seed: int = 3) -> tuple[Any, Any]:
    """A tiny model that has learned these words, frame by frame (CTC alone would be longer about it); its tokenizer."""
    torch.manual_seed(seed)
    rng, tokenizer = np.random.default_rng(seed), tokenizer_of()
    processor = processor_of(tokenizer)
    model = LasrForCTC(config_of(len(tokenizer), hidden=64, batch_norm_momentum=0.1)).train()
    frames = frames_of(model.config.encoder_config, processor.feature_extractor)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps)
    for _ in range(steps):
        lines = [rng.choice(list(SOUNDS), 10).tolist() for _ in range(8)]
        sounds = [spoken(line, seed=int(rng.integers(2**31))).astype(np.float32) for line in lines]
        logits = model(**processor(sounds, sampling_rate=16_000)).logits
        wanted = torch.stack([targets(line, tokenizer, frames, logits.shape[1]) for line in lines])
        loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval(), tokenizer
