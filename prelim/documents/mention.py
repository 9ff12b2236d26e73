"""A fact of a note where it stands, and the items of its lists."""

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prelim.facts import NoteKind
from prelim.types import Chars, State

_BULLET = re.compile(r"[ \t>]*(?:[-*•–·+]+[ \t]*|\(?\d{1,2}[.)][ \t]+|#\d{1,2}[ \t:.)]+|#+[ \t]*)*")


class Mention(NamedTuple):
    """What stands at [start, end) of a text: of which kind, in which section, and whether it is stated or denied."""

    kind: NoteKind
    start: int
    end: int
    state: State
    section: str = ""


class Line(NamedTuple):
    """A line without its bullet or number, [start, end); `listed` where it had one."""

    start: int
    end: int
    listed: bool


def lines_of(text: str, start: int, end: int) -> list[Line]:
    """The lines of a stretch that say anything."""
    lines, place = [], start
    for line in text[start:end].splitlines(keepends=True):
        bullet = _BULLET.match(line)
        inner = bullet.end() if bullet else 0
        first, last = trimmed(text, place + inner, place + len(line))
        if first < last:
            lines.append(Line(first, last, bool(line[:inner].strip())))
        place += len(line)
    return lines


def trimmed(text: str, start: int, end: int, around: str = " \t\r\n.,;:*_") -> Chars:
    """The span without blanks, full stops and the like at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip(around)), max(start, end - (len(inner) - len(inner.rstrip(around))))


def split(text: str, start: int, end: int, at: str) -> list[Chars]:
    """The parts of a stretch between what `at` finds outside brackets, trimmed, without those that hold no word."""
    parts, place = [], start
    for joint in re.finditer(at, text[start:end], re.I):
        before = text[place : start + joint.start()]
        if before.count("(") <= before.count(")"):
            parts.append(trimmed(text, place, start + joint.start()))
            place = start + joint.end()
    parts.append(trimmed(text, place, end))
    return [part for part in parts if re.search(r"\w", text[slice(*part)])]


def sentence_at(sentences: Sequence[Chars], place: int) -> Chars | None:
    """The sentence that a place lies in; they are in order."""
    number = bisect_right(sentences, place, key=lambda span: span[0]) - 1
    return sentences[number] if number >= 0 and place < sentences[number][1] else None


class Taken:
    """Stretches of a text that do not overlap, kept in order."""

    def __init__(self, spans: Iterable[Chars] = ()) -> None:
        self._spans = sorted(spans)

    def overlaps(self, start: int, end: int) -> bool:
        """Whether a stretch overlaps one that is taken."""
        number = bisect_left(self._spans, end, key=lambda span: span[0])
        return number > 0 and start < self._spans[number - 1][1]

    def add(self, start: int, end: int) -> None:
        """Take a stretch that overlaps none."""
        insort(self._spans, (start, end))


def apart(mentions: list[Mention]) -> list[Mention]:
    """In order, of those of one kind that overlap the longest."""
    kept: list[Mention] = []
    taken: dict[NoteKind, Taken] = defaultdict(Taken)
    for one in sorted(mentions, key=lambda mention: mention.start - mention.end):
        if not taken[one.kind].overlaps(one.start, one.end):
            taken[one.kind].add(one.start, one.end)
            kept.append(one)
    return sorted(kept, key=lambda mention: (mention.start, mention.end, mention.kind))
