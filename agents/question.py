"""A chat question as it is read by rules: what the record's own vocabulary makes of it, how the answer is wanted, and
which of its words decided nothing."""

import re
from datetime import date
from typing import Literal, NamedTuple

from agents.bounds import Bound, bound_in
from memory.lexical import WORD
from memory.periods import Window, window_in
from memory.planning import count_in, plain_text, plan
from memory.request import Request
from memory.vocabulary import vocabulary
from prelim.knowledge.phrases import Hit
from prelim.knowledge.questions import question_words
from prelim.knowledge.report_terms import is_label, report_terms
from prelim.types import Laterality

How = Literal["count", "date", "range"]
_SIDES: dict[str, Laterality] = {"left": "left", "right": "right", "bilateral": "bilateral", "both": "bilateral"}
_DECIDING = {"type", "order", "earlier", "active", "ended", "noise"}
_FOLLOWS = re.compile(r"(?:and|or|also|then|what about|how about|same (?:for|with)|what of)\b", re.I)
_AT_LAST = re.compile(r"\b(?:last|latest|most recent) (?:visit|appointment|check-?up|encounter|draw|check)\b", re.I)
"""Of a result: the last one, whatever the visit."""
_SEEN = re.compile(r"\b(?:he|she|they|patient) ((?:last|first|ever) )?(?:been )?seen\b(?! (?:on|in|at the)\b)", re.I)
"""Seen by a doctor: a visit."""
_WHAT_ABOUT = re.compile(r"^\W*(?:and |or )?(?:what|how) about\b", re.I)
"""It goes on from the question before, and is no "about" of a day."""
_WHATS = re.compile(r"\b(what|who|where|when|how)['’]s\b", re.I)
_ALL = re.compile(r"\b(?:ever|never|when|any|all|was|were|been|has|have|had|did|times|which|how often)\b", re.I)
_EXCLUDED = re.compile(r"\b(?:besides|except(?: for)?|apart from|aside from|other than|excluding)\s+[^?.!]+", re.I)
_LED = re.compile(
    r"\b(?:for|of|on|about|from|at|after|before|during|under|while|with|above|below|over)\s+(?:\w+\s+)?$", re.I
)
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b(?! (?:last|to|result|visit))", re.I)
_PLAINER = ((_ORDINAL, r"\1"), (_WHAT_ABOUT, "and"), (_WHATS, r"\1 s"), (_SEEN, r"\1visit"))


class Word(NamedTuple):
    """A word that decided nothing.

    `led`: a preposition leads it, so that it says which of a kind is meant. `of_test` is the test's name that it stands
    right behind, and makes another one ("hemoglobin electrophoresis"); else empty.
    """

    text: str
    start: int
    led: bool
    of_test: str = ""


class Question(NamedTuple):
    """A question as it is read.

    `text` is the question in visible characters, `request` what it asks of the record, `named` the days that it names,
    `asks` how the answer is wanted (see questions.yaml), `labels` findings that it names, each with the words that do,
    `kinds` its words for images, `left` the words that decided nothing, `follows`: it opens as a question that goes
    on from the one before. `bound` is a value that results are held against, `grouped` the tests that it names by one
    name and `group` the words of that name, `excluded` what it does not ask for ("besides anemia").
    """

    text: str
    request: Request
    named: Window
    asks: frozenset[str]
    labels: tuple[tuple[str, str], ...]
    side: Laterality | None
    kinds: tuple[str, ...]
    left: tuple[Word, ...]
    follows: bool
    bound: Bound | None = None
    grouped: tuple[str, ...] = ()
    group: frozenset[str] = frozenset()
    excluded: str = ""

    @property
    def has_subject(self) -> bool:
        """Whether it says what it is about."""
        request = self.request
        told = self.asks & {"statement", "comparison"}
        return bool(request.tests or request.types or request.images or self.labels or self.left or told)

    @property
    def of_all(self) -> bool:
        """Whether it asks for whatever there is of a kind, and not for how it stands."""
        return bool(_ALL.search(self.text) or self.asks & {"count", "trend"} or self.request.window.since)

    def how(self, *ways: How) -> How | None:
        """The first of these ways in which it wants its answer."""
        return next((way for way in ways if way in self.asks), None)

    @property
    def words(self) -> str:
        """The words that decided nothing, as they stand."""
        return " ".join(word.text for word in self.left)


