"""Recommendations: what the knowledge tables advise about what was found, and nothing else."""

from collections.abc import Sequence

from agents.said import Said
from agents.sections import Scribe
from prelim.draft import Statement
from prelim.knowledge import rule_of


def recommendation(scribe: Scribe, said: Sequence[Said]) -> tuple[Statement, ...]:
    """The advice of each present finding's rule, each once, in the order of the findings' importance."""
    advised: dict[str, list[Said]] = {}
    for item in said:
        advice = rule_of(item.claim.label).recommendation
        if advice and item.claim.state == "present":
            advised.setdefault(advice, []).append(item)
    return tuple(
        scribe.write("recommendation", [item.finding.id for item in items], advice, [item.seen[0] for item in items])
        for advice, items in advised.items()
    )
