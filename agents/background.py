"""What the notes and the record of a case say of the patient: the question, problems, medications, allergies."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.sections import Scribe, listed
from memory.artifacts import Artifacts
from prelim.draft import Found, Statement
from prelim.facts import Entry
from prelim.types import Case, Document, Evidence, State, evidence
from tools.papers import entries_in

_TITLES = {"problem": "Known problems", "medication": "Medications", "allergy": "Allergies"}
_OF_ENTRY = {"condition": "problem", "medication": "medication", "allergy": "allergy"}
_CURRENT = (None, "", "active", "recurrence", "relapse")
"""FHIR's statuses of what still holds: condition-clinical, allergyintolerance-clinical, medicationrequest-status."""
_MOST = 8


class Told(NamedTuple):
    """One thing that a note or a record says, and where."""

    kind: str
    text: str
    state: State
    place: Evidence


def entries_of(case: Case, artifacts: Artifacts) -> list[tuple[Document, Entry]]:
    """What the structured documents of a case hold."""
    return [(document, entry) for document in case.documents for entry in entries_in(document, artifacts)]


def background(scribe: Scribe, found: Found, entries: Sequence[tuple[Document, Entry]]) -> tuple[Statement, ...]:
    """The clinical questions of the notes, then what is known of the patient; nothing where nothing is said."""
    told = [*_noted(found), *_recorded(entries)]
    lines = [
        scribe.write("indication", ["question", item.place.id], f"Clinical question: “{item.text}”.", [item.place])
        for item in told
        if item.kind == "question"
    ]
    for kind, title in _TITLES.items():
        lines += _summed_up(scribe, title, [item for item in told if item.kind == kind and _worth_saying(item)])
    return tuple(lines)


def _worth_saying(item: Told) -> bool:
    """What the patient has not got is not told; that no allergy is known is."""
    return item.state != "absent" or item.kind == "allergy"


def _summed_up(scribe: Scribe, title: str, told: Sequence[Told]) -> list[Statement]:
    """One sentence; what is told twice is said once, in its first words, and rests on both places."""
    groups: list[list[Told]] = []
    for item in told:
        same = next((group for group in groups if any(_is_same(item, other) for other in group)), None)
        if same is None:
            groups.append([item])
        else:
            same.append(item)
    some = groups[:_MOST]
    if not some:
        return []
    names = [f"{first.text} (uncertain)" if first.state == "uncertain" else first.text for first, *_ in some]
    more = "; more in the record" if len(groups) > _MOST else ""
    text = f"{title}: {listed(names)}{more}."
    return [scribe.write("indication", title, text, [item.place for group in some for item in group])]


def _is_same(one: Told, other: Told) -> bool:
    """The same problem, or its initials (COPD); the same drug or substance, whatever its dose or form."""
    mine, theirs = (re.sub(r"\([^)]*\)", " ", item.text).lower().split() for item in (one, other))
    if one.kind == "problem":
        return mine == theirs or mine == [_initials(theirs)] or theirs == [_initials(mine)]
    return mine[:1] == theirs[:1]


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def _noted(found: Found) -> Iterable[Told]:
    places = {item.id: item for item in found.notes.evidence}
    for fact in found.notes.facts:
        place = next((places[id] for id in fact.evidence if id in places), None)
        if place:
            yield Told(fact.kind, " ".join(fact.text.split()).rstrip("."), fact.state, place)


def _recorded(entries: Iterable[tuple[Document, Entry]]) -> Iterable[Told]:
    """What still holds of a record, the latest first."""
    known = sorted(entries, key=lambda item: item[1].date or "", reverse=True)
    for document, entry in known:
        kind = _OF_ENTRY.get(entry.type)
        if kind and entry.data.get("status") in _CURRENT:
            yield Told(kind, entry.title, "present", entry_evidence(document, entry))


def entry_evidence(document: Document, entry: Entry) -> Evidence:
    """The place of an entry in its file."""
    return evidence(
        "text",
        document_sha256=document.sha256,
        chars=entry.chars,
        quote=entry.text,
        pointer=entry.pointer,
        date=entry.date,
    )
