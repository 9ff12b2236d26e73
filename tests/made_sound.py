"""Sound files made here: WAV of every width, FLAC of uncompressed frames. The MP3 in tests/sounds is a sine too."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]
"""(n,) or (n, channels), full scale ±1."""
MP3 = Path(__file__).parent / "sounds" / "sine.mp3"
"""440 Hz at 0.27 of full scale, one second, 16 kHz, one channel, coded by LAME with a header that states its length."""
_PCM, _FLOAT = 1, 3


def sine(hz: float, seconds: float = 1.0, rate: int = 16_000, level: float = 0.3) -> Sound:
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def coded(sound: Sound, width: int, as_float: bool = False) -> bytes:
    """Samples as WAV holds them: 8 bits unsigned, more signed, floats of 4 or 8 bytes."""
    if as_float:
        return sound.astype(f"<f{width}").tobytes()
    whole = np.round(sound * (2 ** (8 * width - 1) - 1)).astype("<i4")
    if width == 1:
        return (whole + 128).astype("u1").tobytes()
    return np.ascontiguousarray(whole).view("u1").reshape(-1, 4)[:, :width].tobytes()


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return kind + struct.pack("<I", size) + data + b"\0" * (len(data) % 2)


def wav(
    sound: Sound,
    rate: int = 16_000,
    width: int = 2,
    as_float: bool = False,
    stated: int | None = None,
    behind: bytes = b"",
) -> bytes:
    """A WAV file. `stated` is the length that its data chunk claims, `behind` what follows it."""
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    data = coded(sound, width, as_float)
    form = struct.pack(
        "<HHIIHH", _FLOAT if as_float else _PCM, channels, rate, rate * channels * width, channels * width, 8 * width
    )
    body = b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", data, stated) + behind
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flac(sound: Sound, rate: int = 16_000, stated: int | None = None, block: int = 4096) -> bytes:
    """A FLAC file of one channel, 16 bits, every subframe verbatim. Source: RFC 9639."""
    samples = np.round(sound * 32767).astype(">i2")
    total = len(samples) if stated is None else stated
    packed = rate << 44 | 0 << 41 | 15 << 36 | total
    info = struct.pack(">HH", block, block) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    frames = [_frame(number, samples[at : at + block]) for number, at in enumerate(range(0, len(samples), block))]
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info + b"".join(frames)


def _frame(number: int, samples: npt.NDArray[np.int16]) -> bytes:
    """Rate and width as the stream's (0), the block's size in 16 bits (7)."""
    head = b"\xff\xf8" + bytes([0x70, 0x00]) + chr(number).encode() + struct.pack(">H", len(samples) - 1)
    head += bytes([_crc(head, 0x07, 8)])
    frame = head + bytes([0x02]) + samples.tobytes()
    return frame + _crc(frame, 0x8005, 16).to_bytes(2, "big")


def _crc(data: bytes, polynomial: int, bits: int) -> int:
    value, top = 0, 1 << (bits - 1)
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & ((1 << bits) - 1)
    return value
