"""Finding many phrases in a text at once. The phrases are data (see the YAML tables); this is their small language.

A phrase is words. `nodul*` is any word that begins so, `a|b` either word, `(a)` a word that may be left out (never the
first), `..` up to four words of any kind, `~` any number of the filler words. No gap crosses a comma or the like, save
that fillers may stand in a list. Blanks, hyphens and slashes between words are one.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = r"[\s/–-]+"
_KEY = 2


class Hit(NamedTuple):
    """Where a phrase stands, [start, end), and what it means."""

    start: int
    end: int
    meaning: str


class Phrases:
    """Phrases with what each means; the longest that fits at a place is the one that counts."""

    def __init__(self, phrases: Iterable[tuple[str, str]], filler: Iterable[str] = ()) -> None:
        self._filler = "|".join(_word(word) for word in filler)
        self._at: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for phrase, meaning in sorted(set(phrases)):
            pattern = re.compile(self._pattern(phrase), re.I)
            for key in {first[:_KEY].lower() for first in phrase.split()[0].rstrip("*").split("|")}:
                self._at.setdefault(key, []).append((pattern, meaning))

    def find(self, text: str) -> list[Hit]:
        """What is said, in order: the longest at each place, once for each meaning, no part of a longer one."""
        hits: list[Hit] = []
        reached = 0
        for word in _WORD.finditer(text):
            found = self._starting_at(text, word)
            if found and found[0].end > reached:
                reached = found[0].end
                hits += found
        return hits

    def _starting_at(self, text: str, word: re.Match[str]) -> list[Hit]:
        """The longest phrases at one place."""
        found = []
        for pattern, meaning in self._at.get(word.group()[:_KEY].lower(), ()):
            if match := pattern.match(text, word.start()):
                found.append(Hit(word.start(), match.end(), meaning))
        longest = max((hit.end for hit in found), default=0)
        return list(dict.fromkeys(hit for hit in found if hit.end == longest))

    def _pattern(self, phrase: str) -> str:
        """A phrase as a regular expression that starts at a word."""
        made, joint = "", ""
        for word in phrase.split():
            if word == "..":
                made, joint = made + rf"(?:{_BETWEEN}(?!(?:with|without|but|which)\b)[^\W_][\w'.]*){{0,4}}?", _BETWEEN
            elif word == "~":
                made, joint = made + rf"(?:[,:]?{_BETWEEN}(?:{self._filler})\b)*", rf"[,:]?{_BETWEEN}"
            elif word[0] == "(":
                made, joint = made + rf"(?:{joint}{_word(word[1:-1])})?", _BETWEEN
            else:
                made, joint = made + joint + _word(word), _BETWEEN
        return made + r"(?!\w)"


def _word(word: str) -> str:
    """One word with its alternatives."""
    ways = [re.escape(way.rstrip("*")) + (r"\w*" if way.endswith("*") else "") for way in word.split("|")]
    return f"(?:{'|'.join(ways)})"
