"""Triage: are the images readable, which findings do they show, how urgent is it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.imaging.selection import Subject, subject_of
from prelim.knowledge import FindingRule, FindingTable, most_urgent, urgency_of
from prelim.models.interface import Score
from prelim.models.questions import YES_NO, Presence, presence
from prelim.prompts import render
from prelim.types import (
    Evidence,
    Finding,
    Laterality,
    NotAssessed,
    Quality,
    Study,
    Triage,
    Urgency,
    digest_of,
)
from tools.asking import flaw_of, putter, sides_known
from tools.tool import Context, tool

OUTSIDE = "Image questions were asked outside the model's card."
"""What is warned of where the card was overruled."""


class Probe(NamedTuple):
    """One finding on one side."""

    rule: FindingRule
    side: Laterality


class Result(NamedTuple):
    """What was found on one study's images."""

    quality: Quality
    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


@tool(reads=("out_of_scope", "margin", "mass", "slide_order", "critical_findings"))
def triage(context: Context, *, studies: tuple[Study, ...]) -> Triage:
    """Judge quality and probe each finding of the table, both ways, on each study's best film, volume or slide."""
    results = {study.study_instance_uid: _read(context, study) for study in studies}
    findings = tuple(finding for result in results.values() for finding in result.findings)
    return Triage(
        findings=findings,
        not_assessed=tuple(item for result in results.values() for item in result.not_assessed),
        urgency=_urgency(results.values(), findings, context.settings.critical_findings),
        quality={uid: result.quality for uid, result in results.items()},
        warnings=tuple(text for result in results.values() for text in result.warnings),
        evidence=tuple(item for result in results.values() for item in result.evidence),
    )


def _urgency(results: Iterable[Result], findings: Sequence[Finding], critical: Sequence[str]) -> Urgency:
    """The most urgent present finding; a triage that could not judge an image is never routine."""
    present: list[Urgency] = [urgency_of(f.label, critical) for f in findings if f.state == "present"]
    judged = all(result.quality == "readable" for result in results)
    certain = judged and bool(findings) and all(f.state != "uncertain" for f in findings)
    return most_urgent(present) if present or certain else "not_triaged"


def _read(context: Context, study: Study) -> Result:
    subject = subject_of(study)
    if subject is None or subject.table is None:
        return _unread(study, _why_not(context, study))
    reason = context.model.card.declines("probe", subject.series)
    if reason and not context.settings.out_of_scope:
        film = subject.noun == "film" and subject.series.modality not in UNKNOWN_MODALITY
        return _declined(study, subject.table, reason) if film else _unread(study, reason)
    flaw = flaw_of(subject)
    if flaw:
        return _declined(study, subject.table, flaw[1])._replace(quality=flaw[0])
    return _ask(context, study, subject, subject.table, out_of_scope=reason is not None)


def _why_not(context: Context, study: Study) -> str:
    """Why a study without a film, volume or slide to ask about is not read."""
    others = [series for series in study.series if series.kind not in ("projection", "scout", "other")]
    if not others:
        modality = "/".join(sorted({series.modality for series in study.series})) or "no image"
        return f"No frontal chest film in this study ({modality}): shown, not read."
    declined = [reason for series in others if (reason := context.model.card.declines("probe", series))]
    return declined[0] if declined else "There is no table of findings to ask about on images of this kind and region."


def _unread(study: Study, reason: str) -> Result:
    """Where no finding of any table is expected none can be missed: the study is not assessed as a whole."""
    whole = NotAssessed(study_instance_uid=study.study_instance_uid, task="probe", label=None, reason=reason)
    return Result("not_assessed", not_assessed=(whole,))


def _declined(study: Study, table: FindingTable, reason: str) -> Result:
    items = [
        NotAssessed(study_instance_uid=study.study_instance_uid, task="probe", label=label, reason=reason)
        for label in table.findings
    ]
    return Result("not_assessed", not_assessed=tuple(items))


def _ask(context: Context, study: Study, subject: Subject, table: FindingTable, out_of_scope: bool) -> Result:
    """One batch: the quality and every probe, each both ways."""
    allowed, refused = _probes(context, study, subject, table)
    questions = [render("quality", way, image=table.image) for way in ("affirmative", "negative")]
    for probe in allowed:
        fields = {"finding": probe.rule.phrase, "place": probe.rule.places[probe.side], "noun": table.noun}
        questions += [render("probe", "affirmative", **fields), render("probe", "negative", **fields)]
    put = putter(context, subject)
    scores = context.model.score_all([put(text) for text in questions], YES_NO)
    quality, *answers = _pairs(context, scores)
    where = subject.place()
    warnings = (OUTSIDE,) if out_of_scope else ()
    if quality.state != "present":
        verdict: Quality = "unreadable" if quality.state == "absent" else "uncertain"
        mark = " (asked outside the model's card)" if out_of_scope else ""
        reason = f"The {table.noun}'s quality was judged {verdict}{mark}: findings are not read from it."
        return _declined(study, table, reason)._replace(quality=verdict, evidence=(where,), warnings=warnings)
    findings = _findings(study, subject, zip(allowed, answers, strict=True), where, out_of_scope)
    return Result("readable", findings, refused, (where,), warnings)


def _probes(
    context: Context, study: Study, subject: Subject, table: FindingTable
) -> tuple[list[Probe], tuple[NotAssessed, ...]]:
    """The probes that the card allows, and the labels that it does not."""
    allowed: list[Probe] = []
    refused: list[NotAssessed] = []
    for label, rule in table.findings.items():
        reason = context.model.card.declines("probe", subject.series, label)
        if reason and not context.settings.out_of_scope:
            uid = study.study_instance_uid
            refused.append(NotAssessed(study_instance_uid=uid, task="probe", label=label, reason=reason))
        else:
            allowed += [Probe(rule, side) for side in rule.places]
    return allowed, tuple(refused)


def _pairs(context: Context, scores: Sequence[Score]) -> list[Presence]:
    margin, mass = context.settings.margin, context.settings.mass
    both = zip(scores[::2], scores[1::2], strict=True)
    return [presence(yes, no, margin=margin, mass=mass) for yes, no in both]


def _findings(
    study: Study,
    subject: Subject,
    answers: Iterable[tuple[Probe, Presence]],
    where: Evidence,
    out_of_scope: bool,
) -> tuple[Finding, ...]:
    """One finding a probe. Where the side cannot be known, both sides' answers become one finding without a side."""
    sided: dict[tuple[str, Laterality | None], list[Presence]] = {}
    unknown = not sides_known(subject)
    image = subject.images[0]
    for probe, answer in answers:
        side = None if unknown and probe.side in ("left", "right") else probe.side
        sided.setdefault((probe.rule.label, side), []).append(answer)
    found = []
    for (label, side), given in sided.items():
        answer = max(given, key=lambda item: item.weight)
        address = [study.study_instance_uid, image.sop_instance_uid, image.frame, label, side]
        found.append(
            Finding(
                id="f-" + digest_of(address)[:12],
                label=label,
                laterality=side,
                state=answer.state,
                probability=answer.probability,
                study_instance_uid=study.study_instance_uid,
                out_of_scope=out_of_scope,
                evidence=(where.id,),
            )
        )
    return tuple(found)
