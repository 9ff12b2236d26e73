"""MedASR, Google's speech model for medical dictation (`LasrForCTC`): its files, and words with their times.

Local files only, safetensors only. The weights are gated; without them nothing is transcribed.
"""

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from prelim.audio import RATE_HZ, Samples
from prelim.documents.dictated import Word
from prelim.errors import InputError, UnavailableError
from prelim.models import catalog
from prelim.models.catalog import Pinned
from prelim.settings import Settings

REPOSITORY = "google/medasr"
OBTAIN = (
    f"Accept the HAI-DEF terms at huggingface.co/{REPOSITORY} with your account, run `hf auth login` and "
    f"`hf download {REPOSITORY}` on a machine with network, then `prelim model add medasr FOLDER`."
)
CONFIG: Mapping[str, Any] = {
    "model_type": "lasr_ctc",
    "vocab_size": 512,
    "encoder_config.hidden_size": 512,
    "encoder_config.num_hidden_layers": 17,
    "encoder_config.num_attention_heads": 8,
    "encoder_config.intermediate_size": 2048,
    "encoder_config.num_mel_bins": 128,
    "encoder_config.conv_kernel_size": 32,
    "encoder_config.subsampling_conv_stride": 2,
    "encoder_config.subsampling_conv_kernel_size": 5,
}
"""105 million parameters: the defaults of transformers' LasrCTCConfig, which a published config may leave out."""
WINDOW_S, STRIDE_S = 20, 2
"""What the model hears at once, and how much of it on each side is context alone, as the model's own example has it."""
_BATCH = 8
_NEEDED = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
_PROCESSORS = ("processor_config.json", "preprocessor_config.json")
_LOADING = Lock()


# ------------------------------------------------------------------ its files


def add(home: Path, folder: Path, config: Mapping[str, Any] = CONFIG) -> Pinned:
    """Check a folder's files and record their digests. InputError wrong_model; UnavailableError model_missing."""
    folder = folder.expanduser().resolve()
    lacking = [name for name in _NEEDED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _PROCESSORS):
        lacking.append(_PROCESSORS[0])
    if lacking:
        raise UnavailableError("model_missing", f"{folder.name} lacks {lacking[0]}.", OBTAIN, lacking[0])
    try:
        found = json.loads((folder / "config.json").read_bytes())
        differing = next(((name, *pair) for name, *pair in _compared(found, config) if pair[0] != pair[1]), None)
    except (ValueError, AttributeError) as error:
        raise _wrong("config.json is damaged") from error
    if differing:
        field, is_there, wanted = differing
        raise _wrong(f"config.json: {field} is {is_there}, MedASR has {wanted}")
    return catalog.record(home, "medasr", folder)


