"""From the words that a speech model heard to a written text: marks, paragraphs, sections, sentences with their times.

MedASR writes what it was told in its own form: `[FINDINGS] {colon} no effusion {period} {new paragraph}`. Commands that
are known become marks; every other word and command stays as it was heard.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prelim.facts import Segment
from prelim.knowledge.dictation import Mark, SpokenTable, spoken_table

_LONGEST_HEADING = 4
_ENDED = re.compile(r"""[.?!]["')\]]*$""")
_CLOSERS = "\"')]"


class Word(NamedTuple):
    """A word as heard, and when, in seconds from the beginning of the recording."""

    text: str
    start_s: float
    end_s: float


class Written(NamedTuple):
    """A text, its sentences in order, and the commands that nobody knows, which stand in it as heard.

    A heading belongs to no segment; every other word to exactly one.
    """

    text: str
    segments: tuple[Segment, ...]
    unknown: tuple[str, ...]


class _Piece(NamedTuple):
    """A word, a known command (`mark`) or a heading's tag, with its time."""

    text: str
    start_s: float
    end_s: float
    mark: Mark | None = None
    tag: bool = False


def written(words: Sequence[Word]) -> Written:
    """The text that was dictated."""
    table = spoken_table()
    pieces = list(_pieces(words, table))
    page, place = _Page(table), 0
    while place < len(pieces):
        if used := _heading(pieces, place, page):
            place += used
            continue
        piece, following = pieces[place], pieces[place + 1 : place + 2]
        if piece.mark:
            page.add_mark(piece.mark, piece)
        else:
            page.add_word(piece.text.lower() if piece.tag else piece.text, piece)
            if _ends_sentence(piece.text, following[0] if following else None, table):
                page.end()
        place += 1
    unknown = [piece.text for piece in pieces if piece.text.startswith("{") and not piece.mark]
    return Written(page.text.rstrip(), page.segments(), tuple(dict.fromkeys(unknown)))


# ------------------------------------------------------------------ what was heard


def _pieces(words: Sequence[Word], table: SpokenTable) -> Iterator[_Piece]:
    """Commands and tags may run over several words, or stand in one without a space before them."""
    heard = " ".join(word.text for word in words)
    owners = [word for word in words for _ in range(len(word.text) + 1)]
    for found in _pattern(table).finditer(heard):
        start_s, end_s = owners[found.start()].start_s, owners[found.end() - 1].end_s
        said = found["command"] or found["plain"]
        mark = table.mark(said) if said else None
        yield _Piece((found["tag"] or found[0]).strip(), start_s, end_s, mark, tag=bool(found["tag"]))


def _pattern(table: SpokenTable) -> re.Pattern[str]:
    """{a command}, also with doubled braces; [A HEADING]; what is plain; any other word."""
    plain = "|".join(map(re.escape, table.plain))
    parts = (
        r"\{+\s*(?P<command>[^{}\s][^{}]{0,40}?)\s*\}+",
        r"\[\s*(?P<tag>[^\W\d_][^\[\]{}]{1,40}?)\s*\]",
        rf"(?<!\S)(?P<plain>{plain})(?!\S)",
        r"(?:(?!\{+\s*[^{}\s][^{}]{0,40}\}|\[\s*[^\W\d_][^\[\]{}]{1,40}\])\S)+",
    )
    return re.compile("|".join(parts), re.I)


def _heading(pieces: Sequence[_Piece], place: int, page: "_Page") -> int:
    """Write the heading that begins here; of how many pieces it is, its colon among them. 0 where there is none.

    A tag is one at a sentence's beginning or before a colon; words are one only at a beginning and before what ends
    a line. Anything else is said within a sentence, and stays there.
    """
    if pieces[place].tag:
        behind = _mark_at(pieces, place + 1)
        if page.at_beginning or behind == ":":
            text = pieces[place].text
            page.add_heading(text, page.table.section(text) or text.lower())
            return 2 if behind in (":", ".") else 1
        return 0
    for count in range(_LONGEST_HEADING, 0, -1):
        run = pieces[place : place + count]
        if len(run) < count or not page.at_beginning or any(piece.mark or piece.tag for piece in run):
            continue
        text = " ".join(piece.text for piece in run)
        section, behind = page.table.section(text.removesuffix(":")), _mark_at(pieces, place + count)
        if section and (text.endswith(":") or behind in (":", ".", "\n", "\n\n")):
            page.add_heading(text.removesuffix(":"), section)
            return count + (behind in (":", "."))
    return 0


