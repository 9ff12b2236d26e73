"""Notes: problems, medications, allergies and the clinical question, read twice and reconciled.

One reader goes by rules, the other is the model under a grammar, which may only quote what stands in the note.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from prelim.documents.injection import bidden_in, instructions_in, order_warning
from prelim.documents.mention import Mention, Taken, apart
from prelim.documents.notes import LISTS, mentions_in, parts_of
from prelim.documents.sections import Section
from prelim.facts import NoteFact, Notes
from prelim.models.answers import NoteAnswers, NoteFactAnswer
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Chars, Document, Evidence, digest_of, evidence
from tools.tool import Context, tool


class Reading(NamedTuple):
    """A fact where it stands, who read it, and whether the two readers took its state for the same."""

    mention: Mention
    readers: Literal["both", "rules", "model"]
    agreed: bool = True


@tool()
def notes(context: Context, *, documents: tuple[Document, ...]) -> Notes:
    """Every fact of the documents, each with its place; of one document what lists state comes first.

    What an order to a machine says is no fact.
    """
    parts = [_document(context, document) for document in documents]
    reason = context.model.card.declines("notes") if documents else None
    alone = (f"Notes have one reader, by rules: {reason}",) if reason else ()
    return Notes(
        facts=tuple(fact for part in parts for fact in part.facts),
        warnings=(*alone, *(text for part in parts for text in part.warnings)),
        evidence=tuple({place.id: place for part in parts for place in part.evidence}.values()),
    )


def _document(context: Context, document: Document) -> Notes:
    text = context.artifacts.get(document.text_sha256).decode()
    asked = context.model.card.declines("notes") is None
    orders = Taken(bidden_in(text))
    rules = [one for one in mentions_in(text) if not orders.overlaps(one.start, one.end)]
    readings = _reconciled(rules, _ask(context, text) if asked else [])
    readings.sort(key=lambda reading: reading.mention.section not in LISTS)
    made = [_fact(document, text, reading) for reading in readings]
    warnings = [order_warning(document.path, text), _differing(document.path, readings)]
    return Notes(
        facts=tuple(fact for fact, _ in made),
        warnings=tuple(warning for warning in warnings if warning),
        evidence=tuple(place for _, place in made),
    )


# ------------------------------------------------------------------ the model's reading


def _ask(context: Context, text: str) -> list[Mention]:
    """What the model quotes, part by part. Sentences that give orders to a machine are not shown to it."""
    orders = instructions_in(text)
    parts = [(part, _shown(text, part, orders)) for part in parts_of(text)]
    parts = [(part, lines) for part, lines in parts if lines]
    questions = [ask(render("notes", heading=part.heading or "none", lines=lines)) for part, lines in parts]
    answers = context.model.structured_all(questions, NoteAnswers) if questions else []
    return [
        mention
        for (part, _), answer in zip(parts, answers, strict=True)
        for said in (answer.root if answer else ())
        if (mention := _standing(text, part, said, orders))
    ]


def _shown(text: str, part: Section, orders: Sequence[Chars]) -> str:
    """The part without its orders; it cannot close the marks that stand around it."""
    kept, place = "", part.start
    for start, end in orders:
        if start < part.end and place < end:
            kept += text[place : max(place, start)]
            place = end
    return (kept + text[place : part.end]).replace(">>>", "> > >").strip()


def _standing(text: str, part: Section, said: NoteFactAnswer, orders: Sequence[Chars]) -> Mention | None:
    """Where an answer stands in its part, word for word; None where it does not, for then it was made up."""
    quoted = re.escape(said.text.strip())
    for match in re.finditer(rf"(?<!\w){quoted}(?!\w)", text[part.start : part.end]) if quoted else ():
        start, end = part.start + match.start(), part.start + match.end()
        if not any(start < after and before < end for before, after in orders):
            return Mention(said.kind, start, end, "uncertain" if said.kind == "question" else said.state, part.heading)
    return None


# ------------------------------------------------------------------ reconciled


def _reconciled(rules: Sequence[Mention], model: Sequence[Mention]) -> list[Reading]:
    """Both readings in order. The rules' span stands; a state on which the two differ is uncertain."""
    readings = [_beside(one, model) for one in rules]
    alone = [one for one in model if not any(_overlap(one, other) and _excludes(other, one) for other in rules)]
    readings += [Reading(one, "model") for one in apart(alone)]
    return sorted(readings, key=lambda reading: reading.mention.start)


def _beside(one: Mention, model: Sequence[Mention]) -> Reading:
    same = [other for other in model if other.kind == one.kind and _overlap(one, other)]
    if all(other.state == one.state for other in same):
        return Reading(one, "both" if same else "rules")
    return Reading(one._replace(state="uncertain"), "both", agreed=False)


def _excludes(rule: Mention, one: Mention) -> bool:
    """Whether a stretch that the rules took leaves the model none: a question may be about a problem, nothing else."""
    return rule.kind == one.kind or "question" not in (rule.kind, one.kind)


def _overlap(one: Mention, other: Mention) -> bool:
    return one.start < other.end and other.start < one.end


def _differing(path: str, readings: Sequence[Reading]) -> str | None:
    names = sum(not reading.agreed for reading in readings)
    what = "1 fact" if names == 1 else f"{names} facts"
    return f"{path}: the two readers differ on the state of {what}: read as uncertain." if names else None


def _fact(document: Document, text: str, reading: Reading) -> tuple[NoteFact, Evidence]:
    one = reading.mention
    chars, quote = (one.start, one.end), text[one.start : one.end]
    place = evidence("text", document_sha256=document.sha256, chars=chars, quote=quote, date=document.date)
    fact = NoteFact(
        id="n-" + digest_of([document.sha256, one.kind, chars])[:12],
        kind=one.kind,
        text=quote,
        state=one.state,
        section=one.section,
        document_sha256=document.sha256,
        chars=chars,
        readers=reading.readers,
        evidence=(place.id,),
    )
    return fact, place
