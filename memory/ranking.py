"""The order of a patient's records for a request: by day or value where it says so, else by words and meaning fused.

Lexical and dense ranks are fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009, k = 60); of two that are
equal the later record goes first. A request that its type, test, window and order decide needs no encoder.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from memory.lexical import WORD, bm25, stem, stems
from memory.matching import fits, has_ended
from memory.request import Request, Term
from memory.vocabulary import vocabulary
from prelim.documents.assertions import assertion_of
from prelim.documents.sections import sentences_of
from prelim.knowledge.labs import plain_name
from prelim.knowledge.report_terms import report_terms
from prelim.knowledge.units import convert
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


IN_TITLE, STATED, IMPLIED, SCATTERED, DENIED, NOT = 5, 4, 3, 2, 1, 0
"""Stated in the question's own words, or implied by others that reports use for the same finding."""
_TITLED = {"condition", "medication", "allergy", "procedure", "encounter", "panel"}
_TITLE_WORDS = 3


def rank(records: Sequence[Record], request: Request, cosines: Cosines | None) -> list[Record]:
    """The records that answer, best first, each with its `score` and the passage of its text that answers.

    Without `cosines` nothing is ranked by meaning: what does not mention the request's terms is no answer.
    """
    pool = [record for record in records if fits(record, request)]
    if titled := by_title(records, request):
        return _scored(_ordered(titled, request), request)
    if request.tests:
        return _scored(_ordered(pool, request), request) or _mentioning(records, request, _names(request))
    if request.types and not any(record.type in request.types for record in records):
        pool = [record for record in records if record.type not in _RESULTS] if _loose(request) else []
        return _mentioning(pool, request, (*request.asked, *request.terms)) or fused(pool, request, cosines)
    terms = _telling(pool, request)
    if not terms:
        return _scored(_ordered(pool, request), request)
    stated = request.types or request.order or cosines is None or all(term.label for term in terms)
    return (_mentioning(pool, request, terms) if stated else []) or fused(pool, request, cosines)


def by_title(records: Sequence[Record], request: Request) -> list[Record]:
    """The records whose whole title, of several words, a question says: of such titles the longest.

    "Body mass index 30+ - obesity" is a diagnosis and not the index; nothing is taken so where notes, reports or
    findings are asked for.
    """
    if request.types & {"note", "report", "finding"}:
        return []
    words = set(stems(request.text))
    tests = [len(way) for test in request.tests for way in vocabulary().ways[f"test {test}"] if way <= words]
    said = {record.id: frozenset(stems(_untagged(record.title))) for record in records if record.type in _TITLED}
    lengths = {id: len(title) for id, title in said.items() if title <= words}
    longest = max(lengths.values(), default=0)
    if longest < _TITLE_WORDS or longest <= max(tests, default=0):
        return []
    return [record for record in records if lengths.get(record.id) == longest]


def _untagged(title: str) -> str:
    """A title as it is said: without the kind that SNOMED CT's names end with ("(disorder)")."""
    return plain_name(re.sub(r"\s*\([a-z ]+\)$", "", title))


def _telling(pool: Sequence[Record], request: Request) -> tuple[Term, ...]:
    """The terms that tell records apart. An image says little of itself: a word that none of them has tells nothing."""
    if not request.images:
        return request.terms
    texts = [f"{record.title}. {record.text}" for record in pool]
    return tuple(term for term in request.terms if any(says(text, (term,)) for text in texts))


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
    elif order == "nearest" and (near := request.window.near):
        found.sort(key=lambda record: _distance(record, near))
    if not request.order:
        found.sort(key=has_ended)
    return found[request.skip :] + found[: request.skip] if request.skip else found


def _moment(record: Record) -> tuple[str, str]:
    return record.date or "", record.time or ""


def _rank_of_type(record: Record) -> int:
    """Of one day, the images before what was said of them, and what a visit was for before the visit."""
    if record.type in _FILM_FIRST:
        return _FILM_FIRST.index(record.type)
    return len(_FILM_FIRST) + (record.type == "encounter")


def _by_value(found: list[Record], highest: bool) -> list[Record]:
    """By value in the latest result's unit; what cannot be converted to it cannot be compared, and comes after."""
    unit = found[0].unit if found else None
    values = {record.id: _in_unit(record, unit) for record in found}
    comparable = [record for record in found if values[record.id] is not None]
    comparable.sort(key=lambda record: values[record.id] or 0, reverse=highest)
    return comparable + [record for record in found if values[record.id] is None]


def _in_unit(record: Record, unit: str | None) -> float | None:
    """A result's value in a unit; None where it cannot be said in it."""
    if record.value is None or record.unit == unit:
        return record.value
    return convert(record.value, record.unit, unit, record.loinc) if record.unit and unit else None


