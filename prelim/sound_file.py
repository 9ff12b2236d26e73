"""What kind of sound file a file is, by its content, and whether its own lengths agree with what it holds."""

import struct
from typing import Literal

from prelim.errors import InputError

Kind = Literal["WAV", "FLAC", "MP3"]
_OTHERS = {
    b"OggS": "an Ogg file",
    b"\x1a\x45\xdf\xa3": "a Matroska or WebM file",
    b"\x30\x26\xb2\x75": "a Windows Media file",
    b"#!AMR": "an AMR file",
    b"RIFF": "a RIFF file without sound alone, such as a video",
}
_PICTURES = (b"heic", b"heix", b"mif1", b"msf1", b"avif")
"""The brands of MPEG-4 files that are pictures."""
_UNFINISHED = 0x7FFFF000
"""From here on a length is no length: what writes into a pipe cannot know it (0xFFFFFFFF; sox 0x7FFFF000 and more)."""
_PADDING_BYTES = 64
"""What may stand behind the last chunk."""


def sound_kind(head: bytes) -> Kind | None:
    """The kind by a file's first bytes; None for what is none of them."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head.startswith(b"fLaC"):
        return "FLAC"
    return "MP3" if (head.startswith(b"ID3") and head[3:4] in b"\2\3\4") or _begins_layer_3(head) else None


def _begins_layer_3(head: bytes) -> bool:
    """Whether an MPEG audio frame header stands first, all its reserved values excluded: layer III and no other.

    Source: ISO/IEC 11172-3, 2.4.1.3.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bitrate, rate, emphasis = (
        head[1] >> 3 & 3,
        head[1] >> 1 & 3,
        head[2] >> 4,
        head[2] >> 2 & 3,
        head[3],
    )
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3 and emphasis & 3 != 2


def other_sound(head: bytes) -> str | None:
    """What a file is called that holds sound or a video in a form that is not read; None for any other file."""
    if head[4:8] == b"ftyp" and head[8:12] not in _PICTURES:
        return "an MPEG-4 file (M4A, MP4 or a video)"
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "an AIFF file"
    return next((name for beginning, name in _OTHERS.items() if head.startswith(beginning)), None)


def is_sound(head: bytes) -> bool:
    """Whether a file claims to hold sound, in a form that is read or in another."""
    return bool(sound_kind(head) or other_sound(head))


def check_lengths(data: bytes, name: str) -> None:
    """A WAV file's chunks against its bytes: a decoder would take what is there for the whole.

    InputError truncated. Source: the RIFF form, chunks of an id, a length (little endian) and an even number of bytes.
    """
    place = 12
    while place + 8 <= len(data):
        kind, [length] = data[place : place + 4], struct.unpack_from("<I", data, place + 4)
        rest = len(data) - place - 8
        if kind == b"data" and length >= _UNFINISHED:
            return
        if length > rest:
            raise _cut(name, "is cut off: it states more than it holds")
        place += 8 + length + length % 2
        if kind == b"data":
            _check_behind(data[place:], name)
            return
    raise _cut(name, "is cut off before its sound")


def _check_behind(rest: bytes, name: str) -> None:
    """What follows the sound is a chunk or padding; else the length was a lie, or was never written."""
    is_chunk = len(rest) >= 8 and rest[:4].isascii() and rest[:4].decode("ascii").isprintable()
    if len(rest) > _PADDING_BYTES and not is_chunk:
        raise _cut(name, "states less sound than it holds: its recording was not finished properly")


def _cut(name: str, what: str) -> InputError:
    return InputError("truncated", f"{name} {what}.", "Export it again.", name)
