"""What a sentence says, by small explicit rules: its sides, polarity, change words and clauses.

No parser and no model: the verifier has to be predictable. Where a sentence is too tangled for the rules (two
negations in one clause), they say "unclear", which no claim matches. The words are in prelim/knowledge/wording.yaml.
"""

import re
from functools import lru_cache
from typing import Literal

from agents.dates import dates_in, without_dates
from prelim.knowledge.wording import wording

Polarity = Literal["affirmed", "negated", "uncertain", "unclear"]
_PLACEHOLDER = re.compile(
    r"\[[^\]]*\]|\{[^}]*\}|<\s*[A-Za-z_][^<>]*>|_{2,}|\.{4,}"
    r"|\?{2,}|\*{3,}|#{2,}|\(\s*\)|\bx{1,2}(?P<s>[/.-])x{1,2}(?P=s)x{2,4}\b"
    r"|\b(?:TODO|TBD|TBC|FIXME|XX+|lorem ipsum|insert \w+ here|fill in|to be (?:filled in|completed|determined))\b",
    re.I,
)
_BOTH_SIDES = re.compile(
    r"\b(?:bilateral(?:ly)?|both|bibasilar|bibasal|biapical|bihilar|either (?:lung|side|hemithorax|base))\b"
)
_SIDES = {
    "right": re.compile(r"\bright(?:wards?)?\b|\brt\b|\br(?:ul|ml|ll)\b"),
    "left": re.compile(r"\bleft(?:wards?)?\b|\blt\b|\bl(?:ul|ll)\b|\blingula\w*"),
}
_SIDE_LETTER = {"right": re.compile(r"(?<![/\w])R(?![/\w])"), "left": re.compile(r"(?<![/\w])(?<!\d )L(?![/\w])")}
_RELATIVE = re.compile(r"\b(?:contra|ipsi)lateral\b|\b(?:opposite|other|same) (?:side|lung|hemithorax)\b")
_OTHER = {"left": "right", "right": "left"}
_NOT_THEN = re.compile(
    r"\b(?:(?:was|were) )?(?:not (?:\w+ ){0,2}|absent )(?:on|in|at|by) (?:the \w+ (?:of|from) )?<day>"
)
"""What was not there at an earlier day is new."""
_CHANGE_UNCERTAIN = re.compile(r"\bchange\w*\b[^.;]*\b(?:uncertain|unclear|not certain)\b|\buncertain change\b")
_SIDE_UNCERTAIN = re.compile(
    r"\bside\b[^.;]*\b(?:uncertain|unclear|unknown|not certain|not known)\b|\b(?:uncertain|unknown) side\b"
)
_STEM = re.compile(r"(?<=\w{4})(?:ements?|ed|ing|es|e)$|(?<=\w{3})(?<!s)s$")
_LITTLE = frozenset(["a", "an", "and", "at", "in", "of", "on", "or", "the", "to"])


def placeholders_in(text: str) -> list[str]:
    """What was left to be filled in: [patient name], ___, TODO, <date>, {side}."""
    return [match.group() for match in _PLACEHOLDER.finditer(text)]


@lru_cache(4096)
def sides_in(text: str) -> frozenset[str]:
    """The sides that a text names: a subset of {"left", "right"}. "Contralateral" is opposite to the side before it.

    Where no side was named before it, it is taken for both: no one-sided finding bears it out.
    """
    plain = text.lower()
    if _BOTH_SIDES.search(plain):
        return frozenset(("left", "right"))
    named = {side for side, pattern in _SIDES.items() if pattern.search(plain)}
    named |= {side for side, pattern in _SIDE_LETTER.items() if pattern.search(text)}
    return frozenset(named | {side for hit in _RELATIVE.finditer(plain) for side in _relative(hit, plain)})


def _relative(hit: re.Match[str], plain: str) -> set[str]:
    places = [
        (match.start(), side) for side, pattern in _SIDES.items() for match in pattern.finditer(plain, 0, hit.start())
    ]
    if not places:
        return {"left", "right"}
    side = max(places)[1]
    return {side if hit.group().startswith(("ipsi", "same")) else _OTHER[side]}


def side_is_open(text: str) -> bool:
    """Whether a text says that a side is not known."""
    return bool(_SIDE_UNCERTAIN.search(text.lower()))


def _plain(text: str) -> str:
    """A text in lower case without its dates; that something was not there at one is said in short."""
    for said in reversed(dates_in(text)):
        text = f"{text[: said.start]}<day>{text[said.end :]}"
    return _NOT_THEN.sub("new", text.lower()).replace("<day>", " ")


@lru_cache(4096)
def polarity(clause: str) -> Polarity:
    """Whether a clause affirms, denies or doubts what it speaks of. Doubt about change or side is none."""
    said = wording()
    plain = _SIDE_UNCERTAIN.sub(" ", _CHANGE_UNCERTAIN.sub(" ", _plain(clause)))
    plain = said.partly.sub("improved", said.not_moved.sub(" ", said.no_change.sub("unchanged", plain)))
    doubts = len(said.unsure.findall(plain))
    plain = said.unsure.sub(" ", plain)
    denials = len(said.denied.findall(plain))
    if denials > 1 or (doubts and (denials or said.sure.search(plain))):
        return "unclear"
    return "uncertain" if doubts else "negated" if denials else "affirmed"


@lru_cache(4096)
def changes_in(text: str) -> frozenset[str]:
    """The changes that a text speaks of: words of prelim.types.Change; "unclear" is none of a comparison's."""
    said = wording()
    plain = said.partly.sub("improved", said.no_change.sub("unchanged", _plain(text)))
    plain, unclear = said.not_moved.subn(" ", plain)
    heard = {change for change, pattern in said.changes.items() if pattern.search(plain)}
    open_change = {"uncertain"} if _CHANGE_UNCERTAIN.search(plain) else set()
    return frozenset(heard | open_change | ({"unclear"} if unclear else set()))


def compares(text: str) -> bool:
    """Whether a text speaks of an earlier time."""
    return bool(wording().comparing.search(text.lower()))


def clauses_of(text: str) -> list[str]:
    """A text cut at full stops, contrasts and before "without" or ", no": each part has its own polarity."""
    cuts = r"[.;:]\s+|[.;]$|,?\s+but\s+|,\s+however,?\s+|\n+|,\s+(?:and\s+)?(?=no\b|not\b|with)|\s+(?=without\b)"
    return [part for part in re.split(cuts, text, flags=re.I) if part.strip()]


def sentences_of(text: str) -> list[str]:
    """The sentences of a text: what ends in a full stop before a capital letter."""
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z“])", text.strip()) if part]


@lru_cache(4096)
def stems_in(text: str) -> frozenset[str]:
    """The words of a text without endings and in one spelling, British and American alike; little words left out."""
    return frozenset(stem_of(word) for word in words_of(text) if word not in _LITTLE)


def stem_of(word: str) -> str:
    """A word without its ending: enlarged and enlargement, opacity and opacities are the same."""
    return _STEM.sub("", re.sub(r"ies$", "y", american(word)))


def american(word: str) -> str:
    """A word as American English spells it: haemorrhage, oedema, tumour → hemorrhage, edema, tumor."""
    return re.sub(r"ae|oe", "e", word).replace("our", "or")


def words_of(text: str) -> set[str]:
    """The lower-case words of a text, dates and numbers left out."""
    return set(re.findall(r"[a-z]+(?:'[a-z]+)?", without_dates(text).lower()))
