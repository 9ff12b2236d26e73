"""What a report states of the change since an earlier film: of its findings, or of the film as a whole.

A word of change belongs to a finding before it belongs to anything else; next to what is no disease of the chest
("worsening dyspnoea", "stable pacemaker"); only then to the film ("radiological worsening", "Unchanged since …").
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from prelim.documents.assertions import context_of
from prelim.documents.day import DAY, readings
from prelim.documents.report import findings_in, stating_sentences
from prelim.documents.sections import sections_of
from prelim.documents.sides import Span, change_word_of, changes_in
from prelim.facts import ReportFinding
from prelim.knowledge.clinical_words import complaints, words_of
from prelim.knowledge.course import course_words
from prelim.knowledge.phrases import Hit
from prelim.knowledge.report_terms import report_terms
from prelim.types import Change, Laterality

_OPENED = re.compile(r"\s+(?:(?!(?:with|and|or|in|of|on|from|since|to|at|as|by|the)\b)[\w-]+\s+){0,2}")
"""What may stand between a word and the noun that it opens: "stable mild cardiomegaly"."""
_PARTED = re.compile(r"[,;]|\b(?:with|without|and|is|are|has|have)\b")


class Passage(NamedTuple):
    """A sentence of a report, what it states, denies or doubts, and where it names anything that a report can find."""

    sentence: str
    findings: tuple[ReportFinding, ...]
    terms: tuple[Span, ...]
    start: int


class Stated(NamedTuple):
    """A change that a sentence states. `label` None: of the film as a whole."""

    label: str | None
    laterality: Laterality | None
    change: Change
    sentence: str


def passages_of(text: str) -> Iterator[Passage]:
    """The sentences that state what is seen, in order."""
    findings = findings_in(text)
    for start, end, _ in stating_sentences(text):
        mine = tuple(one for one in findings if start <= one.chars[0] < end)
        sentence = text[start:end]
        spans = dict.fromkeys((hit.start, hit.end) for hit in report_terms().phrases.find(sentence))
        yield Passage(sentence, mine, tuple(spans), start)


def stated_in(later: str, earlier: str = "", earlier_date: str | None = None) -> tuple[Stated, ...]:
    """The changes that the later of two reports states since the film of the earlier, in the order of its text."""
    repeated = {_plain(earlier[start:end]) for start, end, _ in stating_sentences(earlier)}
    sections = [later[one.start : one.end] for one in sections_of(later) if one.heading == "comparison"]
    compared = [days for section in sections for days in _days(section)]
    compares = any(not course_words().no_comparison.find(section) for section in sections)
    found: list[Stated] = []
    for passage in passages_of(later):
        if not _of_another_time(passage.sentence, earlier_date, compared):
            again = _plain(passage.sentence) in repeated
            found += [one for one in _changes(passage, compares) if not again or one.change == "stable"]
    return tuple(dict.fromkeys(found))


def _plain(sentence: str) -> str:
    return " ".join(sentence.lower().split())


# ------------------------------------------------------------------ since when


def _days(text: str) -> list[set[str]]:
    return [days for found in re.findall(rf"(?<!\d){DAY}", text) if (days := readings(found))]


def _of_another_time(sentence: str, earlier_date: str | None, compared: Sequence[set[str]]) -> bool:
    """Whether the changes of a sentence are meant since another time than that of the earlier report."""
    if any(hit.meaning == "else" for hit in course_words().since.find(sentence)):
        return True
    days = _days(sentence) or compared
    return bool(earlier_date and days) and not any(earlier_date in meant for meant in days)


# ------------------------------------------------------------------ of what


class _Words(NamedTuple):
    """A sentence's words of change, and where it names what they may be of: a finding, the film, something else."""

    changes: tuple[Hit, ...]
    terms: tuple[Span, ...]
    whole: tuple[Span, ...]
    aside: tuple[Span, ...]

    def every(self) -> tuple[Span, ...]:
        return (*self.terms, *self.whole, *self.aside)


