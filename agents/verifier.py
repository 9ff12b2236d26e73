"""The verifier: recomputes every statement of a draft from the evidence it lists. Deterministic, no model.

What the model wrote and the facts do not bear out is refused, to be said by the knowledge table instead. Any
other statement that fails keeps its words and is marked: nothing is dropped in silence. What came as unsupported (the
model's own description) has nothing to be refused for.
"""

from collections.abc import Iterator

from pydantic import Field

from agents import words
from agents.checks import check_statement, clauses_about, labels_named, passed
from agents.facts import Facts, Ground, all_facts, facts_of, finding_evidence
from agents.laboratory import is_critical
from agents.reporter import Composition
from agents.results import result_named
from agents.trending import current_results
from prelim.draft import Check, Found, Sections, Statement
from prelim.knowledge.sentence import Claim
from prelim.types import Value

OMITTED = "Not mentioned in the draft: "
"""How the warning about an omission begins."""


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
    """The sections with every statement's checks and support recomputed."""
    fresh = {name: tuple(_checked(s, ground) for s in getattr(sections, name)) for name in Sections.model_fields}
    fresh["impression"] = tuple(_against(s, fresh["findings"], ground) for s in fresh["impression"])
    return Sections(**fresh)


def _checked(statement: Statement, ground: Ground) -> Statement:
    """A person's words keep their support; any other statement that fails, or rests on nothing, loses it."""
    if statement.source == "person":
        facts = _with_named(statement.text, facts_of(statement, ground), ground)
        return statement.model_copy(update={"checks": check_statement(statement.text, facts, closed=False)})
    checks = check_statement(statement.text, facts_of(statement, ground))
    stands = passed(checks) and (statement.evidence or statement.support == "abstained")
    support = statement.support if stands else "unsupported"
    return statement.model_copy(update={"checks": checks, "support": support})


def _with_named(text: str, facts: Facts, ground: Ground) -> Facts:
    """A person's sentence also answers to what the draft knows of the findings and results that it names."""
    everything = all_facts(ground)
    held = {claim.label for claim in facts.claims}
    named = [claim for claim in everything.claims if claim.label in labels_named(text) - held]
    named_labs = [lab for lab in everything.labs if result_named(text, lab)]
    meant = [lab for lab in named_labs if lab.value_text in text] or named_labs[:1]
    labs = (*facts.labs, *(lab for lab in meant if lab not in facts.labs))
    dates = {claim.since for claim in everything.claims if claim.since}
    return facts.model_copy(
        update={
            "claims": facts.claims + tuple(_meant(text, named)),
            "labs": labs,
            "days": everything.days,
            "film_dates": tuple(sorted({*facts.film_dates, *everything.film_dates, *dates})),
            "quotes": facts.quotes + everything.quotes,
        }
    )


def _meant(text: str, claims: list[Claim]) -> list[Claim]:
    """Of the claims a sentence names, those on the sides it names; without a side, those it agrees with."""
    sides = words.sides_in(text)
    if sides:
        return [claim for claim in claims if claim.side in (*sides, "bilateral", "midline", None)]
    says = words.polarity(text)
    state = {"affirmed": "present", "negated": "absent"}.get(says, "uncertain")
    return [claim for claim in claims if (claim.state == state and claim.side is None) or claim.side == "midline"]


# ------------------------------------------------------------------ across statements


def _against(statement: Statement, findings: tuple[Statement, ...], ground: Ground) -> Statement:
    """An impression that says the opposite of a finding's sentence about the same thing is marked."""
    mine = _polarities(statement, ground)
    for other in findings:
        theirs = _polarities(other, ground)
        clash = next((key for key in mine.keys() & theirs.keys() if mine[key] != theirs[key]), None)
        if clash:
            check = Check(name="finding", passed=False, detail=f"contradicts {other.id} in Findings")
            return statement.model_copy(update={"checks": (*statement.checks, check)})
    return statement


def _polarities(statement: Statement, ground: Ground) -> dict[str, str]:
    """Finding id → what the statement says of it, for the findings it points at and clearly speaks of."""
    refs = {item.ref for item in ground.evidence if item.id in statement.evidence and item.kind == "finding"}
    findings = [finding for finding in ground.findings if finding.id in refs]
    said: dict[str, str] = {}
    for finding in findings:
        parts = clauses_about(statement.text, finding.label, finding.laterality, closed=statement.source != "person")
        polarities = {words.polarity(part) for part in parts} - {"unclear"}
        said |= {finding.id: polarities.pop()} if len(polarities) == 1 else {}
    return said


def omissions(sections: Sections, ground: Ground) -> tuple[str, ...]:
    """A warning for each present finding and each critical result that no sentence mentions."""
    said = [*sections.findings, *sections.impression]
    missing = []
    for finding in ground.findings:
        place = finding_evidence(finding).id
        told = any(place in s.evidence and finding.label in labels_named(s.text) for s in said)
        if finding.state == "present" and not told and not _told_freely(finding.label, finding.laterality, said):
            missing.append(" ".join(filter(None, (finding.laterality, Claim.named(finding.label)))))
    for lab in ground.labs:
        if is_critical(lab) and not any(result_named(s.text, lab) for s in said):
            missing.append(f"{lab.name} {lab.value_text}")
    return tuple(f"{OMITTED}{what}." for what in missing)


def _told_freely(label: str, side: str | None, said: list[Statement]) -> bool:
    """Whether a person's own sentence names the finding on its side."""
    sided = side in ("left", "right")
    mine = [s.text for s in said if s.source == "person" and label in labels_named(s.text)]
    return any(not sided or side in words.sides_in(text) for text in mine)
