"""The reporter: composes the draft's sections from what the tools found.

The model writes the sentence for a finding from its facts alone; all else is said by fixed sentences. A statement
whose id is in `templated` was refused by the verifier and takes the knowledge table's sentence.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from agents.facts import claim_of, comparison_evidence, comparison_of, finding_evidence, is_critical
from agents.sections import (
    Scribe,
    comparison,
    current_studies,
    day_of,
    film_evidence,
    indication,
    lab_statement,
    laboratory,
    listed,
    not_assessed,
    prior_studies,
    scope_evidence,
    statement_id,
    technique,
    unread,
)
from prelim.knowledge import chest_xray
from prelim.knowledge.sentence import Claim
from prelim.types import (
    Box,
    Case,
    Comparison,
    Evidence,
    Finding,
    Labs,
    Localization,
    Longitudinal,
    Priors,
    Sections,
    Source,
    Statement,
    Study,
    Support,
    Triage,
    Value,
)
from tools.sentence import sentence
from tools.tool import Context

NOTICE = "Research software, not a medical device; a draft for review, not for diagnosis."
_STATES = ("present", "uncertain", "absent")
_URGENCIES = ("critical", "urgent", "routine")


class Composition(Value):
    """The composed sections, the evidence they list, and the findings with their changes filled in."""

    sections: Sections
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    notice: str = NOTICE


class Said(NamedTuple):
    """A finding, what may be said of it, and the places it rests on."""

    finding: Finding
    claim: Claim
    rests_on: tuple[Evidence, ...]


def compose(
    context: Context,
    *,
    case: Case,
    triage: Triage,
    localization: Localization,
    longitudinal: Longitudinal,
    labs: Labs,
    priors: Priors,
    templated: frozenset[str] = frozenset(),
) -> Composition:
    """Compose every section. Deterministic given the tools' results and a greedy model."""
    scribe, known = Scribe(), _evidence_of(triage, localization, longitudinal, labs, priors)
    studies = current_studies(case) + prior_studies(case, priors)
    said = [_said(finding, studies, localization, longitudinal, priors, known) for finding in triage.findings]
    said.sort(key=_rank)
    declined = triage.not_assessed + localization.not_assessed + longitudinal.not_assessed
    findings = (
        *_blocks(context, scribe, case, said, templated),
        *not_assessed(scribe, case, declined),
        *_nothing_else(scribe, case, said),
        *laboratory(scribe, labs.labs, known),
        *unread(scribe, case),
    )
    sections = Sections(
        indication=indication(scribe, case),
        technique=technique(scribe, case),
        comparison=comparison(scribe, case, priors, longitudinal.comparisons),
        findings=findings,
        impression=_impression(scribe, case, labs, said, known),
    )
    return Composition(
        sections=sections,
        evidence=tuple({**known, **scribe.evidence}.values()),
        findings=tuple(_with_change(item) for item in said),
        notice=notice(context),
    )


def notice(context: Context) -> str:
    """What every output says first."""
    not_medical = context.model.card.not_medical
    return f"{NOTICE} {not_medical}" if not_medical else NOTICE


def _evidence_of(*results: Triage | Localization | Longitudinal | Labs | Priors) -> dict[str, Evidence]:
    return {item.id: item for result in results for item in result.evidence}


# ------------------------------------------------------------------ findings


def _said(
    finding: Finding,
    studies: Sequence[Study],
    localization: Localization,
    longitudinal: Longitudinal,
    priors: Priors,
    known: dict[str, Evidence],
) -> Said:
    """A finding with its boxes, its comparison and what an earlier record said of it."""
    compared = comparison_of(finding, longitudinal.comparisons, studies)
    claim = claim_of(finding, compared)
    boxes = [cell for box in _boxes_of(finding, localization.boxes, known) for cell in box.evidence]
    ids = [*boxes, *finding.evidence, *(compared.evidence if compared else ())]
    places = [known[id] for id in ids if id in known]
    if compared:
        places += [comparison_evidence(compared), *_earlier_words(claim, compared, priors)]
    return Said(finding, claim, (finding_evidence(finding), *places))


def _boxes_of(finding: Finding, boxes: Iterable[Box], known: dict[str, Evidence]) -> list[Box]:
    """The boxes of a finding: its label and side, on its study's film."""
    same = [box for box in boxes if (box.label, box.laterality) == (finding.label, finding.laterality)]
    uid = finding.study_instance_uid
    return [box for box in same if any(known[cell].study_instance_uid == uid for cell in box.evidence)]


def _earlier_words(claim: Claim, compared: Comparison, priors: Priors) -> list[Evidence]:
    """What reports and findings of the earlier film's day say about the same finding."""
    records = [
        record.id
        for record in priors.records
        if record.type in ("report", "finding") and record.date == compared.prior_date and claim.name in record.text
    ]
    return [item for item in priors.evidence if item.ref in records]


def _with_change(said: Said) -> Finding:
    """The finding with its change and every place it rests on."""
    compared = any(item.kind == "comparison" for item in said.rests_on)
    change = (said.claim.change or "uncertain") if compared else None
    places = tuple(dict.fromkeys(item.id for item in said.rests_on if item.kind != "finding"))
    return said.finding.model_copy(update={"change": change, "evidence": places})


