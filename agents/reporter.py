"""The reporter: composes the draft's sections from what the tools found.

The model writes the sentences about findings (agents/findings.py); all else is said by fixed sentences.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from agents.background import background, entries_of
from agents.chains import timelines_of
from agents.course import unsaid, with_courses
from agents.dictated import dictated
from agents.earlier import comparison, prior_studies
from agents.findings import Objections, findings_told
from agents.impression import impression
from agents.laboratory import laboratory, only_earlier
from agents.recommendation import recommendation
from agents.reports import earlier_findings, with_case_reports
from agents.said import Said, gather, rank, with_change
from agents.sections import (
    Scribe,
    current_studies,
    indication,
    listed,
    not_assessed,
    scope_evidence,
    under,
    unread,
)
from agents.seen import seen_by
from agents.technique import technique
from agents.trending import current_results, trending
from prelim.draft import Found, Sections, Statement
from prelim.facts import EarlierFinding, FindingTimeline, LabTrend
from prelim.knowledge import rules
from prelim.models.loading import card_of
from prelim.settings import Settings
from prelim.types import Case, Evidence, Finding, Value
from tools.tool import Context

NOTICE = "Research software, not a medical device; a draft for review, not for diagnosis."


class Composition(Value):
    """The composed sections, the evidence they list, and the findings with their changes filled in."""

    sections: Sections
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    earlier_findings: tuple[EarlierFinding, ...] = ()
    timelines: tuple[FindingTimeline, ...] = ()
    trends: tuple[LabTrend, ...] = ()
    warnings: tuple[str, ...] = ()
    notice: str = NOTICE


def compose(context: Context, found: Found, refused: Objections = MappingProxyType({})) -> Composition:
    """Compose every section. Deterministic given the tools' results and a greedy model."""
    case, entries = found.case, entries_of(found.case, context.artifacts)
    records = with_case_reports(found.priors.records, case, entries, context.artifacts)
    found = found.model_copy(update={"priors": found.priors.model_copy(update={"records": records})})
    studies = current_studies(case) + prior_studies(case, found.priors)
    known = _evidence_of(found)
    scribe = Scribe(studies, _given(found))
    said = sorted((gather(finding, studies, found, known) for finding in found.triage.findings), key=rank)
    blocks, left_out = findings_told(context, scribe, found, said, known, refused)
    trends, before = trending(found)
    results = current_results(found.labs.labs, trends)
    reported, sentences = earlier_findings(records)
    timelines = timelines_of(found.longitudinal, found.triage.findings, reported)
    places = known | {item.id: item for item in sentences}
    findings = (
        *with_courses(scribe, blocks, timelines, found.triage.findings, found.longitudinal.comparisons, places),
        *not_assessed(scribe, case, found.not_assessed),
        *_nothing_else(scribe, case, said),
        *under("laboratory", laboratory(scribe, results, known, before)),
        *(() if results else only_earlier(scribe, found.labs.earlier, known)),
        *unread(scribe, case),
    )
    sections = Sections(
        indication=indication(scribe, case, background(scribe, found, entries)),
        technique=technique(scribe, case),
        comparison=comparison(scribe, case, found.priors, found.longitudinal.comparisons),
        findings=findings,
        impression=impression(scribe, case, results, said, known, before),
        recommendation=recommendation(scribe, case, said),
    )
    return Composition(
        sections=_joined(sections, dictated(scribe, found)),
        evidence=tuple({**places, **scribe.evidence}.values()),
        findings=tuple(with_change(item) for item in said),
        earlier_findings=reported,
        timelines=timelines,
        trends=trends,
        warnings=(*left_out, *unsaid(timelines)),
        notice=notice(context.settings),
    )


def _joined(sections: Sections, more: Mapping[str, tuple[Statement, ...]]) -> Sections:
    """The sections with what was dictated at their ends."""
    return Sections(**{name: (*getattr(sections, name), *more[name]) for name in Sections.model_fields})


def notice(settings: Settings) -> str:
    """What every output says of itself."""
    not_medical = card_of(settings).not_medical
    return f"{NOTICE} {not_medical}" if not_medical else NOTICE


def _given(found: Found) -> dict[str, list[Evidence]]:
    """The images that a model was given, and as which tool saw each."""
    given: dict[str, list[Evidence]] = {}
    for tool, result in (("triage", found.triage), ("reading", found.reading)):
        for place in result.evidence:
            given.setdefault(place.id, []).append(seen_by(tool, place))
    return given


def _evidence_of(found: Found) -> dict[str, Evidence]:
    return {item.id: item for result in found.results for item in result.evidence}


def _nothing_else(scribe: Scribe, case: Case, said: Sequence[Said]) -> list[Statement]:
    """What was looked for is all that was looked for."""
    if not said:
        return []
    names = [rule.name for label, rule in rules().items() if any(s.claim.label == label for s in said)]
    text = f"Looked for: {listed(names)}. Nothing else was looked for."
    looks = [seen_by("triage", place) for place in scope_evidence(case)]
    return [scribe.write("findings", "looked for", text, looks, support="abstained")]
