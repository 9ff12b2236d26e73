"""Answers from the case at hand: what its draft says, what was found on its images, where, and how it changed."""

from collections.abc import Iterable, Sequence

from agents.answer_words import Told, days_of, listed, within_days
from agents.chart import Chart
from agents.look_ups import Compare, Findings, ImageQuestion, Place, Statements
from memory.lexical import WORD, stems
from memory.planning import terms_of
from memory.ranking import mention, rank
from memory.request import Request, Term
from prelim.answer import AnswerStatement, Quoted
from prelim.draft import Draft, Statement
from prelim.imaging.selection import best_frontal
from prelim.knowledge import TABLES, FindingRule, table
from prelim.types import Box, Comparison, Laterality, Record, Study
from tools.localization import localization
from tools.longitudinal import longitudinal
from tools.tool import Context
from tools.triage import triage

_SECTIONS = ("findings", "impression", "recommendation")
_SOURCES = ("finding", "report", "note", "condition", "procedure", "imaging")
_NO_CASE = "There is no image at hand: a patient's history was asked, not a case."


def rule_named(words: str) -> FindingRule | None:
    """The first table's finding of this label or name."""
    asked = words.lower().replace("_", " ").strip()
    for name in TABLES:
        for rule in table(name).findings.values():
            if asked in (rule.label.replace("_", " "), rule.name):
                return rule
    return None


# ------------------------------------------------------------------ what the draft says


def statements(chart: Chart, asked: Statements) -> Told:
    """Sentences of the draft, as they stand."""
    if chart.draft is None:
        return Told(missing="There is no draft: a patient's history was asked, not a case.")
    sections = (asked.section,) if asked.section else _SECTIONS
    said = [one for name in sections for one in getattr(chart.draft.sections, name)]
    wanted = set(stems(asked.mentions))
    found = [one for one in said if wanted <= set(stems(one.text))]
    about = f" that mentions {asked.mentions}" if asked.mentions else ""
    where = f" in its {asked.section}" if asked.section else ""
    return Told(tuple(_as_said(chart, one) for one in found), f"The draft has no sentence{where}{about}.")


def _as_said(chart: Chart, statement: Statement) -> AnswerStatement:
    """A sentence of the draft; one that rests on nothing is marked, as the draft marks it."""
    mark = "" if statement.support in ("supported", "attested") else f" [{statement.support}]"
    quote = Quoted(record=chart.cite(statement.id), quote=statement.text, date=chart.today.isoformat())
    return AnswerStatement(text=statement.text + mark, evidence=(quote,), source=statement.source)


# ------------------------------------------------------------------ findings


def findings(chart: Chart, asked: Findings) -> Told:
    """A finding on the case's images as its draft tells it, then in the record; without a label all of the draft's."""
    told = list(_on_images(chart, asked.label, asked.side)) if chart.draft else []
    told += _on_record(chart, asked)
    what = asked.mentions or (asked.label or "finding").replace("_", " ")
    return Told(tuple(told), f"The record does not mention {what}{days_of(asked.since, asked.until)}.")


def image_question(chart: Chart, asked: ImageQuestion) -> Told:
    """What the model answered, both ways, about one finding on the case's image; why it was not asked, where it was."""
    if chart.draft is None:
        return Told(missing=_NO_CASE)
    rule = rule_named(asked.label)
    if rule is None:
        return Told(missing=f"No table of findings has {asked.label.replace('_', ' ')}: the image was not asked.")
    told = tuple(_on_images(chart, rule.label, asked.side))
    return Told(told, f"The image was not asked about {rule.name}.")


def _on_images(chart: Chart, label: str | None, side: Laterality | None) -> Iterable[AnswerStatement]:
    draft = chart.draft
    assert draft is not None  # the callers looked
    mine = [one for one in draft.findings if _is(one.label, one.laterality, label, side)]
    ids = {one.id for one in mine}
    said = [one for one in draft.sections.findings if ids & _about(draft, one)]
    yield from (_as_said(chart, one) for one in said)
    told = {id for one in said for id in _about(draft, one)}
    for one in mine:
        if one.id not in told:
            text = f"{_called(one.label, one.laterality)}: {one.state} on the images of the case."
            yield AnswerStatement(text=text, evidence=(Quoted(record=chart.cite(one.id), quote=text),))
    if label and not mine:
        for item in draft.not_assessed:
            if item.label in (None, label) and item.task == "probe":
                text = f"{_called(label, None)} was not assessed on the images: {item.reason}"
                yield AnswerStatement(
                    text=text, evidence=(Quoted(record=chart.cite("not_assessed"), quote=item.reason),)
                )
                return


def _about(draft: Draft, statement: Statement) -> set[str]:
    """The findings that a statement rests on."""
    places = {one.id: one for one in draft.evidence}
    return {places[id].ref or "" for id in statement.evidence if id in places and places[id].kind == "finding"}


def _is(label: str, has: Laterality | None, asked: str | None, side: Laterality | None) -> bool:
    return (asked is None or label == asked) and (side is None or has in (None, side, "midline", "bilateral"))


def _called(label: str, side: Laterality | None) -> str:
    name = label.replace("_", " ")
    return f"{side.capitalize()} {name}" if side in ("left", "right") else name.capitalize()