def read_question(question: str, today: date) -> Question:
    """Read a question by rules; relative days count from `today`."""
    text, excluded = _cut(_plainer(question), _EXCLUDED)
    request = plan(text, today)
    named, rest = window_in(text, today)
    bound, rest = bound_in(rest) if request.tests else (None, rest)
    if bound:  # "at least" is no order
        request = plan(bound_in(text)[1], today)
    asked, words = vocabulary().asked.find(rest), question_words()
    labels = [hit for hit in report_terms().phrases.find(rest) if is_label(hit.meaning)] if not request.tests else []
    hows = words.asks.find(rest)
    deciding = (
        [hit for hit in asked if _decides(hit, request)] + labels + hows + words.around.find(rest) + count_in(rest)
    )
    groups = words.groups.find(rest)
    images = [hit for hit in asked if request.images and _kind(hit) in ("modality", "region", "view")]
    return Question(
        text=text,
        request=request,
        named=named,
        asks=frozenset(hit.meaning for hit in hows),
        labels=tuple(dict.fromkeys((hit.meaning, rest[hit.start : hit.end]) for hit in labels)),
        side=next((_SIDES[word] for word in WORD.findall(text.lower()) if word in _SIDES), None),
        kinds=tuple(dict.fromkeys(rest[hit.start : hit.end] for hit in images)),
        left=tuple(_left(rest, deciding, [hit for hit in asked if request.tests and _kind(hit) == "test"])),
        follows=bool(_FOLLOWS.match(text)),
        bound=bound,
        grouped=tuple(dict.fromkeys(test for hit in groups for test in hit.meaning.split(", "))),
        group=frozenset(word for hit in groups for word in WORD.findall(rest[hit.start : hit.end].lower())),
        excluded=excluded,
    )


def _plainer(question: str) -> str:
    """A question with its turns of phrase put plainly."""
    text = plain_text(question)
    for form, plain in _PLAINER:
        text = form.sub(plain, text)
    of_result = _AT_LAST.sub("last time", text)
    return of_result if of_result != text and plan(of_result, date.today()).tests else text


def _cut(text: str, form: re.Pattern[str]) -> tuple[str, str]:
    """A text without what a form matches in it, and that."""
    match = form.search(text)
    return (text[: match.start()] + text[match.end() :], match.group().strip()) if match else (text, "")


def _decides(hit: Hit, request: Request) -> bool:
    kind = _kind(hit)
    used = (request.tests and kind in ("test", "specimen")) or (
        request.images and kind in ("modality", "region", "view")
    )
    return kind in _DECIDING or bool(used)


def _kind(hit: Hit) -> str:
    return hit.meaning.partition(" ")[0]


def _left(rest: str, deciding: list[Hit], tests: list[Hit]) -> list[Word]:
    spans = {(hit.start, hit.end) for hit in deciding}
    found = [
        Word(word.group(), word.start(), bool(_LED.search(rest[: word.start()])), _before(rest, word.start(), tests))
        for word in WORD.finditer(rest)
        if not any(start <= word.start() and word.end() <= end for start, end in spans)
    ]
    return [word for word in found if word.text.lower() not in _SIDES]


def _before(rest: str, start: int, tests: list[Hit]) -> str:
    """The name of a test that stands right before a place."""
    named = (hit for hit in tests if hit.end <= start and rest[hit.end : start] in (" ", "-", " - ", "  "))
    return next((rest[hit.start : hit.end] for hit in named), "")
