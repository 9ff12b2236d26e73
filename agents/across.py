"""The checks across statements: what Findings and Impression say of the same thing, and what neither says."""

from collections.abc import Sequence

from agents import words
from agents.dates import dates_in
from agents.facts import Ground, finding_evidence
from agents.labels import is_qualified, mentions_in, names
from agents.laboratory import is_critical
from agents.measures import is_own_day
from agents.results import result_named
from prelim.draft import Check, Sections, Statement
from prelim.facts import ReportFinding
from prelim.knowledge import rule_of
from prelim.knowledge.sentence import Claim
from prelim.types import Finding, LabResult

OMITTED = "Not mentioned in the draft: "
"""How the warning about an omission begins."""
LEFT_OUT = "Not mentioned in the impression: "
"""How the warning begins about what the findings tell and the impression does not, though it is urgent."""
Told = dict[str, dict[str, str]]
"""A finding's id, or label and side where the draft knows no such finding → what is said of it, by the check."""
_SINCE = "since"
"""Beside what is said of a change: the day that it is measured from. It is no check of its own."""
_POLARITY = {"present": "affirmed", "absent": "negated"}


def contradictions(sections: Sections, ground: Ground) -> Sections:
    """The sections with each statement marked that a statement of the other section contradicts."""
    findings, impression = list(sections.findings), list(sections.impression)
    told = [_told(statement, ground) for statement in findings]
    for at, mine in enumerate(sections.impression):
        about = _told(mine, ground)
        for place, other in enumerate(sections.findings):
            clash = _clash(about, told[place]) if about and told[place] else None
            if clash:
                impression[at] = _marked(impression[at], clash, other, "Findings")
                findings[place] = _marked(findings[place], clash, mine, "Impression")
    return sections.model_copy(update={"findings": tuple(findings), "impression": tuple(impression)})


def _marked(statement: Statement, name: str, other: Statement, section: str) -> Statement:
    detail = f"contradicts {other.id} in {section}"
    if any(check.detail == detail for check in statement.checks):
        return statement
    check = Check.model_validate({"name": name, "passed": False, "detail": detail})
    return statement.model_copy(update={"checks": (*statement.checks, check)})


def _clash(one: Told, other: Told) -> str | None:
    """The check by which two statements differ about the same finding."""
    both = [(one[key], other[key]) for key in one.keys() & other.keys()]
    return next((name for a, b in both for name in sorted(a.keys() & b.keys() - {_SINCE}) if _differ(name, a, b)), None)


def _differ(name: str, one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether two say otherwise: of a change only if both mean the same earlier day, or one names none."""
    days = one.get(_SINCE), other.get(_SINCE)
    apart = name == "change" and None not in days and not set(str(days[0]).split()) & set(str(days[1]).split())
    return one[name] != other[name] and not apart


def _since(text: str) -> dict[str, str]:
    """The one earlier day that a text names, as all ISO days that it can mean."""
    days = [said for said in dates_in(text) if not is_own_day(text, said)]
    return {_SINCE: " ".join(sorted(days[0].days))} if len(days) == 1 else {}


def _told(statement: Statement, ground: Ground) -> Told:
    """What a statement clearly says of the findings that it points at; a person's of those that it names."""
    refs = {item.ref for item in ground.evidence if item.id in statement.evidence and item.kind == "finding"}
    about = [finding for finding in ground.findings if finding.id in refs]
    if statement.source == "person":
        return _told_by_a_person(statement.text, about, ground.findings)
    if refs & {line.id for line in ground.timelines}:
        return {}  # it tells of many times, and none of its words is of the present film alone
    polarity, changes = words.polarity(statement.text), words.changes_in(statement.text)
    said = {"negation": str(polarity)} if polarity != "unclear" else {}
    said |= {"change": min(changes), **_since(statement.text)} if len(changes) == 1 else {}
    return {finding.id: said for finding in about}


def _told_by_a_person(text: str, about: list[Finding], known: Sequence[Finding]) -> Told:
    """What a person's text says, mention by mention; a doubt, or a denial of one kind alone, contradicts nothing."""
    told: Told = {}
    for mention in mentions_in(text):
        vague = mention.state == "uncertain" or (mention.state == "absent" and is_qualified(mention, text))
        said = {} if vague else {"negation": _POLARITY[mention.state]}
        said |= {"change": mention.change, **_since(text)} if mention.change else {}
        told |= {key: said for key in _meant(mention, about, known)}
        sides = {mention.laterality} & {"left", "right"} if mention.state == "present" else set()
        told |= {f"{mention.label} on one side": {"side": str(side)} for side in sides}
    return told


def _meant(mention: ReportFinding, about: list[Finding], known: Sequence[Finding]) -> list[str]:
    """The findings that a mention is clearly of: those cited, else those of the one study that has it."""
    side = mention.laterality if mention.laterality in ("left", "right") else None
    cited = [finding for finding in about if finding.label == mention.label]
    same = cited or [finding for finding in known if finding.label == mention.label]
    if not same:
        free = ["left", "right"] if mention.state == "absent" and side is None else []
        return [f"{mention.label} {where}" for where in (side or "anywhere", *free)]
    on_it = [finding for finding in same if side is None or finding.laterality in (side, "bilateral", "midline", None)]
    sure = len({finding.study_instance_uid for finding in on_it}) == 1 and not mention.general
    return [finding.id for finding in on_it] if sure and (len(on_it) == 1 or mention.state == "absent") else []


# ------------------------------------------------------------------ what is missing


def omissions(sections: Sections, ground: Ground) -> tuple[str, ...]:
    """A warning for each present finding and critical result that no sentence tells, or, if urgent, no impression."""
    whole = [*sections.findings, *sections.impression]
    present = [finding for finding in ground.findings if finding.state == "present"]
    critical = [lab for lab in ground.labs if is_critical(lab)]
    urgent = [finding for finding in present if rule_of(finding.label).urgency != "routine"]
    missing, unsaid = _unsaid(present, critical, whole), _unsaid(urgent, critical, sections.impression)
    return (
        *(f"{OMITTED}{what}." for what in missing),
        *(f"{LEFT_OUT}{what}." for what in unsaid if what not in missing),
    )


def _unsaid(findings: Sequence[Finding], labs: Sequence[LabResult], said: Sequence[Statement]) -> list[str]:
    """The findings and results that no statement mentions, by name."""
    return [
        *(" ".join(filter(None, (f.laterality, Claim.named(f.label)))) for f in findings if not _mentioned(f, said)),
        *(f"{lab.name} {lab.value_text}" for lab in labs if not any(result_named(s.text, lab) for s in said)),
    ]


def _mentioned(finding: Finding, said: Sequence[Statement]) -> bool:
    """Whether a statement that cites the finding names it, or a person's own sentence on its side."""
    place, sided = finding_evidence(finding).id, finding.laterality in ("left", "right")
    for statement in said:
        if not names(statement.text, finding.label):
            continue
        if place in statement.evidence:
            return True
        if statement.source == "person" and (not sided or finding.laterality in words.sides_in(statement.text)):
            return True
    return False