def _changes(passage: Passage, compares: bool) -> Iterator[Stated]:
    """The changes of one sentence; `compares`: its report says what it compares with."""
    sentence, words = passage.sentence, _words(passage, compares)
    for one in passage.findings:
        if one.change and not one.general and _is_meant(sentence, _span(one, passage), words):
            yield Stated(one.label, one.laterality, one.change, sentence)
    if not course_words().advice.find(sentence):
        for hit in _of_the_film(sentence, words):
            context = context_of(sentence, hit.start, hit.end)
            if (context.state, context.time, context.of_patient) == ("present", "now", True):
                yield Stated(None, None, cast(Change, hit.meaning), sentence)


def _words(passage: Passage, compares: bool) -> _Words:
    """What in a sentence tells a change, and of what; a problem that is no finding's name is something else."""
    sentence, terms = passage.sentence, passage.terms
    subjects = [hit for hit in course_words().subjects.find(sentence) if not _overlap((hit.start, hit.end), terms)]
    whole = tuple((hit.start, hit.end) for hit in subjects if hit.meaning == "whole")
    aside = tuple((hit.start, hit.end) for hit in subjects if hit.meaning == "elsewhere")
    aside += tuple(span for span in _problems(sentence) if not _overlap(span, (*terms, *whole, *aside)))
    return _Words(tuple(_meant(sentence, compares)), terms, whole, aside)


def _meant(sentence: str, compares: bool) -> Iterator[Hit]:
    """The words of change that are meant as such, rather than as an appearance."""
    hits, words = changes_in(sentence), course_words()
    compares = compares or any(hit.meaning == "before" for hit in words.since.find(sentence))
    compared = compares and all(hit.meaning != "stable" for hit in hits)
    for hit in hits:
        before = [word.group().lower() for word in words_of(sentence, 0, hit.start)]
        had = bool({"has", "have", "had"} & set(before[-2:]))
        plain = compared or had or sentence[hit.start : hit.end].lower() not in words.appearance
        if plain and not words.doubted & set(before[-3:]):
            yield hit


def _span(finding: ReportFinding, passage: Passage) -> Span:
    return finding.chars[0] - passage.start, finding.chars[1] - passage.start


def _word_of(sentence: str, span: Span, others: Sequence[Span]) -> Hit | None:
    return change_word_of(sentence, span, [one for one in others if one != span])


def _is_meant(sentence: str, span: Span, words: _Words) -> bool:
    """Whether a finding's word of change is meant as one, and is its own: not so in "oedema, stable heart size"."""
    word = _word_of(sentence, span, words.terms)
    others = [one for one in words.terms if one != span]
    if word is None or word not in words.changes or _overlap((word.start, word.end), others):
        return False
    opened = [
        one for one in (*words.terms, *words.aside) if one != span and _OPENED.fullmatch(sentence, word.end, one[0])
    ]
    if word.start >= span[1]:
        return not opened
    return not any(one in words.aside and _PARTED.search(sentence, one[1], span[0]) for one in opened)


def _of_the_film(sentence: str, words: _Words) -> list[Hit]:
    """The words of change that are said of the film as a whole, in order."""
    free = [hit for hit in words.changes if not _overlap((hit.start, hit.end), words.terms)]
    if not words.every():
        return free if _is_bare(sentence, free) else []
    taken = {_word_of(sentence, span, words.terms) for span in words.terms}
    taken |= {_word_of(sentence, span, words.every()) for span in words.aside}
    told = {_word_of(sentence, span, words.every()) for span in words.whole}
    return [hit for hit in free if hit in told and hit not in taken]


def _is_bare(sentence: str, changes: Sequence[Hit]) -> bool:
    """Whether a sentence says nothing but that something changed, and since when."""
    since = [(hit.start, hit.end) for hit in course_words().since.find(sentence)]
    spans = [*((hit.start, hit.end) for hit in changes), *since]
    rest = [word for word in words_of(sentence) if not _overlap(word.span(), spans)]
    return all(word.group().lower() in course_words().bare for word in rest)


def _problems(sentence: str) -> list[Span]:
    """Where a sentence names what a patient has or complains of."""
    said = complaints()
    named = [(hit.start, hit.end) for hit in said.heads.find(sentence)]
    words = [word for word in words_of(sentence) if word.group().lower() not in said.not_problems]
    return [*named, *(word.span() for word in words if said.ending.fullmatch(word.group().lower()))]


def _overlap(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