def _on_record(chart: Chart, asked: Findings) -> list[AnswerStatement]:
    """What the history's reports and findings say of it; nothing of the draft's own."""
    pool = [
        one
        for one in chart.records
        if one.type in _SOURCES and within_days(one, asked.since, asked.until) and not _own(chart, one.source, one.id)
    ]
    if asked.label is None:
        found = [one for one in reversed(pool) if one.type == "finding" and one.data.get("state") != "absent"]
        return listed(found)
    said = terms_of(asked.mentions) or (Term(ways=(frozenset(stems(asked.label.replace("_", " "))),)),)
    terms = tuple(one.model_copy(update={"label": asked.label}) for one in said) if len(said) == 1 else said
    named = [
        one for one in pool if mention(one, terms).level > 0 and _side_fits(one.data.get("laterality"), asked.side)
    ]
    findings = {one.source for one in named if one.type == "finding"}
    kept = [one for one in named if not (one.type == "report" and one.source in findings)]
    found = rank(kept, Request(terms=terms, types=frozenset(_SOURCES)), None)
    return listed([one for one in found if not _of_other_side(one, asked.side)])


def _of_other_side(record: Record, side: Laterality | None) -> bool:
    """Whether the sentence of a text that was found speaks of the other side alone."""
    if side not in ("left", "right") or record.passage is None:
        return False
    words = set(WORD.findall(record.text[slice(*record.passage)].lower()))
    return side not in words and bool(words & {"left", "right"}) and "bilateral" not in words


def _own(chart: Chart, source: str, id: str) -> bool:
    return bool(chart.case_id) and (source == chart.case_id or id.startswith(f"{chart.case_id}/"))


def _side_fits(has: object, side: Laterality | None) -> bool:
    return side is None or has in (None, side, "bilateral")


# ------------------------------------------------------------------ where, and since when


def place(context: Context, chart: Chart, asked: Place) -> Told:
    """The boxes of a finding on the case's film: the draft's, else asked for now."""
    draft, rule = chart.draft, rule_named(asked.label)
    if draft is None or rule is None:
        return Told(missing=_NO_CASE if draft is None else f"No table of findings has {asked.label}.")
    boxes = [one for one in draft.boxes if _is(one.label, one.laterality, rule.label, asked.side)]
    present = [
        one
        for one in draft.findings
        if one.state != "absent" and _is(one.label, one.laterality, rule.label, asked.side)
    ]
    if not boxes and present:
        sought = tuple(one.model_copy(update={"state": "present"}) for one in present)
        located = localization(context, studies=draft.studies, findings=sought)
        boxes = list(located.boxes)
    return Told(
        tuple(_boxed(chart, one) for one in boxes), f"No place of {rule.name} is known on the images of the case."
    )


def _boxed(chart: Chart, box: Box) -> AnswerStatement:
    y0, x0, y1, x1 = (round(edge, 1) for edge in box.box_px)
    text = f"{_called(box.label, box.laterality)}: rows {y0} to {y1}, columns {x0} to {x1} of the image (pixels)."
    return AnswerStatement(
        text=text, evidence=(Quoted(record=chart.cite(box.id), quote=text, date=chart.today.isoformat()),)
    )


def compare(context: Context, chart: Chart, asked: Compare) -> Told:
    """How findings changed between two examinations: the draft's comparisons, else the films asked now."""
    found = [one for one in _compared(context, chart, asked) if asked.label in (None, one.label)]
    days = f" between {asked.earlier} and {asked.later}" if asked.earlier and asked.later else ""
    return Told(tuple(_change(chart, one) for one in found), f"Nothing was compared{days}.")


def _compared(context: Context, chart: Chart, asked: Compare) -> Sequence[Comparison]:
    known = chart.draft.comparisons if chart.draft else ()
    if not (asked.earlier and asked.later):
        return [one for one in known if one.nearest]
    mine = [one for one in known if (one.prior_date, one.current_date) == (asked.earlier, asked.later)]
    films = _films(chart)
    before, now = films.get(asked.earlier), films.get(asked.later)
    if mine or before is None or now is None:
        return mine
    current = (now.model_copy(update={"role": "current"}),)
    seen = triage(context, studies=current).findings
    prior = (before.model_copy(update={"role": "prior"}),)
    return longitudinal(context, current=current, prior=prior, findings=seen).comparisons


def _films(chart: Chart) -> dict[str, Study]:
    """The frontal films at hand by their days."""
    stored = [Study.model_validate(one.data) for one in chart.records if one.type == "study"]
    studies = [*stored, *(chart.draft.studies if chart.draft else ())]
    return {study.date: study for study in studies if study.date and best_frontal(study)}


def _change(chart: Chart, one: Comparison) -> AnswerStatement:
    name = _called(one.label, one.laterality)
    since = f"from {one.prior_date or 'the undated film'} to {one.current_date or 'the undated film'}"
    unsure = "" if one.swap_consistent else " (the model contradicted itself)"
    text = f"{name}: {one.change} {since}{unsure}."
    record = chart.cite(one.id) if chart.draft else one.id
    return AnswerStatement(
        text=text, evidence=(Quoted(record=record, quote=text, date=one.current_date),), source="model"
    )
