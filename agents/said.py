"""What may be said of each finding, and every place it rests on."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.facts import claim_of, comparison_evidence, comparison_of, finding_evidence
from agents.reports import report_evidence
from agents.sections import Scribe
from prelim.draft import Found, Statement
from prelim.knowledge import URGENCIES, rule_of, rules
from prelim.knowledge.sentence import Claim
from prelim.types import Box, Comparison, Evidence, Finding, Priors, Record, Source, Study, Support

_STATES = ("present", "uncertain", "absent")


class Said(NamedTuple):
    """A finding, what may be said of it, and the places it rests on: what was seen, and what it was compared with."""

    finding: Finding
    claim: Claim
    seen: tuple[Evidence, ...]
    compared: tuple[Evidence, ...] = ()

    @property
    def rests_on(self) -> tuple[Evidence, ...]:
        """Every place."""
        return self.seen + self.compared


def gather(finding: Finding, studies: Sequence[Study], found: Found, known: dict[str, Evidence]) -> Said:
    """A finding with its boxes, its comparison and what an earlier record said of it."""
    compared = comparison_of(finding, found.longitudinal.comparisons, studies)
    claim = claim_of(finding, compared)
    boxes = [cell for box in _boxes_of(finding, found.localization.boxes, known) for cell in box.evidence]
    seen = finding_evidence(finding), *(known[id] for id in (*boxes, *finding.evidence) if id in known)
    if compared is None:
        return Said(finding, claim, seen)
    films = [known[id] for id in compared.evidence if id in known]
    earlier = _earlier_words(claim, compared, found.priors)
    return Said(finding, claim, seen, (*films, comparison_evidence(compared), *earlier))


def _boxes_of(finding: Finding, boxes: Iterable[Box], known: dict[str, Evidence]) -> list[Box]:
    """The boxes of a finding: its label and side, on its study's film."""
    same = [box for box in boxes if (box.label, box.laterality) == (finding.label, finding.laterality)]
    uid = finding.study_instance_uid
    return [box for box in same if any(known[cell].study_instance_uid == uid for cell in box.evidence)]


def _earlier_words(claim: Claim, compared: Comparison, priors: Priors) -> list[Evidence]:
    """What reports and findings of the earlier film's day say about the same finding."""
    records = [record for record in priors.records if record.date == compared.prior_date]
    quotes = [report_evidence(record) for record in records if record.type == "report"]
    same = [record.id for record in records if record.type == "finding" and _same(record, claim)]
    told = [quote for quote in quotes if claim.name in (quote.quote or "").lower()]
    return [*told, *(item for item in priors.evidence if item.ref in same)]


def _same(record: Record, claim: Claim) -> bool:
    return (record.data.get("label"), record.data.get("laterality")) == (claim.label, claim.side)


def with_change(said: Said) -> Finding:
    """The finding with its change and every place it rests on."""
    compared = any(item.kind == "comparison" for item in said.rests_on)
    change = (said.claim.change or "uncertain") if compared else None
    places = tuple(dict.fromkeys(item.id for item in said.rests_on if item.kind != "finding"))
    return said.finding.model_copy(update={"change": change, "evidence": places})


def rank(said: Said) -> tuple[int, int, bool, int, str]:
    """Present, uncertain, absent; by urgency; resolved first; in the table's order; right before left."""
    rule = rule_of(said.claim.label)
    order = list(rules()).index(rule.label)
    side = {"right": "a", "left": "b"}.get(said.claim.side or "", "c")
    urgency = URGENCIES.index(rule.urgency)
    return _STATES.index(said.claim.state), urgency, said.claim.change is None, order, side


def written(
    scribe: Scribe,
    section: str,
    said: Sequence[Said],
    text: str,
    source: Source = "template",
    cites: Sequence[Evidence] | None = None,
) -> Statement:
    """A statement about findings; it rests on all their places, or on those that its writer cites."""
    places = cites if cites is not None else [place for item in said for place in item.rests_on]
    about = [item.finding.id for item in said]
    doubt = any("uncertain" in (item.claim.state, item.claim.change) for item in said)
    support: Support = "abstained" if doubt else "supported"
    return scribe.write(section, about, text, places, support=support, source=source)
