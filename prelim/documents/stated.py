"""What a report states of the change since an earlier film: of its findings, or of the film as a whole.

A word of change belongs to a finding before it belongs to anything else; next to what is no disease of the chest
("worsening dyspnoea", "stable pacemaker"); only then to the film ("radiological worsening", "Unchanged since …").
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

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

_BRIEF = 8
"""A sentence of so few words that names nothing is about the film: "Marked interval improvement."."""


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
    compared = _compared_days(later)
    found: list[Stated] = []
    for passage in passages_of(later):
        if not _of_another_time(passage.sentence, earlier_date, compared):
            again = _plain(passage.sentence) in repeated
            found += [one for one in _changes(passage) if not again or one.change == "stable"]
    return tuple(dict.fromkeys(found))


def _plain(sentence: str) -> str:
    return " ".join(sentence.lower().split())


# ------------------------------------------------------------------ since when


def _compared_days(text: str) -> list[set[str]]:
    """What each day can mean that a report's comparison names."""
    sections = [one for one in sections_of(text) if one.heading == "comparison"]
    return [days for one in sections for days in _days(text[one.start : one.end])]


def _days(text: str) -> list[set[str]]:
    return [days for found in re.findall(rf"(?<!\d){DAY}", text) if (days := readings(found))]


def _of_another_time(sentence: str, earlier_date: str | None, compared: Sequence[set[str]]) -> bool:
    """Whether the changes of a sentence are meant since another time than that of the earlier report."""
    if any(hit.meaning == "else" for hit in course_words().since.find(sentence)):
        return True
    days = _days(sentence) or compared
    return bool(earlier_date and days) and not any(earlier_date in meant for meant in days)


# ------------------------------------------------------------------ of what


def _changes(passage: Passage) -> Iterator[Stated]:
    """The changes of one sentence."""
    for one in passage.findings:
        if one.change and not one.general:
            yield Stated(one.label, one.laterality, one.change, passage.sentence)
    if not course_words().advice.find(passage.sentence):
        for change in _of_the_film(passage):
            yield Stated(None, None, change, passage.sentence)


def _of_the_film(passage: Passage) -> Iterator[Change]:
    """The changes that a sentence tells of the film as a whole."""
    sentence, terms = passage.sentence, passage.terms
    subjects = [hit for hit in course_words().subjects.find(sentence) if not _overlap(hit, terms)]
    aside = [(hit.start, hit.end) for hit in subjects if hit.meaning == "elsewhere"]
    whole = [(hit.start, hit.end) for hit in subjects if hit.meaning == "whole"]
    aside += [span for span in _problems(sentence) if not _overlap(Hit(*span, ""), (*terms, *aside, *whole))]
    every = [*terms, *aside, *whole]
    taken = {change_word_of(sentence, span, [one for one in terms if one != span]) for span in terms}
    taken |= {change_word_of(sentence, span, [one for one in every if one != span]) for span in aside}
    told = {change_word_of(sentence, span, [one for one in every if one != span]) for span in whole}
    free = {hit for hit in changes_in(sentence) if not _overlap(hit, terms)}
    if not terms and not aside and not whole and _is_comparison(sentence):
        told = set(free)
    for hit in sorted(hit for hit in told if hit and hit in free and hit not in taken):
        context = context_of(sentence, hit.start, hit.end)
        if (context.state, context.time, context.of_patient) == ("present", "now", True):
            yield _CHANGES[hit.meaning]


_CHANGES: dict[str, Change] = {
    "new": "new",
    "worse": "worse",
    "stable": "stable",
    "better": "better",
    "resolved": "resolved",
}


def _is_comparison(sentence: str) -> bool:
    """Whether a sentence that names nothing compares the film with one before."""
    before = any(hit.meaning == "before" for hit in course_words().since.find(sentence))
    return before or len(words_of(sentence)) <= _BRIEF


def _problems(sentence: str) -> list[Span]:
    """Where a sentence names what a patient has or complains of."""
    said = complaints()
    named = [(hit.start, hit.end) for hit in said.heads.find(sentence)]
    words = [word for word in words_of(sentence) if word.group().lower() not in said.not_problems]
    return [*named, *(word.span() for word in words if said.ending.fullmatch(word.group().lower()))]


def _overlap(hit: Hit, spans: Sequence[Span]) -> bool:
    return any(hit.start < end and start < hit.end for start, end in spans)
