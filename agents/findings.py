"""The findings of a draft, by study and region: the model's sentence for each, or the knowledge table's.

The model writes from a finding's facts alone, one statement at a time, and cites the facts that it says; the statement
rests on what it cited. One that the verifier refused is asked for again with the objection, at most twice; then the
table's sentence stands.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from agents.description import described
from agents.said import Said, written
from agents.sections import Scribe, current_studies, film_evidence, listed, noun_of, statement_id, under
from agents.seen import seen_by
from prelim.draft import Found, Statement
from prelim.imaging.selection import subject_of
from prelim.knowledge import rule_of
from prelim.knowledge.sentence import MARKS
from prelim.types import Evidence, Study
from tools.sentence import sentence
from tools.tool import Context

AGAIN = 2
"""How often the reporter is asked again for a statement that was refused."""
Objections = Mapping[str, Sequence[str]]
"""Statement id → why its earlier words were refused, one a round."""


def findings_told(
    context: Context,
    scribe: Scribe,
    found: Found,
    said: Sequence[Said],
    known: dict[str, Evidence],
    refused: Objections,
) -> tuple[list[Statement], list[str]]:
    """The findings of each current study, then what the model described; what of that was left out, as warnings.

    With several studies, each block opens with its study's date.
    """
    lines: list[Statement] = []
    left_out: list[str] = []
    studies = current_studies(found.case)
    for study in studies:
        uid = study.study_instance_uid
        mine = [item for item in said if item.finding.study_instance_uid == uid]
        readings = [reading for reading in found.reading.readings if reading.study_instance_uid == uid]
        told, dropped = described(scribe, readings, mine, known)
        if (mine or told) and len(studies) > 1:
            heading = f"{noun_of(study).capitalize()} of {scribe.day(study)}:"
            looks = [tool for tool, told_of in (("triage", mine), ("reading", told)) if told_of]
            places = [seen_by(tool, film_evidence(study)) for tool in looks]
            lines.append(scribe.write("findings", ["film", uid], heading, places))
        lines += [*_by_region(context, scribe, study, mine, refused), *told]
        left_out += dropped
    return lines, list(dict.fromkeys(left_out))


def _by_region(
    context: Context, scribe: Scribe, study: Study, said: Sequence[Said], refused: Objections
) -> list[Statement]:
    """One sentence a finding, by region as the study's table has them; last in each the absences that matter."""
    subject = subject_of(study)
    asked = subject.table if subject else None
    region_of = {label: rule.region for label, rule in asked.findings.items()} if asked else {}
    regions = asked.regions if asked else ()
    lines = []
    for region in regions:
        mine = [item for item in said if region_of[item.claim.label] == region]
        quiet = [item for item in mine if _nothing_there(item, mine)]
        told = [_sentence_of(context, scribe, [item], refused) for item in mine if item not in quiet]
        absent = [item for item in quiet if rule_of(item.claim.label).pertinent]
        lines += under(region, [*told, *_absent(context, scribe, absent, refused)])
    return lines


def _nothing_there(item: Said, said: Sequence[Said]) -> bool:
    """Whether a finding is absent, without a change to tell, on every side that was asked about."""
    same = [other.claim for other in said if other.claim.label == item.claim.label]
    return all(claim.state == "absent" and claim.change is None for claim in same)


def _absent(context: Context, scribe: Scribe, quiet: Sequence[Said], refused: Objections) -> list[Statement]:
    """A sentence for what a region has not; several findings take one together."""
    groups = [list(group) for _, group in groupby(quiet, key=lambda item: item.claim.label)]
    if len(groups) == 1:
        return [_sentence_of(context, scribe, groups[0], refused)]
    names = [group[0].claim.name for group in groups]
    return [written(scribe, "findings", quiet, f"No {listed(names, 'or')}.")] if groups else []


def _sentence_of(context: Context, scribe: Scribe, said: Sequence[Said], refused: Objections) -> Statement:
    """The model's sentence about one finding, on one side or absent on both; the table's where it was refused for good
    or not given, or where a side or date is not known."""
    claim = said[0].claim if len(said) == 1 else said[0].claim.model_copy(update={"side": None})
    id = statement_id("findings", [item.finding.id for item in said])
    whole = (claim.side or not claim.sided or len(said) > 1) and (claim.since or not claim.change)
    objections = tuple(refused.get(id, ()))
    if not whole or len(objections) > AGAIN:
        return written(scribe, "findings", said, claim.sentence())
    answer = sentence(context, facts=claim.facts(), marks=claim.marks(), objections=objections)
    if answer.text is None:
        return written(scribe, "findings", said, claim.sentence())
    return written(scribe, "findings", said, answer.text, "model", cites=_cited(said, answer.cites))


def _cited(said: Sequence[Said], marks: Sequence[str]) -> list[Evidence]:
    """The places that the marks stand for: the finding's own, and those of its comparison."""
    seen, compared = (mark in marks for mark in MARKS)
    own = [place for item in said for place in item.seen if seen]
    return [*own, *(place for item in said for place in item.compared if compared)]
