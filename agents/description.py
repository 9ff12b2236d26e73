"""What the model described in its own words, sentence by sentence: kept and marked, or left out.

Nothing bears such a sentence out, so it stands as unsupported; only one that says exactly what the probes found rests
on them. One that says the opposite of a probe is left out, and a warning tells so.
"""

import re
from collections.abc import Sequence

from agents import words
from agents.checks import check_statement, passed
from agents.facts import Facts, finding_evidence
from agents.labels import labels_named
from agents.said import Said
from agents.sections import Scribe
from agents.seen import seen_by
from prelim.draft import Statement
from prelim.knowledge.sentence import Claim
from prelim.types import Evidence, Reading

_OPPOSITE = {("present", "negated"), ("absent", "affirmed")}
_AND_NO = re.compile(r"\s+(?=(?:with|and) no\b)", re.I)
"""Where a denial begins that does not reach back."""


def described(
    scribe: Scribe, readings: Sequence[Reading], said: Sequence[Said], known: dict[str, Evidence]
) -> tuple[list[Statement], list[str]]:
    """The statements of one study's readings, and warnings about what was left out. `said`: the study's findings."""
    lines: list[Statement] = []
    left_out: list[str] = []
    claims = [item.claim for item in said]
    for reading in readings:
        places = [seen_by("reading", known[id]) for id in reading.evidence]
        for number, text in enumerate(reading.sentences):
            against = contradicted(text, claims)
            if against is None:
                lines.append(_statement(scribe, [reading.id, number], text, places, said))
            else:
                what = " ".join(filter(None, (against.side if against.sided else None, against.name)))
                left_out.append(f"Left out of the model's description, as its answers say otherwise: {what}.")
    return lines, left_out


def _statement(scribe: Scribe, about: object, text: str, places: list[Evidence], said: Sequence[Said]) -> Statement:
    """The sentence; where it says what the probes found and no more, resting on them."""
    borne_out = [item for item in said if item.claim.state != "uncertain" and item.claim.label in labels_named(text)]
    sides = words.sides_in(text)
    borne_out = [item for item in borne_out if not sides or not item.claim.sided or item.claim.side in sides]
    facts = Facts(claims=tuple(item.claim for item in borne_out))
    if not borne_out or not passed(check_statement(text, facts)):
        return scribe.write("findings", about, text, places, support="unsupported", source="model")
    rests_on = [*places, *(finding_evidence(item.finding) for item in borne_out)]
    return scribe.write("findings", about, text, rests_on, source="model")


def contradicted(text: str, claims: Sequence[Claim]) -> Claim | None:
    """The first claim whose opposite a text says, clause by clause; doubt contradicts nothing.

    A denial without a side denies both; an affirmation without a side is wrong only where both sides are free.
    """
    for clause in (part for whole in words.clauses_of(text) for part in _AND_NO.split(whole)):
        named, sides, says = labels_named(clause), words.sides_in(clause), words.polarity(clause)
        for label in sorted(named):
            about = [claim for claim in claims if claim.label == label and _meant(claim, sides)]
            opposite = [claim for claim in about if (claim.state, says) in _OPPOSITE]
            fully = says == "negated" or bool(sides) or len(opposite) == len(about)
            if opposite and fully:
                return opposite[0]
    return None


def _meant(claim: Claim, sides: frozenset[str]) -> bool:
    return not sides or claim.side not in ("left", "right") or claim.side in sides
