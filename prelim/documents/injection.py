"""Text that gives orders to a machine. A document is data: all that such a text may bring about is a warning."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

import prelim.knowledge
from prelim.documents.sections import sentences_of
from prelim.knowledge.phrases import Hit, Phrases
from prelim.types import Chars

_MARKS = re.compile(
    r"</?(?:start|end)_of_(?:turn|image)>|<image_soft_token>|<(?:bos|eos|pad|unk|mask|unused\d+)>|<\|\w+\|>|"
    r"\[/?INST\]|<</?SYS>>|</?s>|</?(?:system|assistant|user|human|instructions?|prompt)>|<script\b|\{\{.{1,80}?\}\}|"
    r"^[ \t>#*(\[]*(?:system|assistant|developer|ai|llm)(?:[ _](?:prompt|message|note|override|instructions?))?"
    r"[\])*]*[ \t]*:|#{2,}[ \t]*(?:system|instruction|response)s?\b",
    re.I | re.M,
)
"""What sets off turns and roles for chat models, of this model and of others, and what is code."""


_OPENS = re.compile(
    r"(?:^|[.!?:;,\"'(\[>*-]\s*|\n\s*|\b(?:please|kindly|now|then|and|must|should|shall|not|never|always|just|bitte|und|nicht|sie"
    r"|jetzt|y|no|que|et|pas|ne)\s+)$",
    re.I,
)
"""What a verb follows that opens a clause or is bidden."""


class _Orders(NamedTuple):
    certain: Phrases
    bidding: Phrases
    matter: Phrases


@cache
def _orders() -> _Orders:
    data = yaml.safe_load((Path(prelim.knowledge.__file__).parent / "orders.yaml").read_text(encoding="utf-8"))
    return _Orders(
        *(Phrases((one, said) for said, some in data[part].items() for one in some) for part in _Orders._fields)
    )


def instructions_in(text: str) -> list[Chars]:
    """The sentences that give orders to a machine, as [start, end) of the text, in order.

    Recognised by words and marks, letters seen through what disguises them (full width, invisible characters). Not
    every order can be recognised: what keeps orders from being followed is that a document's text is never one.
    """
    found = _found(text)
    sentences = sentences_of(text) if found else []
    return _merged([_widened(span, sentences) for span in found])


def overrides(text: str) -> bool:
    """Whether a text that may bid ("list …", "show …"), as a question does, would overrule its reader."""
    plain, _ = _seen_through(text)
    return bool(_MARKS.search(plain) or _orders().certain.find(plain))


def bidden_in(text: str) -> list[Chars]:
    """The same without what stands before an order in its sentence, which may be a fact."""
    found = _found(text)
    sentences = sentences_of(text) if found else []
    return _merged([(span[0], _widened(span, sentences)[1]) for span in found])


def _found(text: str) -> list[Chars]:
    """The words that give orders."""
    plain, origin = _seen_through(text)
    hits = [match.span() for match in _MARKS.finditer(plain)]
    hits += [(hit.start, hit.end) for hit in _orders().certain.find(plain)]
    hits += _bidding(plain)
    return [(origin[start], origin[end - 1] + 1) for start, end in hits]


def _bidding(plain: str) -> list[Chars]:
    """Where a sentence bids something of a machine: a verb of handling text, and what a machine writes or is."""
    bidden = [
        verb for verb in _orders().bidding.find(plain) if _OPENS.search(plain, max(0, verb.start - 40), verb.start)
    ]
    matters = _orders().matter.find(plain) if bidden else []
    hits: list[Chars] = []
    for start, end in sentences_of(plain) if matters else ():
        verbs, about = _between(bidden, start, end), _between(matters, start, end)
        if verbs and about:
            words = (*verbs, *about)
            hits.append((min(one.start for one in words), max(one.end for one in words)))
    return hits


def _between(hits: list[Hit], start: int, end: int) -> list[Hit]:
    """Those that begin in [start, end); they are in order."""
    first, last = (bisect_left(hits, place, key=lambda hit: hit.start) for place in (start, end))
    return hits[first:last]


def order_warning(path: str, text: str) -> str | None:
    """The warning that a document deserves, naming it and quoting nothing; None where it gives no orders."""
    return f"{path} holds text that gives orders to a machine: it is read as data." if instructions_in(text) else None


def _seen_through(text: str) -> tuple[str, Sequence[int]]:
    """The text in its compatibility form without invisible characters, and where each of its characters stands."""
    if text.isascii():
        return text, range(len(text))
    pairs = [
        (plain, place)
        for place, char in enumerate(text)
        if unicodedata.category(char) != "Cf"
        for plain in (char if char.isascii() else unicodedata.normalize("NFKC", char))
    ]
    return "".join(plain for plain, _ in pairs), [place for _, place in pairs]


def _widened(span: Chars, sentences: list[Chars]) -> Chars:
    """The sentences that a span touches, whole."""
    first = bisect_right(sentences, span[0], key=lambda one: one[1])
    last = bisect_left(sentences, span[1], key=lambda one: one[0])
    touched = sentences[first:last]
    return min([span[0], *(start for start, _ in touched)]), max([span[1], *(end for _, end in touched)])


def _merged(spans: list[Chars]) -> list[Chars]:
    merged: list[Chars] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
