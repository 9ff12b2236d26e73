"""Sound files as a speech model hears them: float32, one channel, 16 kHz. Each is decoded in a child.

What is refused: what is longer than an hour, silent or empty, cut off, or holds fewer samples than it states. An MP3
that does not state its length (no Xing or Info header) cannot be seen to be cut off.
"""

from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Any, NamedTuple

import miniaudio
import numpy as np
import numpy.typing as npt

from prelim.errors import InputError
from prelim.isolation import Answer, call
from prelim.sound_file import Kind, check_lengths, other_sound, sound_kind

Samples = npt.NDArray[np.float32]
"""(n,) float32 of one channel, full scale ±1."""
RATE_HZ = 16_000
LONGEST_S = 3600.0
_RATES_HZ = (4_000, 192_000)
_MOST_CHANNELS = 8
_SLACK = {"WAV": 0, "FLAC": 0, "MP3": 2 * 1152}
"""Samples that may be missing of what is stated: an MP3's coder delays and pads by a frame or two."""
_SILENCE_RMS = 1e-3
"""-60 dB of full scale: below what a microphone that is switched on hears in a quiet room."""
_LEVEL_S = 0.02
_BLOCK = 2**16
_READERS = {"WAV": miniaudio.wav_get_info, "FLAC": miniaudio.flac_get_info, "MP3": miniaudio.mp3_get_info}


class Sound(NamedTuple):
    """A recording's length in seconds, and what is odd about it."""

    seconds: float
    issues: tuple[str, ...]


def open_sound(path: str, file: Path) -> Sound:
    """Decode a file to its end, and say how long it is.

    InputError unsupported (another container, more than 8 channels), unreadable, truncated, too_long, no_sound,
    silent, and as `isolation.call`.
    """
    plain = call(look, path, str(file)).plain
    try:
        seconds, issues = float(plain["seconds"]), tuple(map(str, plain["issues"]))
    except (LookupError, TypeError, ValueError) as error:
        raise _misled(path) from error
    if not 0 < seconds <= LONGEST_S:
        raise _misled(path)
    return Sound(seconds, issues)


def samples_of(path: str, file: Path) -> Samples:
    """A file's sound. InputError as `open_sound`."""
    _, blobs = call(samples, path, str(file))
    if len(blobs) != 1 or len(blobs[0]) % 4 or not 0 < len(blobs[0]) <= 4 * RATE_HZ * (LONGEST_S + 1):
        raise _misled(path)
    found = np.frombuffer(blobs[0], np.float32)
    if not np.isfinite(found).all():
        raise _misled(path)
    return found


def _misled(path: str) -> InputError:
    return InputError("decode_crash", f"{path} misled the process that read it.", "Leave it out.", path)


# ------------------------------------------------------------------ in the child


def look(name: str, path: str) -> Answer:
    """The operation: how long a recording is, and what is odd about it."""
    mono, rate_hz = _decoded(Path(path).read_bytes(), name)
    return Answer({"seconds": len(mono) / rate_hz, "issues": _issues(rate_hz)})


def samples(name: str, path: str) -> Answer:
    """The operation: a recording's samples at 16 kHz, little endian."""
    mono, rate_hz = _decoded(Path(path).read_bytes(), name)
    return Answer(None, [resampled(mono, rate_hz).data.cast("B")])


def _issues(rate_hz: int) -> list[str]:
    if rate_hz >= RATE_HZ:
        return []
    return [f"Recorded at {rate_hz / 1000:g} kHz, as a telephone does: the speech model was made for 16 kHz."]


def resampled(mono: Samples, rate_hz: int) -> Samples:
    """(n,) at `rate_hz` → (ceil(n · 16000 / rate_hz),) at 16 kHz, low-passed below the lower Nyquist frequency."""
    if rate_hz == RATE_HZ:
        return mono
    from scipy.signal import resample_poly  # half a second to import, in the child alone

    common = gcd(RATE_HZ, rate_hz)
    return np.ascontiguousarray(resample_poly(mono, RATE_HZ // common, rate_hz // common), np.float32)


def _decoded(data: bytes, name: str) -> tuple[Samples, int]:
    """One channel (the mean of all) at the file's own rate, and that rate."""
    kind = sound_kind(data[:512])
    if kind is None:
        what = other_sound(data[:512]) or "no sound file"
        raise InputError("unsupported", f"{name} is {what}, which is not read.", "Give WAV, FLAC or MP3.", name)
    if kind == "WAV":
        check_lengths(data, name)
    try:
        info = _READERS[kind](data)
        _check(info, name)
        mono = np.concatenate([np.zeros(0, np.float32), *_blocks(data, info, name)])
    except miniaudio.MiniaudioError as error:
        raise _damaged(kind, name) from error
    if len(mono) + _SLACK[kind] < info.num_frames and len(mono):
        raise InputError("truncated", f"{name} holds less sound than it states.", "Export it again.", name)
    if info.num_frames and not len(mono):
        raise _damaged(kind, name)
    return _audible(mono, info.sample_rate, name), info.sample_rate


def _damaged(kind: Kind, name: str) -> InputError:
    message = f"{name} is a damaged {kind} file, or one whose coding is not read."
    return InputError("unreadable", message, "Export it again.", name)


def _check(info: Any, name: str) -> None:
    """What a file states, before it is decoded."""
    low, high = _RATES_HZ
    if not (low <= info.sample_rate <= high and 1 <= info.nchannels <= _MOST_CHANNELS):
        message = f"{name} states {info.nchannels} channels at {info.sample_rate} Hz, which is not read."
        raise InputError("unsupported", message, "Export it with one channel at 16 kHz.", name)
    if info.num_frames > LONGEST_S * info.sample_rate:
        raise _too_long(name)


def _too_long(name: str) -> InputError:
    return InputError("too_long", f"{name} is longer than {LONGEST_S / 60:g} minutes.", "Split it.", name)


def _blocks(data: bytes, info: Any, name: str) -> Iterator[Samples]:
    """Piece by piece, so that only one channel of a long recording is ever held."""
    width, count = info.nchannels, 0
    form = miniaudio.SampleFormat.FLOAT32
    for block in miniaudio.stream_memory(data, form, width, info.sample_rate, frames_to_read=_BLOCK):
        frames = np.frombuffer(block, np.float32).reshape(-1, width)
        count += len(frames)
        if count > LONGEST_S * info.sample_rate:
            raise _too_long(name)
        yield frames.mean(1) if width > 1 else frames[:, 0].copy()


def _audible(mono: Samples, rate_hz: int, name: str) -> Samples:
    """Samples that are numbers within full scale, and not silent throughout."""
    if not len(mono):
        raise InputError("no_sound", f"{name} holds no sound.", "Leave it out.", name)
    if not np.isfinite(mono).all():
        raise InputError("unreadable", f"{name} holds samples that are no numbers.", "Export it again.", name)
    length = max(1, min(len(mono), int(_LEVEL_S * rate_hz)))
    levels = mono[: len(mono) // length * length].reshape(-1, length).std(1)
    if levels.max() < _SILENCE_RMS:
        raise InputError("silent", f"{name} is silent throughout.", "Check the microphone, or leave it out.", name)
    peak = max(mono.max(), -mono.min())
    return mono / peak if peak > 1 else mono
