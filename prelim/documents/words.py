"""Characters with their places → words with boxes, and words → lines of text."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

Word = tuple[str, float, float, float, float] | tuple[str, float, float, float, float, str]
"""[text, x0, top, x1, bottom] in PDF points, origin at the page's top left; a sixth item where a second reading of
a scan differed: what it read."""
_GAP_PT, _GAP, _LINE_PT = 3.0, 0.15, 3.0
"""A gap wider than 3 points, or than a share of the characters' height, parts two words: some writers leave out every
blank. Tops nearer than 3 points are one line. Source: the points are pdfplumber's defaults."""


class Char(NamedTuple):
    """One character (of a ligature several) and its box in points, origin at the page's top left.

    `turn` is the way that it is written, in quarters of a turn clockwise; None for a slanted one.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    turn: int | None = 0


def lines_of(chars: Sequence[Char], width: float, height: float) -> list[list[Word]]:
    """The lines of a page of this size, each its words in order: upright, then sideways, then slanted ones."""
    found: list[list[Word]] = []
    for turn in range(4):
        there = [_upright(char, width, height) for char in chars if char.turn == turn]
        size = (width, height) if turn % 2 == 0 else (height, width)
        for line in _levels(there):
            words = map(_word, _runs(sorted(line, key=lambda char: char.x0)))
            found.append([(word[0], *turned_box(word[1:5], turn, *size)) for word in words])
    found.append([_word(run) for run in _cut([(char, False) for char in chars if char.turn is None])])
    return [line for line in found if line]


def text_of(lines: Sequence[Sequence[Word]]) -> str:
    """Words parted by blanks, lines by line ends."""
    return "\n".join(" ".join(word[0] for word in line) for line in lines)


def _levels(chars: Sequence[Char]) -> Iterator[list[Char]]:
    """Chains of tops that lie near each other."""
    line: list[Char] = []
    for char in sorted(chars, key=lambda char: char.top):
        if line and char.top - line[-1].top > _LINE_PT:
            yield line
            line = []
        line.append(char)
    if line:
        yield line


def _runs(line: Sequence[Char]) -> Iterator[list[Char]]:
    """A line cut at blanks and gaps, and where a character is lower or higher than the one before it."""
    apart = [
        char.x0 - before.x1 > min(_GAP_PT, _GAP * (char.bottom - char.top)) or abs(char.top - before.top) > _LINE_PT
        for before, char in pairwise(line)
    ]
    return _cut(list(zip(line, [False, *apart], strict=True)))


def _cut(chars: Sequence[tuple[Char, bool]]) -> Iterator[list[Char]]:
    run: list[Char] = []
    for char, apart in chars:
        blank = char.text.isspace()
        if run and (apart or blank):
            yield run
            run = []
        if not blank:
            run.append(char)
    if run:
        yield run


def _word(run: Sequence[Char]) -> Word:
    box = (min(c.x0 for c in run), min(c.top for c in run), max(c.x1 for c in run), max(c.bottom for c in run))
    x0, top, x1, bottom = (round(edge, 2) for edge in box)
    return "".join(char.text for char in run), x0, top, x1, bottom


def _upright(char: Char, width: float, height: float) -> Char:
    """In the frame in which it is upright: the page turned back."""
    if not char.turn:
        return char
    return Char(char.text, *turned_box(char[1:5], -char.turn % 4, width, height), char.turn)


def turned_box(
    box: tuple[float, float, float, float], quarters: int, width: float, height: float
) -> tuple[float, float, float, float]:
    """A box of a page of this size after the page was turned clockwise by so many quarters."""
    x0, top, x1, bottom = box
    if quarters == 1:
        return height - bottom, x0, height - top, x1
    if quarters == 2:
        return width - x1, height - bottom, width - x0, height - top
    if quarters == 3:
        return top, width - x1, bottom, width - x0
    return box
