"""The reporter: composes the draft's sections from what the tools found.

The model writes the sentence for a finding from its facts alone; all else is said by fixed sentences.
Statements whose ids are in `templated` were refused by the verifier and take the knowledge table's sentence.
"""

from collections.abc import Sequence
from itertools import groupby

from agents.description import described
from agents.earlier import comparison, prior_studies
from agents.impression import impression
from agents.laboratory import laboratory
from agents.said import Said, gather, rank, with_change, written
from agents.sections import (
    Scribe,
    current_studies,
    film_evidence,
    indication,
    listed,
    not_assessed,
    noun_of,
    scope_evidence,
    statement_id,
    unread,
)
from agents.technique import technique
from prelim.draft import Found, Sections, Statement
from prelim.knowledge import rules
from prelim.models.loading import card_of
from prelim.settings import Settings
from prelim.types import Case, Evidence, Finding, Source, Value
from tools.sentence import sentence
from tools.tool import Context

NOTICE = "Research software, not a medical device; a draft for review, not for diagnosis."


class Composition(Value):
    """The composed sections, the evidence they list, and the findings with their changes filled in."""

    sections: Sections
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    notice: str = NOTICE


def compose(context: Context, found: Found, templated: frozenset[str] = frozenset()) -> Composition:
    """Compose every section. Deterministic given the tools' results and a greedy model."""
    case, results = found.case, found.labs.labs
    studies = current_studies(case) + prior_studies(case, found.priors)
    known = _evidence_of(found)
    given = frozenset(item.id for result in (found.triage, found.reading) for item in result.evidence)
    scribe = Scribe(studies, given)
    said = sorted((gather(finding, studies, found, known) for finding in found.triage.findings), key=rank)
    blocks, left_out = _blocks(context, scribe, found, said, templated)
    findings = (
        *blocks,
        *not_assessed(scribe, case, found.not_assessed),
        *_nothing_else(scribe, case, said),
        *laboratory(scribe, results, known),
        *unread(scribe, case),
    )
    sections = Sections(
        indication=indication(scribe, case),
        technique=technique(scribe, case),
        comparison=comparison(scribe, case, found.priors, found.longitudinal.comparisons),
        findings=findings,
        impression=impression(scribe, case, results, said, known),
    )
    return Composition(
        sections=sections,
        evidence=tuple({**known, **scribe.evidence}.values()),
        findings=tuple(with_change(item) for item in said),
        warnings=tuple(left_out),
        notice=notice(context.settings),
    )


def notice(settings: Settings) -> str:
    """What every output says of itself."""
    not_medical = card_of(settings).not_medical
    return f"{NOTICE} {not_medical}" if not_medical else NOTICE


def _evidence_of(found: Found) -> dict[str, Evidence]:
    return {item.id: item for result in found.results for item in result.evidence}


# ------------------------------------------------------------------ findings


def _blocks(
    context: Context, scribe: Scribe, found: Found, said: Sequence[Said], templated: frozenset[str]
) -> tuple[list[Statement], list[str]]:
    """The findings of each current study, then what the model described; what of that was left out, as warnings.

    With several studies, each block opens with its study's date.
    """
    lines: list[Statement] = []
    left_out: list[str] = []
    known, studies = _evidence_of(found), current_studies(found.case)
    for study in studies:
        uid = study.study_instance_uid
        mine = [item for item in said if item.finding.study_instance_uid == uid]
        readings = [reading for reading in found.reading.readings if reading.study_instance_uid == uid]
        told, dropped = described(scribe, readings, mine, known)
        if (mine or told) and len(studies) > 1:
            heading = f"{noun_of(study).capitalize()} of {scribe.day(study)}:"
            lines.append(scribe.write("findings", ["film", uid], heading, [film_evidence(study)]))
        lines += [*_block(context, scribe, mine, templated), *told]
        left_out += dropped
    return lines, list(dict.fromkeys(left_out))


def _block(context: Context, scribe: Scribe, said: Sequence[Said], templated: frozenset[str]) -> list[Statement]:
    """One sentence a finding; a finding absent on both sides takes one for both."""
    lines = []
    for label, group in groupby(said, key=lambda item: item.claim.label if _absent_on_both(item, said) else item):
        items = list(group)
        if isinstance(label, str):
            text = items[0].claim.model_copy(update={"side": None}).sentence()
            lines.append(written(scribe, "findings", items, text))
        else:
            lines.append(_sentence_of(context, scribe, items[0], templated))
    return lines


def _absent_on_both(item: Said, said: Sequence[Said]) -> bool:
    """Whether the same finding is absent, without a change to tell, on either side."""
    same = [other.claim for other in said if other.claim.label == item.claim.label]
    sides = {claim.side for claim in same if claim.state == "absent" and claim.change is None}
    return {"left", "right"} <= sides


def _sentence_of(context: Context, scribe: Scribe, said: Said, templated: frozenset[str]) -> Statement:
    """The model's sentence; the table's where it was refused or not given, or a side or date is not known."""
    id = statement_id("findings", [said.finding.id])
    whole = (said.claim.side or not said.claim.sided) and (said.claim.since or not said.claim.change)
    asked = id not in templated and whole
    text = sentence(context, facts=said.claim.facts()).text if asked else None
    source: Source = "model" if text else "template"
    return written(scribe, "findings", [said], text or said.claim.sentence(), source)


def _nothing_else(scribe: Scribe, case: Case, said: Sequence[Said]) -> list[Statement]:
    """What was looked for is all that was looked for."""
    if not said:
        return []
    names = [rule.name for label, rule in rules().items() if any(s.claim.label == label for s in said)]
    text = f"Looked for: {listed(names)}. Nothing else was looked for."
    return [scribe.write("findings", "looked for", text, scope_evidence(case), support="abstained")]
