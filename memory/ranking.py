"""The order of a patient's records for a request: by day or value where it says so, else by words and meaning fused.

Lexical and dense ranks are fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009, k = 60); of two that are
equal the later record goes first. A request that its type, test, window and order decide needs no encoder.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from memory.lexical import bm25, stems
from memory.matching import fits, has_ended, same_view
from memory.request import Order, Request, Term
from memory.vocabulary import vocabulary
from prelim.documents.assertions import assertion_of
from prelim.documents.sections import sentences_of
from prelim.types import Chars, Record

_K = 60
_RESULTS = {"lab", "panel", "vital", "observation"}
_FILM_FIRST = ("study", "imaging", "report")
Cosines = Callable[[Sequence[Record]], npt.NDArray[np.floating]]
"""How near each record is to the question, asked only where meaning has to rank."""


class Mention(NamedTuple):
    """How a record speaks of what was asked: the higher `level`, the plainer; `chars` is the passage of its text."""

    level: int
    chars: Chars | None


IN_TITLE, STATED, SCATTERED, DENIED, NOT = 4, 3, 2, 1, 0


def rank(records: Sequence[Record], request: Request, cosines: Cosines) -> list[Record]:
    """The records that answer, best first, each with its `score` and the passage of its text that answers."""
    pool = [record for record in records if fits(record, request)]
    if request.tests:
        return _scored(_ordered(pool, request), request) or _mentioning(records, request, _names(request))
    if request.types and not any(record.type in request.types for record in records):
        pool = [record for record in records if record.type not in _RESULTS] if _loose(request) else []
    elif not request.terms:
        return _scored(_ordered(pool, request), request)
    elif request.types or request.order:
        found = _mentioning(pool, request, request.terms)
        if found:
            return found
    return fused(pool, request, cosines)


def _loose(request: Request) -> bool:
    """Whether a request for a type that a history has none of may be answered in the words of its notes and reports."""
    return not request.types & {*_RESULTS, "note", "report", "study", "imaging"}


def _names(request: Request) -> tuple[Term, ...]:
    """The tests' names, to be looked for in notes where there is no result."""
    return tuple(Term(ways=vocabulary().ways[f"test {test}"]) for test in sorted(request.tests))


# ------------------------------------------------------------------ by day or value


def _ordered(pool: list[Record], request: Request) -> list[Record]:
    """By the request's order, the latest first where it names none; what still holds before what has ended."""
    order = request.order or "latest"
    if order in ("highest", "lowest"):
        pool = [record for record in pool if record.value is not None]
    found = sorted(pool, key=lambda record: (_rank_of_type(record), record.id))
    found.sort(key=_moment, reverse=order != "oldest")
    if order in ("highest", "lowest"):
        found = _by_value(found, highest=order == "highest")
    elif order == "nearest":
        found.sort(key=lambda record: _distance(record, request.window.near or ""))
    if "same" in request.views:
        found = _same_view_first(found)
    if not request.order:
        found.sort(key=has_ended)
    return found[request.skip :] + found[: request.skip] if request.skip else found


def _moment(record: Record) -> tuple[str, str]:
    return record.date or "", record.time or ""


def _rank_of_type(record: Record) -> int:
    """Of one day, the images before what was said of them."""
    return _FILM_FIRST.index(record.type) if record.type in _FILM_FIRST else len(_FILM_FIRST)


def _by_value(found: list[Record], highest: bool) -> list[Record]:
    """By value in the latest result's unit; what is in another unit cannot be compared, and comes after."""
    unit = found[0].unit if found else None
    found.sort(key=lambda record: (record.unit != unit, -(record.value or 0) if highest else record.value or 0))
    return found


def _distance(record: Record, near: str) -> int:
    """Days between; what is not dated is nowhere near."""
    if not record.date:
        return date.max.toordinal()
    return abs(date.fromisoformat(record.date[:10]).toordinal() - date.fromisoformat(near).toordinal())


def _same_view_first(found: list[Record]) -> list[Record]:
    """Films of the same view as the latest one, then the others."""
    studies = [record for record in found if record.type == "study"]
    return sorted(found, key=lambda record: bool(studies) and not same_view(record, studies[0])) if studies else found


def _scored(found: list[Record], request: Request) -> list[Record]:
    """The places of a decided order as scores: 1, 1/2, 1/3 …"""
    whole = [record.model_copy(update={"score": 1 / place, "passage": None}) for place, record in enumerate(found, 1)]
    return whole[: request.count] if request.count else whole


# ------------------------------------------------------------------ by what they mention


def _mentioning(pool: Sequence[Record], request: Request, terms: Sequence[Term]) -> list[Record]:
    """The records that mention all terms: in their title, in one sentence, anywhere; what only denies them last."""
    said = {record.id: mention(record, terms) for record in pool}
    found = [record for record in pool if said[record.id].level > NOT]
    found = _ordered(found, request)
    found.sort(key=lambda record: said[record.id].level, reverse=True)
    return [
        record.model_copy(update={"passage": said[record.id].chars}) for record in _scored(found, request)
    ]


def mention(record: Record, terms: Sequence[Term]) -> Mention:
    """How a record mentions terms, and the first sentence that does so best."""
    if _says(stems(record.title), terms) or _labelled(record, terms):
        denied = record.data.get("state") == "absent"
        return Mention(DENIED if denied else IN_TITLE, None)
    if not _says(stems(f"{record.title} {record.text}"), terms):
        return Mention(NOT, None)
    best = Mention(SCATTERED, None)
    for start, end in sentences_of(record.text):
        sentence = record.text[start:end]
        if _says(stems(sentence), terms):
            if not _denies(sentence, terms):
                return Mention(STATED, (start, end))
            best = Mention(DENIED, (start, end))
    return best


def _says(words: Sequence[str], terms: Sequence[Term]) -> bool:
    there = set(words)
    return all(any(way <= there for way in term.ways) for term in terms)


def _labelled(record: Record, terms: Sequence[Term]) -> bool:
    return bool(terms) and all(term.label and term.label == record.data.get("label") for term in terms)


def _denies(sentence: str, terms: Sequence[Term]) -> bool:
    """Whether a sentence denies one of the terms that it names."""
    spans = _word_spans(sentence)
    for term in terms:
        stated = [way for way in term.ways if way <= {word for word, _, _ in spans}]
        named = [(start, end) for word, start, end in spans if any(word in way for way in stated)]
        if named and assertion_of(sentence, named[-1][0], named[-1][1]) == "absent":
            return True
    return False
