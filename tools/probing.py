"""Probing: what the model says of an image, every closed question asked in every way, before any threshold.

Its own tool, so that a site that measures its model anew asks nothing again.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.imaging.selection import Subject, subject_of
from prelim.knowledge import FindingRule, FindingTable, table
from prelim.models.interface import Score
from prelim.models.questions import YES_NO, Answers, weigh
from prelim.prompts import render
from prelim.types import Evidence, Laterality, NotAssessed, Quality, Study, Value, digest_of
from tools.asking import flaw_of, putter, sides_known
from tools.tool import Context, tool

QUALITY_WAYS = ("affirmative", "negative")
PROBE_WAYS = ("affirmative", "negative", "affirmative_again", "negative_again")
"""Wordings of a question, one that is asked for and one that is denied in turn."""


class Probe(NamedTuple):
    """One finding on one side."""

    rule: FindingRule
    side: Laterality


class Probed(Value):
    """What was said of one finding on one side; without a side where left and right cannot be told apart."""

    label: str
    laterality: Laterality | None
    answers: Answers


class Probing(Value):
    """What was said of a study's best film, volume or slide by one `table`.

    `sop_instance_uid` and `frame` are its first image. `quality` is None where nothing was asked: `unread` says how it
    is judged then, `not_assessed` why.
    """

    table: str = ""
    sop_instance_uid: str = ""
    frame: int = 0
    quality: Answers | None = None
    probed: tuple[Probed, ...] = ()
    unread: Quality = "not_assessed"
    not_assessed: tuple[NotAssessed, ...] = ()
    out_of_scope: bool = False
    evidence: tuple[Evidence, ...] = ()


@tool(reads=("out_of_scope", "mass", "slide_order"))
def probing(context: Context, *, study: Study) -> Probing:
    """Ask of quality both ways, and of each finding of the table both ways in two wordings."""
    subject = subject_of(study)
    if subject is None or subject.table is None:
        return _unread(study, _why_not(context, study))
    reason = context.model.card.declines("probe", subject.series)
    if reason and not context.settings.out_of_scope:
        film = subject.noun == "film" and subject.series.modality not in UNKNOWN_MODALITY
        return Probing(not_assessed=declined(study, subject.table, reason)) if film else _unread(study, reason)
    flaw = flaw_of(subject)
    if flaw:
        return Probing(unread=flaw[0], not_assessed=declined(study, subject.table, flaw[1]))
    return _ask(context, study, subject, subject.table, out_of_scope=reason is not None)


def _why_not(context: Context, study: Study) -> str:
    """Why a study without a film, volume or slide to ask about is not read."""
    others = [series for series in study.series if series.kind not in ("projection", "scout", "other")]
    if not others:
        modality = "/".join(sorted({series.modality for series in study.series})) or "no image"
        return f"No frontal chest film in this study ({modality}): shown, not read."
    reasons = [reason for series in others if (reason := context.model.card.declines("probe", series))]
    return reasons[0] if reasons else "There is no table of findings to ask about on images of this kind and region."


def _unread(study: Study, reason: str) -> Probing:
    """Where no finding of any table is expected none can be missed: the study is not assessed as a whole."""
    whole = NotAssessed(study_instance_uid=study.study_instance_uid, task="probe", label=None, reason=reason)
    return Probing(not_assessed=(whole,))


def declined(study: Study, asked: FindingTable, reason: str) -> tuple[NotAssessed, ...]:
    """Every finding of a table as not assessed."""
    return tuple(
        NotAssessed(study_instance_uid=study.study_instance_uid, task="probe", label=label, reason=reason)
        for label in asked.findings
    )


def _ask(context: Context, study: Study, subject: Subject, asked: FindingTable, out_of_scope: bool) -> Probing:
    """One batch: the quality and every probe, each in all its ways."""
    allowed, refused = _probes(context, study, subject, asked)
    questions = [render("quality", way, image=asked.image) for way in QUALITY_WAYS]
    questions += [text for probe in allowed for text in _questions(asked, probe)]
    put = putter(context, subject)
    scores = context.model.score_all([put(text) for text in questions], YES_NO)
    quality, probes = scores[: len(QUALITY_WAYS)], scores[len(QUALITY_WAYS) :]
    scored = [probes[start : start + len(PROBE_WAYS)] for start in range(0, len(probes), len(PROBE_WAYS))]
    unknown = not sides_known(subject)
    return Probing(
        table=asked.name,
        sop_instance_uid=subject.images[0].sop_instance_uid,
        frame=subject.images[0].frame,
        quality=_weighed(context, quality),
        probed=tuple(
            Probed(
                label=rule.label,
                laterality=None if unknown and side in ("left", "right") else side,
                answers=_weighed(context, ways),
            )
            for (rule, side), ways in zip(allowed, scored, strict=True)
        ),
        not_assessed=refused,
        out_of_scope=out_of_scope,
        evidence=(subject.place(),),
    )


def _questions(asked: FindingTable, probe: Probe) -> list[str]:
    fields = {"finding": probe.rule.phrase, "place": probe.rule.places[probe.side], "noun": asked.noun}
    return [render("probe", way, **fields) for way in PROBE_WAYS]


@cache
def wording_of(table_name: str, label: str) -> str:
    """Digest of all that is asked about a finding and of what stands before it: what was measured holds for this."""
    asked = table(table_name)
    rule = asked.findings[label]
    questions = [text for side in rule.places for text in _questions(asked, Probe(rule, side))]
    return digest_of([render(asked.prompt, "preamble"), *questions])


def _probes(
    context: Context, study: Study, subject: Subject, asked: FindingTable
) -> tuple[list[Probe], tuple[NotAssessed, ...]]:
    """The probes that the card allows, and the labels that it does not."""
    allowed: list[Probe] = []
    refused: list[NotAssessed] = []
    for label, rule in asked.findings.items():
        reason = context.model.card.declines("probe", subject.series, label)
        if reason and not context.settings.out_of_scope:
            uid = study.study_instance_uid
            refused.append(NotAssessed(study_instance_uid=uid, task="probe", label=label, reason=reason))
        else:
            allowed += [Probe(rule, side) for side in rule.places]
    return allowed, tuple(refused)


def _weighed(context: Context, scores: Sequence[Score]) -> Answers:
    return weigh(scores[::2], scores[1::2], mass=context.settings.mass)
