"""Triage: is the film readable, which findings does it show, how urgent is it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.imaging.selection import Film, best_frontal
from prelim.knowledge import FindingRule, chest_xray, most_urgent
from prelim.models.interface import Score
from prelim.models.messages import ask
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
from tools.film import shown
from tools.tool import Context, tool


class Probe(NamedTuple):
    """One finding on one side."""

    rule: FindingRule
    side: Laterality


class Reading(NamedTuple):
    """What was found on one study's film."""

    quality: Quality
    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


@tool(reads=("out_of_scope", "margin", "mass"))
def triage(context: Context, *, studies: tuple[Study, ...]) -> Triage:
    """Judge film quality and probe each finding of the table, both ways, on each study's best frontal film."""
    readings = {study.study_instance_uid: _read(context, study) for study in studies}
    findings = tuple(finding for reading in readings.values() for finding in reading.findings)
    return Triage(
        findings=findings,
        not_assessed=tuple(item for reading in readings.values() for item in reading.not_assessed),
        urgency=_urgency(readings.values(), findings),
        quality={uid: reading.quality for uid, reading in readings.items()},
        warnings=tuple(text for reading in readings.values() for text in reading.warnings),
        evidence=tuple(item for reading in readings.values() for item in reading.evidence),
    )


def _urgency(readings: Iterable[Reading], findings: Sequence[Finding]) -> Urgency:
    """The most urgent present finding; a triage that could not judge a film is never routine."""
    table = chest_xray().findings
    present: list[Urgency] = [table[f.label].urgency for f in findings if f.state == "present"]
    judged = all(reading.quality == "readable" for reading in readings)
    certain = judged and bool(findings) and all(f.state != "uncertain" for f in findings)
    return most_urgent(present) if present or certain else "not_triaged"


def _read(context: Context, study: Study) -> Reading:
    film = best_frontal(study)
    if film is None:
        modality = "/".join(sorted({series.modality for series in study.series})) or "no image"
        return _unread(study, f"No frontal chest film in this study ({modality}): shown, not read.")
    reason = context.model.card.declines("probe", film.series)
    if reason and not context.settings.out_of_scope:
        return (_unread if film.series.modality in UNKNOWN_MODALITY else _declined)(study, reason)
    return _ask(context, study, film, out_of_scope=reason is not None)


def _unread(study: Study, reason: str) -> Reading:
    """Of what is not known to be a chest film no chest finding can be missed: it is not assessed as a whole."""
    whole = NotAssessed(study_instance_uid=study.study_instance_uid, task="probe", label=None, reason=reason)
    return Reading("not_assessed", not_assessed=(whole,))


def _declined(study: Study, reason: str) -> Reading:
    items = [
        NotAssessed(study_instance_uid=study.study_instance_uid, task="probe", label=label, reason=reason)
        for label in chest_xray().findings
    ]
    return Reading("not_assessed", not_assessed=tuple(items))


def _ask(context: Context, study: Study, film: Film, out_of_scope: bool) -> Reading:
    """One batch: the film's quality and every probe, each both ways."""
    allowed, refused = _probes(context, study, film)
    questions = [render("quality", "affirmative"), render("quality", "negative")]
    for probe in allowed:
        fields = {"finding": probe.rule.phrase, "place": probe.rule.places[probe.side]}
        questions += [render("probe", "affirmative", **fields), render("probe", "negative", **fields)]
    picture, preamble = shown(context, film.image), render("chest_xray", "preamble")
    scores = context.model.score_all([ask(text, [picture], preamble) for text in questions], YES_NO)
    quality, *answers = _pairs(context, scores)
    where = film.place()
    warnings = ("Image questions were asked outside the model's card.",) if out_of_scope else ()
    if quality.state != "present":
        verdict: Quality = "unreadable" if quality.state == "absent" else "uncertain"
        mark = " (asked outside the model's card)" if out_of_scope else ""
        reason = f"The film's quality was judged {verdict}{mark}: findings are not read from it."
        return _declined(study, reason)._replace(quality=verdict, evidence=(where,), warnings=warnings)
    findings = _findings(study, film, zip(allowed, answers, strict=True), where, out_of_scope)
    return Reading("readable", findings, refused, (where,), warnings)


def _probes(context: Context, study: Study, film: Film) -> tuple[list[Probe], tuple[NotAssessed, ...]]:
    """The probes that the card allows, and the labels that it does not."""
    allowed: list[Probe] = []
    refused: list[NotAssessed] = []
    for label, rule in chest_xray().findings.items():
        reason = context.model.card.declines("probe", film.series, label)
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
    film: Film,
    answers: Iterable[tuple[Probe, Presence]],
    where: Evidence,
    out_of_scope: bool,
) -> tuple[Finding, ...]:
    """One finding a probe. Where the side cannot be known, both sides' answers become one finding without a side."""
    sided: dict[tuple[str, Laterality | None], list[Presence]] = {}
    unknown = film.image.orientation_from == "unknown" or film.image.marker_conflict
    for probe, answer in answers:
        side = None if unknown and probe.side in ("left", "right") else probe.side
        sided.setdefault((probe.rule.label, side), []).append(answer)
    found = []
    for (label, side), given in sided.items():
        answer = max(given, key=lambda item: item.weight)
        address = [study.study_instance_uid, film.image.sop_instance_uid, film.image.frame, label, side]
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
