"""What a note states, by rules: problems, medications, allergies and the clinical question, each where it stands."""

from collections.abc import Sequence

from prelim.documents.allergies import allergies_in
from prelim.documents.medications import medications_in
from prelim.documents.mention import Mention, Taken, apart, lines_of
from prelim.documents.problems import LISTS, problems_in
from prelim.documents.questions import questions_in
from prelim.documents.sections import Section, sections_of, sentences_of

__all__ = ["LISTS", "mentions_in", "parts_of"]
_PART = 800
"""How many characters of a note a model is asked about at once: as many as hold a dozen facts."""


def mentions_in(text: str) -> list[Mention]:
    """The facts of a note in order, each an exact stretch of the text; those of one kind do not overlap.

    A fact that a note repeats is found again at each place. Headings are read in English, German, Spanish and French,
    doses and lists too; sentences in English (see prelim/documents/assertions.py).
    """
    sections, sentences = sections_of(text), sentences_of(text)
    allergies = apart(allergies_in(text, sections))
    medications = apart(_outside(medications_in(text, sections, sentences), allergies))
    problems = _outside(_outside(problems_in(text, sections, sentences), allergies), medications)
    return apart([*allergies, *medications, *problems, *questions_in(text, sections)])


def _outside(some: Sequence[Mention], others: Sequence[Mention]) -> list[Mention]:
    """Those that are no part of another: an allergy's substance is not taken, a medication is no problem."""
    taken = Taken((other.start, other.end) for other in others)
    return [one for one in some if not taken.overlaps(one.start, one.end)]


def parts_of(text: str) -> list[Section]:
    """The sections of a note, the long ones in pieces of whole lines; a line that is longer stays whole."""
    return [part for section in sections_of(text) for part in _pieces(text, section)]


def _pieces(text: str, section: Section) -> list[Section]:
    pieces: list[Section] = []
    for line in lines_of(text, section.start, section.end):
        if pieces and line.end - pieces[-1].start <= _PART:
            pieces[-1] = pieces[-1]._replace(end=line.end)
        else:
            pieces.append(Section(section.heading, line.start, line.end))
    return pieces
