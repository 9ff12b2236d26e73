"""The verifier: recomputes every statement of a draft from the evidence it lists. Deterministic, no model.

What has exactly one right value is put right. What else the model wrote and the facts do not bear out is refused with
an objection, to be said again. Any other statement that fails keeps its words and is marked: nothing is dropped in
silence. What came as unsupported (the model's own description) has nothing to be refused for.
"""

from collections.abc import Iterator

from pydantic import Field

from agents.across import contradictions, omissions
from agents.checks import check_statement, passed
from agents.dates import dates_in
from agents.facts import Facts, Ground, all_facts, facts_of
from agents.labels import labels_named, mentions_in
from agents.measures import is_own_day
from agents.repair import repaired
from agents.reporter import Composition
from agents.rests import rests_on
from agents.results import result_named
from agents.trending import current_results
from prelim.draft import Found, Sections, Statement
from prelim.knowledge.sentence import Claim, claim
from prelim.types import Value


class Verdict(Value):
    """The composition with its checks filled in, and why a statement of the model's was refused, by its id."""

    composition: Composition
    refused: dict[str, str] = Field(default_factory=dict)


def verify(composition: Composition, found: Found) -> Verdict:
    """Check every statement, contradictions between sections, and what is missing, which adds to the warnings."""
    ground = Ground(
        evidence=composition.evidence,
        findings=composition.findings,
        comparisons=found.longitudinal.comparisons,
        labs=tuple(current_results(found.labs.labs, composition.trends)),
        trends=composition.trends,
        earlier_findings=composition.earlier_findings,
        timelines=composition.timelines,
        studies=found.case.studies + found.priors.studies,
        not_assessed=found.not_assessed,
    )
    sections = checked(composition.sections, ground)
    warnings = (*composition.warnings, *omissions(sections, ground))
    done = composition.model_copy(update={"sections": sections, "warnings": warnings})
    claimed = {s.id for s in statements_of(composition.sections) if s.support != "unsupported"}
    wrong = [s for s in statements_of(sections) if s.source == "model" and s.id in claimed and not passed(s.checks)]
    objections = {s.id: next(check.detail for check in s.checks if not check.passed) for s in wrong}
    return Verdict(composition=done, refused=objections)


def statements_of(sections: Sections) -> Iterator[Statement]:
    """Every statement, in the order of the sections."""
    for name in Sections.model_fields:
        yield from getattr(sections, name)


def checked(sections: Sections, ground: Ground) -> Sections:
    """The sections with every statement's checks and support recomputed, and what can only be one value put right."""
    people = any(statement.source == "person" for statement in statements_of(sections))
    everything = all_facts(ground) if people else Facts()
    fresh = {
        name: tuple(_checked(s, ground, everything) for s in getattr(sections, name)) for name in Sections.model_fields
    }
    return contradictions(Sections(**fresh), ground)


def _checked(statement: Statement, ground: Ground, everything: Facts) -> Statement:
    """A person's words keep their support; any other statement that fails, or rests on nothing, loses it."""
    facts = facts_of(statement, ground)
    if statement.source == "person":
        facts = _with_named(statement.text, facts, everything)
        return statement.model_copy(update={"checks": check_statement(statement.text, facts, closed=False)})
    checks = (*check_statement(statement.text, facts), *rests_on(statement, facts, ground))
    mended = None if passed(checks) or statement.support == "unsupported" else repaired(statement.text, facts, checks)
    text, checks = mended or (statement.text, checks)
    stands = passed(checks) and (statement.evidence or statement.support == "abstained")
    support = statement.support if stands else "unsupported"
    return statement.model_copy(update={"text": text, "checks": checks, "support": support})


def _with_named(text: str, facts: Facts, everything: Facts) -> Facts:
    """A person's sentence also answers to what the draft knows of the findings and results that it names."""
    held = {claim.label for claim in facts.claims}
    named = (labels_named(text) | {mention.label for mention in mentions_in(text)}) - held
    named_labs = [lab for lab in everything.labs if result_named(text, lab)]
    meant = [lab for lab in named_labs if lab.value_text in text] or named_labs[:1]
    labs = (*facts.labs, *(lab for lab in meant if lab not in facts.labs))
    dates = {claim.since for claim in everything.claims if claim.since}
    claims = facts.claims + tuple(claim for claim in everything.claims if claim.label in named)
    claims = tuple(_of_the_day(claim, text, everything) for claim in claims)
    dates |= {claim.since for claim in claims if claim.since}
    return facts.model_copy(
        update={
            "claims": claims,
            "labs": labs,
            "before": {**everything.before, **facts.before},
            "days": everything.days,
            "film_dates": facts.film_dates or everything.film_dates,
            "dates": tuple(sorted({*facts.dates, *everything.film_dates, *dates})),
            "quotes": facts.quotes + everything.quotes,
        }
    )


def _of_the_day(known: Claim, text: str, everything: Facts) -> Claim:
    """What is known of a finding, and its change since the one day that a sentence names, if it was compared."""
    days = [said for said in dates_in(text) if not is_own_day(text, said)]
    if len(days) != 1 or known.change is None:
        return known
    mine = [p for p in everything.points if (p.label, p.side) == (known.label, known.side) and p.on and p.since]
    latest = max((point.on for point in mine if point.on), default=None)
    back = [point for point in mine if point.on == latest and point.since and days[0].fits(point.since)]
    return claim(known.label, known.side, known.state, back[0].change, back[0].since) if back else known
