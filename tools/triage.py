"""Triage: are the images readable, which findings do they show, how urgent is it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prelim.knowledge import FindingTable, most_urgent, table, urgency_of
from prelim.models.calibration import Entry
from prelim.models.questions import Presence, presence
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
from tools.presupposed import coherent
from tools.probing import Probing, declined, probing, wording_of
from tools.tool import Context, tool

OUTSIDE = "Image questions were asked outside the model's card."
"""What is warned of where the card was overruled."""
UNCALIBRATED = "Not calibrated at this site: probabilities and margins are the model's own."
"""What is warned of where this site has not measured the model on every finding that was asked about."""


class Result(NamedTuple):
    """What was found on one study's images."""

    quality: Quality
    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


@tool(reads=("out_of_scope", "margin", "mass", "slide_order", "critical_findings"), calibrated=True)
def triage(context: Context, *, studies: tuple[Study, ...]) -> Triage:
    """Judge quality and probe each finding of the table, in every way, on each study's best film, volume or slide."""
    results = {study.study_instance_uid: _read(context, study) for study in studies}
    findings = tuple(finding for result in results.values() for finding in result.findings)
    return Triage(
        findings=findings,
        not_assessed=tuple(item for result in results.values() for item in result.not_assessed),
        urgency=_urgency(results.values(), findings, context.settings.critical_findings),
        quality={uid: result.quality for uid, result in results.items()},
        warnings=tuple(dict.fromkeys(text for result in results.values() for text in result.warnings)),
        evidence=tuple(item for result in results.values() for item in result.evidence),
    )


def _urgency(results: Iterable[Result], findings: Sequence[Finding], critical: Sequence[str]) -> Urgency:
    """The most urgent present finding; a triage that could not judge an image is never routine."""
    present: list[Urgency] = [urgency_of(f.label, critical) for f in findings if f.state == "present"]
    judged = all(result.quality == "readable" for result in results)
    certain = judged and bool(findings) and all(f.state != "uncertain" for f in findings)
    return most_urgent(present) if present or certain else "not_triaged"


def _read(context: Context, study: Study) -> Result:
    """What the model said, held against the thresholds."""
    said = probing(context, study=study)
    if said.quality is None:
        return Result(said.unread, not_assessed=said.not_assessed)
    asked = table(said.table)
    quality = readable(context, said)
    outside = (OUTSIDE,) if said.out_of_scope else ()
    if quality != "readable":
        mark = " (asked outside the model's card)" if said.out_of_scope else ""
        reason = f"The {asked.noun}'s quality was judged {quality}{mark}: findings are not read from it."
        return Result(quality, (), declined(study, asked, reason), said.evidence, outside)
    findings = _findings(context, study, said)
    unmeasured = (UNCALIBRATED,) if any(not finding.calibrated for finding in findings) else ()
    return Result("readable", findings, said.not_assessed, said.evidence, outside + unmeasured)


def readable(context: Context, said: Probing) -> Quality:
    """Whether findings may be read from the images, by what the model says of them."""
    if said.quality is None:
        return said.unread
    state = presence(said.quality, margin=margin_of(context, table(said.table))).state
    return "readable" if state == "present" else "unreadable" if state == "absent" else "uncertain"


def margin_of(context: Context, asked: FindingTable) -> float:
    """How far from one half a probability must be where nothing was measured: as set, else as the table says."""
    return asked.margin if context.settings.margin is None else context.settings.margin


def _entry(context: Context, asked: str, label: str) -> Entry | None:
    """What this site has measured of the question, as it is worded today; None: nothing."""
    entry = context.calibration.of(asked, label)
    return entry if entry and entry.wording == wording_of(asked, label) else None


def _findings(context: Context, study: Study, said: Probing) -> tuple[Finding, ...]:
    """One finding a probe. Where the side cannot be known, both sides' answers become one finding without a side.

    What one answer presupposes of another holds.
    """
    sided: dict[tuple[str, Laterality | None], list[Presence]] = {}
    margin = margin_of(context, table(said.table))
    for one in said.probed:
        given = presence(one.answers, margin=margin, entry=_entry(context, said.table, one.label))
        sided.setdefault((one.label, one.laterality), []).append(given)
    found = []
    for (label, side), answers in sided.items():
        answer = max(answers, key=lambda item: item.weight)
        address = [study.study_instance_uid, said.sop_instance_uid, said.frame, label, side]
        found.append(
            Finding(
                id="f-" + digest_of(address)[:12],
                label=label,
                laterality=side,
                state=answer.state,
                probability=answer.probability,
                study_instance_uid=study.study_instance_uid,
                calibrated=answer.calibrated,
                out_of_scope=said.out_of_scope,
                evidence=tuple(place.id for place in said.evidence),
            )
        )
    return coherent(found)
