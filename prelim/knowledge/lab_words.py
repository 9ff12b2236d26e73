"""The words of laboratory reports in four languages: headings, flags, results in words, specimens (lab_words.yaml)."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from prelim.types import Value

Language = Literal["en", "de", "es", "fr"]
Meaning = Literal["H", "L", "N", "A"]
_PLAIN_EDGES = ".:;()[]*"
_LONG = 5
"""From this many letters on, a word of a scan may have one letter wrong."""


class LabWords(Value):
    """The table, its words plain (see `plain_words`). `columns` and `not_tests` know the language of each phrase."""

    columns: dict[str, tuple[str, frozenset[Language]]]
    column_edits: dict[str, str]
    flags: dict[str, Meaning]
    qualitative: dict[str, str]
    words: frozenset[str]
    below: tuple[str, ...]
    above: tuple[str, ...]
    between: tuple[str, ...]
    sexes: dict[str, Literal["M", "F"]]
    adults: tuple[str, ...]
    children: tuple[str, ...]
    years: tuple[str, ...]
    specimens: dict[str, str]
    not_tests: dict[str, frozenset[Language]]
    all_in: tuple[str, ...]
    joining: frozenset[str]
    outside: tuple[str, ...]

    def column(self, text: str) -> str | None:
        """The column that a printed heading names; None where it names none."""
        found = self.columns.get(plain_words(text))
        return found[0] if found else None

    def column_nearly(self, text: str) -> str | None:
        """As `column`, for a scan: long words may have one letter wrong, lost or added."""
        plain = plain_words(text)
        if plain in self.columns or len(plain) < _LONG:
            return self.column(text)
        return next((self.column_edits[edit] for edit in deletes(plain) if edit in self.column_edits), None)

    def flag(self, text: str) -> Meaning | None:
        """What a printed flag means; None where it is none. Brackets around it are not looked at."""
        return self.flags.get(text.strip().strip("()[]").strip().casefold())

    def meaning(self, text: str) -> str | None:
        """What a result in words means: negative, positive, trace, normal; None where it is no such word."""
        plain = " ".join(text.casefold().split())
        return self.qualitative.get(plain) or self.qualitative.get(plain_words(text))

    def specimen(self, text: str) -> str | None:
        """What a heading says a result was measured in: its longest words that name a specimen."""
        words = f" {re.sub(r'[^a-z0-9-]+', ' ', plain_words(text))} "
        return next((self.specimens[phrase] for phrase in self.specimens if f" {phrase} " in words), None)

    def is_about_the_sheet(self, name: str) -> bool:
        """Whether a line that begins so is about a person, an order or a page."""
        words = re.sub(r"[:;,(].*", "", plain_words(name)).split() or plain_words(name).split()
        first = [" ".join(words[:count]) for count in range(1, min(3, len(words)) + 1)]
        return any(phrase in self.not_tests for phrase in first)

    def language(self, text: str) -> Language:
        """The language whose words for columns and for the sheet a text uses most; English where they tie."""
        counts: dict[Language, int] = {"en": 0, "de": 0, "es": 0, "fr": 0}
        for word in re.findall(r"\w{3,}", folded(text)):
            for known in (self.columns.get(word, ("", frozenset()))[1], self.not_tests.get(word, frozenset())):
                for language in known if len(known) == 1 else ():
                    counts[language] += 1
        return max(counts, key=lambda language: counts[language])


def folded(text: str) -> str:
    """Lower case, without accents."""
    marks = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in marks if not unicodedata.combining(letter))


def plain_words(text: str) -> str:
    """Lower case, without accents, without the stops and brackets around each word."""
    return " ".join(word for word in (part.strip(_PLAIN_EDGES) for part in folded(text).split()) if word)


def deletes(word: str) -> set[str]:
    """A word and all that one letter less leaves of it: two words with a common one are one letter apart, or two."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


@cache
def lab_words() -> LabWords:
    """The table in lab_words.yaml."""
    data = yaml.safe_load((Path(__file__).parent / "lab_words.yaml").read_text(encoding="utf-8"))
    columns: dict[str, tuple[str, frozenset[Language]]] = {}
    for column, phrases in data["columns"].items():
        for phrase, known in _by_language(phrases).items():
            columns.setdefault(phrase, (column, frozenset()))
            columns[phrase] = (columns[phrase][0], columns[phrase][1] | known)
    long = [phrase for phrase in columns if len(phrase) >= _LONG]
    return LabWords(
        columns=columns,
        column_edits={edit: columns[phrase][0] for phrase in long for edit in deletes(phrase)},
        flags={said.casefold(): meaning for meaning, words in data["flags"].items() for said in words},
        qualitative=_inverted(data["qualitative"]) | _inverted(data["qualitative"], plain_words),
        words=frozenset(map(plain_words, data["words"])),
        specimens=dict(sorted(_inverted(data["specimens"], plain_words).items(), key=lambda item: -len(item[0]))),
        sexes=_inverted(data["sexes"], str.casefold),
        not_tests=_by_language(data["not_tests"]),
        all_in=_longest(data["all_in"]),
        joining=frozenset(data["joining"]),
        **{key: _longest(data[key]) for key in ("below", "above", "between", "adults", "children", "years", "outside")},
    )


def _by_language(phrases: dict[Language, list[str]]) -> dict[str, frozenset[Language]]:
    found: dict[str, frozenset[Language]] = {}
    for language, said in phrases.items():
        for phrase in map(plain_words, map(str, said)):
            found[phrase] = found.get(phrase, frozenset()) | {language}
    return found


def _inverted(groups: dict[str, list[str]], form: Callable[[str], str] = str.casefold) -> dict[str, str]:
    return {form(word): meaning for meaning, words in groups.items() for word in words if form(word)}


def _longest(words: Iterable[str]) -> tuple[str, ...]:
    """Longest first, so that a pattern of alternatives takes the longest."""
    return tuple(sorted({str(word).casefold() for word in words}, key=lambda word: (-len(word), word)))
