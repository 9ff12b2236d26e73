"""An earlier radiology report becomes findings: what it names, on which side, stated, denied or doubted.

By rules alone: sections, sentences, the terms of prelim/knowledge/report_terms.yaml, and the assertions of
prelim/documents/assertions.py. What is asked (indication), done (technique) or compared is no finding.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prelim.documents.assertions import context_of, marks_of
from prelim.documents.sections import Section, sections_of, sentences_of
from prelim.documents.sides import Span, change_of, side_of
from prelim.facts import ReportFinding
from prelim.knowledge.phrases import Hit
from prelim.knowledge.report_terms import is_label, report_terms
from prelim.types import Change, Laterality, State

_STRENGTH: tuple[State, ...] = ("absent", "uncertain", "present")


class _Said(NamedTuple):
    """What a sentence says of one mention."""

    state: State
    side: Laterality | None
    change: Change | None


def findings_in(text: str) -> tuple[ReportFinding, ...]:
    """The findings of a report in the order of its text; mentions that contradict each other are all kept.

    A statement of normality ("the lungs are clear") denies what it clears; such a finding is `general`.
    What a report tells of the past alone, only looks for or recommends is none.
    """
    regions = _regions(text)
    found: list[ReportFinding] = []
    for start, end, heading in stating_sentences(text):
        found += _of_sentence(text[start:end], start, heading, regions)
    return tuple(found)


def stating_sentences(text: str) -> Iterator[tuple[int, int, str]]:
    """The sentences that state what is seen, as [start, end) with the heading they stand under."""
    for section in _read(sections_of(text)):
        for first, last in sentences_of(text[section.start : section.end]):
            yield section.start + first, section.start + last, section.heading


def summary_of(findings: Iterable[ReportFinding]) -> dict[tuple[str, Laterality | None], State]:
    """The state of each label on each side that is named.

    What is named goes before what is only cleared in general, the impression before the rest of the report; where one
    section contradicts itself, what is present or doubted stands.
    """
    best: dict[tuple[str, Laterality | None], tuple[bool, bool, int]] = {}
    for one in findings:
        key = (one.label, one.laterality)
        rank = (not one.general, one.section == "impression", _STRENGTH.index(one.state))
        best[key] = max(best.get(key, rank), rank)
    return {key: _STRENGTH[rank[2]] for key, rank in best.items()}


def named_findings(text: str) -> Iterator[ReportFinding]:
    """For each finding and side that a report names, the last mention that says what it states in the end."""
    named = [finding for finding in findings_in(text) if not finding.general]
    for (label, side), state in summary_of(named).items():
        yield [one for one in named if (one.label, one.laterality, one.state) == (label, side, state)][-1]


def _read(sections: list[Section]) -> list[Section]:
    """The sections that state findings; what stands before the first heading only where no other does."""
    headings = {section.heading for section in sections}
    stating = {"findings", "impression"} | (set() if "findings" in headings else {""})
    return [section for section in sections if section.heading in stating]


def _regions(text: str) -> frozenset[str]:
    """The labels that a text's region rules out: those of regions that it has no word of."""
    terms = report_terms()
    named = {hit.meaning for hit in terms.places.find(text)}
    if not named:
        return frozenset()
    kept = frozenset(label for region in named for label in terms.regions[region])
    return frozenset(label for labels in terms.regions.values() for label in labels) - kept


def _of_sentence(sentence: str, offset: int, section: str, ruled_out: frozenset[str]) -> list[ReportFinding]:
    """The findings of one sentence that begins at `offset` of its text."""
    terms, marks = report_terms(), marks_of(sentence)
    hits = [hit for hit in terms.phrases.find(sentence) if hit.meaning not in ruled_out and hit.meaning != "-"]
    spans = list(dict.fromkeys((hit.start, hit.end) for hit in hits))
    found = []
    for hit in hits:
        context = context_of(sentence, hit.start, hit.end, marks if is_label(hit.meaning) else _outside(hit, marks))
        if context.time != "now" or not context.of_patient:
            continue
        others = [span for span in spans if span != (hit.start, hit.end)]
        for label, said in _meant(sentence, hit, context.state, others):
            found.append(
                ReportFinding(
                    label=label,
                    laterality=None if label in terms.midline else said.side,
                    state=said.state,
                    change=said.change,
                    chars=(offset + hit.start, offset + hit.end),
                    sentence=sentence,
                    section=section,
                    general=not is_label(hit.meaning),
                )
            )
    return list(dict.fromkeys(found))


def _outside(hit: Hit, marks: Iterable[Hit]) -> list[Hit]:
    """The cues that a statement of normality does not consist of itself ("the heart is normal")."""
    return [mark for mark in marks if mark.end <= hit.start or hit.end <= mark.start]


def _meant(sentence: str, hit: Hit, state: State, others: list[Span]) -> list[tuple[str, _Said]]:
    """The labels that a mention states, denies or clears."""
    side = side_of(sentence, (hit.start, hit.end), others)
    if is_label(hit.meaning):
        return [(hit.meaning, _Said(state, side, _change(sentence, hit, state, others)))]
    if (state == "present") != hit.meaning.startswith("normal") or state == "uncertain":
        return []
    return [(label, _Said("absent", side, None)) for label in report_terms().clears[hit.meaning]]


def _change(sentence: str, hit: Hit, state: State, others: list[Span]) -> Change | None:
    """What is denied can only have resolved, and what is doubted has no change."""
    change = change_of(sentence, (hit.start, hit.end), others)
    fits = {"present": change != "resolved", "absent": change == "resolved", "uncertain": False}
    return change if fits[state] else None
