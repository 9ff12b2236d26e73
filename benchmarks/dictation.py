"""How fast dictation is heard: decoding, and a model of MedASR's size with random weights, whose words mean nothing."""

import tempfile
import wave
from pathlib import Path

import numpy as np
import torch

from benchmarks.figure import Figure, figure, median_s
from prelim.audio import RATE_HZ, samples_of
from prelim.documents.dictated import Word, written
from prelim.models.medasr import MedAsr

_RATE_HZ = 44_100


def measure(full: bool) -> list[Figure]:
    """Seconds of work for a second of sound: below 1 it is heard faster than it was spoken."""
    seconds, times = (300, 3) if full else (60, 1)
    threads = torch.get_num_threads()
    sound = np.random.default_rng(0).normal(0, 0.1, seconds * RATE_HZ).astype(np.float32)
    listener = _listener()
    listener.answers(sound[: 20 * RATE_HZ])
    hearing = median_s(lambda: listener.answers(sound), times) / seconds
    return [
        figure(
            "real-time factor, 105 M parameters, random weights, windows of 20 s",
            hearing,
            "s/s",
            goal=1.0,
            device=f"cpu, {threads} thread{'s' if threads > 1 else ''}",
            note=f"fp32, {seconds} s of sound, median of {times}",
        ),
        figure(
            "decoding in a child: WAV, 44.1 kHz, two channels",
            _decoding(seconds, times) / seconds,
            "s/s",
            note=f"to 16 kHz, one channel; {seconds} s of sound, median of {times}",
        ),
        figure(
            "words to text, sections and sentences",
            1e3 * median_s(lambda: written(_words(1000)), times),
            "ms",
            note=f"1,000 words, a mark every tenth, median of {times}",
        ),
    ]


def _listener() -> MedAsr:
    """The architecture's own defaults are MedASR's sizes. Its vocabulary is not shipped; answers are ids here."""
    from transformers import LasrCTCConfig, LasrFeatureExtractor, LasrForCTC, LasrProcessor, LasrTokenizer

    torch.manual_seed(0)
    model = LasrForCTC(LasrCTCConfig()).eval()
    tokenizer = LasrTokenizer(extra_ids=0, additional_special_tokens=[])
    return MedAsr(model, LasrProcessor(LasrFeatureExtractor(), tokenizer))


def _decoding(seconds: int, times: int) -> float:
    two = np.random.default_rng(1).integers(-3000, 3000, (seconds * _RATE_HZ, 2)).astype("<i2")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sound.wav"
        with wave.open(str(file), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(_RATE_HZ)
            out.writeframes(two.tobytes())
        samples_of("sound.wav", file)  # the child is started
        return median_s(lambda: samples_of("sound.wav", file), times)


def _words(count: int) -> list[Word]:
    return [Word("{period}" if n % 10 == 9 else "clear", 0.4 * n, 0.4 * n + 0.3) for n in range(count)]
