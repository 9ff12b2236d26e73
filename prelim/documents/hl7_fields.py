"""HL7 v2's encoding: messages, segments, fields, repetitions, components, escapes, moments.

Source: HL7 v2.5.1, chapter 2 (control), 2.7 escape sequences, 2.A data types.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import hl7

from prelim.documents.export import in_utc

_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?(?:\.\d+)?)?([+-]\d{4})?$")
_CHARSETS = {"8859/1": "cp1252", "8859/2": "iso8859-2", "8859/9": "iso8859-9", "8859/15": "iso8859-15"}
_BREAK = r"\.(?:br|sp|in|ti|fi|nf|ce|sk)"


class Segment(NamedTuple):
    """A segment of a message, its number among those of its name, from 1, and the message's separators."""

    name: str
    number: int
    fields: Sequence[str]
    message: hl7.Message

    def field(self, number: int) -> str:
        """A field as it stands, with its separators; "" where it is missing or explicitly empty."""
        value = self.fields[number] if number < len(self.fields) else ""
        return "" if value == '""' else value

    def repetitions(self, number: int) -> list[list[str]]:
        """A field's repetitions, each as its components, unescaped."""
        component, repetition = self.message.separators[3], self.message.separators[2]
        parts = self.field(number).split(repetition) if self.field(number) else []
        return [[unescaped(self.message, one) for one in part.split(component)] for part in parts]

    def components(self, number: int) -> list[str]:
        """The components of a field's first repetition."""
        return next(iter(self.repetitions(number)), [])

    def text(self, number: int) -> str:
        """A field in words: its first component that is not empty of the first repetition."""
        return next(filter(None, self.components(number)), "")

    def whole(self, number: int) -> str:
        """A field as one text: its repetitions are lines, its components are not parted."""
        repetition = self.message.separators[2]
        return "\n".join(unescaped(self.message, part) for part in self.field(number).split(repetition))


def decoded(data: bytes) -> str:
    """The text of a file of messages, in the character set that the first one states (MSH-18), else UTF-8 or 1252."""
    head = data[:4096].split(b"\r")[0].split(b"\n")[0]
    fields = head[head.find(b"MSH") :].split(head[head.find(b"MSH") + 3 : head.find(b"MSH") + 4] or b"|")
    stated = fields[17].split(b"~")[0].decode("ascii", "replace").strip() if len(fields) > 17 else ""
    if stated in _CHARSETS:
        return data.decode(_CHARSETS[stated], "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def messages_of(text: str) -> Iterator[list[Segment]]:
    """The messages of a text, whatever ends its lines and whatever batch they lie in. hl7.ParseException."""
    lines = [line.strip("\x0b\x1c") for line in re.split(r"\r\n|\r|\n", text)]
    starts = [number for number, line in enumerate(lines) if line.startswith("MSH")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        mine = [line for line in lines[start:end] if re.match(r"[A-Z][A-Z0-9]{2}\W", line)]
        yield list(_segments([line for line in mine if line[:3] not in ("FHS", "BHS", "BTS", "FTS")]))


def _segments(lines: Sequence[str]) -> Iterator[Segment]:
    message = hl7.parse("\r".join(lines))
    separator, seen = lines[0][3], dict[str, int]()
    for line in lines:
        name = line[:3]
        seen[name] = seen.get(name, 0) + 1
        fields = line.split(separator)
        yield Segment(name, seen[name], fields if name != "MSH" else ["MSH", separator, *fields[1:]], message)


def unescaped(message: hl7.Message, text: str) -> str:
    """A text with its escape sequences resolved; formatting commands are line breaks."""
    escape = re.escape(message.esc)
    if message.esc not in text:
        return text
    broken = re.sub(f"{escape}{_BREAK}[^{escape}]*{escape}", "\n", text)
    return str(message.unescape(broken)).replace("\r", "\n")


def moment(printed: str) -> str | None:
    """An HL7 time as ISO 8601: a day, or a moment with the zone as it was written; None where it is no time."""
    match = _MOMENT.match(printed.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    clock = f"T{hour}:{minute}:{second or '00'}{f'{zone[:3]}:{zone[3:]}' if zone else ''}" if hour else ""
    written = f"{year}-{month}-{day}{clock}"
    return written if in_utc(written) else None
