"""The words of notes: how medications are written, and what names a problem. Data, not code."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from prelim.knowledge.phrases import Phrases

_HERE = Path(__file__).parent
_NUMBER = r"\d+(?:[.,]\d+)?(?:[/-]\d+(?:[.,]\d+)?|\s?(?:–|-|to)\s?\d+(?:[.,]\d+)?)?"
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[-'](?=[^\W_]))*")


class Prescriptions(NamedTuple):
    """`piece` is a dose, a route or a frequency; `joint` what may stand between two. The cues are those of a clause."""

    dose: re.Pattern[str]
    piece: re.Pattern[str]
    joint: re.Pattern[str]
    tail: re.Pattern[str]
    cues: re.Pattern[str]
    ended_after: re.Pattern[str]
    nothing: frozenset[str]
    not_a_name: frozenset[str]
    not_an_item: frozenset[str]
    no_allergen: frozenset[str]
    names: frozenset[str]
    stem: re.Pattern[str]
    not_drugs: frozenset[str]

    def is_drug(self, word: str) -> bool:
        """Whether a word names a medication, by itself or by its ending."""
        plain = word.lower()
        return plain in self.names or (plain not in self.not_drugs and bool(self.stem.fullmatch(plain)))


class Complaints(NamedTuple):
    """What names a problem: `heads` as phrases, `ending` of a single word, and the words around them."""

    heads: Phrases
    ending: re.Pattern[str]
    not_problems: frozenset[str]
    before: frozenset[str]
    place: re.Pattern[str]
    of_something_else: re.Pattern[str]
    triggers: re.Pattern[str]
    not_in_a_name: frozenset[str]


@cache
def prescriptions() -> Prescriptions:
    """How medications are written."""
    said = _read("prescriptions")
    amounts = f"(?:{_NUMBER}|{_any(map(re.escape, said['amounts']))})"
    dose = rf"(?<![\w.]){amounts}[ -]?{_any(said['units'])}(?:[ ]?/[ ]?\d*[ ]?{_any(said['per'])})?(?!\w)"
    piece = rf"{dose}|(?<!\w)(?:{_any(said['routes'])}|{_any(said['frequencies'])})(?!\w)"
    kinds = "|".join(rf"(?P<{kind}>\b{_any(said[kind])}(?!\w))" for kind in ("ended", "thought_of", "started"))
    return Prescriptions(
        dose=re.compile(dose, re.I),
        piece=re.compile(piece, re.I),
        joint=re.compile(rf"[ \t,;:()\[-]*(?:{_any(said['joints'])}[ \t]+){{0,2}}", re.I),
        tail=re.compile(rf"[ \t]+{_any(map(re.escape, said['tails']))}(?!\w)", re.I),
        cues=re.compile(kinds, re.I),
        ended_after=re.compile(rf"[^.;\n]{{0,40}}?\b{_any(said['ended_after'])}(?!\w)", re.I),
        nothing=frozenset(said["nothing"]),
        not_a_name=frozenset(said["not_a_name"]),
        not_an_item=frozenset(said["not_an_item"]),
        no_allergen=frozenset(said["no_allergen"]),
        names=frozenset(said["names"]),
        stem=re.compile(rf"[^\W\d_]{{2,}}{_any(said['stems'])}[aeo]?", re.I),
        not_drugs=frozenset(said["not_drugs"]),
    )


@cache
def complaints() -> Complaints:
    """What names a problem."""
    said = _read("complaints")
    places = _any(map(re.escape, said["places"]))
    return Complaints(
        heads=Phrases((phrase, "problem") for phrase in said["heads"]),
        ending=re.compile(rf"[^\W\d_]{{2,}}{_any(said['endings'])}", re.I),
        not_problems=frozenset(said["not_problems"]),
        before=frozenset(map(str, said["before"])),
        place=re.compile(
            rf"[ \t]+(?:of|in|on|to|with) (?:the |his |her |their |both )?{places}(?:[ \t]+{places})*\b", re.I
        ),
        of_something_else=re.compile(rf"(?:\s19)?[ -]{_any(said['of_something_else'])}\b", re.I),
        triggers=re.compile(rf"\b{_any(said['triggers'])}(?!\w)", re.I),
        not_in_a_name=frozenset(said["not_in_a_name"]),
    )


def words_of(text: str, start: int = 0, end: int | None = None) -> list[re.Match[str]]:
    """The words of a stretch; a hyphen or an apostrophe inside one belongs to it."""
    return list(_WORD.finditer(text, start, len(text) if end is None else end))


def _any(ways: Iterable[str]) -> str:
    """Any of several regular expressions, the longest first."""
    return f"(?:{'|'.join(sorted(ways, key=len, reverse=True))})"


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((_HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    return data
