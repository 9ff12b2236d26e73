"""From a question to look-ups of laboratory results and vital signs: which tests, which of their results."""

from collections.abc import Sequence
from itertools import pairwise

from agents.chart import Chart
from agents.look_ups import Results, Tell, Trend, look_up
from agents.question import Question
from memory.lexical import stems
from memory.request import Order
from memory.vocabulary import test_of, vocabulary
from prelim.answer import LookUp
from prelim.knowledge.phrases import Hit
from prelim.types import Record

RESULT_TYPES = ("lab", "vital", "observation")
EARLIER = {"before", "previous", "earlier", "prior", "preceding"}
_ORDERS: tuple[Order, ...] = ("latest", "oldest", "highest", "lowest")
_JOINS = {"and", "or", "versus", "vs", ",", "&", "with", "then"}


def tests_in(asked: Question, chart: Chart) -> list[str]:
    """The tests that are asked about: by the vocabulary, else by words of the titles of results on record."""
    if asked.request.tests:
        return sorted(asked.request.tests)
    if grouped := _on_record(asked.grouped, chart):
        return grouped
    titled = not asked.labels and not asked.request.images and not set(asked.request.types) - {*RESULT_TYPES, "panel"}
    return [asked.words] if titled and asked.left and results_titled(chart.records, asked.words) else []


def _is_order(hit: Hit, text: str) -> bool:
    return hit.meaning.startswith("order ") or text[hit.start : hit.end].lower() == "last time"


def _on_record(names: Sequence[str], chart: Chart) -> list[str]:
    """Those of some tests that the record has results of."""
    known = {test_of(one.title, one.loinc) for one in chart.records if one.type in RESULT_TYPES}
    return [test for name in names if (test := vocabulary().names.get(name, name)) in known]


def results_titled(records: Sequence[Record], words: str) -> list[Record]:
    """The results whose title has all the words."""
    wanted = set(stems(words))
    return [one for one in records if one.type in RESULT_TYPES and wanted and wanted <= set(stems(one.title))]


def names_test(word: str, asked: Question, chart: Chart) -> bool:
    """Whether a word is part of the test's title on record ("blood urea nitrogen")."""
    if not asked.request.tests:
        return word.lower() in asked.group or not _on_record(asked.grouped, chart)
    known = (one for one in chart.records if one.type in RESULT_TYPES)
    mine = (one.title for one in known if test_of(one.title, one.loinc) in asked.request.tests)
    return any(set(stems(word)) <= set(stems(title)) for title in mine)


def makes_another(word: str, asked: Question, chart: Chart) -> bool:
    """Whether a word right behind a test's name makes another test of it; of a test on record a number does not."""
    if word[0].isdigit() and _on_record(sorted(asked.request.tests), chart):
        return False
    return not names_test(word, asked, chart)


def of_test(test: str, asked: Question, chart: Chart) -> list[LookUp]:
    """What is to be told of one test: of a question that names two orders ("the first and the last") both."""
    orders = _orders(asked)
    if len(orders) < 2 or asked.request.skip:
        return [_of_test(test, asked, chart)]
    ordered = (asked._replace(request=asked.request.model_copy(update={"order": order})) for order in orders)
    return [_of_test(test, one, chart) for one in ordered]


def _orders(asked: Question) -> list[Order]:
    """The orders that a question joins."""
    hits = [hit for hit in vocabulary().asked.find(asked.text) if _is_order(hit, asked.text)]
    joined = any(
        _JOINS & set(asked.text[one.end : two.start].lower().replace(",", " , ").split()) for one, two in pairwise(hits)
    )
    named = {hit.meaning.removeprefix("order ").replace("earlier earlier", "latest") for hit in hits}
    return [order for order in _ORDERS if order in named] if joined else []


def _of_test(test: str, asked: Question, chart: Chart) -> LookUp:
    """One look-up. Of a case the earlier results are those before its study, of a patient those before the last."""
    request, bound = asked.request, asked.bound
    window, before_last = request.window, False
    if not chart.draft or not EARLIER & set(stems(asked.text)):
        window, before_last = asked.named, bool(EARLIER & set(stems(asked.text)) and not any(asked.named[:3]))
    specimen = next(iter(sorted(request.specimens)), None)
    tell: Tell = asked.how("count", "date", "range") or "value"
    several = "trend" in asked.asks or bool(window.since and window.until)
    if bound is None and tell in ("value", "range") and several and not request.order and not request.count:
        return look_up("trend", Trend(test=test, specimen=specimen, since=window.since, until=window.until))
    everything = (
        tell == "count" or (bound and asked.of_all) or (tell == "date" and not request.order and "trend" in asked.asks)
    )
    return look_up(
        "results",
        Results(
            test=test,
            specimen=specimen,
            since=window.since,
            until=window.until,
            near=window.near,
            order=request.order or "latest",
            count=None if everything else request.count or 1,
            skip=max(request.skip, int(before_last)),
            tell=tell,
            bound=bound,
        ),
    )