def _compared(found: dict[str, Any], config: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each field with what is there (MedASR's own where nothing is) and what is wanted."""
    for field, wanted in config.items():
        outer, _, inner = field.partition(".")
        yield field, found.get(outer, {}).get(inner, wanted) if inner else found.get(outer), wanted


def _wrong(message: str) -> InputError:
    return InputError("wrong_model", f"{message}.", f"Give the folder of {REPOSITORY}.", "config.json")


def is_there(settings: Settings) -> bool:
    """Whether the settings or an earlier `prelim model add` name a MedASR."""
    return bool(settings.medasr or catalog.recorded(settings.home, "medasr"))


def pinned_of(settings: Settings) -> Pinned:
    """Where MedASR lies and what its files must be. UnavailableError `model_missing` says how to get it."""
    known = catalog.recorded(settings.home, "medasr")
    folder = Path(settings.medasr).expanduser() if settings.medasr else None
    if known and (folder is None or folder.resolve() == Path(known.folder)):
        return known
    if folder is None:
        raise UnavailableError("model_missing", "MedASR, the speech model, is not on this machine.", OBTAIN)
    return add(settings.home, folder)


def open_medasr(settings: Settings) -> "MedAsr":
    """MedASR, its files verified; loaded once a process. UnavailableError model_missing; RefusedError model_altered."""
    pinned = pinned_of(settings)
    catalog.verify(pinned)
    with _LOADING:
        return _loaded(pinned.folder, pinned.digest, settings.device, settings.threads)


@cache
def _loaded(folder: str, digest: str, device: str, threads: int) -> "MedAsr":
    """In fp32 on every device: 0.4 GB, and the same words wherever it runs."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from transformers import LasrForCTC, LasrProcessor
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if threads:
        torch.set_num_threads(threads)
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise UnavailableError("no_cuda", "The settings ask for CUDA, and there is none.", 'Set device = "cpu".')
    model = LasrForCTC.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=torch.float32)
    processor = LasrProcessor.from_pretrained(folder, local_files_only=True)
    return MedAsr(model.eval().to("cuda" if there and device != "cpu" else "cpu"), processor)


# ------------------------------------------------------------------ how its answers lie in time


class Frames(NamedTuple):
    """Answer k rests on the samples from k·step, `field` of them: two convolutions over mel frames, none padded."""

    step: int
    field: int

    def count(self, samples: int) -> int:
        """How many answers so many samples give."""
        return max(0, (samples - self.field) // self.step + 1)

    def begin_s(self, k: int) -> float:
        """When an answer's own part begins, in seconds: one step long, in the middle of what the answer rests on."""
        return (k * self.step + (self.field - self.step) / 2) / RATE_HZ


def frames_of(config: Any, extractor: Any) -> Frames:
    """From the encoder's and the feature extractor's own settings: MedASR's are 640 (40 ms) and 2,320 samples."""
    kernel, stride = config.subsampling_conv_kernel_size, config.subsampling_conv_stride
    mels = (kernel - 1) * (1 + stride) + 1
    return Frames(extractor.hop_length * stride**2, (mels - 1) * extractor.hop_length + extractor.win_length)


class Window(NamedTuple):
    """Samples [begin, end) are heard at once; of the window's answers, [first, last) are kept (None: to the end)."""

    begin: int
    end: int
    first: int
    last: int | None


def windows(samples: int, frames: Frames) -> list[Window]:
    """Windows of 20 s, each 16 s after the one before it; the answers in 2 s on either side of a seam are dropped.

    What is kept joins without a gap, and nothing is kept twice, since all lengths are multiples of a frame. Source: the
    chunking of transformers' speech recognition pipeline for CTC models, to which MedASR's card gives these lengths.
    """
    window, stride = (round(seconds * RATE_HZ / frames.step) for seconds in (WINDOW_S, STRIDE_S))
    found: list[Window] = []
    for begin in range(0, max(samples, 1), (window - 2 * stride) * frames.step):
        end = begin + window * frames.step
        last = end >= samples
        found.append(Window(begin, min(end, samples), stride if begin else 0, None if last else window - stride))
        if last:
            break
    return found


# ------------------------------------------------------------------ hearing


class MedAsr:
    """The loaded model. `processor` makes log-mel features of samples, and text of ids."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor
        self.frames = frames_of(model.config.encoder_config, processor.feature_extractor)
        self._lock = Lock()

    def transcribe(self, samples: Samples) -> tuple[Word, ...]:
        """The words of a recording (16 kHz, one channel), greedily, with their times in seconds."""
        return self._words(self.answers(samples), len(samples) / RATE_HZ)

    def answers(self, samples: Samples) -> npt.NDArray[np.int64]:
        """(frames,) the likeliest id of every frame of the recording, blanks and repeats included."""
        samples = np.pad(samples, (0, max(0, self.frames.field - len(samples))))
        kept: list[npt.NDArray[np.int64]] = []
        for _, alike in groupby(windows(len(samples), self.frames), key=lambda window: window.end - window.begin):
            some = list(alike)
            for place in range(0, len(some), _BATCH):
                batch = some[place : place + _BATCH]
                ids = self._heard([samples[one.begin : one.end] for one in batch])
                kept += [row[one.first : one.last] for one, row in zip(batch, ids, strict=True)]
        return np.concatenate(kept)

    def _heard(self, batch: Sequence[Samples]) -> npt.NDArray[np.int64]:
        """(windows, frames) ids. All windows of a batch are of one length: nothing is padded."""
        import torch

        with self._lock, torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a convolution of an even width copies its input: torch says so once
            inputs = self.processor(list(batch), sampling_rate=RATE_HZ).to(self.model.device)
            ids: npt.NDArray[np.int64] = self.model(**inputs).logits.argmax(-1).cpu().numpy()
        return ids

    def _words(self, ids: npt.NDArray[np.int64], seconds: float) -> tuple[Word, ...]:
        """Runs of one id are one token (CTC); a token that begins with ▁ begins a word.

        Repeats are collapsed here, with their places, and so not again by the tokenizer, which would make one letter
        of two. The blank is dropped, and `</s>`, which stands at every pause, and the other marks that are no text.
        """
        tokenizer = self.processor.tokenizer
        silent = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
        words: list[list[tuple[int, int, int]]] = []
        place = 0
        for token, run in groupby(ids.tolist()):
            begin, place = place, place + len(list(run))
            if token not in silent:
                if not words or tokenizer.convert_ids_to_tokens(token).startswith("▁"):
                    words.append([])
                words[-1].append((token, begin, place))
        return tuple(word for tokens in words if (word := self._word(tokens, seconds)).text)

    def _word(self, tokens: Sequence[tuple[int, int, int]], seconds: float) -> Word:
        text = self.processor.tokenizer.decode([token for token, _, _ in tokens], group_tokens=False)
        begin_s, end_s = self.frames.begin_s(tokens[0][1]), self.frames.begin_s(tokens[-1][2])
        return Word(text.strip(), min(begin_s, seconds), min(end_s, seconds))