def _mark_at(pieces: Sequence[_Piece], place: int) -> str | None:
    mark = pieces[place].mark if place < len(pieces) else None
    return mark.text if mark else None


def _ends_sentence(word: str, following: _Piece | None, table: SpokenTable) -> bool:
    """Whether a word that the model itself wrote with a full stop is a sentence's last."""
    if not _ENDED.search(word):
        return False
    bare = word.rstrip(".?!" + _CLOSERS).lower()
    if len(bare) <= 1 or bare.isdigit() or bare in table.abbreviations:
        return False
    return following is None or following.mark is not None or following.tag or following.text[0].isupper()


# ------------------------------------------------------------------ the page


class _Sentence:
    """A segment as it grows: its place in the text, and its time."""

    def __init__(self, begin: int, start_s: float, section: str) -> None:
        self.begin, self.end = begin, begin
        self.start_s, self.end_s, self.section = start_s, start_s, section


class _Page:
    """The text as it grows."""

    def __init__(self, table: SpokenTable) -> None:
        self.table = table
        self.text, self.section = "", ""
        self.at_beginning = True
        self._glued = False
        self._open: _Sentence | None = None
        self._sentences: list[_Sentence] = []

    def segments(self) -> tuple[Segment, ...]:
        """The sentences so far."""
        return tuple(
            Segment(
                start_s=round(one.start_s, 2),
                end_s=round(one.end_s, 2),
                text=self.text[one.begin : one.end],
                chars=(one.begin, one.end),
                section=one.section,
            )
            for one in self._sentences
        )

    def add_word(self, word: str, piece: _Piece) -> None:
        """A word, with a capital at a sentence's beginning unless it has its own way of writing (pH, mL)."""
        if self.at_beginning and word.islower():
            word = word[0].upper() + word[1:]
        self._write(word, piece, glued=False)
        self._glued = self.at_beginning = False

    def add_mark(self, mark: Mark, piece: _Piece) -> None:
        """A mark, once where the model wrote it too."""
        if mark.ends in ("line", "paragraph"):
            self._break(mark.text)
            return
        glued = mark.attach in ("left", "both")
        opened = self._open or (self._sentences[-1] if self._sentences and self.text[-1] not in "\n:" else None)
        if glued and (opened is None or self.text.endswith(mark.text)):
            if opened:
                opened.end_s = piece.end_s
        else:
            if glued:
                self._open = opened
            self._write(mark.text, piece, glued)
            self._glued = mark.attach in ("right", "both")
        if mark.ends == "sentence":
            self.end()

    def add_heading(self, heading: str, section: str) -> None:
        """A heading begins a paragraph and a section."""
        self._break("\n\n")
        self.text += heading[0].upper() + heading[1:].lower() + ":"
        self.section = section

    def end(self) -> None:
        """End the sentence. A number before its item is none."""
        self.at_beginning = True
        if self._open and not self.text[self._open.begin : self._open.end].rstrip(".").isdigit():
            self._open = None

    def _write(self, text: str, piece: _Piece, glued: bool) -> None:
        space = "" if glued or self._glued or not self.text or self.text.endswith("\n") else " "
        self.text += space
        if self._open is None:
            self._open = _Sentence(len(self.text), piece.start_s, self.section)
            self._sentences.append(self._open)
        self.text += text
        self._open.end, self._open.end_s = len(self.text), piece.end_s

    def _break(self, lines: str) -> None:
        """A new line, or a blank one; never more than one blank line, none at the very beginning."""
        self._open, self._glued, self.at_beginning = None, False, True
        bare = self.text.rstrip("\n")
        there = len(self.text) - len(bare)
        self.text = bare + "\n" * min(2, max(there + (lines == "\n"), len(lines))) if bare else ""