def _distance(record: Record, near: str) -> int:
    """Days between, of a year or a month alone from its first day; what is not dated is nowhere near."""
    if not record.date:
        return date.max.toordinal()
    return abs(date.fromisoformat(f"{record.date}-01-01"[:10]).toordinal() - date.fromisoformat(near).toordinal())


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
    return [record.model_copy(update={"passage": said[record.id].chars}) for record in _scored(found, request)]


def mention(record: Record, terms: Sequence[Term]) -> Mention:
    """How a record mentions terms, and the first sentence that does so best."""
    if says(record.title, terms) or _labelled(record, terms):
        return Mention(DENIED if record.data.get("state") == "absent" else IN_TITLE, None)
    if not says(f"{record.title}. {record.text}", terms):
        return Mention(NOT, None)
    told = [_told(record, span, terms) for span in sentences_of(record.text)]
    # Of one kind the first; a denial of one sentence is a denial, unless another states it.
    return max((one for one in told if one.level > NOT), key=lambda one: one.level, default=Mention(SCATTERED, None))


def _told(record: Record, span: Chars, terms: Sequence[Term]) -> Mention:
    """How one sentence of a record mentions terms; its title goes without saying."""
    sentence = record.text[slice(*span)]
    said = f"{record.title}. {sentence}"
    if not says(said, terms):
        return Mention(NOT, None)
    if _denies(sentence, terms):
        return Mention(DENIED, span)
    return Mention(STATED if _in_own_words(set(stems(said)), terms) else IMPLIED, span)


def says(text: str, terms: Sequence[Term]) -> bool:
    """Whether a text names all terms, in their own words or, of a finding, in any that reports use for it."""
    words = set(stems(text))
    if _in_own_words(words, terms):
        return True
    labels = _labels(text) if any(term.label for term in terms) else {}
    return all(term.label in labels or _in_own_words(words, (term,)) for term in terms)


def _in_own_words(words: set[str], terms: Sequence[Term]) -> bool:
    return all(any(way <= words for way in term.ways) for term in terms)


def _labels(text: str) -> dict[str, list[Chars]]:
    """The findings that a text names, and where."""
    found: dict[str, list[Chars]] = {}
    for hit in report_terms().phrases.find(text):
        found.setdefault(hit.meaning, []).append((hit.start, hit.end))
    return found


def _labelled(record: Record, terms: Sequence[Term]) -> bool:
    """Whether a record is the one finding that is asked for."""
    return bool(terms) and all(term.label is not None and term.label == record.data.get("label") for term in terms)


def _denies(sentence: str, terms: Sequence[Term]) -> bool:
    """Whether a sentence denies one of the terms wherever it names it."""
    labels, words = _labels(sentence), [(stem(word.group().lower()), word.span()) for word in WORD.finditer(sentence)]
    for term in terms:
        said = {word for way in term.ways for word in way}
        spans = labels.get(term.label or "") or [span for word, span in words if word in said]
        if spans and all(assertion_of(sentence, start, end) == "absent" for start, end in spans):
            return True
    return False


# ------------------------------------------------------------------ by words and meaning


def fused(pool: Sequence[Record], request: Request, cosines: Cosines | None) -> list[Record]:
    """By both ranks together; of equals the later first. A record that shares no word has no lexical rank."""
    if not pool or cosines is None:
        return []
    later = sorted(pool, key=lambda record: (*_moment(record), record.id), reverse=True)
    wanted = [word for term in request.terms for way in term.ways for word in sorted(way)] or stems(request.text)
    texts = [stems(f"{record.title}. {record.text}") for record in later]
    scores = reciprocal(np.asarray(cosines(later)), least=-np.inf) + reciprocal(bm25(wanted, texts), least=0)
    best = np.argsort(-scores, kind="stable")
    return [
        later[place].model_copy(update={"score": float(scores[place]), "passage": passage(later[place], wanted)})
        for place in best
    ]


def reciprocal(scores: npt.NDArray[np.floating], least: float) -> npt.NDArray[np.float64]:
    """1 / (k + rank) of each score, the highest ranked 1, equals alike; 0 for what is not above `least`."""
    ranks = np.searchsorted(np.sort(-scores), -scores, side="left") + 1
    return np.where(scores > least, 1 / (_K + ranks), 0.0)


def passage(record: Record, wanted: Sequence[str]) -> Chars | None:
    """The sentence of a record that holds most of the wanted stems; None where none holds any."""
    best, most = None, 0
    for start, end in sentences_of(record.text):
        there = len(set(wanted) & set(stems(record.text[start:end])))
        if there > most:
            best, most = (start, end), there
    return best
