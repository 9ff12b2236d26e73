"""What comes nearest to words that a record does not say: records that say some of them, and words spelt alike."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from agents.answer_words import listed, within_days
from agents.chart import Chart
from memory.lexical import WORD, stems
from memory.planning import terms_of
from memory.ranking import mention, rank
from memory.request import Request, Term
from memory.vocabulary import vocabulary
from prelim.answer import AnswerStatement
from prelim.types import Record

_SHOWN = 3
_ALIKE = 0.8
_LETTERS = 5
_TYPES = ("condition", "medication", "allergy", "procedure", "encounter")


def nearest(chart: Chart, words: str, since: str | None, until: str | None) -> list[AnswerStatement]:
    """What a person may have meant by words that nothing says all of. It is told beside, and is no answer."""
    if spelt := _spelt(chart, words):
        return [AnswerStatement(text=f"Did you mean {' or '.join(spelt)}?")]
    pool = [one for one in chart.records if one.type in _TYPES and within_days(one, since, until)]
    for term in _telling(terms_of(words), pool):
        found = rank(pool, Request(terms=(term,)), None)
        if found:
            told = listed(found[:_SHOWN])
            return [told[0].model_copy(update={"text": f"Nearest to it: {told[0].text}"}), *told[1:]]
    return []


def _telling(terms: Sequence[Term], pool: Sequence[Record]) -> list[Term]:
    """The terms that something says, the rarest first; of a single term there is nothing nearer."""
    if len(terms) < 2:
        return []
    said = {term: sum(mention(one, (term,)).level > 0 for one in pool) for term in terms}
    return sorted((term for term in terms if said[term]), key=lambda term: said[term])


def _spelt(chart: Chart, words: str) -> list[str]:
    """Tests, and words of the record, that are spelt like the words that nobody knows."""
    known = _names() | _title_words(tuple(dict.fromkeys(one.title for one in chart.records)))
    unknown = [word for word in WORD.findall(words.lower()) if len(word) >= _LETTERS and not _known(word, known)]
    close = [get_close_matches(word, known, 1, _ALIKE) for word in unknown]
    return [match for some in close for match in some]


def _known(word: str, known: Iterable[str]) -> bool:
    return word in known or any(set(stems(word)) == set(stems(one)) for one in known if one[:3] == word[:3])


@lru_cache(1)
def _names() -> frozenset[str]:
    """The tests' names of one word; a short one is like too many words."""
    return frozenset(name for name in vocabulary().names if " " not in name and len(name) > _LETTERS)


@lru_cache(64)
def _title_words(titles: tuple[str, ...]) -> frozenset[str]:
    words = (word.lower() for title in titles for word in WORD.findall(title))
    return frozenset(word for word in words if len(word) >= _LETTERS and word.isalpha())