def _rank(said: Said) -> tuple[int, int, bool, int, str]:
    """Present before uncertain before absent, by urgency, resolved before never seen, in the table's order, right first."""
    rule = chest_xray().findings[said.claim.label]
    order = list(chest_xray().findings).index(rule.label)
    side = {"right": "a", "left": "b"}.get(said.claim.side or "", "c")
    urgency = _URGENCIES.index(rule.urgency)
    return _STATES.index(said.claim.state), urgency, said.claim.change is None, order, side


def _blocks(
    context: Context, scribe: Scribe, case: Case, said: Sequence[Said], templated: frozenset[str]
) -> list[Statement]:
    """The findings of each current study; with several, each block opens with its study's date."""
    lines = []
    studies = current_studies(case)
    for study in studies:
        mine = [item for item in said if item.finding.study_instance_uid == study.study_instance_uid]
        if mine and len(studies) > 1:
            heading = f"Film of {day_of(study)}:"
            lines.append(scribe.write("findings", ["film", study.study_instance_uid], heading, [film_evidence(study)]))
        lines += _block(context, scribe, mine, templated)
    return lines


def _block(context: Context, scribe: Scribe, said: Sequence[Said], templated: frozenset[str]) -> list[Statement]:
    """One sentence a finding; a finding absent on both sides takes one for both."""
    lines = []
    for label, group in groupby(said, key=lambda item: item.claim.label if _absent_on_both(item, said) else item):
        items = list(group)
        if isinstance(label, str):
            text = items[0].claim.model_copy(update={"side": None}).sentence()
            lines.append(_statement(scribe, "findings", items, text))
        else:
            lines.append(_written(context, scribe, items[0], templated))
    return lines


def _absent_on_both(item: Said, said: Sequence[Said]) -> bool:
    """Whether the same finding is absent, without a change to tell, on either side."""
    same = [other.claim for other in said if other.claim.label == item.claim.label]
    sides = {claim.side for claim in same if claim.state == "absent" and claim.change is None}
    return {"left", "right"} <= sides


def _written(context: Context, scribe: Scribe, said: Said, templated: frozenset[str]) -> Statement:
    """The model's sentence; the table's where it was refused, or not given, or a side or date is not known."""
    id = statement_id("findings", [said.finding.id])
    whole = (said.claim.side or not said.claim.sided) and (said.claim.since or not said.claim.change)
    asked = id not in templated and whole
    text = sentence(context, facts=said.claim.facts()).text if asked else None
    source: Source = "model" if text else "template"
    return _statement(scribe, "findings", [said], text or said.claim.sentence(), source)


def _statement(
    scribe: Scribe, section: str, said: Sequence[Said], text: str, source: Source = "template"
) -> Statement:
    places = [place for item in said for place in item.rests_on]
    about = [item.finding.id for item in said]
    doubt = any("uncertain" in (item.claim.state, item.claim.change) for item in said)
    support: Support = "abstained" if doubt else "supported"
    return scribe.write(section, about, text, places, support=support, source=source)


def _nothing_else(scribe: Scribe, case: Case, said: Sequence[Said]) -> list[Statement]:
    """What was looked for is all that was looked for."""
    if not said:
        return []
    names = [rule.name for label, rule in chest_xray().findings.items() if any(s.claim.label == label for s in said)]
    text = f"Looked for: {listed(names)}. Nothing else was looked for."
    return [scribe.write("findings", "looked for", text, scope_evidence(case), support="abstained")]


# ------------------------------------------------------------------ impression


def _impression(
    scribe: Scribe, case: Case, labs: Labs, said: Sequence[Said], known: dict[str, Evidence]
) -> tuple[Statement, ...]:
    """What matters, in order of urgency: critical results, findings, doubts, then what was not seen or not read."""
    critical = [lab_statement(scribe, "impression", lab, known) for lab in labs.labs if is_critical(lab)]
    studies = {study.study_instance_uid: study for study in current_studies(case)}
    loud = [item for item in said if item.claim.state != "absent" or item.claim.change]
    lines = [
        _statement(scribe, "impression", [item], _dated(item.claim.headline(), studies[item.finding.study_instance_uid]))
        for item in loud
    ]
    for study in studies.values():
        mine = [item for item in said if item.finding.study_instance_uid == study.study_instance_uid]
        if not mine:
            lines.append(_not_read(scribe, study))
        elif not any(item.claim.state != "absent" for item in mine):
            quiet = [item for item in mine if item.claim.change is None]
            lines += [_statement(scribe, "impression", quiet, _dated(_none_of(quiet), study))] if quiet else []
    if not studies:
        lines.append(scribe.write("impression", "no film", "No current film to read.", scope_evidence(case)))
    return (*critical, *lines)


def _none_of(said: Sequence[Said]) -> str:
    names = list(dict.fromkeys(item.claim.name for item in said))
    *head, last = names
    return f"No {', '.join(head)} or {last}." if head else f"No {last}."


def _dated(text: str, study: Study) -> str:
    """The sentence with its film's date."""
    return f"{text.removesuffix('.')} (film of {day_of(study)})."


def _not_read(scribe: Scribe, study: Study) -> Statement:
    text = f"Study of {day_of(study)}: no finding was read from it; see what was not assessed."
    return scribe.write("impression", ["not read", study.study_instance_uid], text, [film_evidence(study)], support="abstained")
