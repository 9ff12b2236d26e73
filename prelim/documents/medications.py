"""The medications of a note: name, dose, route and frequency as one span, and whether they are taken."""

import re

from prelim.documents.mention import Mention, lines_of, sentence_at, split, trimmed
from prelim.documents.sections import Section
from prelim.knowledge.clinical_words import complaints, prescriptions, words_of
from prelim.types import Chars, State

_BRACKET = re.compile(r"[ \t]*\([^()\n]{2,50}\)")
_ONE = re.compile(r"(?:[^\W\d_][\w'-]+[ \t]?){1,4}")
_CLAUSE = re.compile(r"[.;:]\s|\n|\bbut\b", re.I)


def medications_in(text: str, sections: list[Section], sentences: list[Chars]) -> list[Mention]:
    """The medications of a note by their names and doses, and the items of its lists of medications."""
    found = []
    for section in sections:
        if section.heading not in ("allergies", "family_history"):
            for start, end in _named(text, section):
                found.append(Mention("medication", start, end, _state(text, start, end, sentences), section.heading))
        if section.heading == "medications":
            found += _listed(text, section, [(one.start, one.end) for one in found])
    return found


def _named(text: str, section: Section) -> list[Chars]:
    """What is known as a medication by its name, or by a dose and how it is taken."""
    said, spans, taken = prescriptions(), [], section.start
    for word in words_of(text, section.start, section.end):
        if word.start() < taken:
            continue
        known = said.is_drug(word.group())
        if not known and not _dosed(text, word, section):
            continue
        start = _dose_before(text, word.start(), taken) if known else word.start()
        taken = _prescribed(text, word.end(), section.end)
        spans.append((start, taken))
    return spans


def _dosed(text: str, word: re.Match[str], section: Section) -> bool:
    """Whether an unknown word is followed by a dose and how it is taken; in a list of medications a dose is enough."""
    said = prescriptions()
    if (
        len(word.group()) < 4
        or word.group().lower() in said.not_a_name
        or section.heading in ("results", "examination")
    ):
        return False
    gap = _BRACKET.match(text, word.end())
    place = gap.end() if gap else word.end()
    dose = said.dose.match(text, place + len(text[place:]) - len(text[place:].lstrip(" \t")))
    if not dose:
        return False
    return section.heading == "medications" or _piece(text, dose.end(), section.end) is not None


def _dose_before(text: str, start: int, floor: int) -> int:
    """Where "20 mg of" begins that stands before a name."""
    said = prescriptions()
    window = max(floor, start - 40)
    for dose in said.dose.finditer(text, window, start):
        if re.fullmatch(r"[ \t]+(?:(?:of|de|von) )?", text[dose.end() : start]):
            return dose.start()
    return start


def _prescribed(text: str, place: int, limit: int) -> int:
    """Where a prescription ends whose name ends at `place`: more of its name, a bracket, doses, routes, times."""
    said = prescriptions()
    while tail := said.tail.match(text, place, limit):
        place = tail.end()
    if bracket := _BRACKET.match(text, place, limit):
        place = bracket.end()
        while tail := said.tail.match(text, place, limit):
            place = tail.end()
    while piece := _piece(text, place, limit):
        place = piece.end()
        if text[place : place + 1] == ")":
            place += 1
    return place


def _piece(text: str, place: int, limit: int) -> re.Match[str] | None:
    """The next dose, route or time, or further word of the name, across the words that may join them."""
    said = prescriptions()
    blank = re.compile(r"[ \t]*").match(text, place, limit)
    joint = said.joint.match(text, place, limit)
    for gap in (blank, joint):
        if gap and (piece := said.piece.match(text, gap.end(), limit)):
            return piece
    return said.tail.match(text, place, limit)


def _state(text: str, start: int, end: int, sentences: list[Chars]) -> State:
    """Absent where it was ended, never taken or not tolerated, uncertain where it is only thought of."""
    said = prescriptions()
    begin, stop = sentence_at(sentences, start) or (start, end)
    clause = re.split(_CLAUSE, text[begin:start])[-1]
    cues = list(said.cues.finditer(clause))
    if said.ended_after.match(text, end, stop):
        return "absent"
    kind = cues[-1].lastgroup if cues else None
    if kind == "started" and any(cue.lastgroup == "thought_of" for cue in cues[-3:-1]):
        kind = "thought_of"
    if kind == "ended" and any(cue.lastgroup == "thought_of" for cue in cues[-2:-1]):
        kind = "thought_of"
    return {"ended": "absent", "thought_of": "uncertain"}.get(kind or "", "present")  # type: ignore[return-value]


def _listed(text: str, section: Section, known: list[Chars]) -> list[Mention]:
    """The items of a list of medications that no name or dose gave away."""
    found = []
    for line in lines_of(text, section.start, section.end):
        for start, end in split(text, line.start, line.end, r"[,;]|\band\b|\bund\b|\by\b|\bet\b"):
            if any(start < b and a < end for a, b in known) or not _is_item(text[start:end]):
                continue
            match = _ONE.match(text, start, end)
            if match and trimmed(text, start, end)[1] - match.end() < 12:
                found.append(Mention("medication", start, end, "present", section.heading))
    return found


def _is_item(item: str) -> bool:
    words = item.lower().split()
    plain = " ".join(words).strip(" .:-")
    said = prescriptions()
    if len(words) > 4 or len(plain) < 4 or plain in said.nothing or words[0] in said.not_an_item:
        return False
    return not complaints().not_in_a_name.intersection(words)
