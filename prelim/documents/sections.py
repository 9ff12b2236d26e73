"""The sections of a report or note, and the sentences of a text: where they stand, never a changed word."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from prelim.knowledge.cues import cues, headings, plain_heading

_HEADING = re.compile(
    r"(?:^|(?<=[.!?;]\s))[ \t>#*_(]{0,6}(?:\d{1,2}[.)][ \t]*)?"
    r"(?P<name>[^\W\d_][^\n:.;]{0,46}?)[*_) \t]*(?P<after>:[*_]*|[ \t][-–—][ \t]|$)",
    re.M,
)
"""A heading stands at the start of a line or after a sentence, and ends with a colon, a dash or its line."""
_END = re.compile(
    r"[.!?]+(?=[\s\"')\]]|$)[\"')\]]*|\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t])|\n(?=[ \t]*[A-Z])"
)
_LAST_WORD = re.compile(r"(?:[^\W\d_]\.)*[^\W_]+$")
_NUMBERED = re.compile(r"(?:^|[\s:.])\(?\d{1,2}$")
_WRAPPED = 55
"""A line this long or longer may have been broken to fit the page: the next goes on with it. A shorter one ended."""


_LOOK = 80
"""How much of a sentence is looked at to tell whether it ends."""
_LONGEST = 600


class Section(NamedTuple):
    """What stands under a heading, [start, end) in the text. `heading` is canonical, "" before the first."""

    heading: str
    start: int
    end: int


def sections_of(text: str) -> list[Section]:
    """The sections of a text in order, without their headings and without those that are empty."""
    known = headings()
    found = [("", 0, 0)]
    for match in _HEADING.finditer(text):
        canonical = known.get(plain_heading(match["name"]))
        alone = match["after"][:1] == ":" or text.rfind("\n", 0, match.start("name")) == match.start() - 1
        if canonical and alone:
            found.append((canonical, match.start(), match.end()))
    ends = [start for _, start, _ in found[1:]] + [len(text)]
    parts = [Section(name, *_trimmed(text, start, end)) for (name, _, start), end in zip(found, ends, strict=True)]
    return [part for part in parts if part.start < part.end]


def sentences_of(text: str, language: str = "en") -> list[tuple[int, int]]:
    """The sentences of a text as [start, end). A list's number belongs to its sentence, an abbreviation ends none."""
    spans, start = [], 0
    for match in _END.finditer(text):
        if _ends(text, start, match, language):
            spans.append(_trimmed(text, start, match.end()))
            start = match.end()
    spans.append(_trimmed(text, start, len(text)))
    parts = [part for span in spans for part in _cut(text, *span)]
    return [(first, last) for first, last in parts if re.search(r"\w", text[first:last])]


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence in pieces of bearable length, cut at blanks: what has no full stop for long is no prose."""
    while end - start > _LONGEST:
        blank = text.rfind(" ", start + 1, start + _LONGEST)
        place = blank if blank > 0 else start + _LONGEST
        yield _trimmed(text, start, place)
        start = place
    yield _trimmed(text, start, end)


def _ends(text: str, start: int, match: re.Match[str], language: str) -> bool:
    """Whether a full stop or a new line ends the sentence that began at `start`."""
    before = text[max(start, match.start() - _LOOK) : match.start()]
    if match.group()[0] == "\n":
        blank_or_listed = match.group().count("\n") > 1 or not re.match(r"[ \t]*[A-Z]", text[match.end() :])
        return blank_or_listed or len(before.rpartition("\n")[2]) < _WRAPPED
    if match.group()[0] != ".":
        return True
    if _NUMBERED.search(before) and before.strip(" \t\n().0123456789") == "":
        return False
    word = _LAST_WORD.search(before)
    if word is None:
        return True
    last = word.group().lower()
    rest = text[match.end() :].lstrip()
    said = cues(language)
    goes_on = rest[:1].islower() or rest[:1].isdigit()
    return not (last in said.titles or (last in said.abbreviations and goes_on))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), max(start, end - (len(inner) - len(inner.rstrip())))
