"""Answers from the free text of a record, where nothing typed answers: what notes state, and what they mention."""

import re
from collections.abc import Iterator, Sequence

from agents.answer_words import listed, within_days
from agents.chart import Chart
from agents.look_ups import Background
from memory.lexical import stems
from memory.ranking import rank, says
from memory.request import Request, Term
from prelim.answer import AnswerStatement, Quoted
from prelim.documents.injection import instructions_in
from prelim.documents.mention import Mention, sentence_at
from prelim.documents.notes import mentions_in
from prelim.documents.sections import sentences_of
from prelim.types import Record

_KINDS = {"condition": "problem", "medication": "medication", "allergy": "allergy"}
_LISTED = {
    "condition": ("assessment", "past_history"),
    "medication": ("medications",),
    "allergy": ("allergies",),
}
"""The sections that list them, by their canonical names."""
_NOTES_READ, _STATED = 10, 30
_TEXTS = ("note", "report")
_HOW = {"present": "", "absent": ", denied or stopped", "uncertain": ", uncertain"}


def stated_in_notes(chart: Chart, asked: Background) -> list[AnswerStatement]:
    """What the latest note that has any lists of problems, medications or allergies; without a list, what it states.

    By rules. A note that gives orders to a machine is left out.
    """
    notes = [one for one in reversed(chart.records) if one.type == "note"]
    notes = [one for one in notes if within_days(one, asked.since, asked.until) and not instructions_in(one.text)]
    read = [(note, _of_kind(note, asked)) for note in notes[:_NOTES_READ]]
    for lists_alone in (True, False):
        for note, some in read:
            told = [one for one in some if one.section in _LISTED[asked.kind] or not lists_alone]
            if told:
                return [_stated(note, one) for one in told[:_STATED]]
    return []


def _of_kind(note: Record, asked: Background) -> list[Mention]:
    """The note's mentions of the kind that say what is asked for, each once."""
    wanted = set(stems(asked.mentions))
    found: dict[tuple[str, ...], Mention] = {}
    for one in mentions_in(note.text):
        said = tuple(stems(note.text[one.start : one.end]))
        if one.kind == _KINDS[asked.kind] and wanted <= set(said):
            found.setdefault(said, one)
    return list(found.values())


def _stated(note: Record, one: Mention) -> AnswerStatement:
    said = " ".join(note.text[one.start : one.end].split())
    how = "" if re.match(r"no(?:ne)?\b|nkda", said, re.I) else _HOW[one.state]
    start, end = sentence_at(sentences_of(note.text), one.start) or (one.start, one.end)
    quote = Quoted(record=note.id, quote=note.text[start : max(end, one.end)], date=note.date)
    return AnswerStatement(text=f"{said}{how} (note, {note.date or 'undated'}).", evidence=(quote,))


def mentioned(
    chart: Chart,
    terms: Sequence[Term],
    since: str | None,
    until: str | None,
    head: str,
    count: int | None,
    every: bool = False,
) -> list[AnswerStatement]:
    """The texts that mention all terms, the latest first; `head` says what they stand in for.

    `every`: a text once for each sentence that does, since it may state several values. `count` is of texts.
    """
    texts = [one for one in chart.records if one.type in _TEXTS and within_days(one, since, until)]
    found = rank(texts, Request(terms=tuple(terms), order="latest"), None) if terms else []
    texts = [one for one in found if in_one_place(one)][:count]
    return list(_headed(listed([said for one in texts for said in (_sentences(one, terms) if every else [one])]), head))


def _sentences(record: Record, terms: Sequence[Term]) -> list[Record]:
    """A text once for each of its sentences that says the terms, but for those that give orders to a machine."""
    orders = instructions_in(record.text)
    spans = [span for span in sentences_of(record.text) if says(record.text[slice(*span)], terms)]
    free = [span for span in spans if not any(start < span[1] and span[0] < end for start, end in orders)]
    return [record.model_copy(update={"passage": span}) for span in free]


def in_one_place(record: Record) -> bool:
    """Whether a text mentions what was asked for in one sentence; words scattered over it are no answer."""
    return record.type not in _TEXTS or record.passage is not None


def _headed(statements: Sequence[AnswerStatement], head: str) -> Iterator[AnswerStatement]:
    for number, one in enumerate(statements):
        yield one if number else one.model_copy(update={"text": f"{head} {one.text}"})
