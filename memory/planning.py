"""From a question's words to a request: type, test, kind of image, window and order first. Rules over data, no model.

What cannot be planned stays a plain search. A question is words and nothing else: no part of it reaches SQL.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from memory.lexical import WORD, stems
from memory.periods import Window, window_in
from memory.request import Order, Request, Term
from memory.vocabulary import vocabulary
from prelim.knowledge.phrases import Hit
from prelim.knowledge.report_terms import is_label, report_terms

QUESTION_CHARS = 1000
"""More than this is not read: no question is so long."""
_SHORT = 2
_RESULTS = {"lab", "panel", "vital", "observation"}
_IMAGES = ("study", "imaging", "report")
_ORDERS: tuple[Order, ...] = ("highest", "lowest", "oldest", "latest")
_COUNT = r"\b(?:last|latest|first|earliest|previous|prior|recent|highest|lowest)\s+(\d{1,2}|NUMBERS)\b"
Named = dict[str, dict[str, list[Hit]]]
"""What a question names: kind → value → where."""


def plain_text(question: str) -> str:
    """A question as its visible characters: one form of each (NFKC), no control characters, no half surrogates."""
    text = unicodedata.normalize("NFKC", question[: 4 * QUESTION_CHARS])
    return "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)[:QUESTION_CHARS].strip()


def plan(question: str, today: date) -> Request:
    """What a question asks for. `today` is the day at hand: the case's, or the calendar's."""
    text = plain_text(question)
    window, rest = window_in(text, today)
    count, rest = _count(rest)
    named = _named(rest)
    types = set(named["type"])
    tests = _tests(named, rest) if types <= _RESULTS else set()
    images = not tests and _asks_for_images(named)
    if images:
        types = {"report"} if types == {"report"} else types - {"image"} | set(_IMAGES)
    kept = {"type", "order", "earlier", "active", "ended", "noise"} | (
        {"modality", "region", "view"} if images else set()
    )
    kept |= {"test", "specimen"} if tests else set()
    second = "second" in named["order"]
    if (named["earlier"] or (images and "same" in named["view"])) and not second:
        window = _before(window, today)
    return Request(
        types=frozenset(types - {"image"}),
        tests=frozenset(tests),
        specimens=frozenset(named["specimen"] if tests else ()),
        images=images,
        modalities=frozenset(named["modality"] if images else ()),
        regions=frozenset(named["region"] if images else ()),
        views=frozenset(named["view"] if images else ()),
        terms=() if tests and not types - _RESULTS else _terms(rest, named, kept),
        asked=tuple(_word_of(rest, hit) for hits in named["type"].values() for hit in hits),
        window=window,
        order="latest" if second else _order(named, window),
        skip=1 if second else 0,
        count=count,
        active=bool(named["active"] and not named["ended"] and types & {"condition", "medication", "allergy"}),
        text=text,
    )


def terms_of(words: str) -> tuple[Term, ...]:
    """What a record has to mention: abbreviations and findings in any of their ways, all else in its own words."""
    text = plain_text(words)
    return _terms(text, _named(text), {"noise"})


def count_in(text: str) -> list[Hit]:
    """Where a question says how many it asks for ("the last three")."""
    match = re.search(_COUNT.replace("NUMBERS", "|".join(vocabulary().counts)), text, re.I)
    return [Hit(match.start(1), match.end(1), match[1].lower())] if match else []


def _count(text: str) -> tuple[int | None, str]:
    """How many are asked for, and the text without the number."""
    for hit in count_in(text):
        number = int(hit.meaning) if hit.meaning.isdigit() else vocabulary().counts[hit.meaning]
        return number or None, text[: hit.start] + text[hit.end :]
    return None, text


def _named(text: str) -> Named:
    named: Named = defaultdict(lambda: defaultdict(list))
    for hit in vocabulary().asked.find(text):
        kind, _, value = hit.meaning.partition(" ")
        named[kind][value].append(hit)
    return named


def _tests(named: Named, text: str) -> set[str]:
    """The tests that are named. A name of two letters counts in capitals, or where nothing else is said."""
    return {test for test, hits in named["test"].items() if any(_is_test(hit, text, named) for hit in hits)}


def _is_test(hit: Hit, text: str, named: Named) -> bool:
    printed = text[hit.start : hit.end]
    if len(printed) > _SHORT or printed[0].isupper():
        return True
    others = [word.span() for word in WORD.finditer(text) if word.span() != (hit.start, hit.end)]
    decided = [
        other for kind in ("type", "order", "noise", "earlier") for hits in named[kind].values() for other in hits
    ]
    return all(any(one.start <= start and end <= one.end for one in decided) for start, end in others)


def _asks_for_images(named: Named) -> bool:
    """Whether images are asked for: by their kind, or by a word for them; not where another type is named beside."""
    return bool(named["modality"] or "image" in named["type"]) and set(named["type"]) <= {"image", "report"}


def _terms(text: str, named: Named, kept: set[str]) -> tuple[Term, ...]:
    """What is left to be mentioned: words that decided nothing, findings, and what stands for something longer."""
    known = vocabulary().ways
    decided = _spans(hit for kind in kept for hits in named[kind].values() for hit in hits)
    terms: dict[tuple[int, int], Term] = {}
    for kind in ("test", "short"):
        for value, hits in named[kind].items() if kind not in kept else ():
            terms |= {(hit.start, hit.end): Term(ways=known[f"{kind} {value}"]) for hit in hits}
    for hit in report_terms().phrases.find(text):
        if is_label(hit.meaning):
            said = frozenset(stems(text[hit.start : hit.end]))
            terms.setdefault((hit.start, hit.end), Term(ways=(said,), label=hit.meaning))
    for word in WORD.finditer(text):
        if not any(start <= word.start() and word.end() <= end for start, end in {*decided, *terms}):
            terms[word.span()] = _word_of(text, Hit(*word.span(), ""))
    return tuple(dict.fromkeys(terms[span] for span in sorted(terms) if span not in decided))


def _word_of(text: str, hit: Hit) -> Term:
    """What a question says at a place, to be mentioned in those words."""
    return Term(ways=(frozenset(stems(text[hit.start : hit.end])),))


def _spans(hits: Iterable[Hit]) -> frozenset[tuple[int, int]]:
    return frozenset((hit.start, hit.end) for hit in hits)


def _order(named: Named, window: Window) -> Order | None:
    asked = next((order for order in _ORDERS if order in named["order"]), None)
    if asked:
        return asked
    if window.near:
        return "nearest"
    if named["earlier"]:
        return "latest"
    return "oldest" if window.forward else None


def _before(window: Window, today: date) -> Window:
    """The window, ended on the day before the day at hand."""
    last = (today - timedelta(days=1)).isoformat()
    return window._replace(until=min(window.until or last, last))
