"""Reading: the model's own description of volumes, slides, photographs and further films. Prose, unchecked."""

import re
from collections.abc import Sequence

from prelim.imaging.selection import Subject, count_of, described_of, subject_of
from prelim.prompts import render
from prelim.types import NotAssessed, Reading, Readings, Study, Triage, digest_of
from tools.asking import flaw_of, name_of, putter
from tools.tool import Context, tool
from tools.triage import OUTSIDE, triage

TOKENS = 2000
"""The longest description: the limit of MedGemma 1.5's published CT, MR and slide examples."""
_MARKUP = re.compile(r"^\s*(?:[-*•#>]+|\d+[.)])\s+|\*\*|__|`", re.M)
_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bDr\.)\s+(?=[A-Z])")


@tool(reads=("out_of_scope", "margin", "mass", "slide_order"), calibrated=True)
def reading(context: Context, *, studies: tuple[Study, ...]) -> Readings:
    """Describe each volume, slide, photograph and further film in the model's own words, cut into sentences."""
    judged = triage(context, studies=studies)
    subjects: list[Subject] = []
    refused: list[NotAssessed] = []
    for study in studies:
        for subject in described_of(study):
            reason = _why_not(context, study, subject, judged)
            if reason is None:
                subjects.append(subject)
            else:
                uid = study.study_instance_uid
                refused.append(NotAssessed(study_instance_uid=uid, task="reading", label=None, reason=reason))
    readings, warnings = _describe(context, subjects)
    return Readings(
        readings=readings,
        findings=judged.findings,
        not_assessed=tuple(dict.fromkeys(refused)),
        warnings=warnings,
        evidence=tuple({place.id: place for place in (subject.place() for subject in subjects)}.values()),
    )


def _why_not(context: Context, study: Study, subject: Subject, judged: Triage) -> str | None:
    """Why a subject is not described: the card, its flaws, or that triage did not find it readable."""
    reason = context.model.card.declines("reading", subject.series)
    if reason and not context.settings.out_of_scope:
        return reason
    if not subject.images:
        return "No picture of it can be shown to the model."
    flaw = flaw_of(subject)
    if flaw:
        return flaw[1]
    quality = judged.quality[study.study_instance_uid]
    if subject == subject_of(study) and quality in ("unreadable", "uncertain"):
        return next(item.reason for item in judged.not_assessed if item.study_instance_uid == study.study_instance_uid)
    return None


def _describe(context: Context, subjects: Sequence[Subject]) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """Each subject's reading, one after the other; what gave no answer, or was cut off, is a warning."""
    found: list[Reading] = []
    warnings: list[str] = []
    for subject in subjects:
        model, question = context.model, render("reading", image=name_of(subject))
        answer = model.model_copy(update={"max_new_tokens": TOKENS}).invoke(putter(context, subject)(question))
        ended = answer.response_metadata.get("finish_reason") != "length"
        sentences = sentences_of(str(answer.content), ended)
        if not sentences:
            warnings.append(f"Reading of the {name_of(subject)}: the model gave no answer.")
            continue
        outside = model.card.declines("reading", subject.series) is not None
        found.append(_reading(subject, sentences, outside))
        warnings += [] if ended else [f"Reading of the {name_of(subject)}: cut off where the model's words ran out."]
        warnings += [OUTSIDE] if outside else []
    return tuple(found), tuple(dict.fromkeys(warnings))


def _reading(subject: Subject, sentences: tuple[str, ...], out_of_scope: bool) -> Reading:
    series, where = subject.series, subject.place()
    return Reading(
        id="d-" + digest_of([where.id, series.volume])[:12],
        study_instance_uid=series.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        volume=series.volume,
        sentences=sentences,
        shown=len(subject.images),
        total=count_of(series),
        out_of_scope=out_of_scope,
        evidence=(where.id,),
    )


def sentences_of(text: str, ended: bool = True) -> tuple[str, ...]:
    """A text's sentences, each once: without markup and headings, and without a last one that was cut off."""
    lines = [" ".join(line.split()) for line in _MARKUP.sub("", text).splitlines()]
    cut = [part for line in lines if line for part in _END.split(line)]
    if cut and not ended and not cut[-1].endswith((".", "!", "?")):
        cut.pop()
    return tuple(dict.fromkeys(part for part in cut if re.search(r"\w", part) and not part.endswith(":")))
